//! What commands print: lines, tables, JSON. Ends quietly when the reader has gone
//! (`scim-bridge sagas list | head`).
//!
//! Standard output carries results only; remarks and progress go to standard error, so that scripts can use
//! the former.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

use comfy_table::{Table, presets};
use serde_json::Value;

use super::exit::{Exit, Failure};

/// Prints one line of results.
///
/// # Errors
/// The reader has gone (quiet), or standard output cannot be written.
pub(crate) fn line(text: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::silent(Exit::Quiet),
        _ => Failure::failed(format!("standard output cannot be written: {error}")),
    })
}

/// Prints a result as indented JSON.
///
/// # Errors
/// As [`line()`].
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    line(format_args!("{value:#}"))
}

/// Prints a remark for people; nobody reading it is fine.
pub(crate) fn remark(text: impl Display) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// Prints rows under a heading, or `nothing` when there are none.
///
/// # Errors
/// As [`line()`].
pub(crate) fn table(heading: &[&str], rows: Vec<Vec<String>>, nothing: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        return line(nothing);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(heading).add_rows(rows);
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    line(lines.join("\n"))
}

/// A member of an answer as text; empty when it is not there.
pub(crate) fn text(value: &Value, member: &str) -> String {
    match value.get(member) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A moment in Unix milliseconds for people; empty when it is not there.
pub(crate) fn moment(value: &Value, member: &str) -> String {
    let ms = value.get(member).and_then(Value::as_i64);
    let at = ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_shown_as_people_read_them() {
        let value = serde_json::json!({ "a": "x", "b": 7, "c": null, "at": 0 });
        let shown = ["a", "b", "c", "d"].map(|member| text(&value, member));
        assert_eq!(shown, ["x", "7", "", ""]);
        assert_eq!(moment(&value, "at"), "1970-01-01 00:00:00Z");
        assert_eq!(moment(&value, "a"), "");
    }
}
