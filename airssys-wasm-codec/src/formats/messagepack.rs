//! [MessagePack]: any serde type.
//!
//! A struct is a map from its fields' names, as other languages have it; arrays in the fields'
//! order are read as well. A unit variant is its name, and any other variant a map from its name.
//! Integers and lengths take the shortest form. Bytes are `bin` where the type says so to serde,
//! as `serde_bytes` does: `Vec<u8>` is an array.
//!
//! What is nested more than 128 levels deep is refused.
//!
//! ```
//! use airssys_wasm_codec::messagepack;
//!
//! let payload = messagepack::encode(&("tea", 3))?;
//! assert_eq!(payload, b"\x81\x04\x92\xa3tea\x03");
//! let (item, count): (&str, u32) = messagepack::decode(&payload)?;
//! assert_eq!((item, count), ("tea", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md

use serde_core::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;
use crate::validation::messagepack::end_of_object;

/// More levels than a format that people write by hand has, and few enough for a guest's stack.
const MAX_DEPTH: usize = 128;

/// The payload that holds `value`.
///
/// # Errors
///
/// If the value's own `Serialize` fails, or something in it has 4 GiB or more.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::MESSAGEPACK);
    let mut serializer = rmp_serde::Serializer::new(&mut payload).with_struct_map();
    value
        .serialize(&mut serializer)
        .map_err(|cause| EncodeError::new(Codec::MESSAGEPACK, cause))?;
    Ok(payload)
}

/// The value in `payload`, from which it may borrow texts and bytes.
///
/// # Errors
///
/// If the payload is not MessagePack, not a `T`, or has more behind it.
pub fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, DecodeError> {
    let body = body_of(payload, Codec::MESSAGEPACK)?;
    // Variants within variants do not count as levels for the decoder, and neither does it tell
    // what it left behind.
    let end = end_of_object(body, MAX_DEPTH)
        .map_err(|flaw| DecodeError::body(Codec::MESSAGEPACK, Some(flaw.at), flaw.fault))?;
    if end < body.len() {
        return Err(DecodeError::Trailing { codec: Codec::MESSAGEPACK, at: end });
    }
    rmp_serde::from_slice(body).map_err(|cause| DecodeError::body(Codec::MESSAGEPACK, None, cause))
}
