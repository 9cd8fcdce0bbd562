//! A removal that was acknowledged and does not get through is told until it is through: no other change of
//! the same person hides it.
//!
//! That the end is what the last answers said is in the table of pairs of `saga_steps`; how work is tried again is
//! in `work`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{OURS, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// A kind of entitlement: its attribute, one of it, its section of the organisation, and the call that removes it.
#[derive(Clone, Copy, Debug)]
struct Kind {
    attribute: &'static str,
    one: &'static str,
    section: &'static str,
    removal: (&'static str, &'static str),
}

const GRANT: &str = "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}";
const SKILL: &str = "/api/v2/users/{userId}/routingskills/{skillId}";

const KINDS: [Kind; 3] = [
    Kind { attribute: "compactRoles", one: "Agent@EMEA", section: "grants", removal: ("DELETE", GRANT) },
    Kind { attribute: "compactQueues", one: "VIP", section: "queues", removal: ("POST", "delete=true") },
    Kind { attribute: "compactSkills", one: "Billing:4", section: "skills", removal: ("DELETE", SKILL) },
];

struct Person {
    house: TestBridge,
    kind: Kind,
    id: String,
}

impl Person {
    /// Somebody who has one of a kind.
    async fn with(kind: Kind) -> Self {
        let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::without_rules() });
        let more = json!({ "title": "Clerk", "active": true, OURS: { kind.attribute: kind.one } });
        let id = house.scim("POST", "/Users", Some(user("nora", more))).await.is(201).id();
        house.settled().await;
        let made = Self { house, kind, id };
        assert!(made.has_it(), "{kind:?}");
        made
    }

    fn has_it(&self) -> bool {
        let world = self.house.cloud.snapshot();
        let name = self.kind.one.split(':').next().unwrap();
        match self.kind.section {
            "grants" => world["grants"][&self.id].to_string().contains(name),
            "queues" => world["queues"][name][&self.id] != Value::Null,
            section => world[section][&self.id][name] != Value::Null,
        }
    }

    fn on_removal(&self, kind: FaultKind) -> Fault {
        let (method, path) = self.kind.removal;
        Fault::on(method, path, kind)
    }

    /// The next removal waits beyond the answer; from then on all are refused.
    fn refuse_after_the_answer(&self) {
        self.house.cloud.clear_faults();
        self.house.cloud.fault(self.on_removal(FaultKind::TooManyRequests { retry_after_s: 3 }).once());
        let no_right = FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() };
        self.house.cloud.fault(self.on_removal(no_right));
    }

    fn title(&self) -> Value {
        self.house.cloud.snapshot()["users"][&self.id]["title"].clone()
    }

    async fn change(&self, path: &str, value: &str) -> Response {
        let body = patch(json!([{ "op": "replace", "path": path, "value": value }]));
        self.house.scim("PATCH", &format!("/Users/{}", self.id), Some(body)).await
    }

    async fn take(&self) {
        self.change(&format!("{OURS}:{}", self.kind.attribute), "").await.is(200);
    }

    async fn is_told_as(&self, status: &str) -> bool {
        self.house.provisioning(&self.id).await["status"] == status
    }

    async fn work(&self) -> Value {
        self.house.admin("GET", "/work", None).await.is(200).body["work"].clone()
    }

    /// What is there is told as failed, by name and with Genesys' code, and it is work.
    async fn has_failed(&self, when: &str) {
        eventually("it has failed", async || self.is_told_as("failed").await).await;
        self.house.settled().await;
        let told = self.house.provisioning(&self.id).await;
        let at = format!("{when}, {:?}: {told}", self.kind);
        assert!(self.has_it(), "{at}");
        assert_eq!(told["status"], "failed", "{at}");
        let name = self.kind.one.split([':', '@']).next().unwrap();
        for word in [name, "missing.permissions"] {
            assert!(told["items"].to_string().contains(word), "{word}, {at}");
        }
        let work = self.work().await;
        let reasons = work[0]["reasons"].to_string();
        assert!(work[0]["user"] == self.id && reasons.contains("step_failed"), "{at}: {work}");
    }

    /// Nothing is in the way any more.
    async fn is_mended(&self) {
        self.house.cloud.clear_faults();
        self.house.admin("POST", &format!("/work/{}/retry", self.id), None).await.is(202);
        eventually("it is mended", async || self.is_told_as("committed").await).await;
        eventually("and no work is left", async || self.work().await == json!([])).await;
        assert!(!self.has_it(), "{:?}", self.kind);
    }
}

#[tokio::test]
async fn a_removal_that_failed_stays_reported_over_a_change_of_the_title_until_it_is_mended() {
    for kind in KINDS {
        let nora = Person::with(kind).await;
        nora.refuse_after_the_answer();
        nora.take().await;
        nora.has_failed("the removal").await;
        // The removal is tried again with the title, and is no reason to refuse it.
        nora.change("title", "Lead").await.is(200);
        nora.has_failed("with a change").await;
        assert_eq!(nora.title(), "Lead");
        // Here it is refused when the title was answered.
        nora.refuse_after_the_answer();
        nora.change("title", "Head").await.is(200);
        nora.has_failed("behind a change").await;
        assert_eq!(nora.title(), "Head");
        nora.is_mended().await;
    }
}

/// A grant that failed after the answer, because a right is missing, is no reason to refuse what is asked for later;
/// another grant that is asked for then, and is refused, is.
#[tokio::test]
async fn what_failed_long_ago_refuses_no_other_change_and_what_is_asked_for_now_is_all_or_nothing() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::without_rules() });
    let no_right = || FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() };
    let roles = |kind| Fault::on("POST", "/api/v2/authorization/", kind);
    house.cloud.fault(roles(FaultKind::TooManyRequests { retry_after_s: 3 }).once());
    house.cloud.fault(roles(no_right()));
    let with_role = |title: &str, role: &str| {
        user("nora", json!({ "title": title, "active": true, OURS: { "compactRoles": role } }))
    };
    let made = house.scim("POST", "/Users", Some(with_role("Clerk", "Agent@EMEA"))).await.is(201);
    let path = format!("/Users/{}", made.id());
    let status = async || house.provisioning(&made.id()).await["status"].clone();
    eventually("the role is refused", async || status().await == "failed").await;
    house.settled().await;

    let lead = patch(json!([{ "op": "replace", "path": "title", "value": "Lead" }]));
    house.scim("PATCH", &path, Some(lead)).await.is(200);
    house.scim("PUT", &path, Some(with_role("Head", "Agent@EMEA"))).await.is(200);
    let title = || house.cloud.snapshot()["users"][made.id()]["title"].clone();
    assert_eq!((title(), status().await), (json!("Head"), json!("failed")));

    let other = house.scim("PUT", &path, Some(with_role("Chief", "Supervisor@EMEA"))).await;
    assert!(other.status >= 400, "{other:?}");
    house.settled().await;
    assert_eq!(title(), "Head", "all of it or nothing");
}

#[tokio::test]
async fn a_removal_that_is_pending_is_not_told_as_done_by_a_change_of_the_title() {
    for kind in KINDS {
        let nora = Person::with(kind).await;
        nora.house.cloud.fault(nora.on_removal(FaultKind::Status(503)));
        nora.take().await;
        assert!(nora.is_told_as("pending").await, "{kind:?}");
        for title in ["Lead", "Head"] {
            nora.change("title", title).await.is(200);
            assert!(nora.has_it() && nora.is_told_as("pending").await, "{kind:?} {title}");
        }
        nora.house.cloud.clear_faults();
        eventually("it is through", async || nora.is_told_as("committed").await).await;
        nora.house.settled().await;
        assert!(!nora.has_it(), "{kind:?}");
    }
}
