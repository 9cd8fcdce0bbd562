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
    let share = share_of_long_functions(files) * 100.0;
    let total: usize = lines.iter().map(|(count, _)| count).sum();
    format!(
        "{title}: {} files, {total} lines; {}\n{title}: {} functions; {}; {share:.2} % above {LONG} lines",
        lines.len(),
        figures(&mut lines),
        functions.len(),
        figures(&mut functions),
    )
}

/// Share of functions above 70 lines, 0 to 1.
pub(crate) fn share_of_long_functions(files: &[(&str, &str)]) -> f64 {
    let functions: Vec<(usize, String)> =
        files.iter().flat_map(|(path, text)| functions(path, text)).collect();
    let long = functions.iter().filter(|(lines, _)| *lines > LONG).count();
    let number = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    number(long) / number(functions.len().max(1))
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
        // A signature without a body, or a function type.
        if name.is_empty()
            || rest
                .find(';')
                .is_some_and(|end| end < open && rest.get(..end).is_some_and(|text| !text.contains('[')))
        {
            return None;
        }
        let body = rest.get(..block_end(rest, open))?;
        Some((body.lines().count(), format!("{path} {name}")))
    };
    starts.filter_map(measure).collect()
}
