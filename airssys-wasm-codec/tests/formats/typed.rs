//! What was encoded is decoded, and what is something else is refused with a reason.

use std::collections::BTreeMap;

use airssys_wasm_codec::varint::VarintError;
use airssys_wasm_codec::{
    Codec, DecodeError, EncodeError, Envelope, bincode, borsh, cbor, json, messagepack, protobuf,
};
use proptest::prelude::*;

use crate::values::{Bytes, Event, Line, Order};

type Decode<'a> = &'a dyn Fn(&[u8]) -> Result<(), DecodeError>;

#[derive(Clone, PartialEq, ::prost::Message)]
struct Count {
    #[prost(uint32, tag = "1")]
    count: u32,
}

/// Each format, with how it decodes an integer.
fn formats() -> [(Codec, Decode<'static>); 6] {
    [
        (Codec::BINCODE, &|payload| bincode::decode::<u32>(payload).map(drop)),
        (Codec::BORSH, &|payload| borsh::decode::<u32>(payload).map(drop)),
        (Codec::CBOR, &|payload| cbor::decode::<u32>(payload).map(drop)),
        (Codec::JSON, &|payload| json::decode::<u32>(payload).map(drop)),
        (Codec::MESSAGEPACK, &|payload| messagepack::decode::<u32>(payload).map(drop)),
        (Codec::PROTOBUF, &|payload| protobuf::decode::<Count>(payload).map(drop)),
    ]
}

#[test]
fn an_empty_payload_is_refused_as_one() {
    for (codec, decode) in formats() {
        let error = decode(b"").unwrap_err();
        assert!(matches!(error, DecodeError::Empty { expected } if expected == codec));
        assert_eq!(error.to_string(), format!("the payload is empty; expected {codec}"));
    }
}

#[test]
fn a_payload_without_a_code_is_refused_as_one() {
    for (codec, decode) in formats() {
        let error = decode(&[0x80]).unwrap_err();
        let DecodeError::NoCode { expected, cause } = error else { panic!("{error}") };
        assert_eq!((expected, cause), (codec, VarintError::Truncated));
        let error = decode(&[0xd1, 0x00]).unwrap_err().to_string();
        assert!(error.contains("shortest") && error.contains(codec.name().unwrap()), "{error}");
    }
}

#[test]
fn another_format_is_refused_with_the_names_of_both() {
    for (codec, decode) in formats() {
        for other in Codec::NAMED.into_iter().filter(|other| *other != codec) {
            let error = decode(&Envelope::wrap(other, b"0")).unwrap_err();
            assert_eq!(error.to_string(), format!("the payload is {other}; expected {codec}"));
        }
    }
    let error = cbor::decode::<u8>(b"\x71\0").unwrap_err();
    assert_eq!(error.to_string(), "the payload is 0x71; expected cbor");
}

#[test]
fn what_is_behind_the_value_is_refused() {
    let trailing = |error: DecodeError| match error {
        DecodeError::Trailing { codec, at } => (codec, at),
        other => panic!("{other}"),
    };
    let mut payload = cbor::encode(&7).unwrap();
    payload.push(0);
    assert_eq!(trailing(cbor::decode::<u8>(&payload).unwrap_err()), (Codec::CBOR, 1));
    for behind in ["0", "x", ",", " {", "\u{a0}"] {
        let payload = Envelope::wrap(Codec::JSON, format!("[7] {behind}").as_bytes());
        let error = json::decode::<Vec<u8>>(&payload).unwrap_err();
        assert_eq!(trailing(error), (Codec::JSON, 3), "{behind}");
    }
    let payload = Envelope::wrap(Codec::JSON, b"\r\n\t 7 \r\n\t");
    assert_eq!(json::decode::<u8>(&payload).unwrap(), 7);
    let payload = Envelope::wrap(Codec::MESSAGEPACK, &[0xc3, 0xc1]);
    let error = messagepack::decode::<bool>(&payload).unwrap_err();
    assert_eq!(trailing(error), (Codec::MESSAGEPACK, 1));
    let payload = Envelope::wrap(Codec::BORSH, &[7, 0, 0]);
    assert_eq!(trailing(borsh::decode::<u16>(&payload).unwrap_err()), (Codec::BORSH, 2));
    let payload = Envelope::wrap(Codec::BINCODE, &[251, 44, 1, 0]);
    let error = bincode::decode::<u16>(&payload).unwrap_err();
    assert_eq!(trailing(error), (Codec::BINCODE, 3));
    // To Protocol Buffers it would be a field with the number 0.
    let payload = Envelope::wrap(Codec::PROTOBUF, &[0x08, 7, 0]);
    assert!(matches!(protobuf::decode::<Count>(&payload), Err(DecodeError::Body { .. })));
}

#[test]
fn another_type_is_refused_and_the_error_says_where() {
    let order = ("tea", "three");
    let cases = [
        (cbor::decode::<(String, u32)>(&cbor::encode(&order).unwrap()).unwrap_err(), "byte 11"),
        (json::decode::<(String, u32)>(&json::encode(&order).unwrap()).unwrap_err(), "column 14"),
        (
            messagepack::decode::<(String, u32)>(&messagepack::encode(&order).unwrap())
                .unwrap_err(),
            "FixStr(5)",
        ),
        (bincode::decode::<bool>(&bincode::encode(&7).unwrap()).unwrap_err(), "byte 1 "),
        (borsh::decode::<(u8, bool)>(&borsh::encode(&[7_u8, 7]).unwrap()).unwrap_err(), "byte 2 "),
        (protobuf::decode::<Count>(b"\x50\x0a\0").unwrap_err(), "Count.count"),
    ];
    for (error, place) in cases {
        assert!(matches!(error, DecodeError::Body { .. }), "{error}");
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn malformed_bodies_are_refused_and_the_error_says_where() {
    let cases = [
        (cbor::decode::<Vec<u8>>(b"\x51\x82\x01\x1c").unwrap_err(), "offset 3"),
        (cbor::decode::<String>(b"\x51\x62\xffa").unwrap_err(), "UTF-8"),
        (json::decode::<Vec<u8>>(b"\x80\x04[1,]").unwrap_err(), "column 4"),
        (json::decode::<BTreeMap<String, u8>>(b"\x80\x04{\"\xff\":1}").unwrap_err(), "index 2"),
        (messagepack::decode::<Vec<u8>>(b"\x81\x04\x92\x01\xc1").unwrap_err(), "byte 2 "),
        (messagepack::decode::<Vec<u8>>(b"\x81\x04\x92\x01").unwrap_err(), "ends within"),
    ];
    for (error, place) in cases {
        assert!(matches!(error, DecodeError::Body { .. }), "{error}");
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn bincode_has_one_form_of_a_value() {
    let integer = |body: &[u8]| bincode::decode::<u32>(&Envelope::wrap(Codec::BINCODE, body));
    assert_eq!(integer(&[251, 251, 0]).unwrap(), 251);
    for (body, why) in [
        (&[251, 250, 0][..], "longer than it need be"),
        (&[252, 255, 255, 0, 0], "longer than it need be"),
        (&[253, 0, 0, 0, 0, 1, 0, 0, 0], "too large"),
        (&[255, 0], "0xff"),
        (&[252, 0], "ends within"),
    ] {
        let error = integer(body).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let character = |body: &[u8]| bincode::decode::<char>(&Envelope::wrap(Codec::BINCODE, body));
    for body in [&[0x80][..], &[0xc3, b'a'], &[0xed, 0xa0, 0x80], &[0xf8, 0, 0, 0], &[0xc3], &[]] {
        assert!(character(body).is_err(), "{body:x?}");
    }
    assert!(bincode::decode::<serde_json::Value>(&bincode::encode(&7).unwrap()).is_err());
}

#[test]
fn messagepack_of_structs_is_a_map_with_the_names() {
    let line = Line { sku: "a".to_owned(), count: 1, price: 0.5 };
    let payload = messagepack::encode(&line).unwrap();
    assert_eq!(payload, b"\x81\x04\x83\xa3sku\xa1a\xa5count\x01\xa5price\xcb\x3f\xe0\0\0\0\0\0\0");
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let error: EncodeError = json::encode(&BTreeMap::from([(vec![1], 1)])).unwrap_err();
    assert_eq!(error.codec(), Codec::JSON);
    assert!(error.to_string().starts_with("the value cannot be written as json: "), "{error}");
    assert!(borsh::encode(&f64::NAN).is_err());
    assert!(cbor::encode(&u128::MAX).is_err());
}

#[test]
fn texts_and_bytes_are_borrowed_from_the_payload() {
    fn within(payload: &[u8], text: &str) -> bool {
        payload.as_ptr_range().contains(&text.as_ptr())
    }
    let payload = cbor::encode("tea").unwrap();
    assert!(within(&payload, cbor::decode(&payload).unwrap()));
    let payload = json::encode("tea").unwrap();
    assert!(within(&payload, json::decode(&payload).unwrap()));
    let payload = messagepack::encode("tea").unwrap();
    assert!(within(&payload, messagepack::decode(&payload).unwrap()));
    let payload = bincode::encode("tea").unwrap();
    assert!(within(&payload, bincode::decode(&payload).unwrap()));
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Opened),
        any::<String>().prop_map(Event::Named),
        any::<(i32, i32)>().prop_map(|(x, y)| Event::Moved(x, y)),
        any::<(u16, u16)>().prop_map(|(width, height)| Event::Sized { width, height }),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    (any::<String>(), any::<u32>(), prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL)
        .prop_map(|(sku, count, price)| Line { sku, count, price })
}

fn order() -> impl Strategy<Value = Order> {
    let lines = prop::collection::vec(line(), 0..4);
    (any::<u64>(), any::<String>(), any::<Option<String>>(), any::<Vec<u8>>(), lines).prop_map(
        |(id, item, note, photo, lines)| Order { id, item, note, photo: Bytes(photo), lines },
    )
}

type Anything = (Order, Vec<Event>, BTreeMap<String, i64>, Option<(i8, u16, f32)>);

fn anything() -> impl Strategy<Value = Anything> {
    let floats = prop::num::f32::NORMAL | prop::num::f32::ZERO;
    let option = prop::option::of((any::<i8>(), any::<u16>(), floats));
    let map = prop::collection::btree_map(any::<String>(), any::<i64>(), 0..4);
    (order(), prop::collection::vec(event(), 0..4), map, option)
}

macro_rules! round_trip {
    ($($name:ident: $format:ident)+) => {
        proptest! {
            $(
                #[test]
                fn $name(value in anything()) {
                    let payload = $format::encode(&value).unwrap();
                    prop_assert_eq!(&$format::decode::<Anything>(&payload).unwrap(), &value);
                    let envelope = Envelope::read(&payload).unwrap().unwrap();
                    prop_assert_eq!(envelope.validate(), Ok(()));
                }
            )+
        }
    };
}

round_trip! {
    bincode_comes_back: bincode
    borsh_comes_back: borsh
    cbor_comes_back: cbor
    json_comes_back: json
    messagepack_comes_back: messagepack
}

proptest! {
    #[test]
    fn protobuf_comes_back(count: u32) {
        let payload = protobuf::encode(&Count { count }).unwrap();
        prop_assert_eq!(protobuf::decode::<Count>(&payload).unwrap(), Count { count });
    }

    #[test]
    fn bincode_of_wide_integers_comes_back(unsigned: u128, signed: i128, character: char) {
        let value = (unsigned, signed, character);
        let payload = bincode::encode(&value).unwrap();
        prop_assert_eq!(bincode::decode::<(u128, i128, char)>(&payload).unwrap(), value);
    }
}
