use std::fmt;

use uuid::{Builder, Uuid};

/// The name of one request: a version 4 UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId {
    high: u64,
    low: u64,
}

impl RequestId {
    /// A version 4 UUID of 122 of these 128 random bits; the others are its version and variant.
    pub fn from_random(bits: u128) -> Self {
        Self::from(Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
    }

    /// The id with these halves, of whatever version: what a guest hands in is looked up, not
    /// trusted.
    pub fn from_halves(high: u64, low: u64) -> Self {
        Self { high, low }
    }

    /// The first eight bytes, big-endian.
    pub fn high(self) -> u64 {
        self.high
    }

    /// The last eight bytes, big-endian.
    pub fn low(self) -> u64 {
        self.low
    }
}

impl From<Uuid> for RequestId {
    fn from(uuid: Uuid) -> Self {
        let (high, low) = uuid.as_u64_pair();
        Self { high, low }
    }
}

impl From<RequestId> for Uuid {
    fn from(id: RequestId) -> Self {
        Self::from_u64_pair(id.high, id.low)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bits_become_a_version_4_uuid() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let uuid = Uuid::from(RequestId::from_random(bits));
            assert_eq!(uuid.get_version_num(), 4, "{bits:x}");
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122, "{bits:x}");
        }
    }

    #[test]
    fn halves_and_text_agree() {
        let id = RequestId::from_random(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
        assert_eq!(id.to_string(), "00112233-4455-4677-8899-aabbccddeeff");
        assert_eq!(RequestId::from_halves(id.high(), id.low()), id);
    }
}
