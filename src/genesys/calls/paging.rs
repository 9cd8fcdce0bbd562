//! Listings that are read by cursor: the next page is named by the one before.
//!
//! Numbered pages are read in `calls`.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Calls;
use crate::genesys::api;
use crate::genesys::not_done::{NotDone, unreadable};
use crate::genesys::request::HttpCall;
use crate::limits;
use crate::model::ports::CallContext;

impl Calls {
    /// All pages, or none: a partial listing is an error.
    pub(in crate::genesys) async fn cursor_pages(
        &self,
        page: impl Fn(Option<&str>) -> HttpCall + Sync,
        context: &CallContext,
    ) -> Result<Vec<Value>, NotDone> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..limits::GENESYS_PAGES {
            let call = page(after.as_deref());
            let answer = self.json(&call, context).await?;
            let listing = api::listing(&answer).ok_or_else(|| unreadable(&call))?;
            all.extend(listing.entities);
            if !listing.more {
                return Ok(all);
            }
            let next = cursor(&answer).ok_or_else(|| unreadable(&call))?;
            if after.as_ref() == Some(&next) {
                return Err(NotDone::later(
                    1_000,
                    format!("{}: the cursor does not move on", call.operation),
                ));
            }
            after = Some(next);
        }
        let reason = format!("{}: more than {} pages", page(None).operation, limits::GENESYS_PAGES);
        Err(NotDone::later(60_000, reason))
    }
}

/// The value of `after` in `nextUri`, decoded.
fn cursor(answer: &Value) -> Option<String> {
    let (_, query) = api::text(answer, "nextUri")?.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix("after="))?;
    let decoded = percent_decode_str(value).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_cursor_is_taken_from_the_address_of_the_next_page() {
        let table = [
            (json!({"nextUri": "/api/v2/teams?pageSize=100&after=at%3D4"}), Some("at=4")),
            (json!({"nextUri": "https://x/api/v2/teams?after=abc&pageSize=1"}), Some("abc")),
            (json!({"nextUri": "/api/v2/teams?pageSize=100"}), None),
            (json!({"nextUri": "/api/v2/teams?after="}), None),
            (json!({}), None),
        ];
        for (answer, expected) in table {
            assert_eq!(cursor(&answer).as_deref(), expected, "{answer}");
        }
    }
}
