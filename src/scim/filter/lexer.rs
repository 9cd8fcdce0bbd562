//! The pieces of a filter's text: blanks, signs, names, values. One pass, nothing copied but the content of
//! literals.
//!
//! Knows no attribute and no order of pieces; that is [`super::parse`]. Faults carry the place where they
//! are, counted in characters of the text as the client wrote it, and never what stands there: it may be a
//! personal value.

use std::borrow::Cow;

use crate::scim::error::ScimError;

/// Walks over the text of a filter.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// How faults call the text: `filter`, or `text between the brackets` of a path.
    called: &'static str,
}

/// The right side of a comparison as it was written.
pub(super) enum Written<'a> {
    /// `null`, in any letter case.
    Null,
    /// `true` or `false`, in any letter case.
    Bool(bool),
    /// A text in quotes, escapes resolved.
    Quoted(Cow<'a, str>),
    /// Anything else without quotes: a number, or a text as old Entra documents show it (docs/connectors.md
    /// C2.5).
    Bare(&'a str),
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, called: &'static str) -> Self {
        Self { text, at: 0, called }
    }

    /// Where the next piece begins, in bytes; for [`Lexer::fault`] only.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip(&mut self, bytes: usize) -> &'a str {
        let piece = self.rest().get(..bytes).unwrap_or("");
        self.at += piece.len();
        piece
    }

    /// Passes over blanks.
    pub(super) fn blanks(&mut self) {
        let rest = self.rest();
        if rest.as_bytes().first().is_some_and(|byte| !(b'!'..=b'~').contains(byte)) {
            self.at += rest.len() - rest.trim_start().len();
        }
    }

    /// Whether a blank stands directly before the next piece.
    pub(super) fn after_blank(&self) -> bool {
        self.text.get(..self.at).is_some_and(|read| read.ends_with(char::is_whitespace))
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Passes over this sign, if it is next.
    pub(super) fn take(&mut self, sign: u8) -> bool {
        let next = self.rest().as_bytes().first() == Some(&sign);
        self.at += usize::from(next);
        next
    }

    /// The run of characters that names and operators are made of; empty when something else is next. Colons
    /// and dots belong to it (URNs with versions, sub-attributes), and the dollar of `$ref`.
    pub(super) fn name(&mut self) -> &'a str {
        let length = self.rest().bytes().take_while(|byte| is_name_byte(*byte)).count();
        self.skip(length)
    }

    /// Passes over this word in any letter case, if it is next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let start = self.at;
        let found = self.name().eq_ignore_ascii_case(word);
        if !found {
            self.at = start;
        }
        found
    }

    /// The value of a comparison.
    pub(super) fn value(&mut self) -> Result<Written<'a>, ScimError> {
        const WANTED: &str = "expected a value: a text in quotes, a number, true, false or null";
        if self.rest().starts_with('"') {
            return self.quoted().map(Written::Quoted);
        }
        let end = self.rest().find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"'));
        let start = self.at;
        let word = self.skip(end.unwrap_or(self.rest().len()));
        // A logical word here means that the value was forgotten; a text of that name needs its quotes.
        let forgotten =
            word.is_empty() || ["and", "or", "not"].iter().any(|logical| logical.eq_ignore_ascii_case(word));
        if forgotten {
            return Err(self.fault(start, WANTED));
        }
        if is_quoted_otherwise(word) {
            const STRAIGHT: &str =
                "a text stands in straight double quotes (\"), not in others and not encoded twice";
            return Err(self.fault(start, STRAIGHT));
        }
        Ok(match word.len() {
            4 if word.eq_ignore_ascii_case("true") => Written::Bool(true),
            5 if word.eq_ignore_ascii_case("false") => Written::Bool(false),
            4 if word.eq_ignore_ascii_case("null") => Written::Null,
            _ => Written::Bare(word),
        })
    }

    /// A JSON string (RFC 8259 section 7).
    fn quoted(&mut self) -> Result<Cow<'a, str>, ScimError> {
        let start = self.at;
        let end = string_end(self.rest());
        let literal = self.skip(end);
        let inner = literal.get(1..).and_then(|tail| tail.strip_suffix('"'));
        let Some(inner) = inner.filter(|inner| !ends_in_escape(inner)) else {
            return Err(self.fault(start, "the text that begins here has no closing quote"));
        };
        if inner.bytes().all(|byte| byte != b'\\' && byte >= b' ') {
            return Ok(Cow::Borrowed(inner));
        }
        serde_json::from_str(literal).map(Cow::Owned).map_err(|_| {
            self.fault(
                start,
                "the text that begins here has an escape or a control character that JSON does not allow",
            )
        })
    }

    /// An `invalidFilter` about the place `at`.
    pub(super) fn fault(&self, at: usize, what: impl std::fmt::Display) -> ScimError {
        let before = self.text.get(..at).unwrap_or(self.text);
        let place = before.chars().count() + 1;
        let end = if at >= self.text.len() { ", its end" } else { "" };
        ScimError::invalid_filter(format!("At character {place} of the {}{end}: {what}.", self.called))
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'$')
}

/// Whether a bare word is a text in quotes that JSON does not have: single or typographic ones, or double ones
/// that were encoded once too often. As a value it would be compared with quotes and all, and name nobody.
fn is_quoted_otherwise(word: &str) -> bool {
    const QUOTES: &[char] = &[
        '\'', '`', '\u{b4}', '\u{ab}', '\u{bb}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}', '\u{201c}',
        '\u{201d}', '\u{201e}', '\u{201f}', '\u{2032}', '\u{2033}', '\u{2039}', '\u{203a}', '\u{300c}',
        '\u{300d}', '\u{ff02}', '\u{ff07}',
    ];
    let encoded = ["%22", "%27", "&quot;", "&#", "\\"].iter().any(|start| word.starts_with(start));
    // An apostrophe may end a word that it does not begin.
    let ends = word.ends_with(QUOTES) && !word.ends_with(['\'', '\u{2019}']);
    encoded || word.starts_with(QUOTES) || ends
}

/// Whether the last character is taken by a backslash before it.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Length of the string literal at the start of `text`, quotes included; all of it when it never ends.
pub(in crate::scim) fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
