//! Collects violations and words them alike: operation, direction, place, what is wrong, source of the rule.
//! It decides nothing; the rules live in the neighbouring files.

use std::fmt;

/// Which half of an exchange a violation is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// What the client sent.
    Request,
    /// What the emulator answered.
    Answer,
}

impl fmt::Display for Direction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Request => "request",
            Self::Answer => "answer",
        })
    }
}

/// The violations of one exchange.
#[derive(Debug)]
pub(super) struct Report {
    operation: String,
    found: Vec<String>,
}

impl Report {
    pub(super) fn new(operation: String) -> Self {
        Self { operation, found: Vec::new() }
    }

    /// Adds one violation at `place` (a JSON pointer into the body, or words such as `query count`). An empty
    /// `fact` means the public API description itself; otherwise it names facts of `docs/genesys.md`.
    pub(super) fn add(&mut self, direction: Direction, place: &str, what: &str, fact: &str) {
        let place = if place.is_empty() { "body" } else { place };
        let source = match fact {
            "" => "public API description".to_owned(),
            fact => format!("docs/genesys.md {fact}"),
        };
        let violation = format!("{}: {direction} {place}: {what} ({source})", self.operation);
        if !self.found.contains(&violation) {
            self.found.push(violation);
        }
    }

    pub(super) fn into_violations(self) -> Vec<String> {
        self.found
    }
}
