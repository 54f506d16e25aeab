//! Bincode, as [version 2 specifies it] in its standard configuration: any serde type.
//!
//! Integers are little-endian and take 1, 3, 5, 9 or 17 bytes, whichever is the least; what is
//! longer than it need be is refused. Lengths are such integers, and so are variants: by their
//! place in the enum, not by name. Fields follow each other without names, so that both sides
//! need the same type, and a field must not be left out (`skip_serializing_if`, `flatten`). The
//! bytes of version 1, whose integers have a fixed size, are another format.
//!
//! A length claims no memory: a text must have its bytes, and a list grows with its elements. A
//! value is read 128 levels deep, and of elements that take no bytes, such as `()`, there may be
//! 65,536 in lists and maps.
//!
//! ```
//! use airssys_wasm_codec::bincode;
//!
//! let payload = bincode::encode(&("tea", 300))?;
//! assert_eq!(payload, b"\x80\x8e\xc0\x01\x03tea\xfb\x58\x02");
//! let (item, count): (&str, i32) = bincode::decode(&payload)?;
//! assert_eq!((item, count), ("tea", 300));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format is written here, since the crate `bincode` has ended, and those that carry it on
//! count no levels or do not know serde.
//!
//! [version 2 specifies it]: https://docs.rs/bincode/2.0.1/bincode/spec/index.html

mod deserializer;
mod fault;
mod serializer;

use serde_core::{Deserialize, Serialize};

use self::deserializer::Deserializer;
use self::serializer::Serializer;
use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;

/// The first byte of an integer that is over 250, and takes this many more bytes.
const TWO_FOLLOW: u8 = 251;
const FOUR_FOLLOW: u8 = 252;
const EIGHT_FOLLOW: u8 = 253;
const SIXTEEN_FOLLOW: u8 = 254;

/// The payload that holds `value`.
///
/// # Errors
///
/// If the value's own `Serialize` fails, or does not know the length of a list or map beforehand.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::BINCODE);
    value
        .serialize(&mut Serializer::new(&mut payload))
        .map_err(|fault| EncodeError::new(Codec::BINCODE, fault))?;
    Ok(payload)
}

/// The value in `payload`, from which it may borrow texts and bytes.
///
/// # Errors
///
/// If the payload is not Bincode, not a `T`, or has more behind it.
pub fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, DecodeError> {
    let body = body_of(payload, Codec::BINCODE)?;
    let mut deserializer = Deserializer::new(body);
    let value = T::deserialize(&mut deserializer);
    let at = body.len() - deserializer.rest().len();
    match value {
        Err(fault) => Err(DecodeError::body(Codec::BINCODE, Some(at), fault)),
        Ok(_) if at < body.len() => Err(DecodeError::Trailing { codec: Codec::BINCODE, at }),
        Ok(value) => Ok(value),
    }
}
