//! The command line as a process: the real binary, an emulated Genesys Cloud, a directory of its own for each
//! test.

mod audit;
mod bench;
mod check;
mod commands;
mod new_rules;
mod serving;
mod stuck;
mod users;
