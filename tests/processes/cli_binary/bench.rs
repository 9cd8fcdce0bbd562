//! The installation that the tests of the command line work with: a port of its own, the secret in a file.

use genesys_cloud_emulator::SeedFile;

use crate::support::emulator::cloud_with;
use crate::support::program::{Installation, free_address};
use crate::support::setup::Setup;

pub(crate) fn installed() -> Installation {
    installed_with(SeedFile::built_in().unwrap(), "")
}

/// With another organisation, and lines for the end of the configuration.
pub(crate) fn installed_with(seed: SeedFile, more: &str) -> Installation {
    let setup = Setup {
        listen: free_address(),
        import: "required",
        secret_at: "client_secret_file = \"secret\"",
        log: "level = \"warn\"",
        rules: more.to_owned(),
        ..Setup::default()
    };
    let place = Installation::on(cloud_with(|options| options.seed = seed), setup);
    std::fs::write(place.file("secret"), place.secret()).unwrap();
    place
}
