//! Whether bytes are well-formed, without a type to decode them to.

#[cfg(feature = "validation")]
mod cbor;
mod cursor;
#[cfg(feature = "validation")]
mod json;
#[cfg(feature = "validation")]
mod malformed;
pub(crate) mod messagepack;

use thiserror::Error;

#[cfg(feature = "validation")]
pub use self::malformed::Malformed;

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes end before the value does.
    #[error("the body ends within the value")]
    Truncated,
    /// The format has no such bytes at this place.
    #[error("the format does not allow these bytes here")]
    Forbidden,
    /// It is nested more deeply than is looked at.
    #[error("it is nested too deeply")]
    TooDeep,
    /// The value has ended, and there is more.
    #[error("there is more behind the value")]
    Trailing,
}

/// A fault, and the number of bytes before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) at: usize,
    pub(crate) fault: Fault,
}
