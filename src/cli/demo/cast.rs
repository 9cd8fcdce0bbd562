//! Who plays in the story: the two identity providers, an agent who was there before, and the people who are
//! hired.
//!
//! Persons of this organisation are made up. What happens to them: `story`, `hires`, `changes`.

use super::connector::Connector;
use super::requests::Hire;
use super::stage::Stage;

/// The two identity providers of the story.
pub(super) struct Cast {
    /// Microsoft Entra.
    pub(super) entra: Connector,
    /// Okta.
    pub(super) okta: Connector,
}

impl Cast {
    /// Both, at the bridge of that stage.
    pub(super) fn at(stage: &Stage) -> Self {
        Self {
            entra: stage.connector("Entra", "Microsoft-AzureAD-Provisioning"),
            okta: stage.connector("Okta ", "Okta SCIM Client 1.0.0"),
        }
    }
}

/// Who was there before the bridge.
pub(super) const IRIS: &str = "iris.keller@aurora.example";

/// Hired by Entra, entitlements in compact form.
pub(super) const MARA: Hire<'_> = Hire {
    given: "Mara",
    family: "Quinn",
    email: "mara.quinn@aurora.example",
    external: "b7e1c3a2-55d0-4f0e-8a77-0d6c5c8e2001",
    title: "Billing agent",
    department: "Finance",
    division: "EMEA",
    number: "2001",
};
/// Hired by Okta, entitlements as lists.
pub(super) const DARIO: Hire<'_> = Hire {
    given: "Dario",
    family: "Rossi",
    email: "dario.rossi@aurora.example",
    external: "00u1a2b3c4d5e6f7g8h9",
    title: "Support agent",
    department: "Support",
    division: "Americas",
    number: "2002",
};
/// The one who is hired by rule and promoted later.
pub(super) const LIN: Hire<'_> = Hire {
    given: "Lin",
    family: "Zhao",
    email: "lin.zhao@aurora.example",
    external: "b7e1c3a2-55d0-4f0e-8a77-0d6c5c8e2003",
    title: "Claims agent",
    department: "Motor Claims",
    division: "EMEA",
    number: "2003",
};
/// The one whose queue call is refused.
pub(super) const OTTO: Hire<'_> = Hire {
    given: "Otto",
    family: "Frei",
    email: "otto.frei@aurora.example",
    external: "b7e1c3a2-55d0-4f0e-8a77-0d6c5c8e2004",
    title: "Claims agent",
    department: "Motor Claims",
    division: "EMEA",
    number: "2004",
};
/// The one whose answer is lost.
pub(super) const ZOE: Hire<'_> = Hire {
    given: "Zoe",
    family: "Martin",
    email: "zoe.martin@aurora.example",
    external: "b7e1c3a2-55d0-4f0e-8a77-0d6c5c8e2005",
    title: "Claims agent",
    department: "Motor Claims",
    division: "EMEA",
    number: "2005",
};
