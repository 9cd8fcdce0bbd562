//! The choices of a tenant, each declared once: written in the configuration, asked by whoever acts on them.
//!
//! Says what may be chosen and what is chosen where nothing is said. Keys and messages of the configuration
//! are in `config`; what a choice does is written where it is asked.

use serde::Deserialize;

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

choice! {
    /// How much deviation from RFC 7643 and 7644 is understood.
    Dialect {
        /// What Entra, Okta and others are known to send.
        #[default]
        Tolerant,
        /// The letter of the RFCs.
        Strict,
    }
}
choice! {
    /// A POST meets an existing user or group that the bridge does not manage.
    OnExisting {
        /// Adopt it.
        #[default]
        Link,
        /// Answer 409.
        Refuse,
    }
}
choice! {
    /// A POST meets the e-mail of a deleted user without our mark.
    OnDeletedEmail {
        /// Answer 409 that names the cure.
        #[default]
        Refuse,
        /// Restore it.
        Restore,
    }
}
choice! {
    /// A rule names something that Genesys does not have.
    OnUnknownRuleName {
        /// Go on and list it as held.
        #[default]
        Hold,
        /// Refuse the request.
        Refuse,
        /// Go on in silence.
        Skip,
    }
}
choice! {
    /// A request names something that Genesys does not have.
    OnUnknownRequestName {
        /// Refuse the request.
        #[default]
        Refuse,
        /// Go on and list it as held: it is given once Genesys has it.
        Hold,
    }
}
choice! {
    /// A client sends a password.
    PasswordPolicy {
        /// Drop it.
        #[default]
        Ignore,
        /// Pass it on to Genesys, never keep it.
        Forward,
    }
}
choice! {
    /// How groups come to be in Genesys.
    GroupPolicy {
        /// Made, renamed and deleted there.
        #[default]
        Create,
        /// Only existing ones are adopted.
        Link,
    }
}
choice! {
    /// Whether the first import must have run.
    ImportPolicy {
        /// Readiness waits for it.
        #[default]
        Required,
        /// It does not.
        Off,
    }
}
