//! Payloads from someone who wants the receiver to panic, to overflow its stack or to run out of
//! memory.

use std::collections::BTreeMap;
use std::fmt::Debug;

use airssys_wasm_codec::{
    Codec, DecodeError, Envelope, Fault, bincode, borsh, cbor, json, messagepack, protobuf,
};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::values::{Bytes, Event, Order, order};

const LEVELS: usize = 100_000;

/// A list that holds lists.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

/// A struct that may hold itself.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain {
    next: Option<Box<Chain>>,
}

/// A variant that holds variants.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Link {
    End,
    Next(Box<Link>),
}

/// A struct whose fields are never there for long.
#[derive(Debug, Deserialize)]
struct Unrelated {
    #[serde(rename = "a")]
    _a: Option<u8>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
struct Nested {
    #[prost(message, optional, boxed, tag = "1")]
    next: Option<Box<Nested>>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
struct Lists {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
    #[prost(string, tag = "2")]
    text: String,
    #[prost(fixed64, repeated, tag = "3")]
    numbers: Vec<u64>,
}

fn nested(codec: Codec, before: &[u8], innermost: &[u8], after: &[u8], levels: usize) -> Vec<u8> {
    let body = [before.repeat(levels), innermost.to_vec(), after.repeat(levels)].concat();
    Envelope::wrap(codec, &body)
}

#[track_caller]
fn refused<T: Debug>(result: Result<T, DecodeError>) -> String {
    match result {
        Err(error @ (DecodeError::Body { .. } | DecodeError::Trailing { .. })) => error.to_string(),
        // Printing it would recurse.
        Ok(_) => panic!("it was decoded"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn deep_cbor_does_not_overflow_the_stack() {
    for levels in [LEVELS, 150] {
        let arrays = nested(Codec::CBOR, &[0x81], &[0x80], &[], levels);
        refused(cbor::decode::<Tree>(&arrays));
        refused(cbor::decode::<IgnoredAny>(&arrays));
        refused(cbor::decode::<Tree>(&nested(Codec::CBOR, &[0x9f], &[], &[0xff], levels)));
        refused(cbor::decode::<Chain>(&nested(Codec::CBOR, b"\xa1\x64next", &[0xf6], &[], levels)));
        refused(cbor::decode::<Link>(&nested(
            Codec::CBOR,
            b"\xa1\x64Next",
            b"\x63End",
            &[],
            levels,
        )));
        refused(cbor::decode::<u8>(&nested(Codec::CBOR, &[0xc1], &[0], &[], levels)));
        let field = nested(Codec::CBOR, b"\xa1\x61b\x81", &[0], &[], levels);
        refused(cbor::decode::<Unrelated>(&field));
    }
}

#[test]
fn deep_json_does_not_overflow_the_stack() {
    for levels in [LEVELS, 150] {
        refused(json::decode::<Tree>(&nested(Codec::JSON, b"[", b"", b"]", levels)));
        let chain = nested(Codec::JSON, b"{\"next\":", b"null", b"}", levels);
        refused(json::decode::<Chain>(&chain));
        let link = nested(Codec::JSON, b"{\"Next\":", b"\"End\"", b"}", levels);
        refused(json::decode::<Link>(&link));
    }
    // What is skipped is skipped without recursion.
    let arrays = nested(Codec::JSON, b"[", b"", b"]", LEVELS);
    json::decode::<IgnoredAny>(&arrays).unwrap();
}

#[test]
fn deep_messagepack_does_not_overflow_the_stack() {
    for levels in [LEVELS, 150] {
        let arrays = nested(Codec::MESSAGEPACK, &[0x91], &[0x90], &[], levels);
        refused(messagepack::decode::<Tree>(&arrays));
        refused(messagepack::decode::<IgnoredAny>(&arrays));
        let chain = nested(Codec::MESSAGEPACK, b"\x81\xa4next", &[0xc0], &[], levels);
        refused(messagepack::decode::<Chain>(&chain));
        let link = nested(Codec::MESSAGEPACK, b"\x81\xa4Next", b"\xa3End", &[], levels);
        refused(messagepack::decode::<Link>(&link));
        let tuples = nested(Codec::MESSAGEPACK, &[0x91], &[0xc0], &[], levels);
        refused(messagepack::decode::<Chain>(&tuples));
    }
}

#[test]
fn deep_bincode_does_not_overflow_the_stack() {
    for levels in [LEVELS, 150] {
        for body in [&[1][..], &[2]] {
            let payload = nested(Codec::BINCODE, body, &[0], &[0], levels);
            for error in [
                refused(bincode::decode::<Tree>(&payload)),
                refused(bincode::decode::<Vec<Vec<Tree>>>(&payload)),
            ] {
                assert!(error.contains("too deeply"), "{error}");
            }
        }
        refused(bincode::decode::<Chain>(&nested(Codec::BINCODE, &[1], &[0], &[], levels)));
        refused(bincode::decode::<Link>(&nested(Codec::BINCODE, &[1], &[0], &[], levels)));
    }
}

#[test]
fn deep_protobuf_does_not_overflow_the_stack() {
    let mut body = Vec::new();
    for _ in 0..500 {
        let mut outer = vec![0x0a];
        airssys_wasm_codec::varint::encode(body.len() as u64, &mut outer).unwrap();
        outer.extend(body);
        body = outer;
    }
    refused(protobuf::decode::<Nested>(&Envelope::wrap(Codec::PROTOBUF, &body)));
    // A group that is not known has its own levels.
    let groups = nested(Codec::PROTOBUF, &[0x13], &[], &[0x14], LEVELS);
    refused(protobuf::decode::<Nested>(&groups));
}

#[test]
fn as_many_levels_are_read_as_the_documentation_says() {
    let tree = |codec, levels: usize| {
        let outer = levels - 1;
        match codec {
            Codec::CBOR => cbor::decode::<Tree>(&nested(codec, &[0x81], &[0x80], &[], outer)),
            Codec::JSON => json::decode(&nested(codec, b"[", b"[]", b"]", outer)),
            Codec::MESSAGEPACK => messagepack::decode(&nested(codec, &[0x91], &[0x90], &[], outer)),
            _ => unreachable!(),
        }
    };
    for (codec, levels) in [(Codec::CBOR, 127), (Codec::JSON, 127), (Codec::MESSAGEPACK, 128)] {
        tree(codec, levels).unwrap();
        refused(tree(codec, levels + 1));
    }
    let chain = |links| bincode::decode::<Link>(&nested(Codec::BINCODE, &[1], &[0], &[], links));
    chain(127).unwrap();
    refused(chain(128));
}

#[test]
fn levels_that_messages_have_are_read() {
    let mut tree = Tree(Vec::new());
    let mut chain = Chain { next: None };
    let mut link = Link::End;
    for _ in 0..30 {
        tree = Tree(vec![tree]);
        chain = Chain { next: Some(Box::new(chain)) };
        link = Link::Next(Box::new(link));
    }
    assert_eq!(cbor::decode::<Tree>(&cbor::encode(&tree).unwrap()).unwrap(), tree);
    assert_eq!(cbor::decode::<Chain>(&cbor::encode(&chain).unwrap()).unwrap(), chain);
    assert_eq!(cbor::decode::<Link>(&cbor::encode(&link).unwrap()).unwrap(), link);
    assert_eq!(json::decode::<Tree>(&json::encode(&tree).unwrap()).unwrap(), tree);
    assert_eq!(json::decode::<Chain>(&json::encode(&chain).unwrap()).unwrap(), chain);
    assert_eq!(json::decode::<Link>(&json::encode(&link).unwrap()).unwrap(), link);
    let payload = messagepack::encode(&tree).unwrap();
    assert_eq!(messagepack::decode::<Tree>(&payload).unwrap(), tree);
    let payload = messagepack::encode(&chain).unwrap();
    assert_eq!(messagepack::decode::<Chain>(&payload).unwrap(), chain);
    let payload = messagepack::encode(&link).unwrap();
    assert_eq!(messagepack::decode::<Link>(&payload).unwrap(), link);
    assert_eq!(bincode::decode::<Tree>(&bincode::encode(&tree).unwrap()).unwrap(), tree);
    assert_eq!(bincode::decode::<Chain>(&bincode::encode(&chain).unwrap()).unwrap(), chain);
    assert_eq!(bincode::decode::<Link>(&bincode::encode(&link).unwrap()).unwrap(), link);
}

/// Heads that claim 4 GiB or more, with a few bytes behind them.
fn claims() -> Vec<(Codec, Vec<u8>)> {
    let mut claims = Vec::new();
    for major in [0x40, 0x60, 0x80, 0xa0] {
        claims.push((Codec::CBOR, vec![major | 0x1a, 0xff, 0xff, 0xff, 0xff]));
        claims.push((Codec::CBOR, [&[major | 0x1b][..], &[0xff; 8]].concat()));
        claims.push((Codec::CBOR, [&[major | 0x1b][..], &[0, 0, 0, 1, 0, 0, 0, 0]].concat()));
    }
    // The chunk of a string of indefinite length.
    claims.push((Codec::CBOR, vec![0x7f, 0x7a, 0xff, 0xff, 0xff, 0xff]));
    claims.push((Codec::CBOR, vec![0x5f, 0x5a, 0xff, 0xff, 0xff, 0xff]));
    for marker in [0xc6, 0xc9, 0xdb, 0xdd, 0xdf] {
        claims.push((Codec::MESSAGEPACK, vec![marker, 0xff, 0xff, 0xff, 0xff]));
    }
    claims.push((Codec::BINCODE, vec![252, 0xff, 0xff, 0xff, 0xff]));
    claims.push((Codec::BINCODE, vec![253, 0, 0, 0, 0, 1, 0, 0, 0]));
    claims.push((Codec::BINCODE, [&[253][..], &[0xff; 8]].concat()));
    claims.push((Codec::BINCODE, [&[254][..], &[0xff; 16]].concat()));
    claims.push((Codec::BORSH, vec![0xff; 4]));
    for tag in [0x0a, 0x12, 0x1a] {
        claims.push((Codec::PROTOBUF, vec![tag, 0xff, 0xff, 0xff, 0xff, 0x0f]));
        claims.push((Codec::PROTOBUF, vec![tag, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]));
    }
    for behind in [&[][..], &[0; 20]] {
        let longer: Vec<_> =
            claims.iter().map(|(codec, body)| (*codec, [body, behind].concat())).collect();
        claims.extend(longer);
    }
    claims
}

/// Decodes it to all kinds of types, and tells whether one of them was in it.
fn decode_to_anything(codec: Codec, body: &[u8]) -> bool {
    macro_rules! any_of {
        ($format:ident: $($ty:ty),+) => {
            [$($format::decode::<$ty>(&Envelope::wrap(codec, body)).is_ok()),+].contains(&true)
        };
    }
    macro_rules! any_serde {
        ($format:ident) => {
            any_of!($format: String, Bytes, Vec<u8>, Vec<u64>, Vec<String>, Vec<[u64; 32]>, Order,
                Event, Vec<Event>, Tree, Chain, Link, BTreeMap<String, u32>, BTreeMap<u64, Order>,
                Vec<()>, BTreeMap<(), ()>, Option<Box<str>>, (u8, char, i128), Vec<Option<f64>>)
        };
    }
    macro_rules! any_described {
        ($format:ident) => {
            any_serde!($format) | any_of!($format: IgnoredAny, serde_json::Value, Unrelated)
        };
    }
    match codec {
        Codec::CBOR => any_described!(cbor),
        Codec::JSON => any_described!(json),
        Codec::MESSAGEPACK => any_described!(messagepack),
        Codec::BINCODE => any_serde!(bincode),
        Codec::BORSH => any_of!(borsh: String, Vec<u8>, Vec<u64>, Vec<String>, Vec<[u64; 32]>,
            Order, Event, Vec<BTreeMap<String, u64>>, BTreeMap<String, u32>, Option<Box<str>>, Vec<()>),
        Codec::PROTOBUF => any_of!(protobuf: Nested, Lists),
        _ => unreachable!(),
    }
}

#[test]
fn a_length_claims_no_memory() {
    for (codec, body) in claims() {
        decode_to_anything(codec, &body);
        if !matches!(codec, Codec::PROTOBUF | Codec::BORSH | Codec::BINCODE) {
            let malformed = Envelope { codec, body: &body }.validate().unwrap_err();
            assert_eq!(malformed.fault, Fault::Truncated, "{codec} {body:x?}");
        }
    }
    if let Some(peak) = most_virtual_memory() {
        assert!(peak < 3 << 30, "{} MiB were claimed", peak >> 20);
    }
}

/// The most bytes of addresses that this process ever had, where the system tells.
fn most_virtual_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[test]
fn elements_without_bytes_are_bounded() {
    let some = bincode::encode(&vec![(); 1000]).unwrap();
    assert_eq!(bincode::decode::<Vec<()>>(&some).unwrap().len(), 1000);
    let mut payload = Envelope::wrap(Codec::BINCODE, &[253]);
    payload.extend([0xff; 8]);
    let error = refused(bincode::decode::<Vec<()>>(&payload));
    assert!(error.contains("take no bytes"), "{error}");
    // Many lists of some are no way around it.
    let lists = bincode::encode(&vec![vec![(); 60_000]; 2]).unwrap();
    refused(bincode::decode::<Vec<Vec<()>>>(&lists));
}

const WITH_FORMATS: [Codec; 6] =
    [Codec::BINCODE, Codec::BORSH, Codec::CBOR, Codec::JSON, Codec::MESSAGEPACK, Codec::PROTOBUF];

/// A payload's body, as it was written.
fn written(codec: Codec) -> Vec<u8> {
    let payload = match codec {
        Codec::BINCODE => bincode::encode(&order()),
        Codec::BORSH => borsh::encode(&order()),
        Codec::CBOR => cbor::encode(&order()),
        Codec::JSON => json::encode(&order()),
        Codec::MESSAGEPACK => messagepack::encode(&order()),
        _ => protobuf::encode(&Nested { next: Some(Box::default()) }),
    };
    Envelope::read(&payload.unwrap()).unwrap().unwrap().body.to_vec()
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(
        codec in prop::sample::select(&WITH_FORMATS),
        body in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..=0xa3_u8, 0..4_u8], 0..40),
    ) {
        decode_to_anything(codec, &body);
        let well_formed = Envelope { codec, body: &body }.validate().is_ok();
        if codec == Codec::MESSAGEPACK && decode_to_anything(codec, &body) {
            prop_assert!(well_formed);
        }
        if codec == Codec::CBOR && decode_to_anything(codec, &body) {
            prop_assert!(well_formed);
        }
    }

    #[test]
    fn a_payload_with_a_wrong_byte_is_decoded_or_refused(
        codec in prop::sample::select(&WITH_FORMATS),
        at: prop::sample::Index,
        byte: u8,
    ) {
        let mut body = written(codec);
        *at.get_mut(&mut body) = byte;
        decode_to_anything(codec, &body);
    }

    #[test]
    fn a_payload_that_was_cut_is_refused(
        codec in prop::sample::select(&WITH_FORMATS[..5]),
        at: prop::sample::Index,
    ) {
        let whole = written(codec);
        let body = &whole[..at.index(whole.len())];
        let payload = Envelope::wrap(codec, body);
        match codec {
            Codec::BINCODE => refused(bincode::decode::<Order>(&payload)),
            Codec::BORSH => refused(borsh::decode::<Order>(&payload)),
            Codec::CBOR => refused(cbor::decode::<Order>(&payload)),
            Codec::JSON => refused(json::decode::<Order>(&payload)),
            _ => refused(messagepack::decode::<Order>(&payload)),
        };
    }
}
