//! Every maximum that somebody outside can reach, named, with its reason: a client, Genesys Cloud, an
//! administrator, a file.
//!
//! Holds numbers only: who enforces a limit and how it answers is written where it is enforced (`server` for
//! bytes, `scim` for grammar, `store` for records, `genesys` for calls). Sizes of inner steps that refuse
//! nobody anything (pages, chunks, pauses, tries) stand beside the code that takes them;
//! `tests/tidy/limits.rs` knows the few of them that look like a maximum.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

/// How long a client may take to send its request line and headers; after that the connection is closed with
/// 408.
pub const HEADERS_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take to send a body, all of it.
pub const BODY_WAIT: Duration = Duration::from_secs(30);
/// How long a client may take nothing of an answer. It is held in memory, and with it the place of the query that
/// made it, until the client has it.
pub const WRITE_WAIT: Duration = Duration::from_secs(30);
/// Bytes of a large answer that a client takes in a second at least, on the whole: clients are servers.
pub const ANSWER_BYTES_PER_SECOND: u64 = 64 * 1024;
/// How long an idle connection is kept; Entra and Okta reuse theirs.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Most connections of one worker: a flood waits in the listen queue and costs no memory.
pub const CONNECTIONS_PER_WORKER: usize = 2048;
/// Most connections of one address, unless the configuration says otherwise: a quarter of those that two workers
/// take. A proxy has one for each request that is under way, hundreds where many wait for Genesys.
pub const CONNECTIONS_PER_ADDRESS: usize = 1024;
/// Longest request id that is taken over from a client: a uuid and a half-dozen words.
pub const REQUEST_ID_BYTES: usize = 128;
/// Most parameters of a query string that are looked at; SCIM knows nine.
pub const QUERY_PARAMETERS: usize = 64;
/// Largest request body in bytes: the members that one request may name, each with `value`, `display` and
/// `$ref` as connectors write them (about 200 bytes).
pub const BODY_BYTES: usize = 4 * 1024 * 1024;
/// How many times the allowed size of a body is still read and thrown away, so that the client reads our 413
/// instead of a reset.
pub const DRAIN_FACTOR: usize = 4;
/// Deepest nesting of a JSON body. SCIM needs five levels; parsers must not be walked off the stack.
pub const JSON_DEPTH: usize = 32;
/// Most members of one JSON object: a user with every attribute of every schema has about sixty.
pub const JSON_MEMBERS: usize = 1000;
/// Memory that one JSON body may take once it is parsed, in bytes. Each value takes memory however small it is
/// written; users and members as connectors write them take seven to twelve times their text.
pub const JSON_MEMORY: usize = 10 * BODY_BYTES;
/// Memory for all bodies of requests that are not answered yet, in bytes: three of the largest, or 2,500 of 4 KB. One client
/// has half of it at most, which must hold the largest.
pub const BODIES_IN_FLIGHT: usize = 128 * 1024 * 1024;
/// Longest filter in bytes; Entra's longest real one is about 200.
pub const FILTER_BYTES: usize = 4096;
/// Deepest nesting of a filter's parentheses and brackets.
pub const FILTER_DEPTH: usize = 24;
/// Most conditions in one filter. Each is asked of every resource that a search walks over; 85 comparisons
/// with a UUID fill the longest filter, and connectors send two.
pub const FILTER_CONDITIONS: usize = 100;
/// Most members of a group whose names an answer tells: each is a read of its own, and a thousand take a few
/// milliseconds.
pub const MEMBERS_NAMED: usize = 1000;
/// Most digits of a telephone number's extension; private exchanges use up to six.
pub const PHONE_EXTENSION_DIGITS: usize = 15;
/// Longest name in a filter that an error repeats; longer ones are no misspelling.
pub const NAME_REPEATED_BYTES: usize = 120;
/// Longest attribute path in bytes.
pub const PATH_BYTES: usize = 1024;
/// Most operations in one PATCH. Entra sends up to 36, one for each attribute.
pub const PATCH_OPERATIONS: usize = 1000;
/// How often the operations of one PATCH may compare an entry of an attribute with something, where a long text
/// counts as several entries: some hundredths of a second of work.
pub const PATCH_COMPARISONS: usize = 2_000_000;
/// Most operations in one bulk request (RFC 7644 section 3.7.4): as many as one page of a listing shows.
pub const BULK_OPERATIONS: usize = 1000;
/// Most bulkIds that an error names.
pub const BULK_IDS_SHOWN: usize = 3;
/// Most characters of a bulkId that an error repeats.
pub const BULK_ID_SHOWN_CHARS: usize = 64;
/// Largest body of a bulk request in bytes: 1,000 users of 4 KB each, which is ten times what connectors send
/// of one.
pub const BULK_BYTES: usize = 4 * 1024 * 1024;
/// How long operations of one bulk request are begun. With the deadline of the last one it is answered within
/// a minute, where load balancers and clients give up; the rest is answered 503 and may be sent again.
pub const BULK_BEGIN: Duration = Duration::from_secs(40);
/// Most members named by one group request.
pub const MEMBERS_PER_REQUEST: usize = 20_000;
/// Most members that come and go by one group request: as many as one may name, in exchange for as many, or
/// twice as many cleared. The saga's record (about 80 bytes for each) and its commit (two keys for each) stay
/// within what the store accepts.
pub const MEMBER_CHANGES: usize = 2 * MEMBERS_PER_REQUEST;
/// Most operations of one PATCH that select members by anything but their value: each looks at every member.
pub const MEMBER_SELECTIONS: usize = 16;
/// Members of a removed group that are taken out in one commit: a larger one loses its members in parts, so that
/// nobody else's commit waits for all of them.
pub const GONE_MEMBERS: usize = 500;
/// Most resources that one look-up answers from an index; an e-mail address or externalId is shared by a few
/// at most.
pub const LOOKUP_SHARED: usize = 1000;
/// Users of the directory that may have one address, as a name or among others, and are looked at when
/// another one wants it. Genesys itself refuses to give an address twice.
pub const ADDRESS_SHARERS: usize = 16;
/// Most resources in one page; larger `count` values are cut to this, as RFC 7644 section 3.4.2.4 allows.
pub const PAGE_MAX: usize = 1000;
/// Bytes of stored or rendered resources behind which a page ends early: a page has what fits, and at least one.
pub const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of resources that one query sorts, or takes from an index, at a time.
pub const SORT_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of resources that are read at once while walking the directory.
pub const WALK_BYTES: usize = 4 * 1024 * 1024;
/// Page size when the client names none.
pub const PAGE_DEFAULT: usize = 100;
/// How long a cursor may wait for its next use: a client that reads page by page needs seconds, one that
/// pauses an hour at most.
pub const CURSOR_TIMEOUT: Duration = Duration::from_secs(3600);
/// Longest cursor that is looked at, in bytes; those we hand out have about 250.
pub const CURSOR_BYTES: usize = 1024;
/// Most resources a filter without index may look at before `tooMany` (RFC 7644 table 9).
pub const SCAN_MAX: usize = 200_000;
/// Most resources that are sorted in one query: each is held in memory whole.
pub const SORT_MAX: usize = 20_000;
/// Reads that walk or sort, or give large pages, at a time; those of one client are half of them at most.
pub const SLOW_READS: usize = 4;
/// How long such a read waits for its place.
pub const SLOW_READ_WAIT: Duration = Duration::from_secs(10);
/// Most positions in the listing of a kind that are remembered: enough for two million resources.
pub const PAGE_INDEX_ENTRIES: usize = 4096;
/// Members above which a group PATCH is answered 204, as the RFC allows and Entra advises: the body would be
/// wasted.
pub const PATCH_BODY_MEMBERS: usize = 500;
/// Longest single string attribute kept, in bytes.
pub const ATTRIBUTE_BYTES: usize = 256 * 1024;
/// Most entries of one multi-valued attribute, members of groups aside; each is compared with the others
/// where one is added.
pub const ENTRIES_PER_ATTRIBUTE: usize = 1000;
/// Most entitlements one user may be given by rules and request together.
pub const ENTITLEMENTS_PER_USER: usize = 1000;
/// Longest name of a role, division, queue, skill, language, schema or field that a request may ask for, in
/// characters: longer ones exist nowhere in Genesys, and a call that carries them fails in odd ways.
pub const ENTITLEMENT_NAME_CHARS: usize = 500;
/// Most rules in one configuration.
pub const RULES: usize = 2000;
/// Largest rules that a running bridge is asked to try out, in bytes of JSON: two thousand of 2 KB each.
pub const NEW_RULES_BYTES: usize = 4 * 1024 * 1024;
/// Most things (a queue by a rule, for example) whose people are counted one by one where new rules are tried out:
/// some megabytes. Those behind it are in the sums all the same.
pub const NEW_RULES_THINGS: usize = 20_000;
/// Most people without any access left who are named there.
pub const NEW_RULES_NAMED: usize = 20;
/// Most groups whose names are remembered while everybody is looked at.
pub const GROUPS_NAMED: usize = 50_000;

/// Largest value handed to sled in one piece; larger ones become blob files, which are never synced and leak
/// (measured).
pub const STORE_VALUE_BYTES: usize = 8 * 1024;
/// Largest record the store accepts at all, in chunks.
pub const STORE_RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Most keys that a chunk of an offline import writes at once; far below what a commit takes, so that others
/// get their turn.
pub const STORE_BATCH_KEYS: usize = 4096;
/// Most keys in one commit: a group of 400,000 members that is imported or deleted at once, both directions of each,
/// with room for the rest. Others wait for it, some seconds for the largest.
pub const STORE_COMMIT_KEYS: usize = 1_000_000;
/// Most commits that one sync may serve.
pub const STORE_GROUP_COMMIT: usize = 256;

/// Calls per minute that Genesys grants one token unless support raised it (docs/genesys.md G7.4).
pub const GENESYS_CALLS_PER_MINUTE: u32 = 300;
/// How long one upstream call may take before its answer counts as unknown.
pub const GENESYS_TIMEOUT: Duration = Duration::from_secs(15);
/// Skills, languages and group members that one Genesys call may carry (docs/genesys.md G5.2, G6.8).
pub const GENESYS_BULK: usize = 50;
/// Seconds before `expires_in` at which a new token is fetched.
pub const TOKEN_REFRESH_AHEAD: Duration = Duration::from_secs(60);
/// How long a create that may have taken effect is looked for before it is believed that it had not
/// (docs/genesys.md G3.8: the index lags, up to minutes).
pub const UNSETTLED_CREATE: Duration = Duration::from_secs(24 * 60 * 60);
/// Largest answer that is read from Genesys, in bytes.
pub const GENESYS_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Most pages followed in one upstream listing; 500 pages of 100 are 50,000 entries.
pub const GENESYS_PAGES: usize = 500;

/// Longest `Retry-After` of Genesys that is believed; a mistake there must not stop the house for a day.
pub const GENESYS_RETRY_AFTER: Duration = Duration::from_secs(300);
/// Longest text of Genesys that is passed on, in characters.
pub const GENESYS_MESSAGE_CHARS: usize = 300;
/// Most names of one kind that are remembered as missing.
pub const GENESYS_MISSED_NAMES: usize = 1_000;
/// Most near misses that an error names.
pub const NEAR_MISSES: usize = 3;

/// Most work that may be open, as the time that the budget needs for it: whoever comes then is told when it will
/// be less. It bounds sagas and memory in a flood, and how long the last one waits to become whole.
pub const OPEN_WORK: Duration = Duration::from_secs(600);
/// Shortest and longest pause between two tries to make somebody as it should be: trouble of a day costs a
/// dozen tries.
pub const WORK_PAUSE_MIN: Duration = Duration::from_secs(60);
/// See [`WORK_PAUSE_MIN`].
pub const WORK_PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// What waits for longer than this, in milliseconds, was not put off so far by anybody: twice that pause.
pub const WORK_FAR_AHEAD: i64 = 12 * 3600 * 1000;
/// Users who are recomputed at a time, unless the configuration says otherwise.
pub const WORK_PARALLEL: u64 = 32;

/// How long a client waits at most: Entra and Okta give up later than this.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(20);
/// Longest pause between two tries of a step. Pauses double up to it, so that trouble is tried again about as
/// long after its end as it lasted, and what is tried in vain for a day costs some three hundred calls.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(300);
/// The same of the call that takes somebody's access away.
pub const OUT_PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long a saga waits trouble out that does not end, unless the configuration says otherwise.
pub const SAGA_GIVE_UP: Duration = Duration::from_secs(24 * 3600);
/// The same while the identity is not there: nobody was promised anything, and the name is wanted. Connectors
/// come again with what they have after 40 minutes.
pub const IDENTITY_GIVE_UP: Duration = Duration::from_secs(15 * 60);
/// Quiet period before the second look for a create whose answer was lost and which is being undone.
pub const QUIET_PERIOD: Duration = Duration::from_secs(3);
/// Most entries of the audit trail in one answer.
pub const AUDIT_PAGE: usize = 1000;
/// Largest answer of a running bridge that a command reads, in bytes: ten thousand finished sagas in full.
pub const ADMIN_ANSWER_BYTES: u64 = 256 * 1024 * 1024;
/// Most work records in one answer of the administration.
pub const WORK_LISTED: usize = 1000;
/// Most finished sagas in one answer of the administration.
pub const SAGAS_LISTED: usize = 1000;
/// Runs of a resync that are kept with their reports: some weeks of daily ones.
pub const RESYNC_RUNS: usize = 30;
/// Longest pause of a resync before a page is asked for again.
pub const RESYNC_PAUSE_MAX: Duration = Duration::from_secs(60);
/// People whom a repair changes without being told that many are meant; in a larger organisation this share of all,
/// in percent.
pub const RESYNC_REPAIRS: u64 = 25;
/// See [`RESYNC_REPAIRS`].
pub const RESYNC_REPAIRS_PERCENT: u64 = 10;
/// Lines of a report about what others gave; all of it is counted.
pub const RESYNC_FOREIGN: u64 = 10_000;
/// Lines of a report on one page.
pub const RESYNC_LINES: usize = 1000;
/// Longest line of a file of users that is imported, in bytes: what SCIM itself would take as a body.
pub const IMPORT_LINE_BYTES: usize = BODY_BYTES;
/// Largest file that is read as a secret, in bytes; those of Genesys have 43 signs.
pub const SECRET_FILE_BYTES: u64 = 4096;
/// Longest name of a client, in bytes.
pub const CLIENT_NAME_BYTES: usize = 100;
/// Longest life of a bearer token in days, and that of one for which none was asked: ten years.
pub const TOKEN_DAYS: u32 = 3650;
/// Most tokens of a tenant that are looked at, revoked ones included.
pub const TOKENS_LISTED: usize = 10_000;
/// Live bearer tokens at a time: the current one and its successor while it is being rotated.
pub const TOKENS_LIVE: usize = 2;
/// How long a graceful stop waits for open sagas to reach a safe point.
pub const STOP_GRACE: Duration = Duration::from_secs(10);
/// Most turns of one saga: redriven a thousand times is far beyond any use.
pub const SAGA_TURNS: usize = 9_999;
/// Most finished sagas that are kept, the newest ones.
pub const FINISHED_KEPT: u64 = 10_000;
/// Days for which finished sagas are kept.
pub const FINISHED_KEPT_DAYS: u64 = 90;
/// Days for which audit entries are kept: a year, and the month in which it is looked at.
pub const AUDIT_KEPT_DAYS: u64 = 400;
/// Audit entries that are kept: about 500 bytes each.
pub const AUDIT_KEPT: u64 = 10_000_000;

/// What may take processor time at a time without taking it from everything else.
pub fn half_of_the_processors() -> usize {
    (thread::available_parallelism().map_or(1, NonZero::get) / 2).max(1)
}
