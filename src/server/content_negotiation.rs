//! Which media type an answer shall have (RFC 7644 section 3.8, RFC 9110 section 12.5.1), read from `Accept`.
//!
//! Answers are written as `application/scim+json`; a client that wants `application/json` more gets the same
//! bytes under that name. Only a client that takes no JSON at all is refused. Reading the header allocates
//! nothing. Where it is asked, and the 406: [`super::auth`].

use actix_web::http::header::{ACCEPT, HeaderMap};

use super::answer::SCIM_JSON;

/// The media type that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acceptable {
    /// SCIM's own media type, which is also for those who do not say.
    Scim,
    /// `application/json` rather than SCIM's own.
    Json,
    /// Nothing that is written here.
    Nothing,
}

/// Weights in thousandths; `None` while nothing was said.
type Weight = Option<u16>;

/// The most that was said about a media type, by how exactly it was named.
#[derive(Default)]
struct Said {
    scim: Weight,
    json: Weight,
    application: Weight,
    anything: Weight,
    other_json: Weight,
}

impl Acceptable {
    /// Reads `Accept`, however many lines it has. Lines that are no text, and elements that are no media
    /// range, count for nothing: a client that is only careless gets SCIM's type.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(ACCEPT).peekable();
        let Some(first) = lines.peek() else { return Self::Scim };
        if matches!(first.as_bytes(), b"application/scim+json" | b"*/*") {
            return Self::Scim;
        }
        let mut said = Said::default();
        let mut ranges = 0_usize;
        for element in lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')) {
            ranges += usize::from(said.hear(element));
        }
        if ranges == 0 { Self::Scim } else { said.verdict() }
    }
}

impl Said {
    /// Takes in one element; false when it is no media range.
    fn hear(&mut self, element: &str) -> bool {
        let mut parts = element.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let Some((family, kind)) = range.split_once('/').or((range == "*").then_some(("*", "*"))) else {
            return false;
        };
        let weight = parts.find_map(quality).unwrap_or(1000);
        let slot = match (family, kind) {
            ("*", "*") => &mut self.anything,
            (it, "*") if it.eq_ignore_ascii_case("application") => &mut self.application,
            _ if range.eq_ignore_ascii_case(SCIM_JSON) => &mut self.scim,
            _ if range.eq_ignore_ascii_case("application/json") => &mut self.json,
            // text/json and the like: no name of ours, yet whoever says so reads JSON.
            (_, it) if it.rsplit('+').next().is_some_and(|it| it.eq_ignore_ascii_case("json")) => {
                &mut self.other_json
            }
            _ => return true,
        };
        *slot = Some(slot.map_or(weight, |before| before.max(weight)));
        true
    }

    /// The most exact range that covers a type decides about it.
    fn verdict(&self) -> Acceptable {
        let covering = self.application.or(self.anything);
        let scim = self.scim.or(covering).or(self.other_json).unwrap_or(0);
        let json = self.json.or(covering).unwrap_or(0);
        match (scim, json) {
            (0, 0) => Acceptable::Nothing,
            (scim, json) if json > scim => Acceptable::Json,
            _ => Acceptable::Scim,
        }
    }
}

/// The weight, when this parameter is one: `q=0.8`. One that cannot be read counts in full.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim_end().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let mut thousandths = 0_u16;
    for digit in fraction.chars().chain(std::iter::repeat('0')).take(3) {
        let Some(digit) = digit.to_digit(10).and_then(|it| u16::try_from(it).ok()) else { return Some(1000) };
        thousandths = thousandths * 10 + digit;
    }
    Some(if whole == "0" { thousandths } else { 1000 })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn wanted(lines: &[&str]) -> Acceptable {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_str(line).expect("a header"));
        }
        Acceptable::of(&headers)
    }

    #[test]
    fn every_real_client_gets_json_under_a_name_it_knows() {
        use Acceptable::{Json, Nothing, Scim};
        for (line, expected) in [
            ("application/scim+json", Scim),
            ("application/scim+json; charset=utf-8", Scim),
            ("application/scim+json, application/json", Scim),
            ("application/json, application/scim+json", Scim),
            ("application/json", Json),
            ("Application/JSON;charset=UTF-8", Json),
            ("application/json, text/plain, */*", Scim),
            ("application/json, */*;q=0.5", Json),
            ("application/scim+json;q=0.4, application/json;q=0.9", Json),
            ("application/scim+json;q=0.9, application/json;q=0.9", Scim),
            ("application/scim+json;q=0, application/*", Json),
            ("application/json;q=0, */*;q=0.001", Scim),
            ("application/*", Scim),
            ("*/*", Scim),
            ("*/*;q=0.8", Scim),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", Scim),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Scim),
            ("text/json", Scim),
            ("application/problem+json", Scim),
            ("", Scim),
            (",", Scim),
            ("nonsense", Scim),
            ("application/json;q=high", Json),
            ("text/html", Nothing),
            ("application/xml", Nothing),
            ("text/*", Nothing),
            ("*/*;q=0", Nothing),
            ("application/scim+json;q=0.000, application/json; q=0", Nothing),
        ] {
            assert_eq!(wanted(&[line]), expected, "{line}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_none_is_no_wish() {
        assert_eq!(wanted(&[]), Acceptable::Scim);
        assert_eq!(wanted(&["text/html", "application/json"]), Acceptable::Json);
        assert_eq!(wanted(&["text/html", "text/plain"]), Acceptable::Nothing);
    }
}
