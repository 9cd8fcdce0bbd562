//! The rules as data: the table of lines, the fences round disk, network and commit tokens, the pure rooms.
//! The clock and randomness are fenced by `clippy.toml`.

/// Modules by line, lowest first. A module may use modules of lower lines, and its own.
pub(crate) const LINES: [&[&str]; 12] = [
    &["limits", "model"],
    &["scim", "config"],
    &["entitlements"],
    &["plan"],
    &["saga"],
    &["genesys", "store"],
    &["directory", "audit"],
    &["bridge"],
    &["import", "resync"],
    &["server", "admin"],
    &["cli", "app"],
    &["testing"],
];

/// The one import within a line: commands start what the composition root builds.
pub(crate) const SAME_LINE: [(&str, &str); 1] = [("cli", "app")];

/// Longest file.
pub(crate) const LINES_MAX: usize = 600;

/// Files that only tests use, although their names do not say so.
pub(crate) const TEST_HELPERS: &[&str] = &["src/store/conformance.rs", "src/store/samples.rs"];

/// Half of the product's files are not longer.
pub(crate) const MEDIAN_MAX: usize = 150;

/// Longest README.
pub(crate) const README_MAX: usize = 150;

/// Words that only some rooms may use.
pub(crate) struct Fence {
    pub(crate) words: &'static [&'static str],
    pub(crate) rooms: &'static [&'static str],
    pub(crate) rule: &'static str,
}

/// The fences.
pub(crate) const FENCES: [Fence; 6] = [
    Fence { words: &["sled::"], rooms: &["src/store/disk/"], rule: "sled only in store/disk" },
    Fence {
        words: &["SledStore", "DirectoryError"],
        rooms: &["src/store/"],
        rule: "which engine keeps the records is known in store alone: others call store::open and use the port",
    },
    Fence {
        words: &["reqwest::"],
        rooms: &["src/genesys/transport.rs"],
        rule: "the HTTP client only in genesys' transport",
    },
    Fence {
        words: &["counter!", "gauge!", "histogram!"],
        rooms: &["src/model/metric.rs", "src/server/recorder.rs"],
        rule: "metrics are declared in model::metric, which puts the tenant in; count with a handle of it",
    },
    Fence {
        words: &["CommitToken::mint"],
        rooms: &["src/store/"],
        rule: "a 2xx needs a token that only store hands out",
    },
    Fence {
        words: &["HashMap", "HashSet"],
        rooms: HASHED,
        rule: "a hash map has no order that can be told: take a BTreeMap, or list the file with why only look-ups are made",
    },
];

/// Files with hash maps in which things are looked up, counted or taken out by name, and never walked through
/// where the order could be seen.
const HASHED: &[&str] = &[
    "src/server/request_metrics.rs",
    "src/genesys/catalogue/",
    "src/scim/resource/mod.rs",
    "src/scim/patch/engine.rs",
    "src/entitlements/merge.rs",
    "src/import/from_file.rs",
    "src/directory/import/chunk.rs",
    "src/bridge/claims.rs",
    "src/bridge/lanes.rs",
    "src/resync/seen.rs",
    "src/resync/sweep.rs",
];

/// Rooms without async, clock, randomness, input and output.
pub(crate) const PURE: &[&str] = &[
    "src/model/",
    "src/scim/",
    "src/entitlements/",
    "src/plan/",
    "src/saga/machine.rs",
    "src/genesys/answer.rs",
    "src/genesys/api/",
    "src/genesys/regions.rs",
    "src/genesys/request.rs",
    "src/genesys/verdict.rs",
];

/// Signatures only.
pub(crate) const PURE_EXCEPT: &[&str] = &["src/model/ports.rs", "src/model/ports/"];

/// What makes code impure.
pub(crate) const PURE_WORDS: [&str; 14] = [
    "async",
    ".await",
    "tokio::",
    "Instant::",
    "SystemTime",
    "Timestamp::now",
    "rand::",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::io",
];
