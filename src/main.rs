//! The `scim-bridge` binary. Everything it does is in the library's `cli`.

fn main() -> std::process::ExitCode {
    genesys_scim_bridge::cli::main()
}
