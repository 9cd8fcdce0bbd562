//! The state file: one JSON line per changed entity, the last line of an entity counts.
//!
//! Written before the answer goes out, so a stopped or killed emulator starts again with everything it
//! acknowledged. It is not synced to the disk: it survives the process, not the machine.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Kind, World};

/// Bytes after which the file is written anew with one line per entity.
const REWRITE_AFTER_BYTES: u64 = 96 * 1024 * 1024;

/// An open state file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    file: File,
    written: u64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    kind: String,
    id: String,
    /// The whole entity; null when it was taken away.
    entity: Value,
}

impl StateFile {
    /// Reads the file into the world when it holds anything, and opens it for more. True when it held a
    /// state.
    pub(crate) fn open(path: &Path, world: &mut World) -> io::Result<(StateFile, bool)> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let found = !text.trim().is_empty();
        let whole_lines = text.matches('\n').count();
        for (number, line) in text.lines().enumerate() {
            let whole = number < whole_lines;
            match serde_json::from_str::<Line>(line) {
                Ok(line) => replay(world, line)?,
                Err(error) if whole => {
                    let place = format!("{}, line {}", path.display(), number.saturating_add(1));
                    return Err(io::Error::other(format!("the state file is damaged at {place}: {error}")));
                }
                // A line cut short by the end of the process was never acknowledged.
                Err(_) => {}
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut state = StateFile { path: path.to_owned(), file, written: 0 };
        if found {
            world.take_changes();
            state.rewrite(world)?;
        }
        Ok((state, found))
    }

    /// Appends the entities that changed.
    pub(crate) fn append(&mut self, world: &World, changes: &BTreeSet<(Kind, String)>) -> io::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for (kind, id) in changes {
            write_line(&mut lines, world, *kind, id)?;
        }
        self.file.write_all(&lines)?;
        self.written = self.written.saturating_add(lines.len() as u64);
        if self.written > REWRITE_AFTER_BYTES {
            self.rewrite(world)?;
        }
        Ok(())
    }

    /// Writes the file anew, one line per entity, and swaps it in.
    pub(crate) fn rewrite(&mut self, world: &World) -> io::Result<()> {
        let mut lines = Vec::new();
        let ids = [
            (Kind::User, world.users.keys().cloned().collect::<Vec<_>>()),
            (Kind::Group, world.groups.keys().cloned().collect()),
            (Kind::Token, world.tokens.keys().cloned().collect()),
            (Kind::Pending, world.pending.keys().map(u64::to_string).collect()),
        ];
        for (kind, ids) in &ids {
            for id in ids {
                write_line(&mut lines, world, *kind, id)?;
            }
        }
        let fresh = self.path.with_extension("new");
        std::fs::write(&fresh, &lines)?;
        std::fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

fn write_line(out: &mut Vec<u8>, world: &World, kind: Kind, id: &str) -> io::Result<()> {
    let (name, entity) = match kind {
        Kind::User => ("user", to_value(world.users.get(id))?),
        Kind::Group => ("group", to_value(world.groups.get(id))?),
        Kind::Token => ("token", to_value(world.tokens.get(id))?),
        Kind::Pending => ("pending", to_value(id.parse().ok().and_then(|key: u64| world.pending.get(&key)))?),
    };
    serde_json::to_writer(&mut *out, &Line { kind: name.to_owned(), id: id.to_owned(), entity })?;
    out.push(b'\n');
    Ok(())
}

fn to_value<T: Serialize>(entity: Option<&T>) -> io::Result<Value> {
    Ok(serde_json::to_value(entity)?)
}

fn replay(world: &mut World, line: Line) -> io::Result<()> {
    match line.kind.as_str() {
        "user" => keep(&mut world.users, line.id, line.entity)?,
        "group" => keep(&mut world.groups, line.id, line.entity)?,
        "token" => keep(&mut world.tokens, line.id, line.entity)?,
        "pending" => {
            let key: u64 = line.id.parse().map_err(io::Error::other)?;
            keep(&mut world.pending, key, line.entity)?;
        }
        other => return Err(io::Error::other(format!("the state file holds an unknown kind `{other}`"))),
    }
    Ok(())
}

fn keep<K: Ord, T: DeserializeOwned>(
    map: &mut std::collections::BTreeMap<K, T>,
    key: K,
    entity: Value,
) -> io::Result<()> {
    match serde_json::from_value::<Option<T>>(entity)? {
        Some(entity) => map.insert(key, entity),
        None => map.remove(&key),
    };
    Ok(())
}
