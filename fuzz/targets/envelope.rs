//! Envelopes: what is read was wrapped so, and what is wrapped is read.

#![no_main]

use airssys_wasm_codec::{Codec, Envelope, varint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    read(payload);
    if let Some((code, body)) = payload.split_first_chunk() {
        wrap(u64::from_le_bytes(*code), body);
    }
});

fn read(payload: &[u8]) {
    match Envelope::read(payload) {
        Ok(None) => assert_eq!(payload, b"", "there is a code"),
        Ok(Some(Envelope { codec, body })) => {
            assert_eq!(Envelope::wrap(codec, body), payload);
            assert_eq!(varint::decode(payload), Ok((codec.code(), body)));
        }
        Err(error) => assert_eq!(varint::decode(payload), Err(error)),
    }
}

fn wrap(code: u64, body: &[u8]) {
    let Ok(codec) = Codec::from_code(code) else {
        assert!(code >> 63 != 0, "{code} fits a varint");
        return;
    };
    assert_eq!((codec.code(), code >> 63), (code, 0));
    let payload = Envelope::wrap(codec, body);
    assert_eq!(Envelope::read(&payload), Ok(Some(Envelope { codec, body })));
    let named = codec.name().is_some();
    assert_eq!(codec.to_string().parse().ok(), named.then_some(codec), "{codec}");
}
