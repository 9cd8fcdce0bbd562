//! Laws that hold for every filter and every user: printing and reading, logic, letter case, and values as
//! data.

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::filter::Filter;
use proptest::prelude::*;
use serde_json::json;

use super::generators::{any_text, condition, filter, quoted, user};

fn read(text: &str) -> Result<Filter, TestCaseError> {
    Filter::parse(ResourceKind::User, text).map_err(|fault| TestCaseError::fail(format!("{text}\n{fault}")))
}

fn truth(text: &str, user: &Object) -> Result<bool, TestCaseError> {
    Ok(read(text)?.matches(user))
}

fn upper(text: &str) -> String {
    text.to_ascii_uppercase()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_filter_prints_to_a_text_that_reads_back_as_the_same_filter(text in filter(), user in user()) {
        let filter = read(&text)?;
        let printed = filter.to_string();
        let again = read(&printed)?;
        prop_assert_eq!(&again, &filter, "{} printed as {}", text, printed);
        prop_assert_eq!(again.matches(&user), filter.matches(&user));
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn the_laws_of_logic_hold(a in filter(), b in filter(), c in filter(), user in user()) {
        let (p, q, r) = (truth(&a, &user)?, truth(&b, &user)?, truth(&c, &user)?);
        prop_assert_eq!(truth(&format!("not (not ({a}))"), &user)?, p);
        prop_assert_eq!(truth(&format!("not (({a}) and ({b}))"), &user)?, !(p && q));
        prop_assert_eq!(truth(&format!("not ({a}) or not ({b})"), &user)?, !(p && q));
        prop_assert_eq!(truth(&format!("not (({a}) or ({b}))"), &user)?, !(p || q));
        prop_assert_eq!(truth(&format!("not ({a}) and not ({b})"), &user)?, !(p || q));
        prop_assert_eq!(truth(&format!("({a}) or ({b}) and ({c})"), &user)?, p || q && r);
        prop_assert_eq!(truth(&format!("({a}) and ({b}) or ({c})"), &user)?, p && q || r);
        prop_assert_eq!(truth(&format!("({a}) and (({b}) or ({c}))"), &user)?, p && (q || r));
    }

    #[test]
    fn letter_case_of_names_operators_and_words_does_not_matter(
        a in condition(), b in condition(), c in condition(),
    ) {
        let plain = format!("not ({}) and {} or emails[{}]", a.text(), b.text(), "type eq \"x\" and value pr");
        let shout = |condition: &super::generators::Condition| {
            let value = condition.value.as_deref().unwrap_or_default();
            format!("{} {} {value}", upper(&condition.name), upper(condition.op))
        };
        let loud = format!("NOT ({}) AND {} OR EMAILS[{}]", shout(&a), shout(&b), "TYPE EQ \"x\" AND VALUE PR");
        prop_assert_eq!(read(&plain)?, read(&loud)?);
        prop_assert_eq!(read(&c.text())?, read(&shout(&c))?);
    }

    #[test]
    fn values_are_data(wanted in any_text(), found in any_text(), escaped in any::<bool>()) {
        let literal = quoted(&wanted, escaped);
        let of = |text: &str| json!({"externalId": text}).as_object().cloned().unwrap_or_default();
        for (op, expected) in [
            ("eq", found == wanted),
            ("ne", found != wanted),
            ("co", found.contains(&wanted)),
            ("sw", found.starts_with(&wanted)),
            ("ew", found.ends_with(&wanted)),
            ("gt", found > wanted),
            ("ge", found >= wanted),
            ("lt", found < wanted),
            ("le", found <= wanted),
        ] {
            let filter = format!("externalId {op} {literal}");
            prop_assert_eq!(truth(&filter, &of(&found))?, expected, "{:?} {}", found, filter);
        }
        prop_assert_eq!(truth(&format!("externalId eq {literal}"), &of(&wanted))?, true);
        prop_assert_eq!(truth(&format!("externalId ne {literal}"), &of(&wanted))?, false);
        let longer = format!("{found}{wanted}{found}");
        prop_assert_eq!(truth(&format!("externalId co {literal}"), &of(&longer))?, true);
    }

    #[test]
    fn without_letter_case_a_text_equals_its_upper_and_lower_forms_and_contains_its_parts(
        text in any_text(), more in any_text(), escaped in any::<bool>(),
    ) {
        // A mark that follows belongs to the sign before it, and may be put in front of its own marks.
        let is_sign = |c: char| c.is_ascii() || c.is_numeric() || (c.is_lowercase() || c.is_uppercase()) && c != '\u{345}';
        prop_assume!(more.chars().next().is_none_or(is_sign) && text.chars().next().is_none_or(is_sign));
        let lower: String = text.chars().flat_map(char::to_lowercase).collect();
        let literal = quoted(&text, escaped);
        let of = |text: &str| json!({"displayName": text}).as_object().cloned().unwrap_or_default();
        for found in [&text, &lower, &upper(&text)] {
            for op in ["eq", "ge", "le", "sw", "ew", "co"] {
                let filter = format!("displayName {op} {literal}");
                prop_assert!(truth(&filter, &of(found))?, "{:?} {}", found, filter);
            }
            for (op, longer) in [
                ("sw", format!("{found}{more}")),
                ("ew", format!("{more}{found}")),
                ("co", format!("{more}{found}{more}")),
            ] {
                let filter = format!("displayName {op} {literal}");
                prop_assert_eq!(truth(&filter, &of(&longer))?, true, "{:?} {}", longer, filter);
            }
        }
    }

    #[test]
    fn numbers_are_read_exactly(wanted in any::<i64>(), found in any::<i64>()) {
        let user = json!({"urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User":
            {"skills": [{"name": "x", "proficiency": found}]}});
        let user = user.as_object().cloned().unwrap_or_default();
        for (op, expected) in [("eq", found == wanted), ("gt", found > wanted), ("le", found <= wanted)] {
            prop_assert_eq!(truth(&format!("skills.proficiency {op} {wanted}"), &user)?, expected);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Filter::parse(ResourceKind::User, &text);
    }

    #[test]
    fn no_heap_of_pieces_makes_the_reader_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "userName", "emails", "active", "urn:ietf:params:scim:schemas:core:2.0:User:", "(", ")", "[", "]", ".",
                "\"", "\\", "\\u12", "\"x\"", " ", " ", " ", "not", "and", "or", "eq", "pr", "co", "gt", "true", "null",
                "4", "-", "1e5", "$ref", "value", "ä", "\u{0}", "\u{a0}", "😀", ":", "^",
            ]),
            0..24,
        ),
        user in user(),
    ) {
        let text = pieces.concat();
        match Filter::parse(ResourceKind::User, &text) {
            Ok(filter) => {
                let _ = filter.matches(&user);
                prop_assert_eq!(read(&filter.to_string())?, filter);
            }
            Err(fault) => prop_assert_eq!(fault.status, 400),
        }
    }
}
