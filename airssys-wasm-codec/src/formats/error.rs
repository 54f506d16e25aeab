use std::error::Error;
use std::fmt;

use thiserror::Error;

use crate::Codec;
use crate::varint::VarintError;

type Cause = Box<dyn Error + Send + Sync>;

/// A format has no way to write a value: JSON, for example, a map whose keys are lists.
#[derive(Debug, Error)]
#[error("the value cannot be written as {codec}: {cause}")]
pub struct EncodeError {
    codec: Codec,
    cause: Cause,
}

impl EncodeError {
    pub(super) fn new(codec: Codec, cause: impl Into<Cause>) -> Self {
        Self { codec, cause: cause.into() }
    }

    /// The format that cannot hold the value.
    pub fn codec(&self) -> Codec {
        self.codec
    }
}

/// Why a payload is not the expected value.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload is empty, so that it has neither a code nor a body.
    #[error("the payload is empty; expected {expected}")]
    Empty {
        /// The format that was asked for.
        expected: Codec,
    },
    /// The payload starts with something else than the code of a format.
    #[error("the payload has no code of a format in front: {cause}; expected {expected}")]
    NoCode {
        /// The format that was asked for.
        expected: Codec,
        /// Why there is no code.
        cause: VarintError,
    },
    /// The payload is in another format.
    #[error("the payload is {found}; expected {expected}")]
    Codec {
        /// The format that was asked for.
        expected: Codec,
        /// The format that the payload's code names.
        found: Codec,
    },
    /// The body is malformed, or a value of another type.
    #[error("the payload is not the {codec} that was expected{}: {cause}", Place(*at))]
    Body {
        /// The body's format.
        codec: Codec,
        /// How many bytes of the body were read, unless the cause says where it is, or nobody
        /// knows.
        at: Option<usize>,
        /// What the format's decoder says.
        cause: Cause,
    },
    /// There is something behind the value.
    #[error("the {codec} value ends at byte {at} of the body, and there is more behind it")]
    Trailing {
        /// The body's format.
        codec: Codec,
        /// How many bytes of the body the value has.
        at: usize,
    },
}

impl DecodeError {
    pub(super) fn body(codec: Codec, at: Option<usize>, cause: impl Into<Cause>) -> Self {
        Self::Body { codec, at, cause: cause.into() }
    }
}

struct Place(Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, ", at byte {at} of the body"),
            None => Ok(()),
        }
    }
}
