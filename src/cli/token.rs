//! `token`: bearer tokens for identity providers and administrators.
//!
//! A token's text is shown once, when it is made; only its hash is kept. Tokens of one name are one client's,
//! and at most two of them live, so that one can be rotated without a gap. Rules of making one:
//! `admin::tokens`; records: `store::tokens`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output;
use super::reach::{Opened, Reach, Reached, store_failure};
use crate::admin::tokens::{TOKEN_MADE, TOKEN_REVOKED, Wish, issue, shown};
use crate::app::system::{SystemClock, SystemIds, random_bits};
use crate::audit::{self, AuditRecord};
use crate::model::ports::{Clock as _, Ids as _};
use crate::model::{Batch, Cause, CredentialId};
use crate::store::tokens::{self, Scope};

/// Make, list or revoke bearer tokens.
#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token and print its text, this once.
    New(New),
    /// List all tokens, without their texts.
    List(Common),
    /// Revoke a token at once and for good.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct New {
    /// The client whose it is, such as "okta"; up to two live tokens of one client, the second to rotate the
    /// first.
    #[arg(long, alias = "label", value_name = "NAME")]
    name: String,
    /// What it opens: the SCIM service or the administration.
    #[arg(long, value_enum, default_value = "scim")]
    scope: ScopeArg,
    /// Days after which it ends; ten years if left out.
    #[arg(long, value_name = "NUMBER")]
    days: Option<u32>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Revoke {
    /// Its id, as `token list` shows it.
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScopeArg {
    Scim,
    Admin,
}

impl ScopeArg {
    fn word(self) -> &'static str {
        match self {
            ScopeArg::Scim => "scim",
            ScopeArg::Admin => "admin",
        }
    }
}

impl Token {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::New(new) => new.run(context),
            Action::List(common) => list(&common, context),
            Action::Revoke(revoke) => revoke.run(context),
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let made = match self.common.reach.reach(context)? {
            Reached::Remote(client) => {
                let wish = json!({ "label": self.name, "scope": self.scope.word(), "days": self.days });
                client.send("POST", "/admin/tokens", Some(&wish))?
            }
            Reached::Offline(opened) => self.make(opened)?,
        };
        if self.common.json {
            return output::json(&made);
        }
        output::remark(format_args!(
            "Token {} for \"{}\", scope {}. Its text is shown only now:",
            output::text(&made, "id"),
            output::text(&made, "label"),
            output::text(&made, "scope"),
        ));
        output::line(output::text(&made, "token"))
    }

    fn make(&self, opened: Opened) -> Result<Value, Failure> {
        let scope = match self.scope {
            ScopeArg::Scim => Scope::Scim,
            ScopeArg::Admin => Scope::Admin,
        };
        let now = SystemClock::new().now_ms();
        let wish = Wish { label: self.name.clone(), scope, days: self.days };
        let existing = opened.wait(tokens::list(opened.store.as_ref(), &opened.tenant))?;
        let random = random_bits().map_err(Failure::failed)?;
        let (record, text) = issue(wish, &existing, SystemIds.subject().uuid(), random, now)
            .map_err(|fault| Failure::usage(fault.detail))?;
        let batch = tokens::put(&opened.tenant, &record).map_err(|error| store_failure(&error))?;
        commit(opened, batch, TOKEN_MADE, &record.id)?;
        let mut made = shown(&record, now);
        if let Some(object) = made.as_object_mut() {
            object.insert("token".to_owned(), text.expose().into());
        }
        Ok(made)
    }
}

impl Revoke {
    fn run(self, context: &Context) -> Result<(), Failure> {
        match self.common.reach.reach(context)? {
            Reached::Remote(client) => {
                let id = percent_encoding::utf8_percent_encode(&self.id, percent_encoding::NON_ALPHANUMERIC);
                client.send("DELETE", &format!("/admin/tokens/{id}"), None)?;
            }
            Reached::Offline(opened) => {
                let id = CredentialId::new(self.id.clone());
                let batch = opened.wait(tokens::revoke(opened.store.as_ref(), &opened.tenant, &id))?;
                let batch = batch.ok_or_else(|| {
                    Failure::failed("there is no token with this id; `scim-bridge token list` shows them")
                })?;
                commit(opened, batch, TOKEN_REVOKED, &id)?;
            }
        }
        if self.common.json {
            return output::json(&json!({ "id": self.id, "revoked": true }));
        }
        output::line(format_args!("Revoked {}.", self.id))
    }
}

/// Commits a change of a token with its entry in the audit trail.
fn commit(opened: Opened, mut batch: Batch, what: &str, id: &CredentialId) -> Result<(), Failure> {
    let cause = Cause::operator("scim-bridge token");
    let now = SystemClock::new().now_ms();
    let entry = AuditRecord::administration(&cause, now, what, id.as_str(), "committed");
    audit::append(&mut batch, &opened.tenant, &entry).map_err(|error| store_failure(&error))?;
    opened.wait(opened.store.commit(batch))?;
    opened.close()
}

fn list(common: &Common, context: &Context) -> Result<(), Failure> {
    let found = match common.reach.reach(context)? {
        Reached::Remote(client) => client.send("GET", "/admin/tokens", None)?,
        Reached::Offline(opened) => {
            let now = SystemClock::new().now_ms();
            let found = opened.wait(tokens::list(opened.store.as_ref(), &opened.tenant))?;
            opened.close()?;
            json!({ "tokens": found.iter().map(|token| shown(token, now)).collect::<Vec<_>>() })
        }
    };
    if common.json {
        return output::json(&found);
    }
    let rows = found.get("tokens").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let row = |token: &Value| {
        let state = match (token.get("live"), token.get("revoked")) {
            (Some(Value::Bool(true)), _) => "live",
            (_, Some(Value::Bool(true))) => "revoked",
            _ => "expired",
        };
        vec![
            output::text(token, "id"),
            output::text(token, "client"),
            output::text(token, "label"),
            output::text(token, "scope"),
            state.to_owned(),
            output::moment(token, "created_ms"),
            output::moment(token, "expires_ms"),
        ]
    };
    let heading = ["ID", "CLIENT", "NAME", "SCOPE", "STATE", "MADE", "ENDS"];
    output::table(
        &heading,
        rows.iter().map(row).collect(),
        "There are no tokens. Make one with `scim-bridge token new --name okta`.",
    )
}
