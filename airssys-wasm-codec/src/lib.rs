//! Multicodec envelopes and digests for [AirsSys Wasm], an actor runtime for WebAssembly
//! components.
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
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

mod codec;
mod digest;
mod envelope;
pub mod varint;

pub use codec::{Codec, UnknownCodec};
pub use digest::{Digest, InvalidDigest};
pub use envelope::Envelope;
