//! How a record becomes a value: one byte that says in which format, then JSON.
//!
//! Checksums and chunks are added below, in `frame`; which format a record has is decided by its owner.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::model::StoreError;

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
    match value.split_first() {
        Some((found, json)) if *found == format => serde_json::from_slice(json)
            // The position only: the text of a serde error may quote the value.
            .map_err(|error| StoreError::Damaged(format!("JSON does not fit at column {}", error.column()))),
        Some((found, _)) => Err(StoreError::Damaged(format!(
            "its format is {found}, this program reads {format}: use the version of the bridge that wrote it"
        ))),
        None => Err(StoreError::Damaged("it is empty".to_owned())),
    }
}

/// The number that [`Batch::count`](crate::model::Batch::count) keeps under a key; 0 where there is none.
///
/// # Errors
/// `Damaged` when the value is no number.
pub fn number(value: Option<&[u8]>) -> Result<i64, StoreError> {
    let Some(value) = value else { return Ok(0) };
    let bytes = value.try_into().map_err(|_| StoreError::Damaged("a counter is no number".to_owned()))?;
    Ok(i64::from_le_bytes(bytes))
}

/// The value of a number.
pub fn from_number(number: i64) -> Bytes {
    Bytes::copy_from_slice(&number.to_le_bytes())
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
}
