//! The bearer tokens of one tenant as the server knows them at this moment, and who was let in by one.
//!
//! A snapshot: the records are in the store, and whoever changes them there makes the same change here, which
//! cannot fail ([`TokenBook::add`], [`TokenBook::revoke`]).
//! Tokens are compared as hashes in constant time. How a request presents one: [`super::auth`].

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::model::{ClientId, CredentialId};
use crate::store::tokens::{self, Known, Scope, TokenRecord};

/// Who was let in: a client, by one of its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<TokenRecord>);

impl Principal {
    /// Who it is, whichever credential was shown.
    pub fn client(&self) -> &ClientId {
        &self.0.client
    }

    /// What was shown.
    pub fn credential(&self) -> &CredentialId {
        &self.0.id
    }
}

/// The tokens of this moment; revoked and expired ones in it open nothing.
#[derive(Debug, Default)]
pub struct TokenBook {
    known: ArcSwap<Vec<Known>>,
}

impl TokenBook {
    /// A book with these tokens.
    pub fn new(known: Vec<TokenRecord>) -> Self {
        Self { known: ArcSwap::from_pointee(known.into_iter().map(Known::new).collect()) }
    }

    /// Puts one more token in force at once.
    pub fn add(&self, token: &TokenRecord) {
        self.known.rcu(|known| {
            let mut known = Vec::clone(known);
            known.push(Known::new(token.clone()));
            known
        });
    }

    /// Takes a token out of force at once.
    pub fn revoke(&self, id: &CredentialId) {
        self.known.rcu(|known| known.iter().filter(|token| token.id() != id).cloned().collect::<Vec<_>>());
    }

    /// The token of that text, if it is live and of that scope. Looks at every token whatever it finds.
    pub fn find(&self, text: &str, scope: Scope, now_ms: i64) -> Option<Principal> {
        let known = self.known.load();
        let found = tokens::find(&known, text, now_ms)?;
        (found.scope == scope).then(|| Principal(Arc::clone(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(id: &str, text: &str, scope: Scope, expires_ms: Option<i64>) -> TokenRecord {
        TokenRecord {
            id: CredentialId::new(id),
            client: ClientId::new(format!("client of {id}")),
            hash: tokens::hash(text),
            scope,
            label: String::new(),
            created_ms: 0,
            expires_ms,
            revoked: false,
        }
    }

    #[test]
    fn a_token_opens_only_its_own_scope_and_only_until_it_expires() {
        let book = TokenBook::new(vec![
            live("a", "gsb_one", Scope::Scim, None),
            live("b", "gsb_two", Scope::Admin, None),
            live("c", "gsb_old", Scope::Scim, Some(1_000)),
        ]);
        for (text, scope, now, wanted) in [
            ("gsb_one", Scope::Scim, 0, Some("a")),
            ("gsb_one", Scope::Admin, 0, None),
            ("gsb_two", Scope::Admin, 0, Some("b")),
            ("gsb_two", Scope::Scim, 0, None),
            ("gsb_old", Scope::Scim, 999, Some("c")),
            ("gsb_old", Scope::Scim, 1_000, None),
            ("gsb_On", Scope::Scim, 0, None),
            ("", Scope::Scim, 0, None),
        ] {
            let found = book.find(text, scope, now);
            let shown = found.as_ref().map(|who| (who.credential().as_str(), who.client().to_string()));
            let wanted = wanted.map(|id| (id, format!("client of {id}")));
            assert_eq!(shown, wanted, "{text} {scope:?} {now}");
        }
    }

    #[test]
    fn a_change_takes_effect_at_once_and_leaves_the_others_alone() {
        let book = TokenBook::new(vec![live("a", "gsb_one", Scope::Scim, None)]);
        book.add(&live("b", "gsb_two", Scope::Scim, None));
        book.revoke(&CredentialId::new("a"));
        let found = |text| book.find(text, Scope::Scim, 0).map(|who| who.credential().to_string());
        assert_eq!((found("gsb_one"), found("gsb_two")), (None, Some("b".to_owned())));
    }
}
