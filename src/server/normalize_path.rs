//! Paths as clients write them: slashes too many, or one at the end, mean the same resource.
//!
//! Does what `NormalizePath` of the framework does, which runs a regular expression over every address; most
//! need no change at all. Where an address leads is in [`super::routes`].

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// The path without doubled slashes and without one at the end; borrowed where it is so already.
fn tidy(path: &str) -> Cow<'_, str> {
    if path.len() < 2 || !path.contains("//") && !path.ends_with('/') {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        out.push('/');
        out.push_str(part);
    }
    if out.is_empty() {
        out.push('/');
    }
    Cow::Owned(out)
}

/// Rewrites the address of a request where it has to be, before it is routed.
pub(super) fn normalise(req: &mut ServiceRequest) {
    if let Cow::Owned(path) = tidy(req.uri().path()) {
        replace(req, &path);
    }
}

/// Puts another path in place of a request's, before it is routed; its query stays.
pub(super) fn replace(req: &mut ServiceRequest, path: &str) {
    let text = match req.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = req.uri().clone().into_parts();
    let Ok(path_and_query) = PathAndQuery::from_maybe_shared(text) else { return };
    parts.path_and_query = Some(path_and_query);
    if let Ok(uri) = Uri::from_parts(parts) {
        req.match_info_mut().get_mut().update(&uri);
        req.head_mut().uri = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn slashes_too_many_are_taken_out_and_everything_else_stays() {
        for (given, wanted) in [
            ("/scim/v2/Users", "/scim/v2/Users"),
            ("/scim/v2/Users/", "/scim/v2/Users"),
            ("//scim///v2/Users//7", "/scim/v2/Users/7"),
            ("/scim/v2/Users/?filter=a//b/", "/scim/v2/Users?filter=a//b/"),
            ("/", "/"),
            ("//", "/"),
            ("/a%2F%2Fb/", "/a%2F%2Fb"),
        ] {
            let mut req = TestRequest::with_uri(given).to_srv_request();
            normalise(&mut req);
            assert_eq!(req.uri().to_string(), wanted, "{given}");
        }
    }
}
