use std::fmt;
use std::str::FromStr;

use multibase::Base;
use multihash::Multihash;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The multicodec code of SHA-256.
const SHA2_256: u64 = 0x12;
const SHA2_256_BYTES: u8 = 32;

/// The longest text that is looked at. A multihash of 64 bytes in base 2 is shorter; some
/// bases take a time to decode that grows with the square of the text.
const MAX_TEXT_BYTES: usize = 1024;

/// What a binary is known by: its SHA-256, as a multihash.
///
/// Its text is multibase, written in base 32 (`b…`) and read in any base.
///
/// ```
/// # use airssys_wasm_codec::{Digest, InvalidDigest};
/// let digest = Digest::of(b"hello");
/// assert_eq!(digest.to_string(), "bciqcz4snxjp3biyoe3udwkwfxhrj4gywdzob7j2clzzqim3csofzqja");
/// assert!(digest.matches(b"hello"));
/// # Ok::<(), InvalidDigest>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(Multihash<{ SHA2_256_BYTES as usize }>);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        Self(Multihash::wrap(SHA2_256, &hash).expect("a SHA-256 has 32 bytes"))
    }

    /// Whether this is the digest of `bytes`.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        *self == Self::of(bytes)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    /// Reads the multibase text of a SHA-256 multihash.
    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(InvalidDigest::TooLong { bytes: text.len() });
        }
        let (_, bytes) = multibase::decode(text).map_err(|_| InvalidDigest::NotMultibase)?;
        let multihash = Multihash::<{ u8::MAX as usize }>::from_bytes(&bytes)
            .ok()
            // The crate reads varints of more than nine bytes; written again, they are shorter.
            .filter(|multihash| multihash.to_bytes() == bytes)
            .ok_or(InvalidDigest::NotMultihash)?;
        if multihash.code() != SHA2_256 {
            return Err(InvalidDigest::HashFunction { code: multihash.code() });
        }
        if multihash.size() != SHA2_256_BYTES {
            return Err(InvalidDigest::Size { bytes: multihash.size() });
        }
        multihash.resize().map(Self).map_err(|_| InvalidDigest::NotMultihash)
    }
}

/// Multibase text in base 32, lower case.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&multibase::encode(Base::Base32Lower, self.0.to_bytes()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Why a text is not a digest that a binary can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidDigest {
    /// Longer than any digest's text.
    #[error("it has {bytes} bytes, which is longer than any digest")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// No base has the text's first character, or the rest is not in that base.
    #[error("it is not multibase text (`b` and base 32, for example)")]
    NotMultibase,
    /// Its bytes are not a hash function's code, a length, and as many bytes.
    #[error("its bytes are not a multihash")]
    NotMultihash,
    /// A multihash of another function than SHA-256.
    #[error(
        "its hash function has the code {code:#x}; only sha2-256 ({SHA2_256:#x}) can be verified"
    )]
    HashFunction {
        /// The function's multicodec code.
        code: u64,
    },
    /// A SHA-256 that was cut short, and so proves less.
    #[error("its hash has {bytes} bytes, and a sha2-256 has {SHA2_256_BYTES}")]
    Size {
        /// How many bytes of hash there are.
        bytes: u8,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SHA-256 of "abc", FIPS 180-2 appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(text: &str) -> Result<Digest, InvalidDigest> {
        text.parse()
    }

    #[test]
    fn a_known_hash_has_the_known_multihash() {
        let digest = Digest::of(b"abc");
        assert_eq!(read(&format!("f1220{ABC}")), Ok(digest));
        assert!(digest.to_string().starts_with("bciq"), "{digest}");
        assert!(digest.matches(b"abc"));
        assert!(!digest.matches(b"abd"));
    }

    #[test]
    fn what_cannot_be_verified_is_refused_and_says_why() {
        let sha1 = "f11148a173fd3e32c0fa78b90fe42d305f202244e2739";
        let sha2_512 = format!("f1340{ABC}{ABC}");
        let ten_byte_code = "92808080808080808002";
        let cases = [
            ("", InvalidDigest::NotMultibase),
            ("*1220", InvalidDigest::NotMultibase),
            ("bciq0", InvalidDigest::NotMultibase),
            (ABC, InvalidDigest::NotMultibase),
            ("f", InvalidDigest::NotMultihash),
            ("f12", InvalidDigest::NotMultihash),
            (&format!("f1220{ABC}00"), InvalidDigest::NotMultihash),
            (&format!("f1220{}", &ABC[2..]), InvalidDigest::NotMultihash),
            (&format!("f{ten_byte_code}20{ABC}"), InvalidDigest::NotMultihash),
            (&format!("f1214{}", &ABC[..40]), InvalidDigest::Size { bytes: 20 }),
            (sha1, InvalidDigest::HashFunction { code: 0x11 }),
            (&sha2_512, InvalidDigest::HashFunction { code: 0x13 }),
            (&"0".repeat(2000), InvalidDigest::TooLong { bytes: 2000 }),
        ];
        for (text, why) in cases {
            assert_eq!(read(text), Err(why), "{text}");
        }
        let other = InvalidDigest::HashFunction { code: 0x13 }.to_string();
        assert!(other.contains("0x13") && other.contains("sha2-256"), "{other}");
    }

    proptest! {
        #[test]
        fn a_digest_is_read_in_any_base(bytes: Vec<u8>) {
            let digest = Digest::of(&bytes);
            prop_assert_eq!(read(&digest.to_string()), Ok(digest));
            for base in [
                Base::Base2, Base::Base8, Base::Base10, Base::Base16Upper, Base::Base36Lower,
                Base::Base58Btc, Base::Base64, Base::Base64UrlPad, Base::Base256Emoji,
            ] {
                let text = multibase::encode(base, digest.0.to_bytes());
                prop_assert_eq!(read(&text), Ok(digest), "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[bBfz0mu]?\\PC{0,80}") {
            if let Ok(digest) = read(&text) {
                prop_assert_eq!(read(&digest.to_string()), Ok(digest));
            }
        }
    }
}
