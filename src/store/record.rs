//! How a record becomes a value: one byte that says in which format, then JSON or plain bytes; or nothing but
//! an id.
//!
//! Checksums and chunks are added by the engine; which format a record has is decided by its owner. All of
//! them are listed in `disk::formats`.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::model::StoreError;

/// Format of the numbers that [`Batch::count`](crate::model::Batch::count) keeps.
const NUMBER: u8 = 1;

/// The value of a record in a format.
///
/// # Errors
/// A record that JSON cannot express, which is a mistake in the program.
pub fn encode<T: Serialize>(format: u8, record: &T) -> Result<Bytes, StoreError> {
    let mut bytes = vec![format];
    serde_json::to_writer(&mut bytes, record)
        .map_err(|error| StoreError::Failed(format!("a record cannot be written as JSON: {error}")))?;
    Ok(Bytes::from(bytes))
}

/// The record of a value, which must have that format.
///
/// # Errors
/// `Damaged` when the format is another one or the JSON does not fit.
pub fn decode<T: DeserializeOwned>(format: u8, value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(decode_bytes(format, value)?)
        // The position only: the text of a serde error may quote the value.
        .map_err(|error| StoreError::Damaged(format!("JSON does not fit at column {}", error.column())))
}

/// The value of plain bytes in a format.
pub fn encode_bytes(format: u8, bytes: &[u8]) -> Bytes {
    Bytes::from([&[format], bytes].concat())
}

/// The plain bytes of a value, which must have that format.
///
/// # Errors
/// `Damaged` when the format is another one.
pub fn decode_bytes(format: u8, value: &[u8]) -> Result<&[u8], StoreError> {
    match value.split_first() {
        Some((found, bytes)) if *found == format => Ok(bytes),
        Some((found, _)) => Err(other_format(*found, format)),
        None => Err(StoreError::Damaged("it is empty".to_owned())),
    }
}

/// The id that a value is: look-ups, memberships, reservations and lists hold nothing else. It has no byte
/// for its format, which counts as format 0: an id begins with no control character, so that a later format
/// can announce itself by one.
///
/// # Errors
/// `Damaged` when the value has another format or is no text.
pub fn id(value: &[u8]) -> Result<&str, StoreError> {
    match value.first() {
        Some(first) if *first < b' ' => Err(other_format(*first, 0)),
        _ => std::str::from_utf8(value).map_err(|_| StoreError::Damaged("an id is no text".to_owned())),
    }
}

fn other_format(found: u8, known: u8) -> StoreError {
    StoreError::Damaged(format!(
        "its format is {found}, this program reads {known}: use the version of the bridge that wrote it"
    ))
}

/// The number that [`Batch::count`](crate::model::Batch::count) keeps under a key; 0 where there is none.
///
/// # Errors
/// `Damaged` when the value is no number.
pub fn number(value: Option<&[u8]>) -> Result<i64, StoreError> {
    let Some(value) = value else { return Ok(0) };
    let bytes = decode_bytes(NUMBER, value)?.try_into();
    Ok(i64::from_le_bytes(bytes.map_err(|_| StoreError::Damaged("a counter is no number".to_owned()))?))
}

/// The value of a number.
pub fn from_number(number: i64) -> Bytes {
    encode_bytes(NUMBER, &number.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_another_format_does_not() {
        let value = encode(1, &vec!["a", "b"]).unwrap();
        assert_eq!(decode::<Vec<String>>(1, &value).unwrap(), ["a", "b"]);
        assert!(matches!(decode::<Vec<String>>(2, &value), Err(StoreError::Damaged(_))));
        assert!(matches!(decode::<Vec<u32>>(1, &value), Err(StoreError::Damaged(_))));
        assert!(matches!(decode::<Vec<u32>>(1, b""), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn numbers_and_ids_tell_their_format() {
        assert_eq!(number(Some(&from_number(-7))), Ok(-7));
        assert_eq!(number(None), Ok(0));
        assert!(number(Some(&7_i64.to_le_bytes())).is_err(), "eight bytes without a format");
        assert_eq!(id(b"u1"), Ok("u1"));
        assert!(id(b"\x01u1").is_err_and(|error| error.to_string().contains("format is 1")));
        assert!(id(&[0xff]).is_err());
    }
}
