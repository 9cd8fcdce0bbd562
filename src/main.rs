//! The `scim-bridge` binary. Everything it does is in the library's `cli`.
//!
//! Chooses the allocator of the process: a read makes some thirty small allocations, and the system's takes a
//! tenth of its time.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    genesys_scim_bridge::main()
}
