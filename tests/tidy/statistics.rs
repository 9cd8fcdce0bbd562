//! Lengths of files and functions. A function's length counts from the line of its `fn` to its closing brace.

use super::scan::{block_end, code_only};

/// More than this is a long function.
const LONG: usize = 70;

/// Figures in two lines of text.
pub(crate) fn of(title: &str, files: &[(&str, &str)]) -> String {
    let mut lines: Vec<(usize, String)> =
        files.iter().map(|(path, text)| (text.lines().count(), (*path).to_owned())).collect();
    let mut functions: Vec<(usize, String)> =
        files.iter().flat_map(|(path, text)| functions(path, text)).collect();
    let long = functions.iter().filter(|(lines, _)| *lines > LONG).count();
    let total: usize = lines.iter().map(|(count, _)| count).sum();
    format!(
        "{title}: {} files, {total} lines; {}\n{title}: {} functions; {}; {long} above {LONG} lines",
        lines.len(),
        figures(&mut lines),
        functions.len(),
        figures(&mut functions),
    )
}

/// The functions of more than 70 lines, each with its file and length.
pub(crate) fn long_functions(files: &[(&str, &str)]) -> Vec<String> {
    let functions = files.iter().flat_map(|(path, text)| functions(path, text));
    functions.filter(|(lines, _)| *lines > LONG).map(|(lines, name)| format!("{name}: {lines}")).collect()
}

/// Half of the files have no more lines than this.
pub(crate) fn median_length(files: &[(&str, &str)]) -> usize {
    let mut lengths: Vec<usize> = files.iter().map(|(_, text)| text.lines().count()).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

fn figures(lengths: &mut [(usize, String)]) -> String {
    lengths.sort();
    let at = |percent: usize| lengths.get(lengths.len() * percent / 100).map_or(0, |(length, _)| *length);
    let (longest, name) = lengths.last().map_or((0, ""), |(length, name)| (*length, name.as_str()));
    format!("median {}, p90 {}, longest {longest} ({name})", at(50), at(90))
}

fn functions(path: &str, text: &str) -> Vec<(usize, String)> {
    let code = code_only(text);
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        let before = code.get(..*at).and_then(|text| text.chars().next_back()).unwrap_or(' ');
        before.is_whitespace() || before == '('
    });
    let measure = |(at, _): (usize, &str)| {
        let rest = code.get(at..)?;
        let name: String =
            rest.chars().skip(3).take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
        let open = rest.find('{')?;
        if name.is_empty() || rest.get(..open).is_some_and(ends_a_statement) {
            // A signature without a body, or a function type.
            return None;
        }
        let body = rest.get(..block_end(rest, open))?;
        Some((body.lines().count(), format!("{path} {name}")))
    };
    starts.filter_map(measure).collect()
}

/// Whether a semicolon stands outside of brackets: in `[u8; 4]` it ends nothing.
fn ends_a_statement(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().any(|sign| {
        depth += i32::from(sign == '[') - i32::from(sign == ']');
        sign == ';' && depth == 0
    })
}
