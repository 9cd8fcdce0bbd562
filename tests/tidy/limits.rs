//! Maxima that stand outside of `src/limits.rs`: constants that say of themselves that they are one, by name
//! or by the first word of their comment. What is really no limit for anybody outside is listed here with its
//! reason.

/// Constants that bound an inner step and refuse nobody anything: file, name, why it stays where it is.
pub(crate) const INNER: &[(&str, &str, &str)] = &[
    ("src/store/disk/opening.rs", "SLED_BYTES", "how the configured cache is divided, not how large it is"),
    ("src/store/keys.rs", "PART_BYTES", "longer parts are kept as hashes, none is refused"),
    ("src/store/keys.rs", "KEY_BYTES", "longer keys are kept as hashes, none is refused"),
    (
        "src/store/disk/frame.rs",
        "PAYLOAD_BYTES",
        "follows from limits::STORE_VALUE_BYTES; larger records are cut into pieces",
    ),
    ("src/directory/import/chunk.rs", "CHUNK_USERS", "how much is written at once, not how much can be"),
];

/// First words of a comment that call a constant a maximum.
const CALLED: [&str; 4] = ["Most ", "Longest ", "Largest ", "Deepest "];

/// The maxima that a file declares.
pub(crate) fn declared(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut found = Vec::new();
    // The first line of the comment above, if there is one.
    let mut comment: Option<&str> = None;
    for line in text.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            comment = comment.or(Some(said.trim()));
            continue;
        }
        if let Some(name) = constant(line) {
            let called = comment.is_some_and(|said| CALLED.iter().any(|word| said.starts_with(word)));
            if called || named(name) {
                found.push(name.to_owned());
            }
        }
        comment = None;
    }
    found
}

/// The name of the number or duration that a line declares as a constant.
fn constant(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("const ")?;
    if !before.is_empty() && !before.starts_with("pub") {
        return None;
    }
    let (name, kind) = rest.split_once(':')?;
    let kind = kind.split('=').next()?.trim();
    let measures = ["usize", "u8", "u16", "u32", "u64", "i64", "Duration"];
    measures.contains(&kind).then_some(name)
}

fn named(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    words.contains(&"MAX") || words.contains(&"MOST") || words.last() == Some(&"LIMIT")
}
