//! CBOR, [RFC 8949]: any serde type.
//!
//! A struct is a map from its fields' names; a unit variant is its name, and any other variant a
//! map from its name. Integers, lengths and floats take the shortest form that holds the value.
//! Items of indefinite length are read; tags are skipped. Bytes are a byte string where the type
//! says so to serde, as `serde_bytes` does: `Vec<u8>` is an array.
//!
//! What is nested more than 127 levels deep is refused.
//!
//! ```
//! use airssys_wasm_codec::cbor;
//!
//! let payload = cbor::encode(&("tea", 3))?;
//! assert_eq!(payload, b"\x51\x82\x63tea\x03");
//! let (item, count): (&str, u32) = cbor::decode(&payload)?;
//! assert_eq!((item, count), ("tea", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 8949]: https://www.rfc-editor.org/rfc/rfc8949

use serde_core::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;

/// The payload that holds `value`.
///
/// # Errors
///
/// If the value's own `Serialize` fails, or it has an integer of more than 64 bits.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::CBOR);
    serde_cbor_2::to_writer(&mut payload, &value)
        .map_err(|cause| EncodeError::new(Codec::CBOR, cause))?;
    Ok(payload)
}

/// The value in `payload`, from which it may borrow texts and bytes.
///
/// # Errors
///
/// If the payload is not CBOR, not a `T`, or has more behind it.
pub fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, DecodeError> {
    let body = body_of(payload, Codec::CBOR)?;
    let mut deserializer = serde_cbor_2::Deserializer::from_slice(body);
    let value = T::deserialize(&mut deserializer).map_err(|cause| {
        // It says where, except where the type and not the format is wrong.
        let at = (cause.offset() == 0).then(|| deserializer.byte_offset());
        DecodeError::body(Codec::CBOR, at, cause)
    })?;
    match deserializer.byte_offset() {
        at if at < body.len() => Err(DecodeError::Trailing { codec: Codec::CBOR, at }),
        _ => Ok(value),
    }
}
