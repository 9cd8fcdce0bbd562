//! `GET /Users`, `GET /Groups` (RFC 7644 section 3.4.2): filter, paging with exact totals, sorting, projection.
//!
//! Puts the answer together from stored texts; what takes longer than a look-up or a page is found off the HTTP thread. How it is
//! found: `server::find`; the language of queries: `scim::list`.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};

use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::list::{ListQuery, list_head};
use crate::server::find::Search;
use crate::server::reads::Stored;
use crate::server::routes::Answer;
use crate::server::state::ServerState;
use crate::server::{answer, query, view};

/// Bytes that one resource of an answer typically has, for the first size of its buffer.
const TYPICAL: usize = 1536;

/// Lists users.
///
/// # Errors
/// 400 for a bad filter, a bad parameter or too many resources to look at.
pub async fn users(req: HttpRequest, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::User, &req, state).await
}

/// Lists groups.
///
/// # Errors
/// As [`users`].
pub async fn groups(req: HttpRequest, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::Group, &req, state).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, state: Data<ServerState>) -> Answer {
    let pairs = query::pairs(req.query_string())?;
    let query = ListQuery::parse(kind, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
    let start = query.start_index;
    Ok(run(kind, query, state).await?.answer(start))
}

/// Resources as text, with commas between them.
#[derive(Default)]
pub(super) struct Page {
    /// How many match in all.
    pub(super) total: usize,
    /// How many are in the text.
    pub(super) number: usize,
    text: Vec<u8>,
}

impl Page {
    /// Puts another page behind this one.
    pub(super) fn append(&mut self, other: Page) {
        if self.number > 0 && other.number > 0 {
            self.text.push(b',');
        }
        self.total += other.total;
        self.number += other.number;
        self.text.extend(other.text);
    }

    /// The page as an answer.
    pub(super) fn answer(self, start: usize) -> HttpResponse {
        let mut body = list_head(self.total, start, self.number);
        body.reserve(self.text.len() + 2);
        body.extend(self.text);
        body.extend(b"]}");
        answer::text(StatusCode::OK, body)
    }
}

/// Runs a query. Walks and sorts on a blocking thread, looks up right here.
///
/// # Errors
/// `tooMany`, or the directory cannot be read.
pub(super) async fn run(
    kind: ResourceKind,
    query: ListQuery,
    state: Data<ServerState>,
) -> Result<Page, ScimError> {
    if (Search { kind, query: &query, state: &state }).is_quick() {
        return find(kind, &query, &state);
    }
    web::block(move || find(kind, &query, &state))
        .await
        .map_err(|_| ScimError::unavailable(5, "Too many queries run at this moment; send this one again."))?
}

fn find(kind: ResourceKind, query: &ListQuery, state: &ServerState) -> Result<Page, ScimError> {
    let found = Search { kind, query, state }.run()?;
    let mut text = Vec::with_capacity(found.page.len() * TYPICAL);
    let groupless = groupless(kind, &found.page, state)?;
    for (number, stored) in found.page.iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        view::write(state, kind, stored, &query.projection, groupless, &mut text)?;
    }
    Ok(Page { total: found.total, number: found.page.len(), text })
}

/// Whether nobody on a page is in any group, asked once instead of for each. Where the ids do not sort as their keys do, as those of
/// Genesys Cloud do, the answer is no.
fn groupless(kind: ResourceKind, page: &[Stored], state: &ServerState) -> Result<bool, ScimError> {
    let ids = || page.iter().map(|stored| stored.id.as_str());
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(true) };
    let alike = |id: &str| {
        id.len() == first.len() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if kind != ResourceKind::User || page.len() < 2 || !ids().all(alike) {
        return Ok(false);
    }
    state.reads.groupless(first, last).map_err(|error| answer::store_fault(&error))
}
