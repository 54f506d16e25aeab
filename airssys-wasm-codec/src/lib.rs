//! Multicodec envelopes, typed values in them, and digests for [AirsSys Wasm], an actor runtime
//! for WebAssembly components.
//!
//! A payload starts with the code of its format, and a component's binary is known by its
//! multihash. Both are read here, and neither is interpreted: no format's own library is needed.
//!
//! ```
//! use airssys_wasm_codec::{Codec, Digest, Envelope};
//!
//! let payload = Envelope::wrap(Codec::JSON, br#"{"item":"tea"}"#);
//! let envelope = Envelope::read(&payload)?.expect("the payload is not empty");
//! assert_eq!(envelope.codec.to_string(), "json");
//! assert_eq!(envelope.body, br#"{"item":"tea"}"#);
//!
//! let pinned: Digest = Digest::of(b"\0asm").to_string().parse()?;
//! assert!(pinned.matches(b"\0asm"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Typed values
//!
//! With the feature of a format (`bincode`, `borsh`, `cbor`, `json`, `messagepack`, `protobuf`)
//! there is a module of its name, and `encode` and `decode` in it. They are the same in hosts and
//! in guests.
//!
#![cfg_attr(feature = "cbor", doc = "```")]
#![cfg_attr(not(feature = "cbor"), doc = "```ignore")]
//! use airssys_wasm_codec::cbor;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Order {
//!     item: String,
//!     count: u32,
//! }
//!
//! let order = Order { item: "tea".into(), count: 3 };
//! let payload = cbor::encode(&order)?;
//! assert_eq!(cbor::decode::<Order>(&payload)?, order);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A payload comes from anyone. Decoding checks its code, leaves nothing behind the value and does
//! not panic. A length takes no more than a mebibyte before there are bytes for it, and levels are
//! counted, so that no payload overflows the stack; in `borsh` alone that is up to the type.
//!
//! With the feature `validation`, `Envelope::validate` tells whether a body is well-formed where
//! no type is known to decode it to.
//!
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

mod codec;
mod digest;
mod envelope;
#[cfg(feature = "_formats")]
mod formats;
#[cfg(any(feature = "messagepack", feature = "validation"))]
mod validation;
pub mod varint;

pub use codec::{Codec, UnknownCodec};
pub use digest::{Digest, InvalidDigest};
pub use envelope::Envelope;
#[cfg(feature = "bincode")]
pub use formats::bincode;
#[cfg(feature = "borsh")]
pub use formats::borsh;
#[cfg(feature = "cbor")]
pub use formats::cbor;
#[cfg(feature = "json")]
pub use formats::json;
#[cfg(feature = "messagepack")]
pub use formats::messagepack;
#[cfg(feature = "protobuf")]
pub use formats::protobuf;
#[cfg(feature = "_formats")]
pub use formats::{DecodeError, EncodeError};
#[cfg(any(feature = "messagepack", feature = "validation"))]
pub use validation::Fault;
#[cfg(feature = "validation")]
pub use validation::Malformed;
