//! What tests, benches and fuzz targets reach for inside of the rooms. Exists with the feature `testing` only
//! and promises nothing to anybody else; a room hands out here what a test needs and no more.

/// Out of `admin`.
pub mod admin {
    pub use crate::admin::ROUTES;
}
/// Out of `app`.
pub mod app {
    pub use crate::app::{App, Overrides, Running, StartError};
    /// Out of `app::system`.
    pub mod system {
        pub use crate::app::system::{SystemClock, SystemIds};
    }
}
/// Out of `audit`.
pub mod audit {
    pub use crate::audit::*;
}
/// Out of `bridge`.
pub mod bridge {
    pub use crate::bridge::{
        Answer, Bridge, BridgeParts, Done, Intervention, InterventionError, OnExisting, OnUnknownRequestName,
        OnUnknownRuleName, Policy, Reply, Submission,
    };
    /// Out of `bridge::lanes`.
    pub mod lanes {
        pub use crate::bridge::lanes::LocalLanes;
    }
}
/// Out of `config`.
pub mod config {
    pub use crate::config::Config;
}
/// Out of `directory`.
pub mod directory {
    pub use crate::directory::{Directory, UserLookup};
    /// Out of `directory::import`.
    pub mod import {
        pub use crate::directory::import::Chunk;
    }
}
/// Out of `entitlements`.
pub mod entitlements {
    pub use crate::entitlements::RuleSet;
}
/// Out of `genesys`.
pub mod genesys {
    pub use crate::genesys::{GenesysClient, SecretAgain, Settings, SharedBudget, Wire};
    /// Out of `genesys::answer`.
    pub mod answer {
        pub use crate::genesys::answer::{HttpAnswer, Sent};
    }
    /// Out of `genesys::budget`.
    pub mod budget {
        pub use crate::genesys::budget::SharedBudget;
    }
    /// Out of `genesys::request`.
    pub mod request {
        pub use crate::genesys::request::{HttpCall, HttpMethod, Media};
    }
}
/// Out of `import`.
pub mod import {
    pub use crate::import::from_genesys::{ImportError, ImportParts, Progress, ProgressCell, import};
}
/// Out of `limits`.
pub mod limits {
    pub use crate::limits::*;
}
/// Out of `model`.
pub mod model {
    pub use crate::model::{
        Aspects, Batch, Cause, ClientId, CommitToken, Created, CredentialId, Entitlement, Expect,
        FailureState, Kind, Mark, Named, Object, Observed, Outcome, Proficiency, Refusal, RefusalKind,
        RoleGrant, SagaOpened, Secret, Setting, StoreError, StoreTrouble, SubjectId, Table, Target, TenantId,
        Turn, UserId, UserState, Verdict, Wanted,
    };
    /// Out of `model::metric`.
    pub mod metric {
        pub use crate::model::metric::*;
    }
    /// Out of `model::ports`.
    pub mod ports {
        pub use crate::model::ports::{
            Budget, CallContext, Clock, Ids, Journal, Limited, Priority, Resolution, Rows, Store, Upstream,
            Urgency, Write, refused_here,
        };
    }
}
/// Out of `saga`.
pub mod saga {
    pub use crate::saga::{Runner, RunnerPorts};
}
/// Out of `scim`.
pub mod scim {
    pub use crate::scim::{
        Dialect, Filter, ListQuery, Member, MemberChange, PatchRequest, Patched, Projection, Replacement,
        ResourceKind, ScimError, ScimType,
    };
    /// Out of `scim::change`.
    pub mod change {
        pub use crate::scim::change::{Action, Change};
    }
    /// Out of `scim::cursor`.
    pub mod cursor {
        pub use crate::scim::cursor::{After, CursorKey, Position};
    }
    /// Out of `scim::dialect`.
    pub mod dialect {
        pub use crate::scim::dialect::Dialect;
    }
    /// Out of `scim::error`.
    pub mod error {
        pub use crate::scim::error::{ScimError, ScimType};
    }
    /// Out of `scim::etag`.
    pub mod etag {
        pub use crate::scim::etag::Precondition;
    }
    /// Out of `scim::filter`.
    pub mod filter {
        pub use crate::scim::filter::{ElementFilter, Filter, Lookup};
    }
    /// Out of `scim::kind`.
    pub mod kind {
        pub use crate::scim::kind::{
            BRIDGE_USER, CORE_GROUP, CORE_USER, ENTERPRISE_USER, GENESYS_USER, ResourceKind,
        };
    }
    /// Out of `scim::list`.
    pub mod list {
        pub use crate::scim::list::CursorParam;
    }
    /// Out of `scim::patch`.
    pub mod patch {
        pub use crate::scim::patch::*;
    }
    /// Out of `scim::path`.
    pub mod path {
        pub use crate::scim::path::{Path, Place};
    }
    /// Out of `scim::render`.
    pub mod render {
        pub use crate::scim::render::{GroupRef, Provisioning};
    }
    /// Out of `scim::rendered`.
    pub mod rendered {
        pub use crate::scim::rendered::Meta;
    }
    /// Out of `scim::resource`.
    pub mod resource {
        pub use crate::scim::resource::*;
    }
    /// Out of `scim::value`.
    pub mod value {
        pub use crate::scim::value::{fold, same};
    }
}
/// Out of `server`.
pub mod server {
    pub use crate::server::{
        BodyRoom, FrontDoor, ListenSettings, MemberNames, Parsing, Reads, Settings, SlowReads, Stats, Stored,
        Tenant, Tenants, TokenBook,
    };
    /// Out of `server::body`.
    pub mod body {
        pub use crate::server::body::*;
    }
    /// Out of `server::listen`.
    pub mod listen {
        pub use crate::server::listen::{Listening, bind, listen};
        pub use crate::server::routes::Served;
    }
    /// Out of `server::query`.
    pub mod query {
        pub use crate::server::query::*;
    }
    /// Out of `server::recorder`.
    pub mod recorder {
        pub use crate::server::recorder::*;
    }
    /// Out of `server::request_metrics`.
    pub mod request_metrics {
        pub use crate::server::request_metrics::RequestMetrics;
    }
    /// Out of `server::routes`.
    pub mod routes {
        pub use crate::server::routes::*;
    }
    /// Out of `server::state`.
    pub mod state {
        pub use crate::server::state::{RequestIds, ServerState};
    }
}
/// Out of `store`.
pub mod store {
    pub use crate::store::*;
}
