//! A plan and its steps: immutable data that says what to do in Genesys Cloud and how to undo it.
//!
//! Every step is idempotent and carries the image of what was there before, so that its undo needs no log of
//! progress. Which steps a change needs is decided in `plan`; what each effect does and undoes, and its
//! words, in `plan::effects`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Kind, Named, Object, Proficiency, UserId};

/// Position of a step in its plan, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u16);

/// What the saga is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// A user that Genesys does not have.
    Create,
    /// A soft-deleted user that is ours again.
    Restore,
    /// A user that Genesys has and we adopt.
    Link,
    /// A change of a user.
    Update,
    /// Access taken away; from the first step on only forward.
    Deactivate,
    /// Removal; from the DELETE on only forward.
    Delete,
    /// A new group.
    GroupCreate,
    /// Name or members of a group.
    GroupUpdate,
    /// Removal of a group.
    GroupDelete,
}

/// Steps of one class touch the same Genesys record and run one after another; different classes run side by
/// side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictClass {
    /// The directory version of the user: identity, state, division, skills, languages.
    User,
    /// Role grants.
    Roles,
    /// Custom attributes.
    Attributes,
    /// Logins, which no record of the user knows of.
    Sessions,
    /// One thing that one is a member of, by its key.
    #[serde(alias = "queue")]
    Member(String),
    /// The directory version of the group.
    Group,
}

/// A role in a division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    /// The role.
    pub role: Named,
    /// The division.
    pub division: Named,
}

/// A skill or language with its level before and after; `None` is "does not have it".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Skill or language.
    pub of: Named,
    /// Level before the plan.
    pub before: Option<Proficiency>,
    /// Level after it.
    pub after: Option<Proficiency>,
}

/// One idempotent effect, with what undoes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// SCIM POST; `document` is complete, mark included, password excluded. Undo: SCIM DELETE (leaves a
    /// soft-deleted user).
    CreateUser {
        /// The SCIM payload.
        document: Object,
        /// The main e-mail address, for the look after a lost answer.
        email: String,
    },
    /// PATCH state=active of a deleted user. Undo: DELETE.
    RestoreUser {
        /// Whom.
        user: UserId,
        /// Attributes, by path, that are taken off where somebody before had them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without: Vec<String>,
    },
    /// SCIM PATCH of single attributes, full path → value; `null` removes. Undo: back to `before` where it is
    /// still `after`.
    UpdateUser {
        /// New values.
        after: BTreeMap<String, Value>,
        /// Values before; `null` where there was none.
        before: BTreeMap<String, Value>,
    },
    /// SCIM PATCH of `active`. Undo: the other value.
    SetActive {
        /// The new state.
        active: bool,
    },
    /// DELETE of the user's tokens: ends its sessions. No undo.
    RevokeSessions,
    /// SCIM DELETE (soft). No undo: always a pivot.
    DeleteUser,
    /// Move between divisions. Undo: back, if it is still there.
    MoveDivision {
        /// Where to.
        to: Named,
        /// Where from; `None` when the user is being made: Home.
        from: Option<Named>,
    },
    /// bulkadd. Undo: single DELETEs.
    AddRoles(Vec<RoleGrant>),
    /// Single DELETEs. Undo: bulkadd.
    RemoveRoles(Vec<RoleGrant>),
    /// Single DELETEs of grants that were not seen when the plan was made. Undo: nothing, because nobody knows
    /// that they were there.
    ClearRoles(Vec<RoleGrant>),
    /// PATCH bulk and single DELETEs of at most 50. Undo: levels before, where they are still ours.
    SetLevels {
        /// Skills or languages.
        kind: Kind,
        /// Which, with levels before and after.
        levels: Vec<Level>,
    },
    /// PATCH of one schema's record; `null` clears a field. Undo: values before, where they are still ours.
    SetAttributes {
        /// The schema.
        schema: Named,
        /// Its version.
        version: u32,
        /// New values.
        after: BTreeMap<String, Value>,
        /// Values before; `null` where there was none.
        before: BTreeMap<String, Value>,
    },
    /// Becomes a member. Undo: leaves.
    Join {
        /// Of what kind.
        kind: Kind,
        /// The queue or whatever it is.
        of: Named,
    },
    /// Leaves. Undo: becomes a member.
    Leave {
        /// Of what kind.
        kind: Kind,
        /// The queue or whatever it is.
        of: Named,
        /// Whether the membership was seen when the plan was made; records of before do not say and mean yes.
        #[serde(default = "yes")]
        seen: bool,
    },
    /// REST POST of a group. Undo: DELETE.
    CreateGroup {
        /// displayName.
        name: String,
    },
    /// Adopts the group of that id: no call, but the saga is bound to it. No undo needed.
    LinkGroup {
        /// Genesys group id.
        group: String,
    },
    /// REST PUT of the name. Undo: the name before.
    RenameGroup {
        /// New name.
        to: String,
        /// Name before.
        from: String,
    },
    /// REST DELETE. No undo: always a pivot.
    DeleteGroup,
    /// At most 50 users become members. Undo: they leave.
    AddMembers(Vec<UserId>),
    /// At most 50 users leave. Undo: they become members.
    RemoveMembers(Vec<UserId>),
    /// At most 50 users become members of a group, or leave it, of whom it is not certain that this changes anything:
    /// they seemed to be so before. No undo, so that nobody is thrown out who was there before us.
    AssureMembers {
        /// Whom.
        users: Vec<UserId>,
        /// Whether they are to be in it.
        inside: bool,
    },
    /// The undo of an effect that an earlier change has left behind, as far as what is there is still its. No
    /// undo of its own: only leavers have it, behind their pivot.
    GiveBack(Box<Effect>),
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its position.
    pub id: StepId,
    /// What it does.
    #[serde(deserialize_with = "effect")]
    pub effect: Effect,
    /// What it must not run beside.
    pub class: ConflictClass,
    /// Whether the identity exists in Genesys once this and all earlier identity steps are done. Identity
    /// steps run first.
    pub identity: bool,
}

/// What to do, in order. Never changes after its saga was opened (I5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What for.
    pub kind: PlanKind,
    /// The steps in order; undone in reverse.
    pub steps: Vec<Step>,
    /// From this step on the saga only goes forward.
    pub pivot: Option<StepId>,
    /// The change asks for no other entitlements than were asked for before: what is still to be given or taken is
    /// owed since then, and where it is refused once more it is listed, and undoes nothing of what is asked for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owed: bool,
}

impl Plan {
    /// Whether there is nothing to do in Genesys.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step of that id.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(usize::from(id.0))
    }
}

/// Effects that were written before kinds of one family shared theirs.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Earlier {
    SetSkills(Vec<Level>),
    SetLanguages(Vec<Level>),
    JoinQueue(Named),
    LeaveQueue(Named),
}

const fn yes() -> bool {
    true
}

impl From<Earlier> for Effect {
    fn from(earlier: Earlier) -> Self {
        match earlier {
            Earlier::SetSkills(levels) => Effect::SetLevels { kind: Kind::Skill, levels },
            Earlier::SetLanguages(levels) => Effect::SetLevels { kind: Kind::Language, levels },
            Earlier::JoinQueue(of) => Effect::Join { kind: Kind::Queue, of },
            Earlier::LeaveQueue(of) => Effect::Leave { kind: Kind::Queue, of, seen: true },
        }
    }
}

/// Reads an effect of this version or of an earlier one.
fn effect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Effect, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Now(Effect),
        Earlier(Earlier),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Now(effect) => effect,
        Either::Earlier(earlier) => earlier.into(),
    })
}
