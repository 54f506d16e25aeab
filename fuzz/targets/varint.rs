//! Varints, against the `unsigned-varint` crate.

#![no_main]

use airssys_wasm_codec::varint::{self, TooLarge, VarintError};
use libfuzzer_sys::fuzz_target;
use unsigned_varint::decode::{self, Error};

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Some((value, behind)) = bytes.split_first_chunk() {
        round_trip(u64::from_le_bytes(*value), behind);
    }
});

fn judge(bytes: &[u8]) {
    let ours = varint::decode(bytes);
    if let Ok((value, rest)) = ours {
        let read = &bytes[..bytes.len() - rest.len()];
        assert!((1..=9).contains(&read.len()), "{} bytes were read", read.len());
        let mut written = Vec::new();
        assert_eq!(varint::encode(value, &mut written), Ok(()));
        assert_eq!(written, read, "{value} has another form");
    }
    let expected = match decode::u64(bytes) {
        // The other crate takes a tenth byte.
        Ok((_, rest)) if bytes.len() - rest.len() > 9 => Err(VarintError::TooLong),
        Ok(read) => Ok(read),
        Err(_) if bytes.len() >= 9 && bytes[..9].iter().all(|byte| byte & 0x80 != 0) => {
            Err(VarintError::TooLong)
        }
        Err(Error::Insufficient) => Err(VarintError::Truncated),
        Err(Error::NotMinimal) => Err(VarintError::NotShortest),
        Err(other) => unreachable!("of at most nine bytes: {other}"),
    };
    assert_eq!(ours, expected);
}

fn round_trip(value: u64, behind: &[u8]) {
    let mut bytes = vec![7];
    let written = varint::encode(value, &mut bytes);
    if value >> 63 != 0 {
        assert_eq!((written, &bytes[..]), (Err(TooLarge(value)), &[7][..]));
        return;
    }
    assert_eq!(written, Ok(()));
    let bits = 64 - value.leading_zeros();
    assert_eq!(bytes.len() - 1, bits.max(1).div_ceil(7) as usize, "{value} is not the shortest");
    bytes.extend_from_slice(behind);
    assert_eq!(varint::decode(&bytes[1..]), Ok((value, behind)));
}
