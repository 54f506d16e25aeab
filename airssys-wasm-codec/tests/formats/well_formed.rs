//! Bodies that are well-formed, and bodies that are not, by the formats' specifications.

use airssys_wasm_codec::{Codec, Envelope, Fault};
use proptest::prelude::*;

const LEVELS: usize = 100_000;

fn check(codec: Codec, body: &[u8]) -> Result<(), (usize, Fault)> {
    Envelope { codec, body }.validate().map_err(|malformed| {
        assert_eq!(malformed.codec, codec);
        assert!(malformed.at <= body.len(), "{malformed}");
        (malformed.at, malformed.fault)
    })
}

/// The lines of a file in `vectors`: hexadecimal, and what is behind a `#`.
fn lines(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let uncommented = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    uncommented.flat_map(str::split_whitespace).map(|hex| {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    })
}

#[test]
fn the_examples_of_rfc_8949_are_well_formed() {
    let examples: Vec<_> = lines(include_str!("../vectors/rfc8949_appendix_a.txt")).collect();
    assert_eq!(examples.len(), 81);
    for body in examples {
        assert_eq!(check(Codec::CBOR, &body), Ok(()), "{body:02x?}");
        for end in 0..body.len() {
            let cut = check(Codec::CBOR, &body[..end]);
            assert_eq!(cut, Err((end, Fault::Truncated)), "{:02x?}", &body[..end]);
        }
        let longer = [&body[..], &[0]].concat();
        assert_eq!(check(Codec::CBOR, &longer), Err((body.len(), Fault::Trailing)));
    }
}

#[test]
fn the_counterexamples_of_rfc_8949_are_not() {
    let examples: Vec<_> = lines(include_str!("../vectors/rfc8949_appendix_f.txt")).collect();
    assert_eq!(examples.len(), 110);
    for body in examples {
        let fault = check(Codec::CBOR, &body);
        assert!(
            matches!(fault, Err((_, Fault::Truncated | Fault::Forbidden))),
            "{body:02x?}: {fault:?}"
        );
    }
}

#[test]
fn every_first_byte_of_messagepack_is_read_as_the_specification_has_it() {
    // A first byte, how many bytes are behind it at least, and how many objects.
    let mut table = vec![(0, 0); 256];
    let set = |table: &mut Vec<(usize, usize)>, first: usize, entry| table[first] = entry;
    for pairs in 0..16 {
        set(&mut table, 0x80 + pairs, (0, 2 * pairs));
        set(&mut table, 0x90 + pairs, (0, pairs));
    }
    for bytes in 0..32 {
        set(&mut table, 0xa0 + bytes, (bytes, 0));
    }
    let behind = [
        (0xc4, 1),
        (0xc5, 2),
        (0xc6, 4),
        (0xc7, 2),
        (0xc8, 3),
        (0xc9, 5),
        (0xca, 4),
        (0xcb, 8),
        (0xcc, 1),
        (0xcd, 2),
        (0xce, 4),
        (0xcf, 8),
        (0xd0, 1),
        (0xd1, 2),
        (0xd2, 4),
        (0xd3, 8),
        (0xd4, 2),
        (0xd5, 3),
        (0xd6, 5),
        (0xd7, 9),
        (0xd8, 17),
        (0xd9, 1),
        (0xda, 2),
        (0xdb, 4),
        (0xdc, 2),
        (0xdd, 4),
        (0xde, 2),
        (0xdf, 4),
    ];
    for (first, bytes) in behind {
        set(&mut table, first, (bytes, 0));
    }
    for (first, (bytes, objects)) in table.into_iter().enumerate() {
        let mut body = vec![first as u8];
        body.extend(vec![0; bytes]);
        body.extend(vec![0xc0; objects]);
        if first == 0xc1 {
            assert_eq!(check(Codec::MESSAGEPACK, &body), Err((0, Fault::Forbidden)));
            continue;
        }
        assert_eq!(check(Codec::MESSAGEPACK, &body), Ok(()), "{body:02x?}");
        for end in 0..body.len() {
            let cut = check(Codec::MESSAGEPACK, &body[..end]);
            assert_eq!(cut, Err((end, Fault::Truncated)), "{:02x?}", &body[..end]);
        }
        let trailing = Err((body.len(), Fault::Trailing));
        body.push(0xc0);
        assert_eq!(check(Codec::MESSAGEPACK, &body), trailing, "{body:02x?}");
    }
}

#[test]
fn messagepack_with_lengths_is_read_to_its_end() {
    let cases: [&[u8]; 10] = [
        b"\xc4\x02ab",
        b"\xc5\0\x02ab",
        b"\xc6\0\0\0\x02ab",
        b"\xc7\x02\x05ab",
        b"\xc8\0\x02\x05ab",
        b"\xc9\0\0\0\x02\x05ab",
        b"\xdb\0\0\0\x02\xff\xfe",
        b"\xdc\0\x02\x91\x01\x90",
        b"\xdf\0\0\0\x02\x01\x02\x03\x81\xa1a\xc0",
        b"\x92\x92\x01\x02\x83\x01\x92\x01\x02\x03\x04\x05\xc0",
    ];
    for body in cases {
        assert_eq!(check(Codec::MESSAGEPACK, body), Ok(()), "{body:02x?}");
    }
    assert_eq!(check(Codec::MESSAGEPACK, b"\x92\x01\xc1"), Err((2, Fault::Forbidden)));
}

#[test]
fn json_is_as_rfc_8259_has_it() {
    let well: [&[u8]; 22] = [
        b"null",
        b"true",
        b"false",
        b"0",
        b"-0",
        b"1.5e+10",
        b"1E400",
        b"123456789012345678901234567890",
        b"\"\"",
        b"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        b"\"\\ud800\"",
        "\"☕\"".as_bytes(),
        b"[]",
        b"[ ]",
        b"{}",
        b"{ }",
        b"[1,[2,{\"a\":[]}],\"b\"]",
        b"{\"a\":1,\"a\":2}",
        b" \t\r\n1 \t\r\n",
        b"\"\x7f\"",
        b"[\n1\n]",
        b"{\"\":null}",
    ];
    for body in well {
        let text = String::from_utf8_lossy(body);
        assert_eq!(check(Codec::JSON, body), Ok(()), "{text}");
    }
    let ill: [(&[u8], usize, Fault); 34] = [
        (b"", 0, Fault::Truncated),
        (b" ", 1, Fault::Truncated),
        (b"[", 1, Fault::Truncated),
        (b"[1,", 3, Fault::Truncated),
        (b"\"a", 2, Fault::Truncated),
        (b"\"\\u00", 5, Fault::Truncated),
        (b"{\"a\"", 4, Fault::Truncated),
        (b"1.", 1, Fault::Forbidden),
        (b"tru", 3, Fault::Truncated),
        (b"\"\xe2\x98", 1, Fault::Truncated),
        (b"\"\xff\"", 1, Fault::Forbidden),
        (b"\"\xed\xa0\x80\"", 1, Fault::Forbidden),
        (b"\xef\xbb\xbf1", 0, Fault::Forbidden),
        (b"[1,]", 3, Fault::Forbidden),
        (b"[,1]", 1, Fault::Forbidden),
        (b"{,}", 1, Fault::Forbidden),
        (b"{\"a\":1,}", 7, Fault::Forbidden),
        (b"{a:1}", 1, Fault::Forbidden),
        (b"{1:1}", 1, Fault::Forbidden),
        (b"[1}", 2, Fault::Forbidden),
        (b"]", 0, Fault::Forbidden),
        (b"\n\n[1\nx]", 5, Fault::Forbidden),
        (b"+1", 0, Fault::Forbidden),
        (b".5", 0, Fault::Forbidden),
        (b"NaN", 0, Fault::Forbidden),
        (b"'a'", 0, Fault::Forbidden),
        (b"\"\x01\"", 0, Fault::Forbidden),
        (b"\"\n\"", 0, Fault::Forbidden),
        (b"\"\\x\"", 2, Fault::Forbidden),
        (b"/**/1", 0, Fault::Forbidden),
        (b"01", 1, Fault::Forbidden),
        (b"1 2", 2, Fault::Trailing),
        (b"[]]", 2, Fault::Trailing),
        (b"nullx", 4, Fault::Trailing),
    ];
    for (body, at, fault) in ill {
        let text = String::from_utf8_lossy(body);
        assert_eq!(check(Codec::JSON, body), Err((at, fault)), "{text:?}");
    }
}

#[test]
fn depth_is_bounded_where_it_takes_memory() {
    let arrays = |head: u8, levels| [vec![head; levels], vec![0xc0], vec![0xff; levels]].concat();
    let deep = |codec, head, levels: usize| {
        let body = arrays(head, levels);
        let end = if head == 0x9f { body.len() } else { levels + 1 };
        check(codec, &body[..end])
    };
    assert_eq!(deep(Codec::MESSAGEPACK, 0x91, 1024), Ok(()));
    assert_eq!(deep(Codec::MESSAGEPACK, 0x91, 1025), Err((1024, Fault::TooDeep)));
    assert_eq!(deep(Codec::MESSAGEPACK, 0x91, LEVELS), Err((1024, Fault::TooDeep)));
    for head in [0x81, 0x82, 0x9f, 0xa1, 0xbf, 0xc6] {
        let at = Err((1024, Fault::TooDeep));
        assert_eq!(check(Codec::CBOR, &arrays(head, LEVELS)), at, "{head:x}");
    }
    let cbor = |levels| check(Codec::CBOR, &[vec![0x81; levels], vec![0xf6]].concat());
    assert_eq!((cbor(1024), cbor(1025)), (Ok(()), Err((1024, Fault::TooDeep))));
    let json = ["[".repeat(LEVELS), "]".repeat(LEVELS)].concat();
    assert_eq!(check(Codec::JSON, json.as_bytes()), Ok(()));
    assert_eq!(check(Codec::JSON, &json.as_bytes()[1..]), Err((2 * LEVELS - 2, Fault::Trailing)));
}

#[test]
fn other_codecs_pass() {
    let unnamed = Codec::from_code(0x71).unwrap();
    for codec in [Codec::RAW, Codec::PROTOBUF, Codec::BINCODE, Codec::BORSH, unnamed] {
        for body in [&[][..], &[0xff], &[0xc1; 100]] {
            assert_eq!(check(codec, body), Ok(()));
        }
    }
}

#[test]
fn a_malformed_body_is_reported_in_one_line() {
    let malformed = Envelope { codec: Codec::CBOR, body: &[0x81] }.validate().unwrap_err();
    let line = "malformed cbor, at byte 1 of the body: the body ends within the value";
    assert_eq!(malformed.to_string(), line);
}

proptest! {
    #[test]
    fn any_bytes_are_well_formed_or_not(
        codec in prop::sample::select(&[Codec::CBOR, Codec::JSON, Codec::MESSAGEPACK][..]),
        body: Vec<u8>,
    ) {
        let _ = check(codec, &body);
    }
}
