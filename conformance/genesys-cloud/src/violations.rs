//! The contract check of every exchange, when it is built in and a description is at hand.

use std::path::PathBuf;

/// Which public description the exchanges are checked against. Without the feature `contract` nothing is
/// checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContractSource {
    /// The one that the environment names, when it is there; it is an error when it is there and cannot be
    /// used.
    #[default]
    Environment,
    /// None.
    Off,
    /// This file; it is an error when it cannot be loaded.
    File(PathBuf),
}

/// An exchange whose answer has been decided.
#[cfg_attr(not(feature = "contract"), expect(dead_code, reason = "read by the contract check only"))]
pub(crate) struct Seen<'a> {
    pub(crate) request: &'a crate::request::Request,
    /// 0 when no answer was sent.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The checker and what it found.
#[derive(Debug)]
pub(crate) struct Checker {
    #[cfg(feature = "contract")]
    contract: Option<std::sync::Arc<crate::contract::Contract>>,
    found: std::sync::Mutex<Vec<String>>,
}

/// Violations kept; more add nothing.
const MAX_FOUND: usize = 1000;

impl Checker {
    #[cfg(feature = "contract")]
    pub(crate) fn new(source: &ContractSource) -> std::io::Result<Checker> {
        use crate::contract::Contract;
        let contract = match source {
            ContractSource::Off => None,
            ContractSource::Environment => match Contract::from_env() {
                Ok(contract) => Some(contract),
                Err(absent) if absent.is_broken() => return Err(std::io::Error::other(absent)),
                Err(_) => None,
            },
            ContractSource::File(path) => {
                Some(std::sync::Arc::new(Contract::load(path).map_err(std::io::Error::other)?))
            }
        };
        Ok(Checker { contract, found: std::sync::Mutex::default() })
    }

    #[cfg(not(feature = "contract"))]
    pub(crate) fn new(source: &ContractSource) -> std::io::Result<Checker> {
        match source {
            ContractSource::File(_) => {
                Err(std::io::Error::other("the emulator was built without the feature `contract`"))
            }
            _ => Ok(Checker { found: std::sync::Mutex::default() }),
        }
    }

    #[cfg(feature = "contract")]
    pub(crate) fn check(&self, seen: &Seen<'_>) {
        let Some(contract) = &self.contract else { return };
        let found = contract.check(&crate::contract::Exchange {
            method: &seen.request.method,
            path: &seen.request.path,
            query: &seen.request.raw_query,
            request_headers: &seen.request.headers,
            request_body: &seen.request.body,
            status: seen.status,
            response_headers: &seen.headers,
            response_body: &seen.body,
        });
        let mut all = self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if all.len() < MAX_FOUND {
            all.extend(found);
        }
    }

    #[cfg(not(feature = "contract"))]
    pub(crate) fn check(&self, _: &Seen<'_>) {}

    /// Everything found so far.
    pub(crate) fn found(&self) -> Vec<String> {
        self.found
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .iter()
            .take(MAX_FOUND)
            .cloned()
            .collect()
    }
}
