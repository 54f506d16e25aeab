use thiserror::Error;

use super::{Fault, Flaw, cbor, json, messagepack};
use crate::{Codec, Envelope};

/// How many levels of CBOR and MessagePack are looked at; decoders stop long before.
const MAX_DEPTH: usize = 1024;

impl Envelope<'_> {
    /// Whether the body is well-formed, for the formats that say where a value ends: exactly one
    /// CBOR data item, MessagePack object or JSON text, with nothing behind it. (White space
    /// around JSON belongs to it.) The body of any other codec is not looked at.
    ///
    /// It takes time in proportion to the body, and at most 16 KiB of memory, or a byte for each
    /// level of JSON. The text strings of CBOR and MessagePack may hold any bytes: that they
    /// ought to be UTF-8 is about validity, in the words of RFC 8949, and left to who decodes.
    ///
    /// ```
    /// # use airssys_wasm_codec::{Codec, Envelope};
    /// let json = |body| Envelope { codec: Codec::JSON, body };
    /// assert_eq!(json(br#"{"item":"tea"}"#).validate(), Ok(()));
    ///
    /// let malformed = json(br#"{"item":"tea""#).validate().unwrap_err();
    /// assert_eq!(malformed.to_string(), "malformed json, at byte 13 of the body: \
    ///     the body ends within the value");
    /// ```
    ///
    /// # Errors
    ///
    /// If it is malformed, or CBOR or MessagePack of more than 1024 levels.
    pub fn validate(&self) -> Result<(), Malformed> {
        let end = match self.codec {
            Codec::CBOR => cbor::end_of_item(self.body, MAX_DEPTH),
            Codec::JSON => json::end_of_text(self.body),
            Codec::MESSAGEPACK => messagepack::end_of_object(self.body, MAX_DEPTH),
            _ => return Ok(()),
        };
        let (at, fault) = match end {
            Ok(end) if end == self.body.len() => return Ok(()),
            Ok(end) => (end, Fault::Trailing),
            Err(Flaw { at, fault }) => (at, fault),
        };
        Err(Malformed { codec: self.codec, at, fault })
    }
}

/// A body is not what its codec says, whatever type it was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed {codec}, at byte {at} of the body: {fault}")]
pub struct Malformed {
    /// The format that the payload's code names.
    pub codec: Codec,
    /// How many bytes of the body come before what is wrong; in JSON it may be one too few.
    pub at: usize,
    /// What is wrong.
    pub fault: Fault,
}
