use std::fmt::Display;

use serde_core::{de, ser};
use thiserror::Error;

/// What keeps a value out of bincode, or bytes from being a value.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error("the body ends within the value")]
    Truncated,
    #[error("an integer is longer than it need be")]
    NotShortest,
    #[error("an integer is too large for its type")]
    TooLarge,
    #[error("a byte is {0:#04x} where there can be 0x00 or 0x01 only")]
    NotBoolean(u8),
    #[error("an integer starts with 0xff")]
    NoInteger,
    #[error("a text is not UTF-8")]
    NotUtf8,
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("it has too many elements that take no bytes")]
    TooManyEmpty,
    #[error("the type asks what follows, and this format does not tell")]
    NotSelfDescribing,
    #[error("the length of a list or map has to be known beforehand")]
    UnknownLength,
    /// What a type says of itself.
    #[error("{0}")]
    Type(String),
}

impl ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::Type(message.to_string())
    }
}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::Type(message.to_string())
    }
}
