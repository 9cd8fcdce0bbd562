//! The Genesys Cloud regions and the domain that each one lives under: data, not code (docs/genesys.md G1.1).
//!
//! Builds no URL but the two base addresses; settings may override both, as tests and private links do.

/// Region key and domain. The region key is not part of any host name.
pub(crate) const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
    ("me-central-1", "mec1.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
];

/// The domain of a region, by its key or by the domain itself; letter case does not matter.
pub(crate) fn domain(region: &str) -> Option<&'static str> {
    let wanted = region.trim();
    REGIONS
        .iter()
        .find(|(key, domain)| key.eq_ignore_ascii_case(wanted) || domain.eq_ignore_ascii_case(wanted))
        .map(|(_, domain)| *domain)
}

/// Base address of the API of a domain.
pub(crate) fn api_base(domain: &str) -> String {
    format!("https://api.{domain}")
}

/// Base address of the login host of a domain.
pub(crate) fn login_base(domain: &str) -> String {
    format!("https://login.{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_found_by_key_or_domain_and_nothing_else() {
        let rows = [
            ("us-east-1", Some("mypurecloud.com")),
            (" EU-Central-1 ", Some("mypurecloud.de")),
            ("mypurecloud.com.au", Some("mypurecloud.com.au")),
            ("usw2.pure.cloud", Some("usw2.pure.cloud")),
            ("us-east-9", None),
            ("", None),
        ];
        for (region, expected) in rows {
            assert_eq!(domain(region), expected, "{region}");
        }
        assert_eq!(api_base("mypurecloud.de"), "https://api.mypurecloud.de");
        assert_eq!(login_base("mypurecloud.de"), "https://login.mypurecloud.de");
    }

    #[test]
    fn no_region_and_no_domain_appears_twice() {
        for (i, (key, domain)) in REGIONS.iter().enumerate() {
            for (other_key, other_domain) in &REGIONS[i + 1..] {
                assert_ne!(key, other_key);
                assert_ne!(domain, other_domain);
            }
        }
    }
}
