//! A thin coat in front of the filter grammar, so that what connectors really send can be read by it.
//!
//! Rewrites text only, outside of string literals: `not(` gets its blank, blanks after `(` and `[` go, `True` becomes
//! `true`, an unquoted value is quoted, `$ref` gets a name the grammar knows, and `emails[type eq "work"].value eq "x"`
//! moves its tail into the brackets. Decides nothing about attributes; that is [`super::build`].

/// Stand-in for `$ref`, which the grammar of RFC 7644 cannot spell although RFC 7643 uses it.
pub(super) const REF_STAND_IN: &str = "dollar-ref";

const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"];

/// What the rewriting remembers while it walks.
#[derive(Default)]
struct Walk {
    out: String,
    /// Position in `out` just behind the last `[`.
    open: usize,
    /// The word before was a comparison operator, so a value comes next.
    value_next: bool,
    /// A value path's tail was moved into its brackets; they close after the next value or `pr`.
    close_next: bool,
    /// A word has been read since the last sign, so the next operator word is one.
    after_name: bool,
}

impl Walk {
    fn value_done(&mut self) {
        self.value_next = false;
        self.after_name = false;
        if self.close_next {
            self.close_next = false;
            self.out.push(']');
        }
    }

    fn word(&mut self, word: &str) {
        if self.value_next {
            let lower = word.to_ascii_lowercase();
            if matches!(lower.as_str(), "true" | "false" | "null") {
                self.out.push_str(&lower);
            } else if word.parse::<f64>().is_ok()
                && word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            {
                self.out.push_str(word);
            } else {
                self.out.push_str(&serde_json::Value::from(word).to_string());
            }
            self.value_done();
            return;
        }
        let is_operator = self.after_name && OPERATORS.iter().any(|op| op.eq_ignore_ascii_case(word));
        let is_present = self.after_name && word.eq_ignore_ascii_case("pr");
        self.out.push_str(&word.replace("$ref", REF_STAND_IN));
        self.value_next = is_operator;
        self.after_name = !is_operator;
        if is_present {
            self.value_done();
        }
        if ["and", "or", "not"].iter().any(|logical| logical.eq_ignore_ascii_case(word)) {
            self.after_name = false;
        }
    }

    /// `attr[inner].sub op value` becomes `attr[(inner) and sub op value]`.
    fn pull_tail_in(&mut self) {
        let inner = self.out.split_off(self.open);
        self.out.push('(');
        self.out.push_str(inner.trim());
        self.out.push_str(") and ");
        self.close_next = true;
        self.after_name = false;
    }
}

/// Rewrites a filter for the grammar. Whatever it does not understand it leaves as it is.
pub(super) fn normalise(text: &str) -> String {
    let mut walk = Walk { out: String::with_capacity(text.len() + 8), ..Walk::default() };
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '"' => {
                let end = string_end(rest);
                walk.out.push_str(rest.get(..end).unwrap_or(rest));
                walk.value_done();
                end
            }
            '(' | '[' => {
                if c == '(' && walk.out.to_ascii_lowercase().ends_with("not") {
                    walk.out.push(' ');
                }
                walk.out.push(c);
                walk.after_name = false;
                if c == '[' {
                    walk.open = walk.out.len();
                }
                1 + rest.get(1..).map_or(0, |tail| tail.len() - tail.trim_start().len())
            }
            ']' if rest.get(1..).is_some_and(|tail| tail.starts_with('.')) => {
                walk.pull_tail_in();
                2
            }
            ')' | ']' => {
                walk.out.push(c);
                1
            }
            c if c.is_whitespace() => {
                walk.out.push(' ');
                rest.len() - rest.trim_start().len()
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"'))
                    .unwrap_or(rest.len());
                walk.word(rest.get(..end).unwrap_or(rest));
                end
            }
        };
        rest = rest.get(used..).unwrap_or("");
    }
    walk.out
}

/// Length of the string literal at the start of `text`, quotes included; all of it when it never ends.
pub(in crate::scim) fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn what_connectors_send_becomes_what_the_grammar_reads() {
        let table = [
            (r#"userName eq "a b""#, r#"userName eq "a b""#),
            ("not(title pr)", "not (title pr)"),
            ("NOT  ( title pr )", "NOT (title pr )"),
            ("( primary eq True )", "(primary eq true )"),
            (
                r#"emails[ primary eq true and type eq "[ x" ]"#,
                r#"emails[primary eq true and type eq "[ x" ]"#,
            ),
            ("externalId eq jyoung", r#"externalId eq "jyoung""#),
            ("externalId eq 42", "externalId eq 42"),
            (r#"members.$ref eq "x""#, r#"members.dollar-ref eq "x""#),
            (r#"emails[type eq "work"].value eq "x""#, r#"emails[(type eq "work") and value eq "x"]"#),
            (
                r#"emails[type eq "work"].value pr and active eq TRUE"#,
                r#"emails[(type eq "work") and value pr] and active eq true"#,
            ),
            (r#"title eq "True" or not(a pr)"#, r#"title eq "True" or not (a pr)"#),
            ("eq eq true", "eq eq true"),
        ];
        for (given, expected) in table {
            assert_eq!(normalise(given), expected, "{given}");
        }
    }
}
