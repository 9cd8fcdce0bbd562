//! Entity tags (RFC 7644 section 3.14): one weak tag for each version of a resource.
//!
//! Pure text work. The version counter is the directory's; which status a failed precondition gets is the
//! server's.

use super::error::ScimError;

/// The tag of a version: `W/"7"`.
pub(crate) fn format(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `*`: any version, as long as the resource exists.
    Any,
    /// Versions named; tags that were never ours match nothing and are left out.
    Versions(Vec<u64>),
}

impl Precondition {
    /// Reads a header value: `*`, or tags separated by commas. Weak, strong and bare tags are understood;
    /// bare ones are what some connectors make of `meta.version`.
    ///
    /// # Errors
    /// `invalidSyntax` when the header is empty.
    pub fn parse(header: &str) -> Result<Self, ScimError> {
        let header = header.trim();
        if header.is_empty() {
            return Err(ScimError::invalid_syntax(
                "If-Match and If-None-Match need * or at least one entity tag.",
            ));
        }
        if header == "*" {
            return Ok(Self::Any);
        }
        Ok(Self::Versions(header.split(',').filter_map(version_of).collect()))
    }

    /// Whether this version is among those named.
    pub fn matches(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

fn version_of(tag: &str) -> Option<u64> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag);
    // `+7` and `007` are numbers but not tags of ours.
    tag.parse().ok().filter(|version: &u64| version.to_string() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_matches_its_own_version_in_every_spelling() {
        for (header, version, expected) in [
            (format(7).as_str(), 7, true),
            ("\"7\"", 7, true),
            ("7", 7, true),
            ("W/\"6\", W/\"7\"", 7, true),
            ("*", 7, true),
            ("W/\"8\"", 7, false),
            ("\"abc\"", 7, false),
            ("\"007\"", 7, false),
        ] {
            assert_eq!(Precondition::parse(header).unwrap().matches(version), expected, "{header}");
        }
        assert!(Precondition::parse(" ").is_err());
    }
}
