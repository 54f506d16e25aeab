//! JSON, [RFC 8259]: any serde type.
//!
//! A struct is an object; a unit variant is its name, and any other variant an object with its
//! name as the key. A map's keys must be texts, integers or booleans, and become texts. Bytes are
//! an array of numbers. A float that is no number (infinite, NaN) is written as `null`; any other
//! comes back as it was.
//!
//! What is nested more than 127 levels deep is refused.
//!
//! ```
//! use airssys_wasm_codec::json;
//!
//! let payload = json::encode(&("tea", 3))?;
//! assert_eq!(payload, b"\x80\x04[\"tea\",3]");
//! let (item, count): (&str, u32) = json::decode(&payload)?;
//! assert_eq!((item, count), ("tea", 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

use std::str;

use serde_core::de::IgnoredAny;
use serde_core::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;

/// The payload that holds `value`.
///
/// # Errors
///
/// If the value's own `Serialize` fails, or a map's key cannot become a text.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::JSON);
    serde_json::to_writer(&mut payload, value)
        .map_err(|cause| EncodeError::new(Codec::JSON, cause))?;
    Ok(payload)
}

/// The value in `payload`, from which it may borrow texts that have no escapes.
///
/// # Errors
///
/// If the payload is not JSON in UTF-8, not a `T`, or has more behind it than white space.
pub fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, DecodeError> {
    let body = body_of(payload, Codec::JSON)?;
    let text = str::from_utf8(body).map_err(|cause| DecodeError::body(Codec::JSON, None, cause))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(&mut deserializer)
        .map_err(|cause| DecodeError::body(Codec::JSON, None, cause))?;
    let at = deserializer.into_iter::<IgnoredAny>().byte_offset();
    if text[at..].trim_start_matches(WHITE_SPACE).is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing { codec: Codec::JSON, at })
    }
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
