//! What a JSON text will take in memory once it is parsed, told from its signs in one pass, before anything is
//! built of it.
//!
//! Errs on the high side, and never knows whether the text is JSON at all: of what is none, the parser builds no
//! more than was counted. What is read and how a refusal is worded: [`super::body`].

/// A value, wherever it stands, in bytes.
const VALUE: usize = 72;
/// A member of an object: its hash, the text of its name, its value.
const MEMBER: usize = 8 + 24 + VALUE;
/// What the allocator may add to each piece of memory.
const PIECE: usize = 16;
/// JSON that stands in a text is parsed as well where Entra puts it: what a name with its value, an opening bracket
/// and a comma can cost there at most, each in the smallest object or list.
const NAME_IN_TEXT: usize = object(1);
const OPENING_IN_TEXT: usize = list(1);
const COMMA_IN_TEXT: usize = 2 * VALUE;

/// What a body has more of than is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excess {
    /// Brackets in brackets.
    Depth,
    /// Members of one object.
    Members,
    /// Memory.
    Bytes,
}

/// The most that a text may have.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Brackets in brackets.
    pub(super) depth: usize,
    /// Members of one object.
    pub(super) members: usize,
    /// Memory once parsed.
    pub(super) bytes: usize,
}

/// What a list of so many values takes: it begins with four places and doubles them. (While it grows, its old
/// places are there too for a moment.)
const fn list(values: usize) -> usize {
    match values {
        0 => 0,
        1..=4 => 4 * VALUE + PIECE,
        _ => values.next_power_of_two() * VALUE + PIECE,
    }
}

/// What an object of so many members takes: a hash table, which is filled to seven eighths and doubles, and a list
/// with a place for each member that fits into the table.
const fn object(members: usize) -> usize {
    let (slots, places) = match members {
        0 => return 0,
        1..=3 => (4, 3),
        4..=7 => (8, 7),
        _ => {
            let slots = (members * 8).div_ceil(7).next_power_of_two();
            (slots, slots / 8 * 7)
        }
    };
    places * MEMBER + slots * 9 + 2 * PIECE + 16
}

/// An object or a list that is open.
struct Open {
    is_list: bool,
    number: usize,
}

/// The text within quotes, while it goes on.
#[derive(Default)]
struct Text {
    escaped: bool,
    /// Whether it begins as an object does; `None` until it has begun.
    is_json: Option<bool>,
}

impl Text {
    /// What a byte of it adds, and whether it was the last.
    fn step(&mut self, byte: u8) -> (usize, bool) {
        if byte == b'"' && !self.escaped {
            return (PIECE, true);
        }
        self.escaped = byte == b'\\' && !self.escaped;
        if self.is_json.is_none() && !byte.is_ascii_whitespace() {
            self.is_json = Some(byte == b'{' || byte == b'\\');
        }
        if self.is_json != Some(true) {
            return (1, false);
        }
        let inner = match byte {
            b':' => NAME_IN_TEXT,
            b'{' | b'[' => OPENING_IN_TEXT,
            b',' => COMMA_IN_TEXT,
            b'"' => PIECE,
            _ => 1,
        };
        (1 + inner, false)
    }
}

/// Bytes that a text takes once parsed, its own not counted.
///
/// # Errors
/// It has more than allowed of something.
pub(super) fn measure(bytes: &[u8], most: Most) -> Result<usize, Excess> {
    let mut open: Vec<Open> = Vec::with_capacity(most.depth);
    let mut cost = VALUE;
    let mut text: Option<Text> = None;
    for byte in bytes {
        if let Some(inside) = &mut text {
            let (more, last) = inside.step(*byte);
            cost += more;
            if last {
                text = None;
            }
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        // The first value of a list shows by anything but the list's end.
        if let Some(Open { is_list: true, number: number @ 0 }) = open.last_mut()
            && *byte != b']'
        {
            *number = 1;
            cost += list(1);
        }
        match byte {
            b'"' => text = Some(Text::default()),
            b'{' | b'[' => {
                if open.len() >= most.depth {
                    return Err(Excess::Depth);
                }
                open.push(Open { is_list: *byte == b'[', number: 0 });
            }
            b'}' | b']' => drop(open.pop()),
            b',' | b':' => cost += another(open.last_mut(), *byte, most.members)?,
            _ => {}
        }
        if cost > most.bytes {
            return Err(Excess::Bytes);
        }
    }
    if cost > most.bytes { Err(Excess::Bytes) } else { Ok(cost) }
}

/// What one more value of a list or one more member of an object adds.
fn another(open: Option<&mut Open>, sign: u8, members_max: usize) -> Result<usize, Excess> {
    match open {
        Some(Open { is_list: true, number }) if sign == b',' => {
            *number += 1;
            Ok(list(*number) - list(*number - 1))
        }
        Some(Open { is_list: false, number }) if sign == b':' => {
            *number += 1;
            if *number > members_max {
                return Err(Excess::Members);
            }
            Ok(object(*number) - object(*number - 1))
        }
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const FREE: Most = Most { depth: 99, members: 9_999, bytes: usize::MAX };

    fn cost(text: &str) -> usize {
        measure(text.as_bytes(), FREE).unwrap()
    }

    #[test]
    fn brackets_count_only_outside_of_strings() {
        for (text, depth, members, wanted) in [
            (r#"{"a":[1]}"#, 2, 1, None),
            (r#"{"a":[1]}"#, 1, 1, Some(Excess::Depth)),
            (r#"{"a":"[[[[["}"#, 1, 1, None),
            (r#"{"a":"\"[[["}"#, 1, 1, None),
            (r#"[[],[],[]]"#, 2, 0, None),
            (r#"{"a":1,"b":2}"#, 1, 1, Some(Excess::Members)),
            (r#"[{"a":1},{"b":2},{"c":":::"}]"#, 2, 1, None),
            (r#"{"a":{"b":{"c":1}},"d":1}"#, 3, 2, None),
        ] {
            let found = measure(text.as_bytes(), Most { depth, members, bytes: usize::MAX });
            assert_eq!(found.err(), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_text_costs_follows_from_what_the_parser_builds() {
        assert!(size_of::<Value>() <= VALUE, "a value is larger than it is counted: {}", size_of::<Value>());
        for (text, wanted) in [
            ("1", VALUE),
            ("[]", VALUE),
            ("{}", VALUE),
            ("[ ]", VALUE),
            ("[1]", VALUE + list(1)),
            ("[1,2,3,4,5]", VALUE + list(5)),
            ("[[],[],[]]", VALUE + list(3)),
            ("[\",[,[\"]", VALUE + list(1) + 4 + PIECE),
            (r#"{"ab":0}"#, VALUE + object(1) + 2 + PIECE),
            (r#"{"a":{},"b":"xyz"}"#, VALUE + object(2) + 5 + 3 * PIECE),
        ] {
            assert_eq!(cost(text), wanted, "{text}");
            assert_eq!(measure(text.as_bytes(), Most { bytes: wanted, ..FREE }), Ok(wanted), "{text}");
            let less = Most { bytes: wanted - 1, ..FREE };
            assert_eq!(measure(text.as_bytes(), less), Err(Excess::Bytes), "{text}");
        }
    }

    #[test]
    fn lists_are_counted_as_they_grow() {
        for number in 0..3_000 {
            let mut values = Vec::new();
            (0..number).for_each(|_| values.push(Value::Null));
            assert!(values.capacity() * VALUE <= list(number), "{number}: {}", values.capacity());
        }
    }

    #[test]
    fn json_that_stands_in_a_text_counts_as_what_it_becomes() {
        let inner = format!("[{}]", "{\"\":0},".repeat(100));
        let outside = cost(&inner);
        for spelt in [format!("{{\"a\":{inner}"), format!(" {{\"a\":{inner}")] {
            let quoted = Value::String(spelt).to_string();
            assert!(cost(&quoted) >= outside, "{} for {outside}", cost(&quoted));
        }
        let plain = Value::String(format!("x{inner}")).to_string();
        assert!(cost(&plain) < 2 * plain.len(), "a text that is none counts as a text");
    }
}
