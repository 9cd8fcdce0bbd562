//! The emulator as a process of its own: command line in, running emulator out. The work is in the library.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;
use genesys_cloud_emulator::{Cloud, ContractSource, Options, Quirks, SeedFile};

/// Genesys Cloud emulator: an organisation behind the public API, for demos and tests.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Address to listen on; anything but loopback is for containers only.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port of the API; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    api_port: u16,
    /// Port of the login host; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    login_port: u16,
    /// Organisation to start with, as TOML; the built-in one when left out.
    #[arg(long)]
    seed: Option<PathBuf>,
    /// File that keeps the state; in memory only when left out.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Calls per minute and client.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// A behaviour that differs from its default, as NAME=VALUE; may be repeated.
    #[arg(long = "quirk", value_name = "NAME=VALUE")]
    quirks: Vec<String>,
    /// Public API description that every exchange is checked against (needs the feature `contract`).
    #[arg(long)]
    contract: Option<PathBuf>,
    /// File that gets addresses and credentials as JSON once the emulator listens.
    #[arg(long)]
    port_file: Option<PathBuf>,
}

type Failure = Box<dyn std::error::Error>;

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let mut quirks = Quirks::default();
    for assignment in &arguments.quirks {
        quirks.set(assignment)?;
    }
    let defaults = Options::default();
    Ok(Options {
        seed: arguments.seed.as_deref().map_or(Ok(defaults.seed), SeedFile::read)?,
        quirks,
        rate_per_minute: arguments.rate,
        state_file: arguments.state.clone(),
        bind: (
            SocketAddr::new(arguments.host, arguments.api_port),
            SocketAddr::new(arguments.host, arguments.login_port),
        ),
        contract: arguments.contract.clone().map_or(ContractSource::Off, ContractSource::File),
    })
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cloud = Cloud::start(options(&arguments)?)?;
    let addresses = serde_json::json!({
        "api": cloud.api_base(),
        "login": cloud.login_base(),
        "client_id": cloud.client_id(),
        "client_secret": cloud.client_secret(),
    });
    if let Some(path) = &arguments.port_file {
        // Written aside and renamed, so that nobody reads half of it.
        let aside = path.with_extension("part");
        std::fs::write(&aside, addresses.to_string())?;
        std::fs::rename(&aside, path)?;
    }
    writeln!(std::io::stdout(), "{addresses}")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(until_told_to_stop())?;
    drop(cloud);
    Ok(())
}

async fn until_told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        biased;
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody left to tell when standard error is closed.
            drop(writeln!(std::io::stderr(), "genesys-cloud-emulator: {error}"));
            std::process::ExitCode::FAILURE
        }
    }
}
