use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::varint::{self, TooLarge};

/// The multicodec code of a format.
///
/// Any code may be on a payload; these seven have names in manifests and on the command line.
///
/// ```
/// # use airssys_wasm_codec::{Codec, UnknownCodec};
/// let codec: Codec = "cbor".parse()?;
/// assert_eq!(codec, Codec::CBOR);
/// assert_eq!(codec.code(), 0x51);
/// # Ok::<(), UnknownCodec>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec(u64);

impl Codec {
    /// Bytes without a format.
    pub const RAW: Self = Self(0x55);
    /// Protocol Buffers.
    pub const PROTOBUF: Self = Self(0x50);
    /// CBOR, RFC 8949.
    pub const CBOR: Self = Self(0x51);
    /// JSON, RFC 8259.
    pub const JSON: Self = Self(0x0200);
    /// MessagePack.
    pub const MESSAGEPACK: Self = Self(0x0201);
    /// Bincode: a code of the table's private range.
    pub const BINCODE: Self = Self(0x300700);
    /// Borsh: a code of the table's private range.
    pub const BORSH: Self = Self(0x300701);

    /// The codecs that have a name.
    pub const NAMED: [Self; 7] = [
        Self::RAW,
        Self::PROTOBUF,
        Self::CBOR,
        Self::JSON,
        Self::MESSAGEPACK,
        Self::BINCODE,
        Self::BORSH,
    ];

    /// The codec with this code, which need not have a name.
    ///
    /// # Errors
    ///
    /// If no varint can hold the code, so that no payload can carry it.
    pub fn from_code(code: u64) -> Result<Self, TooLarge> {
        if code > varint::MAX {
            return Err(TooLarge(code));
        }
        Ok(Self(code))
    }

    /// The code, as the multicodec table has it.
    pub fn code(self) -> u64 {
        self.0
    }

    /// The name, for those that have one.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::RAW => "raw",
            Self::PROTOBUF => "protobuf",
            Self::CBOR => "cbor",
            Self::JSON => "json",
            Self::MESSAGEPACK => "messagepack",
            Self::BINCODE => "bincode",
            Self::BORSH => "borsh",
            _ => return None,
        })
    }
}

/// The name, or the code in hexadecimal.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("{:#x}", self.0)),
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({self})")
    }
}

impl FromStr for Codec {
    type Err = UnknownCodec;

    /// The codec of this name.
    fn from_str(name: &str) -> Result<Self, UnknownCodec> {
        Self::NAMED
            .into_iter()
            .find(|codec| codec.name() == Some(name))
            .ok_or_else(|| UnknownCodec { name: name.to_owned() })
    }
}

/// No codec has this name. Its text lists those that there are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "no codec is called {name:?}; there are {}",
    Codec::NAMED.map(|codec| codec.to_string()).join(", ")
)]
pub struct UnknownCodec {
    /// The name that no codec has.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_the_contracts() {
        let table = [
            ("raw", 0x55),
            ("protobuf", 0x50),
            ("cbor", 0x51),
            ("json", 0x0200),
            ("messagepack", 0x0201),
            ("bincode", 0x300700),
            ("borsh", 0x300701),
        ];
        assert_eq!(table.len(), Codec::NAMED.len());
        for (name, code) in table {
            assert_eq!(name.parse(), Codec::from_code(code).map_err(|_| unreachable!()));
            assert_eq!(name.parse::<Codec>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_code_without_a_name_is_shown_in_hexadecimal() {
        let codec = Codec::from_code(0x71).unwrap();
        assert_eq!(codec.name(), None);
        assert_eq!(codec.to_string(), "0x71");
        assert_eq!(Codec::from_code(u64::MAX), Err(TooLarge(u64::MAX)));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        assert_eq!(
            "yaml".parse::<Codec>().unwrap_err().to_string(),
            "no codec is called \"yaml\"; \
             there are raw, protobuf, cbor, json, messagepack, bincode, borsh"
        );
        assert!("CBOR".parse::<Codec>().is_err());
    }
}
