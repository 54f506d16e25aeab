//! Typed values in payloads: a format is a file, and all have the same two functions.

#[cfg(feature = "bincode")]
pub mod bincode;
#[cfg(feature = "borsh")]
pub mod borsh;
#[cfg(feature = "cbor")]
pub mod cbor;
mod error;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "messagepack")]
pub mod messagepack;
#[cfg(feature = "protobuf")]
pub mod protobuf;

pub use error::{DecodeError, EncodeError};

use crate::{Codec, Envelope};

/// A payload without its body, which is to be appended.
fn start(codec: Codec) -> Vec<u8> {
    Envelope::wrap(codec, &[])
}

/// The body of a payload that has to be in this format.
fn body_of(payload: &[u8], expected: Codec) -> Result<&[u8], DecodeError> {
    match Envelope::read(payload) {
        Ok(Some(Envelope { codec, body })) if codec == expected => Ok(body),
        Ok(Some(Envelope { codec, .. })) => Err(DecodeError::Codec { expected, found: codec }),
        Ok(None) => Err(DecodeError::Empty { expected }),
        Err(cause) => Err(DecodeError::NoCode { expected, cause }),
    }
}
