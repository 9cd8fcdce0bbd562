//! The compact string form of entitlements: `Agent@EMEA;Supervisor`, `Billing:4`, `HR.badge=4711`.
//!
//! For connectors that cannot send complex multi-valued extension attributes. `;` separates a list, the last sign splits,
//! a backslash takes the next character as it is. Reads text only; the attributes that carry it are in `request`.

/// Splits a list at its `;`, dropping empty items; escapes stay in place for [`split_last`].
pub(super) fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if !escaped && c == ';' {
            items.push(String::new());
            continue;
        }
        escaped = !escaped && c == '\\';
        if let Some(item) = items.last_mut() {
            item.push(c);
        }
    }
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// Splits at the last unescaped `sign`; both sides unescaped. Without the sign the right side is `None`.
pub(super) fn split_last(item: &str, sign: char) -> (String, Option<String>) {
    let mut escaped = false;
    let mut at = None;
    for (index, c) in item.char_indices() {
        if !escaped && c == sign {
            at = Some(index);
        }
        escaped = !escaped && c == '\\';
    }
    match at.and_then(|index| Some((item.get(..index)?, item.get(index + sign.len_utf8()..)?))) {
        Some((left, right)) => (unescape(left), Some(unescape(right))),
        None => (unescape(item), None),
    }
}

/// Splits at the first unescaped `sign`.
pub(super) fn split_first(item: &str, sign: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (index, c) in item.char_indices() {
        if !escaped && c == sign {
            return Some((item.get(..index)?, item.get(index + sign.len_utf8()..)?));
        }
        escaped = !escaped && c == '\\';
    }
    None
}

/// Takes escapes out and trims.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.trim().chars() {
        if !escaped && c == '\\' {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sign_splits_and_a_backslash_escapes() {
        for (item, sign, left, right) in [
            ("Agent@EMEA", '@', "Agent", Some("EMEA")),
            ("Agent", '@', "Agent", None),
            ("Agent@Night@EMEA", '@', "Agent@Night", Some("EMEA")),
            (r"Agent\@Night", '@', "Agent@Night", None),
            (r"C\\@EMEA", '@', r"C\", Some("EMEA")),
            (" Billing : 4 ", ':', "Billing", Some("4")),
        ] {
            assert_eq!(split_last(item, sign), (left.to_owned(), right.map(str::to_owned)), "{item}");
        }
    }

    #[test]
    fn a_semicolon_separates_unless_escaped() {
        assert_eq!(items(r"Sales; Claims;;A\;B ;"), ["Sales", "Claims", r"A\;B"]);
        assert_eq!(items(""), Vec::<String>::new());
        assert_eq!(unescape(r"A\;B"), "A;B");
    }
}
