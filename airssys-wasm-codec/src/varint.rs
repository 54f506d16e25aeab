//! Unsigned varints as the [multiformats specification] has them: seven bits a byte, the lowest
//! first; at most nine bytes; the shortest form only.
//!
//! ```
//! use airssys_wasm_codec::varint;
//!
//! let mut bytes = Vec::new();
//! varint::encode(300, &mut bytes)?;
//! assert_eq!(bytes, [0xac, 0x02]);
//! assert_eq!(varint::decode(&[0xac, 0x02, b'x']), Ok((300, &b"x"[..])));
//! # Ok::<(), varint::TooLarge>(())
//! ```
//!
//! The `unsigned-varint` crate takes tenth bytes and drops the bits in them that do not fit.
//!
//! [multiformats specification]: https://github.com/multiformats/unsigned-varint

use thiserror::Error;

/// The largest value that there is a varint for: 2⁶³ − 1.
pub const MAX: u64 = (1 << 63) - 1;

pub(crate) const MAX_BYTES: usize = 9;
const MORE_FOLLOWS: u8 = 0x80;

/// The value at the start of `bytes`, and what is behind it.
///
/// # Errors
///
/// If `bytes` does not start with a varint in its shortest form.
pub fn decode(bytes: &[u8]) -> Result<(u64, &[u8]), VarintError> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(MAX_BYTES).enumerate() {
        value |= u64::from(byte & !MORE_FOLLOWS) << (7 * at);
        if byte & MORE_FOLLOWS == 0 {
            if byte == 0 && at > 0 {
                return Err(VarintError::NotShortest);
            }
            return Ok((value, &bytes[at + 1..]));
        }
    }
    Err(if bytes.len() < MAX_BYTES { VarintError::Truncated } else { VarintError::TooLong })
}

/// Appends the varint of `value`.
///
/// # Errors
///
/// If `value` is over [`MAX`]; then nothing is appended.
pub fn encode(value: u64, out: &mut Vec<u8>) -> Result<(), TooLarge> {
    if value > MAX {
        return Err(TooLarge(value));
    }
    let mut rest = value;
    while rest >= u64::from(MORE_FOLLOWS) {
        out.push(rest as u8 | MORE_FOLLOWS);
        rest >>= 7;
    }
    out.push(rest as u8);
    Ok(())
}

/// Why bytes do not start with a varint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VarintError {
    /// The bytes end within it.
    #[error("the bytes end within a varint")]
    Truncated,
    /// It does not end within nine bytes.
    #[error("a varint is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The same value has a shorter form.
    #[error("a varint is not in its shortest form")]
    NotShortest,
}

/// There is no varint for this value: it is over [`MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0:#x} is more than a varint can hold (at most {MAX:#x})")]
pub struct TooLarge(pub u64);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first nine are the specification's own examples.
    const GOLDEN: [(u64, &[u8]); 12] = [
        (1, &[0x01]),
        (127, &[0x7f]),
        (128, &[0x80, 0x01]),
        (255, &[0xff, 0x01]),
        (300, &[0xac, 0x02]),
        (16384, &[0x80, 0x80, 0x01]),
        (0x1f, &[0x1f]),
        (0x80, &[0x80, 0x01]),
        (0x3fff, &[0xff, 0x7f]),
        (0, &[0x00]),
        (0x300700, &[0x80, 0x8e, 0xc0, 0x01]),
        (MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    ];

    #[test]
    fn the_specifications_examples_hold_both_ways() {
        for (value, bytes) in GOLDEN {
            let mut encoded = Vec::new();
            encode(value, &mut encoded).unwrap();
            assert_eq!(encoded, bytes, "{value}");
            assert_eq!(decode(bytes), Ok((value, &[][..])), "{value}");
        }
    }

    #[test]
    fn what_the_specification_forbids_is_refused() {
        let cases: [(&[u8], VarintError); 8] = [
            (&[], VarintError::Truncated),
            (&[0x80], VarintError::Truncated),
            (&[0xff; 8], VarintError::Truncated),
            (&[0xff; 9], VarintError::TooLong),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], VarintError::TooLong),
            (&[0x80, 0x00], VarintError::NotShortest),
            (&[0x81, 0x80, 0x00], VarintError::NotShortest),
            (&[0xd1, 0x00, 0xa0], VarintError::NotShortest),
        ];
        for (bytes, why) in cases {
            assert_eq!(decode(bytes), Err(why), "{bytes:x?}");
        }
        let mut out = vec![7];
        assert_eq!(encode(MAX + 1, &mut out), Err(TooLarge(1 << 63)));
        assert_eq!(out, [7]);
    }

    proptest! {
        #[test]
        fn a_value_comes_back_with_what_is_behind_it(
            value in (0..=63u32).prop_flat_map(|bits| 0..=MAX >> bits),
            behind: Vec<u8>,
        ) {
            let mut bytes = Vec::new();
            encode(value, &mut bytes).unwrap();
            bytes.extend_from_slice(&behind);
            prop_assert_eq!(decode(&bytes), Ok((value, &behind[..])));
        }

        #[test]
        fn bytes_are_refused_or_are_the_one_form_of_their_value(
            bytes in prop::collection::vec(prop_oneof![Just(0x80), Just(0), any::<u8>()], 0..12)
        ) {
            if let Ok((value, rest)) = decode(&bytes) {
                let mut encoded = Vec::new();
                encode(value, &mut encoded).unwrap();
                encoded.extend_from_slice(rest);
                prop_assert_eq!(encoded, bytes);
            }
        }
    }
}
