//! How to write a test here: which binary it belongs to, what to start, how to ask and what to expect.
//!
//! | what the test needs | binary | start with |
//! |---|---|---|
//! | a rule of SCIM as a pure function | `tests/scim` | nothing |
//! | a server, and documents in memory behind it | `tests/scim` | [`server::start`] |
//! | the whole bridge and an emulated Genesys Cloud | `tests/bridge` | [`bridge::TestBridge`] |
//! | the Genesys client alone | `tests/bridge` | `genesys_client::rig` |
//! | every step of every saga, broken | `tests/saga_steps` | a row in its `scenarios` |
//! | the program: start, stop, command line, its log | `tests/bridge`, `tests/processes` | [`program::Installation`] |
//! | kill -9 | `tests/processes` | `crash`, `store_crash` |
//!
//! ```ignore
//! use crate::support::bodies::{agent, patch};
//! use crate::support::bridge::TestBridge;
//! use crate::support::setup::Setup;
//!
//! #[tokio::test]
//! async fn a_title_that_is_taken_away_takes_the_queue_with_it() {
//!     let bridge = TestBridge::with(Setup { deadline_s: 5, ..Setup::default() });
//!     let made = bridge.scim("POST", "/Users", Some(agent("nora"))).await.is(201);
//!     bridge.settled().await;
//!     let change = patch(json!([{"op": "remove", "path": "title"}]));
//!     bridge.scim("PATCH", &format!("/Users/{}", made.id()), Some(change)).await.is(200);
//!     bridge.settled().await;
//!     assert_eq!(bridge.cloud.snapshot()["queues"]["EMEA Support"][made.id()], json!(null));
//! }
//! ```
//!
//! `bridge.cloud` is the emulator: faults (`cloud.fault`), the calls that came (`cloud.ledger`), what it
//! holds (`cloud.snapshot`). An answer is a [`client::Response`]; its `{got:?}` shows request and answer,
//! `is` and `is_error` do so by themselves. Waiting is [`wait::eventually`], never a pause of a guessed
//! length.
//!
//! When a harness goes, it looks whether something was left undone: a [`bridge::TestBridge`] lifts all
//! faults, and every saga must end (`leaving_work` if it cannot); a [`program::Program`] must not have logged
//! an error (`expecting_errors` if it had a reason); no call may have been against the public description of
//! the Genesys API. A test that fails already is not judged again.
//!
//! Tests run side by side in one process: they take free ports, directories of their own, and change neither
//! the environment nor anything else that is the process's. Long campaigns are asked for by environment
//! variables:
//!
//! | variable | test | means |
//! |---|---|---|
//! | `STEP_TABLE=full` | `saga_steps` | every way to break a call under every quirk, not a sample |
//! | `CRASH_KILLS` | `processes crash::` | how often the bridge is killed (12) |
//! | `CRASH_SEED` | | repeats the choices of a campaign |
//! | `CRASH_VERIFY_EVERY` | | after how many kills all is compared (10) |
//! | `CRASH_KILL_WITHIN_MS` | | how soon the next kill comes (800) |
//! | `CRASH_BINARY` | | which bridge is killed, such as a release build |
//! | `STORE_KILLS` | `processes store_crash::` | how often the store is killed (20) |

pub(crate) mod bodies;
pub(crate) mod bridge;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod emulator;
pub(crate) mod in_process;
pub(crate) mod program;
pub(crate) mod refusing;
pub(crate) mod server;
pub(crate) mod setup;
pub(crate) mod wait;
