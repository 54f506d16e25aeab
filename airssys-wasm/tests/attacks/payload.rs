//! Payloads that are not what they say.

use airssys_wasm::{Codec, Envelope, SendError};
use airssys_wasm_testkit::guests;

use crate::attacker::spec;
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

const CODECS: [Codec; 3] = [Codec::CBOR, Codec::JSON, Codec::MESSAGEPACK];

/// Two receivers, of which one looks into what it is sent; one sender; and bystanders.
fn expect_refused(seed: u64, payloads: &[Vec<u8>], by_easy_too: bool) {
    let test = stage::seeded(seed);
    let bystanders = Bystanders::spawn(&test);
    for (id, strict) in [("test/strict", true), ("test/easy", false)] {
        test.spawn(spec(id, guests::ECHO).codecs(CODECS).strict_codecs(strict));
    }
    let attacker = test.puppet("evil/a");
    let refused = || Err(SendError::CodecNotAccepted(vec![0x51, 0x0200, 0x0201]));
    for payload in payloads {
        let shown = &payload[..payload.len().min(24)];
        assert_eq!(attacker.send(&test, "test/strict", payload), refused(), "{shown:x?}");
        let by_easy = if by_easy_too { refused() } else { Ok(()) };
        assert_eq!(attacker.send(&test, "test/easy", payload), by_easy, "{shown:x?}");
        test.run_until_idle();
    }
    let strict = test.system().metrics("test/strict").unwrap();
    assert_eq!((strict.accepted, strict.restarts), (0, 0));
    let taken = if by_easy_too { 0 } else { payloads.len() as u64 };
    assert_eq!(test.system().metrics("test/easy").unwrap().handled, taken);
    assert_eq!(test.system().metrics("evil/a").unwrap().restarts, 0);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_code_that_is_no_varint_is_not_accepted() {
    let codes: [&[u8]; 15] = [
        b"\x80",
        b"\x80\x80",
        b"\x80\x80\x80\x80\x80\x80\x80\x80", // truncated, after eight bytes
        b"\x80\x80\x80\x80\x80\x80\x80\x80\x80", // more follows after nine
        b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", // ten bytes
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x00",
        b"\x80\x00",
        b"\xd1\x00\xf6",         // cbor, and not the shortest form
        b"\xd1\x80\x00\xf6",     // still longer
        b"\xd1\x80\x80\x00\xf6", // and longer
        b"\x80\x84\x00null",     // json, the same
        b"\x81\x84\x00\xc0",     // messagepack, the same
        b"\xd1\x80\x80\x80\x80\x80\x80\x80\x80\xf6",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f\xf6", // the largest code there is
    ];
    expect_refused(1, &codes.map(<[u8]>::to_vec), true);
}

#[test]
fn a_length_of_gigabytes_in_a_few_bytes_is_not_accepted() {
    let cbor: [&[u8]; 16] = [
        b"\x5a\xff\xff\xff\xff",
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7a\xff\xff\xff\xff",
        b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x9a\xff\xff\xff\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\xf6",
        b"\xba\xff\xff\xff\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\xf6\xf6",
        b"\xbb\x80\x00\x00\x00\x00\x00\x00\x00", // twice as many items are none
        b"\xbb\x80\x00\x00\x00\x00\x00\x00\x01\xf6\xf6",
        b"\x81\x5b\xff\xff\xff\xff\xff\xff\xff\xf0",
        b"\x5f\x5b\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x9f",
        b"\xbf\xf6\xff",
        b"\x1c",
        b"\xff",
    ];
    let messagepack: [&[u8]; 9] = [
        b"\xc6\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xc0\xc0",
        b"\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff\xdf\xff\xff\xff\xff",
        b"\xda\xff\xff",
        b"\xc8\xff\xff\x00",
        b"\xc1",
    ];
    let json: [&[u8]; 6] = [b"", b"\xff\"", b"1e", b"[1,]", b"{\"a\"}", b"null\0"];
    let payloads: Vec<Vec<u8>> = cbor
        .iter()
        .map(|body| Envelope::wrap(Codec::CBOR, body))
        .chain(messagepack.iter().map(|body| Envelope::wrap(Codec::MESSAGEPACK, body)))
        .chain(json.iter().map(|body| Envelope::wrap(Codec::JSON, body)))
        .collect();
    expect_refused(2, &payloads, false);
}

const LEVELS: usize = 100_000;

#[test]
fn nesting_without_end_is_not_accepted() {
    let cbor = [&b"\x81"[..], b"\xa1\x00", b"\xc1", b"\x9f", b"\xbf\x00"];
    let messagepack = [&b"\x91"[..], b"\x81\x00"];
    let json = [&b"["[..], b"{\"a\":", b"[[],"];
    let nested = |codec, level: &[u8], end: &[u8]| {
        Envelope::wrap(codec, &[level.repeat(LEVELS), end.to_vec()].concat())
    };
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for end in [&b""[..], b"\xf6"] {
        payloads.extend(cbor.map(|level| nested(Codec::CBOR, level, end)));
        payloads.extend(messagepack.map(|level| nested(Codec::MESSAGEPACK, level, end)));
        payloads.extend(json.map(|level| nested(Codec::JSON, level, end)));
    }
    payloads.push(nested(Codec::JSON, b"[", &b"]".repeat(LEVELS + 1)));
    payloads.push(nested(Codec::MESSAGEPACK, b"\x91", b"\xc0"));
    payloads.push(nested(Codec::CBOR, b"\x9f", &b"\xff".repeat(LEVELS)));
    expect_refused(3, &payloads, false);
}

#[test]
fn deep_json_that_ends_is_taken_and_harms_nobody() {
    let test = stage::seeded(4);
    let bystanders = Bystanders::spawn(&test);
    test.spawn(spec("test/strict", guests::ECHO).codecs(CODECS).strict_codecs(true));
    let attacker = test.puppet("evil/a");
    let body = [b"[".repeat(LEVELS), b"]".repeat(LEVELS)].concat();
    let payload = Envelope::wrap(Codec::JSON, &body);
    assert_eq!(attacker.send(&test, "test/strict", &payload), Ok(()));
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}
