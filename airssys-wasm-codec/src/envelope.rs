use crate::Codec;
use crate::varint::{self, VarintError};

/// A payload taken apart: the code of its format, and the bytes in that format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The format of the body.
    pub codec: Codec,
    /// What is behind the code; it may be empty.
    pub body: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads the code in front of `payload`. An empty payload has none, and is `None`.
    ///
    /// ```
    /// # use airssys_wasm_codec::{Codec, Envelope};
    /// let envelope = Envelope { codec: Codec::RAW, body: b"hi" };
    /// assert_eq!(Envelope::read(b"\x55hi"), Ok(Some(envelope)));
    /// assert_eq!(Envelope::read(b""), Ok(None));
    /// ```
    ///
    /// # Errors
    ///
    /// If the payload does not start with a varint.
    pub fn read(payload: &'a [u8]) -> Result<Option<Self>, VarintError> {
        if payload.is_empty() {
            return Ok(None);
        }
        let (code, body) = varint::decode(payload)?;
        // What comes out of a varint fits into one, which is all that a codec's code must.
        let codec = Codec::from_code(code).map_err(|_| VarintError::TooLong)?;
        Ok(Some(Self { codec, body }))
    }

    /// The payload with this code in front of `body`.
    pub fn wrap(codec: Codec, body: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(varint::MAX_BYTES + body.len());
        varint::encode(codec.code(), &mut payload).expect("every codec's code fits a varint");
        payload.extend_from_slice(body);
        payload
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_stand_in_front_as_the_multicodec_table_shows_them() {
        let cases: [(Codec, &[u8]); 4] = [
            (Codec::CBOR, &[0x51, 0xf6]),
            (Codec::JSON, &[0x80, 0x04, 0xf6]),
            (Codec::MESSAGEPACK, &[0x81, 0x04, 0xf6]),
            (Codec::BORSH, &[0x81, 0x8e, 0xc0, 0x01, 0xf6]),
        ];
        for (codec, payload) in cases {
            assert_eq!(Envelope::wrap(codec, &[0xf6]), payload, "{codec}");
        }
    }

    #[test]
    fn a_code_with_nothing_behind_it_is_an_empty_body() {
        let envelope = Envelope { codec: Codec::RAW, body: &[] };
        assert_eq!(Envelope::read(&[0x55]), Ok(Some(envelope)));
    }

    #[test]
    fn a_payload_without_a_code_is_refused() {
        assert_eq!(Envelope::read(&[0x80]), Err(VarintError::Truncated));
        assert_eq!(Envelope::read(&[0xd5, 0x00]), Err(VarintError::NotShortest));
    }

    proptest! {
        #[test]
        fn what_was_wrapped_is_read(code in 0..=varint::MAX, body: Vec<u8>) {
            let codec = Codec::from_code(code).unwrap();
            let payload = Envelope::wrap(codec, &body);
            prop_assert_eq!(Envelope::read(&payload), Ok(Some(Envelope { codec, body: &body })));
        }

        #[test]
        fn what_is_read_was_wrapped_so(payload: Vec<u8>) {
            if let Ok(Some(Envelope { codec, body })) = Envelope::read(&payload) {
                prop_assert_eq!(Envelope::wrap(codec, body), payload);
            }
        }
    }
}
