//! [Protocol Buffers]: any [`prost::Message`].
//!
//! A message does not say where it ends: bytes behind it are fields of it, known or not. So
//! nothing can be left behind, and what does not read as fields is an error. Messages within
//! messages are read 100 levels deep.
//!
//! ```
//! use airssys_wasm_codec::protobuf;
//!
//! #[derive(Clone, PartialEq, prost::Message)]
//! struct Order {
//!     #[prost(string, tag = "1")]
//!     item: String,
//!     #[prost(uint32, tag = "2")]
//!     count: u32,
//! }
//!
//! let order = Order { item: "tea".into(), count: 3 };
//! let payload = protobuf::encode(&order)?;
//! assert_eq!(payload, b"\x50\x0a\x03tea\x10\x03");
//! assert_eq!(protobuf::decode::<Order>(&payload)?, order);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [Protocol Buffers]: https://protobuf.dev/programming-guides/encoding/

use prost::Message;

use super::{DecodeError, EncodeError, body_of, start};
use crate::Codec;

/// The payload that holds `message`.
///
/// # Errors
///
/// None that is known: memory grows as it is needed.
pub fn encode<M: Message>(message: &M) -> Result<Vec<u8>, EncodeError> {
    let mut payload = start(Codec::PROTOBUF);
    message.encode(&mut payload).map_err(|cause| EncodeError::new(Codec::PROTOBUF, cause))?;
    Ok(payload)
}

/// The message in `payload`. Fields that it does not know are skipped.
///
/// # Errors
///
/// If the payload is not Protocol Buffers, or not an `M`.
pub fn decode<M: Message + Default>(payload: &[u8]) -> Result<M, DecodeError> {
    let body = body_of(payload, Codec::PROTOBUF)?;
    M::decode(body).map_err(|cause| DecodeError::body(Codec::PROTOBUF, None, cause))
}
