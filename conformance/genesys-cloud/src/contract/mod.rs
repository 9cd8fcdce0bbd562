//! The contract: holds every exchange between a client and this emulator against the public API description
//! of Genesys Cloud (swagger 2.0) and against the facts that the description leaves out.
//!
//! It only judges; it never changes an exchange and knows nothing of the emulator's state. The description is
//! not part of this repository: [`Contract::from_env`] says where it is looked for. Where the description is
//! known to be wrong or silent, `contract-overlay.toml` beside this crate's manifest says so, entry by entry.
//! Look next at `description.rs` (paths and parameters), `schema.rs` (closed models), `rules.rs` (facts).

mod answer;
mod coverage;
mod description;
mod locate;
mod oauth;
mod overlay;
mod parameters;
mod report;
mod request;
mod rules;
mod schema;
mod scim;

use std::path::Path;

pub use locate::Absent;

use description::{Description, Route};
use overlay::Overlay;
use report::{Direction, Report};
use schema::Schemas;

/// The compiled contract. One value serves any number of threads; share it in an `Arc`.
#[derive(Debug)]
pub struct Contract {
    description: Description,
    overlay: Overlay,
    schemas: Schemas,
    counted: bool,
}

/// One call as it went over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Path without the query, percent-encoded as sent.
    pub path: &'a str,
    /// Query without the question mark; empty when there was none.
    pub query: &'a str,
    /// Headers the client sent.
    pub request_headers: &'a [(String, String)],
    /// Body the client sent; empty when there was none.
    pub request_body: &'a [u8],
    /// HTTP status of the answer, or 0 when no answer was sent: then only the request is judged.
    pub status: u16,
    /// Headers of the answer.
    pub response_headers: &'a [(String, String)],
    /// Body of the answer; empty when there was none.
    pub response_body: &'a [u8],
}

/// Why the contract could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The description file cannot be read.
    #[error("the API description {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The description file is not JSON.
    #[error("the API description {path} is not JSON: {source}")]
    Json {
        /// The file.
        path: String,
        /// Where it stops being JSON.
        source: serde_json::Error,
    },
    /// The description is JSON, but not a swagger 2.0 document as expected.
    #[error("the API description is not usable: {0}")]
    Shape(String),
    /// An entry of the overlay does not fit the description.
    #[error("contract-overlay.toml: {0}")]
    Overlay(String),
}

impl Contract {
    /// Reads the description at `path`, applies the overlay and indexes the operations. Body validators are
    /// compiled when they are first needed.
    ///
    /// # Errors
    /// The file is unreadable, is not a swagger 2.0 document, or an overlay entry fits nothing in it.
    pub fn load(path: &Path) -> Result<Self, ContractError> {
        let name = path.display().to_string();
        let text =
            std::fs::read(path).map_err(|source| ContractError::Read { path: name.clone(), source })?;
        let document =
            serde_json::from_slice(&text).map_err(|source| ContractError::Json { path: name, source })?;
        Self::compile(document)
    }

    /// The contract of this process: loaded once, then shared. The file is `GENESYS_OPENAPI`, or else
    /// `shared/genesys/openapi-subset.json` beside the workspace or one of the directories above it.
    ///
    /// # Errors
    /// There is no such file, or it is there and cannot be used; [`Absent`] says which and what to do.
    pub fn from_env() -> Result<std::sync::Arc<Self>, Absent> {
        locate::shared()
    }

    /// The same contract, whose checks do not count as coverage: for exchanges that are written by hand.
    ///
    /// # Errors
    /// As [`Contract::from_env`].
    pub fn from_env_uncounted() -> Result<Self, Absent> {
        locate::fresh().map(|contract| Self { counted: false, ..contract })
    }

    fn compile(mut document: serde_json::Value) -> Result<Self, ContractError> {
        let overlay = Overlay::embedded().map_err(ContractError::Overlay)?;
        overlay.apply(&mut document).map_err(ContractError::Overlay)?;
        let description = Description::new(document).map_err(ContractError::Shape)?;
        overlay.fits(&description).map_err(ContractError::Overlay)?;
        Ok(Self { description, overlay, schemas: Schemas::default(), counted: true })
    }

    /// The path template that `method` and `path` (no query) belong to, if the description offers it.
    #[must_use]
    pub fn operation(&self, method: &str, path: &str) -> Option<&str> {
        match self.description.route(method, path) {
            Route::Operation(operation, _) => Some(&operation.template),
            Route::NoMethod(_) | Route::NoPath => None,
        }
    }

    /// Compiles every schema of the description and returns what does not compile: a self-test of the
    /// description with its overlay, far too slow for anything else.
    #[must_use]
    pub fn unusable_schemas(&self) -> Vec<String> {
        let document = self.description.document();
        let mut problems = Vec::new();
        for (direction, pointer) in self.description.schemas() {
            problems.extend(self.schemas.problem(document, direction, &pointer));
        }
        problems
    }

    /// Judges one exchange. Each violation names the operation, the direction, the place and the source of
    /// the rule; an empty list means that the exchange keeps the contract.
    #[must_use]
    pub fn check(&self, exchange: &Exchange<'_>) -> Vec<String> {
        if exchange.path.starts_with("/__emulator/") {
            return Vec::new();
        }
        if exchange.path == oauth::PATH {
            self.note("POST", oauth::PATH);
            return oauth::check(exchange);
        }
        match self.description.route(exchange.method, exchange.path) {
            Route::Operation(operation, path_values) => {
                self.note(&operation.method, &operation.template);
                let mut report = Report::new(operation.name());
                parameters::check(operation, &path_values, exchange, &mut report);
                request::check(self, operation, exchange, &mut report);
                if exchange.status != 0 {
                    answer::check(self, operation, exchange, &mut report);
                }
                report.into_violations()
            }
            Route::NoMethod(template) => {
                let mut report = Report::new(format!("{} {template}", exchange.method));
                report.add(Direction::Request, "path", "this path does not offer that method", "");
                report.into_violations()
            }
            Route::NoPath => {
                let mut report = Report::new(format!("{} {}", exchange.method, exchange.path));
                report.add(Direction::Request, "path", &self.description.unknown_path(exchange.path), "");
                report.into_violations()
            }
        }
    }

    fn note(&self, method: &str, template: &str) {
        if self.counted {
            coverage::note(method, template);
        }
    }
}

/// Value of the header `name` (any letter case), if it was sent.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
