//! Everything that can be wrong from outside, as tables: what is said, with which status or exit code, and
//! that nothing is lost.
//!
//! Each row names words that must be said (what failed, which input, what to do); a secret, a person's
//! address or the inside of the program is never said. What holds while all is well: `promises`.

mod configuration;
mod disk;
mod genesys;
mod names;
mod requests;
mod starting;

/// Words that no user should ever read.
const INSIDE: [&str; 6] = ["panicked", "stack backtrace", "RUST_BACKTRACE", "unwrap", "called `", "src/"];

/// Fails unless all words are said and none of the inside.
fn says(row: &str, text: &str, words: &[&str]) {
    let folded = text.to_lowercase();
    for word in words {
        assert!(folded.contains(&word.to_lowercase()), "{row}: {word:?} is not said in {text}");
    }
    for word in INSIDE {
        assert!(!text.contains(word), "{row}: {word:?} is said in {text}");
    }
}
