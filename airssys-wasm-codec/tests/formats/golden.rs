//! Values, against what other implementations of the formats make of them: `tests/vectors/make.py`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::path::Path;

use airssys_wasm_codec::{
    Codec, DecodeError, EncodeError, Envelope, bincode, borsh, cbor, json, messagepack, protobuf,
};
use serde::Deserialize;

use crate::values::{Value, Visit, visit_all};

#[test]
fn bincode_is_read_and_written_as_elsewhere() {
    let mut golden = Golden::<Bincode>::new();
    visit_all(&mut golden);
    golden.serde("u128/max", u128::MAX);
    golden.serde("u128/2^64", 1_u128 << 64);
    golden.serde("i128/min", i128::MIN);
    golden.serde("char/ascii", 't');
    golden.serde("char/two", 'ß');
    golden.serde("char/three", '☕');
    golden.serde("char/four", '𝄞');
    golden.expect_all_seen();
}

#[test]
fn borsh_is_read_and_written_as_elsewhere() {
    let mut golden = Golden::<Borsh>::new();
    visit_all(&mut golden);
    golden.expect_all_seen();
}

#[test]
fn cbor_is_read_and_written_as_elsewhere() {
    let mut golden = Golden::<Cbor>::new();
    visit_all(&mut golden);
    golden.expect_all_seen();
}

#[test]
fn json_is_read_and_written_as_elsewhere() {
    let mut golden = Golden::<Json>::new();
    visit_all(&mut golden);
    golden.expect_all_seen();
}

#[test]
fn messagepack_is_read_and_written_as_elsewhere() {
    let mut golden = Golden::<MessagePack>::new();
    visit_all(&mut golden);
    golden.expect_all_seen();
}

#[test]
fn protobuf_is_read_and_written_as_elsewhere() {
    let mut vectors = Vectors::read("protobuf");
    let mut check = Messages(&mut vectors);
    check.message("numbers/empty", Numbers::default());
    check.message(
        "numbers/least",
        Numbers {
            double: 0.1,
            float: 1.5,
            int32: i32::MIN,
            int64: i64::MIN,
            sint32: i32::MIN,
            sint64: i64::MIN,
            sfixed32: i32::MIN,
            sfixed64: i64::MIN,
            bool: true,
            ..Numbers::default()
        },
    );
    check.message(
        "numbers/most",
        Numbers {
            double: 0.1,
            float: 1.5,
            int32: i32::MAX,
            int64: i64::MAX,
            uint32: u32::MAX,
            uint64: u64::MAX,
            sint32: i32::MAX,
            sint64: i64::MAX,
            fixed32: u32::MAX,
            fixed64: u64::MAX,
            sfixed32: i32::MAX,
            sfixed64: i64::MAX,
            bool: true,
        },
    );
    check.message("order/empty", Order::default());
    check.message("order/empty note", Order { note: Some(String::new()), ..Order::default() });
    check.message(
        "order/nested",
        Order {
            id: u64::MAX,
            item: "Grüner Tee ☕".to_owned(),
            note: Some("leise".to_owned()),
            photo: vec![0, 255],
            lines: vec![Line { sku: "a-1".to_owned(), count: 3, price: 4.1 }, Line::default()],
            state: State::Closed.into(),
            packed: vec![0, -1, 1, i32::MIN],
            stock: BTreeMap::from([("a".to_owned(), 1)]),
        },
    );
    vectors.expect_all_seen(&[]);
}

/// A format's functions, for any type.
trait Format {
    const CODEC: Codec;
    /// The values that there is no vector for.
    const WITHOUT: &'static [&'static str] = &[];
    fn encode<T: Value>(value: &T) -> Result<Vec<u8>, EncodeError>;
    fn decode<T: Value>(payload: &[u8]) -> Result<T, DecodeError>;
}

macro_rules! strategy {
    ($name:ident is $module:ident with $codec:expr, without $without:expr) => {
        struct $name;

        impl Format for $name {
            const CODEC: Codec = $codec;
            const WITHOUT: &'static [&'static str] = &$without;

            fn encode<T: Value>(value: &T) -> Result<Vec<u8>, EncodeError> {
                $module::encode(value)
            }

            fn decode<T: Value>(payload: &[u8]) -> Result<T, DecodeError> {
                $module::decode(payload)
            }
        }
    };
}

strategy!(Bincode is bincode with Codec::BINCODE, without []);
strategy!(Borsh is borsh with Codec::BORSH, without []);
strategy!(Cbor is cbor with Codec::CBOR, without []);
// What is infinite has no JSON, and Python has no single floats.
strategy!(Json is json with Codec::JSON, without ["f64/inf", "f64/-inf", "f32/0.1"]);
strategy!(MessagePack is messagepack with Codec::MESSAGEPACK, without []);

struct Golden<F> {
    vectors: Vectors,
    format: PhantomData<F>,
}

impl<F: Format> Golden<F> {
    fn new() -> Self {
        let vectors = Vectors::read(F::CODEC.name().unwrap());
        Self { vectors, format: PhantomData }
    }

    fn expect_all_seen(&self) {
        self.vectors.expect_all_seen(F::WITHOUT);
    }
}

impl Golden<Bincode> {
    /// For types that borsh does not have.
    fn serde<T>(&mut self, name: &str, value: T)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
    {
        self.vectors.check(name, Codec::BINCODE, &value, bincode::encode, |payload| {
            bincode::decode(payload)
        });
    }
}

impl<F: Format> Visit for Golden<F> {
    fn value<T: Value>(&mut self, name: &str, value: T) {
        self.vectors.check(name, F::CODEC, &value, F::encode, F::decode);
    }
}

struct Messages<'a>(&'a mut Vectors);

impl Messages<'_> {
    fn message<M>(&mut self, name: &str, message: M)
    where
        M: prost::Message + Default + PartialEq + Debug,
    {
        self.0.check(name, Codec::PROTOBUF, &message, protobuf::encode, protobuf::decode);
    }
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    hex: String,
    #[serde(default)]
    read_only: bool,
}

/// A format's vectors, and the names of those that were looked for.
struct Vectors {
    vectors: Vec<Vector>,
    seen: BTreeSet<String>,
}

impl Vectors {
    fn read(format: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
        let text = std::fs::read(folder.join(format).with_extension("json")).unwrap();
        Self { vectors: serde_json::from_slice(&text).unwrap(), seen: BTreeSet::new() }
    }

    fn check<T: PartialEq + Debug>(
        &mut self,
        name: &str,
        codec: Codec,
        value: &T,
        encode: impl Fn(&T) -> Result<Vec<u8>, EncodeError>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) {
        self.seen.insert(name.to_owned());
        for vector in self.vectors.iter().filter(|vector| vector.name == name) {
            let payload = Envelope::wrap(codec, &bytes(&vector.hex));
            let decoded = decode(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(&decoded, value, "{name}, read");
            // The zeros of both signs are equal.
            assert_eq!(format!("{decoded:?}"), format!("{value:?}"), "{name}, read");
            if !vector.read_only {
                assert_eq!(hex(&encode(value).unwrap()), hex(&payload), "{name}, written");
            }
        }
    }

    #[track_caller]
    fn expect_all_seen(&self, without: &[&str]) {
        let with: BTreeSet<&str> = self.vectors.iter().map(|vector| &*vector.name).collect();
        let mut seen: BTreeSet<&str> = self.seen.iter().map(|name| &**name).collect();
        seen.retain(|name| !without.contains(name));
        assert_eq!(seen, with, "the values here, and those in the file");
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone, PartialEq, prost::Message)]
struct Numbers {
    #[prost(double, tag = "1")]
    double: f64,
    #[prost(float, tag = "2")]
    float: f32,
    #[prost(int32, tag = "3")]
    int32: i32,
    #[prost(int64, tag = "4")]
    int64: i64,
    #[prost(uint32, tag = "5")]
    uint32: u32,
    #[prost(uint64, tag = "6")]
    uint64: u64,
    #[prost(sint32, tag = "7")]
    sint32: i32,
    #[prost(sint64, tag = "8")]
    sint64: i64,
    #[prost(fixed32, tag = "9")]
    fixed32: u32,
    #[prost(fixed64, tag = "10")]
    fixed64: u64,
    #[prost(sfixed32, tag = "11")]
    sfixed32: i32,
    #[prost(sfixed64, tag = "12")]
    sfixed64: i64,
    #[prost(bool, tag = "13")]
    bool: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Line {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(uint32, tag = "2")]
    count: u32,
    #[prost(double, tag = "3")]
    price: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Order {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    item: String,
    #[prost(string, optional, tag = "3")]
    note: Option<String>,
    #[prost(bytes = "vec", tag = "4")]
    photo: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    lines: Vec<Line>,
    #[prost(enumeration = "State", tag = "6")]
    state: i32,
    #[prost(sint32, repeated, tag = "7")]
    packed: Vec<i32>,
    #[prost(btree_map = "string, uint32", tag = "8")]
    stock: BTreeMap<String, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
enum State {
    Open = 0,
    Closed = 1,
}
