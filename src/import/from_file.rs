//! The import from a file: users, one JSON object on each line, become unmanaged records, and Genesys is not
//! asked.
//!
//! For directories that would take hours to read page by page. A line that is wrong is reported with its
//! number and passed over. Safe to repeat: what is there already stays as it is. The records are
//! `directory::import`'s; the command is `cli`'s.

use std::collections::HashSet;
use std::io::{self, BufRead, Read as _};

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::directory::Directory;
use crate::directory::import::ImportState;
use crate::directory::import::{Chunk, Taken};
use crate::genesys::api::scim_users;
use crate::limits::IMPORT_LINE_BYTES;
use crate::model::ports::{Clock, Ids, Store};
use crate::model::{Observed, StoreError};
use crate::scim::dialect::Dialect;
use crate::scim::json::{self, JsonFault};
use crate::scim::kind::{BRIDGE_USER, ResourceKind};
use crate::scim::{resource, value};

/// Length of a uuid in its hyphenated form, the one in which Genesys Cloud writes ids.
const ID_CHARACTERS: usize = 36;

/// What the import works with.
pub(crate) struct FileParts<'a> {
    /// Where to.
    pub directory: &'a Directory,
    /// Commits.
    pub store: &'a dyn Store,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn Ids,
}

/// How far the import is, or came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Lines that hold something.
    pub users: u64,
    /// Records that are new here or changed.
    pub written: u64,
    /// Users that are here already, just so.
    pub unchanged: u64,
    /// Users that an identity provider has written; they stay as they are.
    pub kept: u64,
    /// Lines that were passed over.
    pub refused: u64,
    /// Bytes read.
    #[serde(skip)]
    pub bytes: u64,
}

/// Who wants to know while it runs.
pub(crate) trait Listener {
    /// A line was passed over. `why` quotes no personal value.
    fn refused(&mut self, line: u64, why: &str);

    /// Some more lines were read.
    fn progress(&mut self, tally: &Tally);
}

/// Why the import ended early. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The file cannot be read on.
    #[error("it cannot be read after line {line}: {source}")]
    Read {
        /// Lines that were read.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads all lines and keeps their users.
///
/// # Errors
/// The file breaks off or the store refuses; what was committed before is kept.
pub(crate) async fn import_lines(
    parts: &FileParts<'_>,
    source: &mut dyn BufRead,
    listener: &mut dyn Listener,
) -> Result<Tally, FileError> {
    // What is there already must be counted before anything is added to it.
    parts.store.commit(parts.directory.batch_first_counts().await?).await?;
    let mut run = Run { parts, tally: Tally::default(), seen: HashSet::new(), chunk: Chunk::default() };
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        let bytes =
            next_line(source, &mut line).map_err(|source| FileError::Read { line: number, source })?;
        if bytes == 0 {
            break;
        }
        number += 1;
        run.tally.bytes += bytes;
        if let Some(why) = run.line(&line).await? {
            run.tally.refused += 1;
            listener.refused(number, &why);
        }
        if run.chunk.is_full() {
            run.commit().await?;
        }
        if number % 500 == 0 {
            listener.progress(&run.tally);
        }
    }
    run.commit().await?;
    listener.progress(&run.tally);
    Ok(run.tally)
}

/// Counts the file as the first import, which readiness waits for. An import that is noted already stays
/// noted.
///
/// # Errors
/// The store refuses.
pub(crate) async fn note_done(parts: &FileParts<'_>, tally: &Tally) -> Result<(), StoreError> {
    if parts.directory.import_state().await?.is_some() {
        return Ok(());
    }
    let state = ImportState { finished_ms: parts.clock.now_ms(), users: tally.users, groups: 0 };
    parts.store.commit(parts.directory.batch_import_done(state)?).await.map(drop)
}

struct Run<'a> {
    parts: &'a FileParts<'a>,
    tally: Tally,
    /// Ids of this file: the second line of one user is a mistake in the file, not a change.
    seen: HashSet<Uuid>,
    chunk: Chunk,
}

impl Run<'_> {
    /// Takes one line; says why not, if not.
    async fn line(&mut self, line: &[u8]) -> Result<Option<String>, StoreError> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        self.tally.users += 1;
        let (id, user) = match read(line) {
            Ok(read) => read,
            Err(why) => return Ok(Some(why)),
        };
        if self.seen.contains(&id) {
            return Ok(Some(format!("the user {id} was on an earlier line already")));
        }
        let mut taken = self.take(&user).await?;
        if taken == Taken::NameInUse && !self.chunk.is_empty() {
            // An earlier line of this chunk may have given the name up.
            self.commit().await?;
            taken = self.take(&user).await?;
        }
        match taken {
            Taken::Written => self.tally.written += 1,
            Taken::Unchanged => self.tally.unchanged += 1,
            Taken::Managed => self.tally.kept += 1,
            Taken::NameInUse => return Ok(Some("its userName belongs to another user".to_owned())),
            Taken::NameReserved => {
                return Ok(Some(
                    "its userName is being given to a user just now; let the bridge finish that first"
                        .to_owned(),
                ));
            }
        }
        self.seen.insert(id);
        Ok(None)
    }

    async fn take(&mut self, user: &Observed) -> Result<Taken, StoreError> {
        let (fresh, now_ms) = (self.parts.ids.subject(), self.parts.clock.now_ms());
        self.parts.directory.chunk_user(&mut self.chunk, user, fresh, now_ms).await
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        self.parts.store.commit(self.chunk.take()).await.map(drop)
    }
}

/// Reads a line and gives its length, 0 at the end. Of one that is too long only as much is kept as shows
/// that.
fn next_line(source: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let mut bytes = (&mut *source).take(IMPORT_LINE_BYTES as u64 + 1).read_until(b'\n', line)?;
    if bytes > IMPORT_LINE_BYTES && line.last() != Some(&b'\n') {
        bytes += source.skip_until(b'\n')?;
    }
    Ok(bytes as u64)
}

/// A line as Genesys would show the user: checked, without what only the bridge or its rules may say.
fn read(line: &[u8]) -> Result<(Uuid, Observed), String> {
    if line.len() > IMPORT_LINE_BYTES {
        return Err(format!("it is longer than {IMPORT_LINE_BYTES} bytes"));
    }
    // Without the line's end, which would count as a line of its own where the text breaks off.
    let body: Value = json::read(line.trim_ascii_end()).map_err(|fault| match fault {
        JsonFault::Malformed { column, .. } => format!("it is not valid JSON (column {column})"),
        JsonFault::Twice(name) => json::twice(&name).detail,
    })?;
    let object = body.as_object().ok_or("it is not a JSON object")?;
    let id = value::get(object, "id").and_then(Value::as_str).filter(|text| text.len() == ID_CHARACTERS);
    let id = id
        .and_then(|text| Uuid::parse_str(text).ok())
        .ok_or("id is missing or is not a uuid; it must be the user's id in Genesys Cloud")?;
    // The password, which is dropped here, and what is read-only never reach the document.
    let incoming = resource::create(ResourceKind::User, body, Dialect::Tolerant);
    let mut document = incoming.map_err(|error| error.detail)?.document;
    document.shift_remove(BRIDGE_USER);
    document.insert("id".to_owned(), id.to_string().into());
    let user = scim_users::observed(&Value::Object(document)).ok_or("it is not a user")?;
    Ok((id, user))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::system::{SystemClock, SystemIds};
    use crate::directory::{StoredUser, UserLookup};
    use crate::model::{TenantId, UserId};
    use crate::store::MemoryStore;

    #[derive(Default)]
    struct Heard(Vec<(u64, String)>);

    impl Listener for Heard {
        fn refused(&mut self, line: u64, why: &str) {
            self.0.push((line, why.to_owned()));
        }

        fn progress(&mut self, _: &Tally) {}
    }

    struct House {
        store: Arc<MemoryStore>,
        directory: Directory,
    }

    impl House {
        fn new() -> Self {
            let store = Arc::new(MemoryStore::new());
            Self {
                directory: Directory::new(TenantId::new("t"), Arc::clone(&store) as Arc<dyn Store>),
                store,
            }
        }

        async fn import(&self, text: &str) -> (Tally, Vec<(u64, String)>) {
            let (clock, ids, mut heard) = (SystemClock::new(), SystemIds, Heard::default());
            let parts = FileParts {
                directory: &self.directory,
                store: self.store.as_ref(),
                clock: &clock,
                ids: &ids,
            };
            let tally = import_lines(&parts, &mut text.as_bytes(), &mut heard).await.unwrap();
            note_done(&parts, &tally).await.unwrap();
            (tally, heard.0)
        }

        async fn named(&self, name: &str) -> Option<StoredUser> {
            self.directory.user_by(UserLookup::UserName(name)).await.unwrap()
        }
    }

    fn id(n: u32) -> String {
        format!("00000000-0000-4000-8000-{n:012}")
    }

    fn line(n: u32, name: &str) -> String {
        format!("{{\"id\":\"{}\",\"userName\":\"{name}\",\"displayName\":\"{name}\"}}\n", id(n))
    }

    #[tokio::test]
    async fn a_file_of_several_chunks_is_taken_and_the_second_time_nothing_changes() {
        let house = House::new();
        let text: String = (0..1203).map(|n| line(n, &format!("user{n}@x.example"))).collect();
        let (tally, refused) = house.import(&text).await;
        assert_eq!((tally.users, tally.written, tally.bytes), (1203, 1203, text.len() as u64), "{refused:?}");
        let user = house.named("user1202@x.example").await.unwrap();
        assert!(!user.managed && user.id == UserId::new(id(1202)));
        assert_eq!(house.directory.import_state().await.unwrap().unwrap().users, 1203);
        let before = house.store.commits();
        let (tally, refused) = house.import(&text).await;
        assert_eq!((tally.written, tally.unchanged, refused), (0, 1203, vec![]));
        assert_eq!(house.store.commits(), before, "nothing was written");
    }

    #[tokio::test]
    async fn a_wrong_line_is_named_and_the_others_are_taken() {
        let house = House::new();
        let long = format!("{{\"id\":\"{}\",\"title\":\"{}\"}}\n", id(8), "x".repeat(IMPORT_LINE_BYTES));
        let table = [
            ("{\"id\": x}\n".to_owned(), "not valid JSON (column 8)"),
            ("[]\n".to_owned(), "not a JSON object"),
            ("{\"userName\": \"no.id@x.example\"}\n".to_owned(), "id is missing"),
            (format!("{{\"id\": \"{}\"}}\n", id(7).replace('-', "")), "is not a uuid"),
            (format!("{{\"id\": \"{}\"}}\n", id(7)), "userName is required"),
            (line(1, "another@x.example"), "on an earlier line"),
            (line(3, "ADA@x.example"), "belongs to another user"),
            (long, "longer than"),
            ("[".repeat(5000) + "\n", "not valid JSON"),
        ];
        let text: String = std::iter::once(line(1, "ada@x.example"))
            .chain(["\r\n".to_owned()])
            .chain(table.iter().map(|(text, _)| text.clone()))
            .chain(["\n".to_owned(), line(2, "bea@x.example").trim_end().to_owned()])
            .collect();
        let (tally, refused) = house.import(&text).await;
        assert_eq!((tally.written, tally.refused, tally.users), (2, 9, 11), "{refused:?}");
        for (at, ((number, why), (_, wanted))) in refused.iter().zip(&table).enumerate() {
            assert_eq!(*number, at as u64 + 3, "{why}");
            assert!(why.contains(*wanted), "{why}: {wanted}");
            assert!(!why.contains("example"), "it quotes a value: {why}");
        }
        assert!(house.named("ada@x.example").await.is_some() && house.named("bea@x.example").await.is_some());
    }

    #[tokio::test]
    async fn a_name_given_up_by_one_line_may_be_taken_by_the_next() {
        let house = House::new();
        house.import(&line(1, "ada@x.example")).await;
        let (tally, refused) =
            house.import(&(line(1, "ada.new@x.example") + &line(2, "ada@x.example"))).await;
        assert_eq!((tally.written, refused), (2, vec![]));
        assert_eq!(house.named("ada@x.example").await.unwrap().id, UserId::new(id(2)));
    }

    #[tokio::test]
    async fn only_the_identity_is_taken() {
        let house = House::new();
        let text = format!(
            "{{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\", \"{BRIDGE_USER}\"], \"ID\": \"{}\", \"userName\": \
             \"Ada@x.example\", \"password\": \"hunter2\", \"meta\": {{\"version\": \"W/9\"}}, \"roles\": [{{\"value\": \"admin\"}}], \
             \"title\": \"Agent\", \"{BRIDGE_USER}\": {{\"queues\": [{{\"value\": \"Sales\"}}]}}}}\n",
            id(5).to_uppercase()
        );
        let (tally, refused) = house.import(&text).await;
        assert_eq!(tally.written, 1, "{refused:?}");
        let user = house.named("ada@x.example").await.unwrap();
        let wanted = serde_json::json!({ "userName": "Ada@x.example", "title": "Agent" });
        assert_eq!(Value::Object(user.document), wanted);
        assert_eq!(user.id, UserId::new(id(5)));
    }
}
