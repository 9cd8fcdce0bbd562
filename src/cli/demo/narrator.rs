//! Tells the story on standard output: chapters, requests, and facts that are checked while they are told.
//!
//! Counts what was not as told; decides nothing else. Colours only where somebody looks.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::IsTerminal as _;

use serde_json::Value;

use super::super::exit::{Exit, Failure};
use super::super::output;
use super::connector::{Answer, BASE, Connector};
use super::snapshot::Person;

/// The narrator.
pub(super) struct Narrator {
    colours: bool,
    chapters: usize,
    facts: usize,
    wrong: usize,
}

/// How a text is set.
#[derive(Clone, Copy)]
enum Ink {
    Bold,
    Dim,
    Green,
    Red,
}

impl Narrator {
    /// Nothing told yet. `NO_COLOR` is honoured.
    pub(super) fn new() -> Self {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colours, chapters: 0, facts: 0, wrong: 0 }
    }

    fn set(&self, ink: Ink, text: impl Display) -> String {
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Green => "32",
            Ink::Red => "31",
        };
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// A plain line.
    pub(super) fn say(&self, text: impl Display) -> Result<(), Failure> {
        output::line(text)
    }

    /// A heading of its own.
    pub(super) fn heading(&self, text: impl Display) -> Result<(), Failure> {
        output::line(format_args!("\n{}", self.set(Ink::Bold, text)))
    }

    /// Begins a chapter.
    pub(super) fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        self.chapters += 1;
        let title = format!("{}. {title}", self.chapters);
        self.heading(title)
    }

    /// A remark.
    pub(super) fn remark(&self, text: &str) -> Result<(), Failure> {
        output::line(format!("   {}", self.set(Ink::Dim, text)).trim_end())
    }

    /// Sends a request as a connector and tells both directions; the status must be one of the expected ones.
    pub(super) fn request(
        &mut self,
        connector: &Connector,
        method: &str,
        path: &str,
        body: Option<&Value>,
        expected: &[u16],
    ) -> Result<Answer, Failure> {
        let answer = connector.send(method, path, body)?;
        let shown = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
        let line = format!("   {} → {method} {BASE}{shown} → {}", connector.name, answer.status);
        self.say(line)?;
        if !expected.contains(&answer.status) {
            let detail = answer.text("/detail");
            self.fact(false, format_args!("the answer is one of {expected:?} (it says: {detail})"))?;
        }
        Ok(answer)
    }

    /// A fact, checked.
    pub(super) fn fact(&mut self, holds: bool, text: impl Display) -> Result<(), Failure> {
        self.facts += 1;
        if holds {
            return output::line(format_args!("   {} {text}", self.set(Ink::Green, "✓")));
        }
        self.wrong += 1;
        output::line(format_args!("   {} {text}", self.set(Ink::Red, "✗")))
    }

    /// A set of names that must be exactly the expected one.
    pub(super) fn names(
        &mut self,
        what: &str,
        found: &BTreeSet<String>,
        expected: &[&str],
    ) -> Result<(), Failure> {
        let list = |names: &BTreeSet<String>| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let wanted: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        if *found == wanted {
            return self.fact(true, format_args!("{what:<10} {}", list(found)));
        }
        self.fact(false, format_args!("{what:<10} {} (told: {})", list(found), list(&wanted)))
    }

    /// A working agent: active, and with exactly this.
    pub(super) fn agent(&mut self, person: &Person, expected: &Agent<'_>) -> Result<(), Failure> {
        self.fact(person.state == "active", "active in Genesys Cloud, with")?;
        self.names("roles", &person.roles, expected.roles)?;
        self.names("queues", &person.queues, expected.queues)?;
        self.names("skills", &person.skills, expected.skills)?;
        self.names("languages", &person.languages, expected.languages)?;
        self.names("attributes", &person.attributes, expected.attributes)
    }

    /// The last line of the story.
    pub(super) fn sum_up(&self) -> Result<(), Failure> {
        let (chapters, facts, wrong) = (self.chapters, self.facts, self.wrong);
        let (ink, text) = match wrong {
            0 => (Ink::Green, format!("{chapters} chapters, {facts} facts checked, all as told.")),
            _ => (Ink::Red, format!("{chapters} chapters, {facts} facts checked, {wrong} NOT as told.")),
        };
        output::line(format_args!("\n{}", self.set(ink, text)))
    }

    /// Fails if anything was not as told.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        // The facts themselves have been printed.
        if self.wrong == 0 { Ok(()) } else { Err(Failure::silent(Exit::Failed)) }
    }
}

/// What an agent should have, in the notation of [`Person`].
pub(super) struct Agent<'a> {
    /// Roles.
    pub(super) roles: &'a [&'a str],
    /// Queues.
    pub(super) queues: &'a [&'a str],
    /// Skills.
    pub(super) skills: &'a [&'a str],
    /// Languages.
    pub(super) languages: &'a [&'a str],
    /// Custom attributes.
    pub(super) attributes: &'a [&'a str],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_fact_makes_the_story_fail() {
        let mut narrator = Narrator::new();
        narrator.fact(true, "right").expect("printed");
        assert_eq!(narrator.verdict(), Ok(()));
        narrator.names("queues", &BTreeSet::from(["A".to_owned()]), &["B"]).expect("printed");
        assert_eq!(narrator.verdict(), Err(Failure::silent(Exit::Failed)));
    }
}
