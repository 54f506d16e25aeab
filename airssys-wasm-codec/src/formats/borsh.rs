//! [Borsh]: any type that has borsh's own traits. A value has exactly one form.
//!
//! A length claims no memory before there are bytes for it. But the format knows no levels, and
//! nothing counts them: do not decode a type that contains itself (a tree, a linked list) from
//! someone who could want a stack to overflow.
//!
//! ```
//! use airssys_wasm_codec::borsh;
//!
//! let payload = borsh::encode(&("tea".to_owned(), 3u8))?;
//! assert_eq!(payload, b"\x81\x8e\xc0\x01\x03\0\0\0tea\x03");
//! let (item, count): (String, u8) = borsh::decode(&payload)?;
//! assert_eq!((item.as_str(), count), ("tea", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [Borsh]: https://borsh.io

use borsh::{BorshDeserialize, BorshSerialize};

use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;

/// The payload that holds `value`.
///
/// # Errors
///
/// If the value has a NaN, a list of 2³² items or more, or items that have no bytes.
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::BORSH);
    value.serialize(&mut payload).map_err(|cause| EncodeError::new(Codec::BORSH, cause))?;
    Ok(payload)
}

/// The value in `payload`.
///
/// # Errors
///
/// If the payload is not Borsh, not a `T`, or has more behind it.
pub fn decode<T: BorshDeserialize>(payload: &[u8]) -> Result<T, DecodeError> {
    let body = body_of(payload, Codec::BORSH)?;
    let mut rest = body;
    let value = T::deserialize(&mut rest)
        .map_err(|cause| DecodeError::body(Codec::BORSH, Some(body.len() - rest.len()), cause))?;
    match body.len() - rest.len() {
        at if at < body.len() => Err(DecodeError::Trailing { codec: Codec::BORSH, at }),
        _ => Ok(value),
    }
}
