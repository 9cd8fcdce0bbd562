//! The outermost layer of a stored value: format byte, kind, CRC-32, payload. Damage is noticed here, not
//! believed.
//!
//! The checksum covers the place (tree and key) as well, so that a value found under a wrong key counts as
//! damage too. Who writes and reads frames: `trees`. The records inside: [`crate::store::record`].

use crate::limits::STORE_VALUE_BYTES;

/// Format of the frame itself.
const FORMAT: u8 = 1;
/// Bytes before the payload: format, kind, CRC-32.
const HEADER: usize = 6;
/// Largest payload of one frame. Half of what the limit allows, because sled keeps up to 20 values in one
/// page before it splits it, and a page of more than 128 KiB becomes a blob file: 17 values of 8 KiB were
/// seen to do that.
pub(super) const PAYLOAD_BYTES: usize = STORE_VALUE_BYTES / 2 - HEADER;

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole record.
    Whole,
    /// The head of a record whose bytes are in chunks.
    Head,
    /// One chunk.
    Chunk,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Kind::Whole => 0,
            Kind::Head => 1,
            Kind::Chunk => 2,
        }
    }
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Number of the tree.
    pub(super) tree: u8,
    /// Key in it.
    pub(super) key: &'a [u8],
}

/// The frame round a payload.
pub(super) fn seal(place: Place<'_>, kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend([FORMAT, kind.byte()]);
    frame.extend(checksum(place, kind.byte(), payload).to_le_bytes());
    frame.extend(payload);
    frame
}

/// The payload of a frame, or what is wrong with it.
pub(super) fn open<'a>(place: Place<'_>, frame: &'a [u8]) -> Result<(Kind, &'a [u8]), String> {
    let Some((header, payload)) = frame.split_first_chunk::<HEADER>() else {
        return Err("a value is shorter than its header".to_owned());
    };
    let [format, kind, a, b, c, d] = *header;
    if format != FORMAT {
        return Err(format!("a value has frame format {format}, this program reads {FORMAT}"));
    }
    if checksum(place, kind, payload) != u32::from_le_bytes([a, b, c, d]) {
        return Err("a checksum does not match".to_owned());
    }
    let kind = [Kind::Whole, Kind::Head, Kind::Chunk].into_iter().find(|one| one.byte() == kind);
    kind.map(|kind| (kind, payload)).ok_or_else(|| "a value is of an unknown kind".to_owned())
}

fn checksum(place: Place<'_>, kind: u8, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[place.tree, kind]);
    hasher.update(&(place.key.len() as u64).to_le_bytes());
    hasher.update(place.key);
    hasher.update(payload);
    hasher.finalize()
}

/// What the head of a chunked record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Length of the record in bytes.
    pub(super) bytes: u32,
    /// Number of its chunks.
    pub(super) chunks: u32,
}

impl Head {
    /// The head of a record of that length.
    pub(super) fn of(bytes: usize) -> Option<Self> {
        let chunks = bytes.div_ceil(PAYLOAD_BYTES);
        Some(Self { bytes: u32::try_from(bytes).ok()?, chunks: u32::try_from(chunks).ok()? })
    }

    /// As a payload.
    pub(super) fn to_bytes(self) -> [u8; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (self.bytes.to_le_bytes(), self.chunks.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    /// From a payload.
    pub(super) fn from_bytes(payload: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = *<&[u8; 8]>::try_from(payload).ok()?;
        Some(Self { bytes: u32::from_le_bytes([a, b, c, d]), chunks: u32::from_le_bytes([e, f, g, h]) })
    }
}

/// The key of one chunk: which record, then its number.
pub(super) fn chunk_key(place: Place<'_>, number: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(place.key.len() + 9);
    key.push(place.tree);
    key.extend(u32::try_from(place.key.len()).unwrap_or(u32::MAX).to_be_bytes());
    key.extend(place.key);
    key.extend(number.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damaged_byte_and_a_wrong_place_are_noticed() {
        let place = Place { tree: 3, key: b"k" };
        let frame = seal(place, Kind::Whole, b"hello");
        assert_eq!(open(place, &frame), Ok((Kind::Whole, b"hello".as_slice())));
        for at in 0..frame.len() {
            for bit in 0..8 {
                let mut bad = frame.clone();
                bad[at] ^= 1 << bit;
                assert!(open(place, &bad).is_err(), "byte {at} bit {bit}");
            }
        }
        for cut in 0..frame.len() {
            assert!(open(place, &frame[..cut]).is_err());
        }
        assert!(open(Place { tree: 4, key: b"k" }, &frame).is_err());
        assert!(open(Place { tree: 3, key: b"l" }, &frame).is_err());
    }

    #[test]
    fn a_head_knows_its_chunks() {
        for (bytes, chunks) in [(PAYLOAD_BYTES + 1, 2), (PAYLOAD_BYTES * 3, 3), (PAYLOAD_BYTES * 3 + 1, 4)] {
            let head = Head::of(bytes).unwrap();
            assert_eq!(head.chunks, chunks);
            assert_eq!(Head::from_bytes(&head.to_bytes()), Some(head));
        }
    }
}
