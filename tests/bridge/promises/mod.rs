//! What the bridge promises, over real sockets and against the emulator, each promise with tests that try to
//! break it.
//!
//! One file for each theme. Errors and their words are in `clear_errors`, kill -9 and sagas step by step
//! elsewhere.

mod after_restart;
mod bounded;
mod budget;
mod crowd_at_work;
mod ending;
mod groups;
mod lagging_rules;
mod late;
mod leavers;
mod leavers_passing;
mod left_open;
mod lost_memberships;
mod made_anew;
mod made_up_names;
mod members;
mod names;
mod orphans;
mod outage;
mod overtaking;
mod ownership;
mod racing;
mod refused_again;
mod rehired;
mod reported;
mod restoring;
mod revoking;
mod scrapes;
mod secrecy;
mod shut_out;
mod spelling;
mod stale;
mod stopping;
pub(crate) mod theirs;
mod under_load;
mod verified;
mod work;
