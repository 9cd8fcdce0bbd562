//! What an open saga keeps for itself until it ends: a name, an address, or a resource that exists.
//!
//! The one place where a reservation is written as a text (key of a lane, key in the store, journal record)
//! and read from it. Who keeps them is `store::journal`; that a name belongs to a resource once the saga has
//! ended is the directory's index.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{GroupId, UserId};

/// Something that two sagas must not have at the same time. Names and addresses are folded
/// (`scim::value::fold`): those that differ in letter case alone are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reservation {
    /// A userName.
    UserName(String),
    /// The address by which Genesys identifies a user.
    UserEmail(String),
    /// A user that exists.
    User(UserId),
    /// The displayName of a group.
    GroupName(String),
    /// A group that exists.
    Group(GroupId),
}

impl fmt::Display for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserName(name) => write!(f, "user/name/{name}"),
            Self::UserEmail(address) => write!(f, "user/email/{address}"),
            Self::User(id) => write!(f, "user/id/{id}"),
            Self::GroupName(name) => write!(f, "group/name/{name}"),
            Self::Group(id) => write!(f, "group/id/{id}"),
        }
    }
}

/// A text that is no reservation.
#[derive(Debug, thiserror::Error)]
#[error("a saga cannot reserve {0:?}")]
pub struct NoReservation(String);

impl FromStr for Reservation {
    type Err = NoReservation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("user"), Some("name"), Some(name)) => Ok(Self::UserName(name.to_owned())),
            (Some("user"), Some("email"), Some(address)) => Ok(Self::UserEmail(address.to_owned())),
            (Some("user"), Some("id"), Some(id)) => Ok(Self::User(UserId::new(id))),
            (Some("group"), Some("name"), Some(name)) => Ok(Self::GroupName(name.to_owned())),
            (Some("group"), Some("id"), Some(id)) => Ok(Self::Group(GroupId::new(id))),
            _ => Err(NoReservation(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Reservation {
    type Error = NoReservation;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reservation> for String {
    fn from(reservation: Reservation) -> Self {
        reservation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_the_text_that_journals_hold_and_comes_back_from_it() {
        for (text, reservation) in [
            ("user/name/ada@x.example", Reservation::UserName("ada@x.example".into())),
            ("user/name/a/b", Reservation::UserName("a/b".into())),
            ("user/name/", Reservation::UserName(String::new())),
            ("user/email/ada@x.example", Reservation::UserEmail("ada@x.example".into())),
            ("user/id/17", Reservation::User(UserId::new("17"))),
            ("group/name/night / desk", Reservation::GroupName("night / desk".into())),
            ("group/id/g-1", Reservation::Group(GroupId::new("g-1"))),
        ] {
            assert_eq!(reservation.to_string(), text);
            assert_eq!(text.parse::<Reservation>().unwrap(), reservation, "{text}");
            let json = serde_json::to_string(&reservation).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<Reservation>(&json).unwrap(), reservation);
        }
        for text in ["", "user", "user/name", "queue/name/x", "group/email/x"] {
            assert!(text.parse::<Reservation>().is_err(), "{text}");
        }
    }
}
