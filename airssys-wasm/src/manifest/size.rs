use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{self, Unexpected, Visitor};
use thiserror::Error;

use super::value::Value;

/// A number of bytes, written like `64MiB`.
///
/// `KiB`, `MiB`, `GiB` and `TiB` are powers of 1024, `kB`, `KB`, `MB`, `GB` and `TB` powers of
/// 1000. `B`, no unit, and a number without quotes are bytes.
///
/// ```
/// # use airssys_wasm::manifest::ByteSize;
/// assert_eq!("64MiB".parse(), Ok(ByteSize(64 << 20)));
/// assert_eq!(ByteSize(1536).to_string(), "1536B");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

const UNITS: [(&str, u64); 11] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("kB", 1_000),
    ("B", 1),
    ("", 1),
];

impl ByteSize {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// Why a text is no size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidSize {
    /// It does not start with a whole number.
    #[error("it starts with no whole number; write it like 64MiB")]
    Number(#[source] ParseIntError),
    /// What follows the number is no unit.
    #[error("there is no unit {unit:?}; write B, KiB, MiB, GiB, KB, MB or GB")]
    Unit {
        /// What follows the number.
        unit: String,
    },
    /// More than 2⁶⁴ - 1 bytes.
    #[error("it is more than 64 bits can count")]
    TooLarge,
}

impl FromStr for ByteSize {
    type Err = InvalidSize;

    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|error: ParseIntError| {
            use std::num::IntErrorKind::PosOverflow;
            match error.kind() {
                PosOverflow => InvalidSize::TooLarge,
                _ => InvalidSize::Number(error),
            }
        })?;
        let unit = unit.trim_start_matches(' ');
        let (_, bytes) = UNITS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| InvalidSize::Unit { unit: unit.to_owned() })?;
        number.checked_mul(bytes).map(Self).ok_or(InvalidSize::TooLarge)
    }
}

/// In the largest binary unit that needs no fraction.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS.iter().take(4);
        let (unit, bytes) = binary
            .copied()
            .find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes))
            .unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl Value for ByteSize {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

/// A size of at least one byte.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
    match ByteSize::read(deserializer)? {
        ByteSize(0) => Err(de::Error::custom("it is 0, and has to be at least 1B")),
        size => Ok(size),
    }
}

/// A size of at least one byte whose number fits the `u32` of a send-error.
pub(super) fn of_message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
    let size = positive(deserializer)?;
    if size.0 > u64::from(u32::MAX) {
        return Err(de::Error::custom(format_args!("it is {size}, and has to be less than 4GiB")));
    }
    Ok(size)
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size, like \"64MiB\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse()
            .map_err(|error: InvalidSize| E::custom(format_args!("{text:?} is no size: {error}")))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ByteSize, E> {
        u64::try_from(bytes)
            .map(ByteSize)
            .map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_powers_of_1024_and_of_1000() {
        let cases = [
            ("0", 0),
            ("1024", 1024),
            ("7B", 7),
            ("1 KiB", 1024),
            ("64MiB", 67_108_864),
            ("2GiB", 2_147_483_648),
            ("1TiB", 1_099_511_627_776),
            ("3KB", 3000),
            ("3kB", 3000),
            ("5MB", 5_000_000),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, bytes) in cases {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_told_apart() {
        for text in ["", "MiB", "-1", "+1", " 1", "1_000 ", "1.5MiB", "1mib", "1MiB ", "0x10"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text:?}");
        }
        for text in ["18446744073709551616", "16777216TiB", "99999999999999999999GiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(InvalidSize::TooLarge), "{text}");
        }
    }

    proptest! {
        #[test]
        fn display_is_read_back(bytes: u64, zeros in 0_u32..50) {
            let size = ByteSize((bytes >> zeros) << zeros);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn a_unit_multiplies(number in 0_u64..1 << 20, unit in 0..UNITS.len()) {
            let (name, bytes) = UNITS[unit];
            prop_assert_eq!(format!("{number}{name}").parse(), Ok(ByteSize(number * bytes)));
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,24}") {
            let _ = text.parse::<ByteSize>();
        }
    }
}
