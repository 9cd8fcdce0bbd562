//! How users and groups are written: a fixed head, what only the bridge needs as JSON, and the resource as
//! the text that is sent.
//!
//! A read needs the head and the text ([`view`]) and parses nothing; a write takes the whole record apart.
//! Records of format 1 (JSON as a whole, without the text) are still read. What the fields mean:
//! [`super::record`]; the text: `scim::rendered`.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{GroupId, Named, Object, SagaId, StoreError, SubjectId, UserId};
use crate::scim::kind::ResourceKind;
use crate::scim::rendered::{Meta, Rendered};

use super::record::{self, Provisioning, ProvisioningState, StoredGroup, StoredUser, View};

const FORMAT: u8 = 2;
const MANAGED: u8 = 1;
const TELLING: u8 = 2;
/// The document of record has no `schemas`; the text always has.
const BARE: u8 = 4;
/// Format, flags, lengths of id and JSON, version, two times, two places in the text.
const HEAD: usize = 2 + 2 + 4 + 8 + 8 + 8 + 4 + 4;

/// What only the bridge needs of a user.
#[derive(Serialize, Deserialize)]
struct UserRest {
    subject: SubjectId,
    status: Provisioning,
    division: Option<Named>,
    saga: Option<SagaId>,
}

/// What only the bridge needs of a group.
#[derive(Serialize, Deserialize)]
struct GroupRest {
    subject: SubjectId,
    genesys: Option<String>,
    made: bool,
    saga: Option<SagaId>,
}

/// A record taken apart as far as offsets go.
struct Parts {
    flags: u8,
    meta: Meta,
    id: String,
    rest: Bytes,
    text: Rendered,
}

impl StoredUser {
    fn meta(&self) -> Meta {
        Meta { created_ms: self.created_ms, modified_ms: self.modified_ms, version: self.version }
    }

    fn telling(&self) -> bool {
        self.managed && matches!(self.status.state, ProvisioningState::Pending | ProvisioningState::Failed)
    }
}

impl StoredGroup {
    fn meta(&self) -> Meta {
        Meta { created_ms: self.created_ms, modified_ms: self.modified_ms, version: self.version }
    }
}

/// A user as a value of the store.
pub(super) fn encode_user(user: &StoredUser) -> Result<Bytes, StoreError> {
    let text = Rendered::of(ResourceKind::User, user.id.as_str(), &user.document, &user.meta());
    let rest = UserRest {
        subject: user.subject,
        status: user.status.clone(),
        division: user.division.clone(),
        saga: user.saga,
    };
    let flags = flag(user.managed, MANAGED) | flag(user.telling(), TELLING) | bare(&user.document);
    encode(flags, &user.meta(), user.id.as_str(), &rest, &text)
}

/// A group as a value of the store.
pub(super) fn encode_group(group: &StoredGroup) -> Result<Bytes, StoreError> {
    let text = Rendered::of(ResourceKind::Group, group.id.as_str(), &group.document, &group.meta());
    let rest = GroupRest {
        subject: group.subject,
        genesys: group.genesys.clone(),
        made: group.made,
        saga: group.saga,
    };
    let flags = flag(group.managed, MANAGED) | bare(&group.document);
    encode(flags, &group.meta(), group.id.as_str(), &rest, &text)
}

/// A user, whole.
pub(super) fn decode_user(value: &Bytes) -> Result<StoredUser, StoreError> {
    if is_old(value) {
        return record::decode(value);
    }
    let parts = split(value)?;
    let rest: UserRest = json(&parts.rest)?;
    let document = document(&parts)?;
    Ok(StoredUser {
        subject: rest.subject,
        id: UserId::new(parts.id),
        document,
        version: parts.meta.version,
        created_ms: parts.meta.created_ms,
        modified_ms: parts.meta.modified_ms,
        managed: parts.flags & MANAGED != 0,
        status: rest.status,
        division: rest.division,
        saga: rest.saga,
    })
}

/// A group, whole.
pub(super) fn decode_group(value: &Bytes) -> Result<StoredGroup, StoreError> {
    if is_old(value) {
        return record::decode(value);
    }
    let parts = split(value)?;
    let rest: GroupRest = json(&parts.rest)?;
    let document = document(&parts)?;
    Ok(StoredGroup {
        subject: rest.subject,
        id: GroupId::new(parts.id),
        genesys: rest.genesys,
        document,
        version: parts.meta.version,
        created_ms: parts.meta.created_ms,
        modified_ms: parts.meta.modified_ms,
        managed: parts.flags & MANAGED != 0,
        made: rest.made,
        saga: rest.saga,
    })
}

/// What a read needs; copies nothing but the id.
pub(super) fn view(kind: ResourceKind, value: &Bytes) -> Result<View, StoreError> {
    if is_old(value) {
        let again = match kind {
            ResourceKind::User => encode_user(&record::decode(value)?)?,
            ResourceKind::Group => encode_group(&record::decode(value)?)?,
        };
        return view_of(&again);
    }
    view_of(value)
}

fn view_of(value: &Bytes) -> Result<View, StoreError> {
    let Parts { flags, meta, id, text, .. } = split(value)?;
    let Meta { version, created_ms, modified_ms } = meta;
    Ok(View { id, version, created_ms, modified_ms, telling: flags & TELLING != 0, text })
}

fn encode<T: Serialize>(
    flags: u8,
    meta: &Meta,
    id: &str,
    rest: &T,
    text: &Rendered,
) -> Result<Bytes, StoreError> {
    let unfit = |what: &str| StoreError::Failed(format!("a record cannot be written: {what}"));
    let rest = serde_json::to_vec(rest).map_err(|error| unfit(&error.to_string()))?;
    let id_bytes = u16::try_from(id.len()).map_err(|_| unfit("its id is too long"))?;
    let rest_bytes = u32::try_from(rest.len()).map_err(|_| StoreError::TooLarge { bytes: rest.len() })?;
    let (base_at, parts_at) = text.places();
    let mut out = Vec::with_capacity(HEAD + id.len() + rest.len() + text.text().len());
    out.extend([FORMAT, flags]);
    out.extend(id_bytes.to_le_bytes());
    out.extend(rest_bytes.to_le_bytes());
    out.extend(meta.version.to_le_bytes());
    out.extend(meta.created_ms.to_le_bytes());
    out.extend(meta.modified_ms.to_le_bytes());
    out.extend(base_at.to_le_bytes());
    out.extend(parts_at.to_le_bytes());
    out.extend(id.as_bytes());
    out.extend(rest);
    out.extend(text.text().as_ref());
    Ok(Bytes::from(out))
}

fn split(value: &Bytes) -> Result<Parts, StoreError> {
    let short = || StoreError::Damaged("a record is cut short".to_owned());
    let mut at = Reader { bytes: value };
    let [format, flags] = at.take().ok_or_else(short)?;
    if format != FORMAT {
        let why = format!(
            "its format is {format}, this program reads {FORMAT}: use the version of the bridge that wrote it"
        );
        return Err(StoreError::Damaged(why));
    }
    let mut fields = || -> Option<Parts> {
        let id_bytes = usize::from(u16::from_le_bytes(at.take()?));
        let rest_bytes = u32::from_le_bytes(at.take()?) as usize;
        let meta = Meta {
            version: u64::from_le_bytes(at.take()?),
            created_ms: i64::from_le_bytes(at.take()?),
            modified_ms: i64::from_le_bytes(at.take()?),
        };
        let (base_at, parts_at) = (u32::from_le_bytes(at.take()?), u32::from_le_bytes(at.take()?));
        let (id_end, rest_end) = (HEAD + id_bytes, HEAD + id_bytes + rest_bytes);
        let id = std::str::from_utf8(value.get(HEAD..id_end)?).ok()?.to_owned();
        let rest = (rest_end <= value.len()).then(|| value.slice(id_end..rest_end))?;
        let text = Rendered::from_parts(value.slice(rest_end..), base_at, parts_at)?;
        Some(Parts { flags, meta, id, rest, text })
    };
    fields().ok_or_else(short)
}

/// Takes numbers off the front.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*first)
    }
}

fn is_old(value: &[u8]) -> bool {
    value.first() == Some(&1)
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(misfit)
}

/// Names the position only: the text of a serde error may quote the value.
fn misfit(error: serde_json::Error) -> StoreError {
    StoreError::Damaged(format!("JSON does not fit at column {}", error.column()))
}

fn document(parts: &Parts) -> Result<Object, StoreError> {
    let mut document = parts.text.document().map_err(misfit)?;
    if parts.flags & BARE != 0 {
        document.shift_remove("schemas");
    }
    Ok(document)
}

const fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

fn bare(document: &Object) -> u8 {
    flag(!document.contains_key("schemas"), BARE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, FailureState};
    use crate::store::samples::{object, subject};
    use serde_json::json;

    fn user() -> StoredUser {
        let document =
            object(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}));
        let failure = Failure {
            what: "queue Sales".into(),
            reason: None,
            why: "full".into(),
            code: "x".into(),
            correlation_id: None,
            state: FailureState::Failed,
        };
        StoredUser {
            subject: subject(1),
            id: UserId::new("u1"),
            document,
            version: 7,
            created_ms: 1,
            modified_ms: -2,
            managed: true,
            status: Provisioning { state: ProvisioningState::Failed, failures: vec![failure], updated_ms: 3 },
            division: None,
            saga: None,
        }
    }

    #[test]
    fn a_user_comes_back_whole_and_its_view_is_its_text() {
        let user = user();
        let value = encode_user(&user).unwrap();
        assert_eq!(decode_user(&value).unwrap(), user);
        let view = view(ResourceKind::User, &value).unwrap();
        assert_eq!((view.id.as_str(), view.version, view.modified_ms, view.telling), ("u1", 7, -2, true));
        assert_eq!(view.text.document().unwrap(), user.document);
    }

    #[test]
    fn a_document_without_schemas_comes_back_without_them() {
        let bare = StoredUser { document: object(json!({"userName": "ada"})), ..user() };
        assert_eq!(decode_user(&encode_user(&bare).unwrap()).unwrap(), bare);
    }

    #[test]
    fn a_record_of_the_first_format_is_still_read() {
        let user = user();
        let old = record::encode(&user).unwrap();
        assert_eq!(decode_user(&old).unwrap(), user);
        assert_eq!(view(ResourceKind::User, &old), view(ResourceKind::User, &encode_user(&user).unwrap()));
    }

    #[test]
    fn what_is_cut_short_or_of_a_newer_format_is_damage_and_no_panic() {
        let value = encode_user(&user()).unwrap();
        for cut in 0..value.len() {
            let short = value.slice(..cut);
            assert!(decode_user(&short).is_err(), "{cut}");
            let _ = view(ResourceKind::User, &short);
        }
        let mut newer = value.to_vec();
        newer[0] = 3;
        let error = decode_user(&Bytes::from(newer)).unwrap_err().to_string();
        assert!(error.contains("format is 3"), "{error}");
    }
}
