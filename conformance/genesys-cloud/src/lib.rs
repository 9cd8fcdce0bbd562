//! Genesys Cloud emulator.
