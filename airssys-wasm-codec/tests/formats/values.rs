//! The values of `tests/vectors/make.py`, by the same names.

use std::collections::BTreeMap;
use std::fmt::Debug;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A type that serde and borsh know.
pub(crate) trait Value:
    Serialize + DeserializeOwned + BorshSerialize + BorshDeserialize + PartialEq + Debug
{
}

impl<T> Value for T where
    T: Serialize + DeserializeOwned + BorshSerialize + BorshDeserialize + PartialEq + Debug
{
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub(crate) struct Bytes(#[serde(with = "serde_bytes")] pub(crate) Vec<u8>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) count: u32,
    pub(crate) price: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) item: String,
    pub(crate) note: Option<String>,
    pub(crate) photo: Bytes,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub(crate) enum Event {
    Opened,
    Named(String),
    Moved(i32, i32),
    Sized { width: u16, height: u16 },
}

/// What is done with each value.
pub(crate) trait Visit {
    fn value<T: Value>(&mut self, name: &str, value: T);
}

pub(crate) fn visit_all(visit: &mut impl Visit) {
    visit.value("bool/false", false);
    visit.value("bool/true", true);
    integers(visit);
    visit.value("f32/1.5", 1.5_f32);
    visit.value("f32/0.1", 0.1_f32);
    visit.value("f64/0", 0.0_f64);
    visit.value("f64/-0", -0.0_f64);
    visit.value("f64/1.5", 1.5_f64);
    visit.value("f64/0.1", 0.1_f64);
    visit.value("f64/100000", 100_000.0_f64);
    visit.value("f64/max", f64::MAX);
    visit.value("f64/least", 5e-324_f64);
    visit.value("f64/inf", f64::INFINITY);
    visit.value("f64/-inf", f64::NEG_INFINITY);
    visit.value("string/empty", String::new());
    visit.value("string/tea", "tea".to_owned());
    visit.value("string/several alphabets", "Tee ☕ 茶 Ελλάδα 𝄞 \0".to_owned());
    visit.value("string/escapes", "a\"b\\c\n\t\u{1f}/".to_owned());
    visit.value("string/31", "x".repeat(31));
    visit.value("string/32", "x".repeat(32));
    visit.value("string/300", "ß".repeat(150));
    visit.value("bytes/empty", Bytes(Vec::new()));
    visit.value("bytes/all", Bytes((0..=255).collect()));
    visit.value("option/none", None::<u32>);
    visit.value("option/some", Some(7_u32));
    visit.value("seq/empty", Vec::<u32>::new());
    visit.value("seq/three", vec![1_u32, 1000, 100_000]);
    visit.value("seq/sixteen", (0..16).collect::<Vec<u8>>());
    visit.value("seq/texts", vec!["a".to_owned(), String::new(), "é".to_owned()]);
    visit.value("seq/seqs", vec![vec![], vec![-1_i16], vec![1, 2]]);
    visit.value("tuple", (7_u8, "x".to_owned(), true));
    visit.value("map/empty", BTreeMap::<String, u32>::new());
    visit.value("map/two", BTreeMap::from([("a".to_owned(), 1_u32), ("b".to_owned(), 70_000)]));
    visit.value("enum/unit", Event::Opened);
    visit.value("enum/newtype", Event::Named("tea".to_owned()));
    visit.value("enum/tuple", Event::Moved(-1, 300));
    visit.value("enum/struct", Event::Sized { width: 640, height: 480 });
    let empty = Order {
        id: 0,
        item: String::new(),
        note: None,
        photo: Bytes(Vec::new()),
        lines: Vec::new(),
    };
    visit.value("struct/empty things", empty);
    visit.value("struct/nested", order());
}

pub(crate) fn order() -> Order {
    Order {
        id: u64::MAX,
        item: "Grüner Tee".to_owned(),
        note: Some("leise".to_owned()),
        photo: Bytes(vec![0, 255]),
        lines: vec![
            Line { sku: "a-1".to_owned(), count: 3, price: 4.1 },
            Line { sku: "b-2".to_owned(), count: 70_000, price: 0.07 },
        ],
    }
}

fn integers(visit: &mut impl Visit) {
    integers_of::<u8>(visit, "u8", 0, u8::MAX.into());
    integers_of::<u16>(visit, "u16", 0, u16::MAX.into());
    integers_of::<u32>(visit, "u32", 0, u32::MAX.into());
    integers_of::<u64>(visit, "u64", 0, u64::MAX.into());
    integers_of::<i8>(visit, "i8", i8::MIN.into(), i8::MAX.into());
    integers_of::<i16>(visit, "i16", i16::MIN.into(), i16::MAX.into());
    integers_of::<i32>(visit, "i32", i32::MIN.into(), i32::MAX.into());
    integers_of::<i64>(visit, "i64", i64::MIN.into(), i64::MAX.into());
}

fn integers_of<T: Value + TryFrom<i128>>(
    visit: &mut impl Visit,
    kind: &str,
    low: i128,
    high: i128,
) {
    let mut edges = vec![
        0,
        1,
        23,
        24,
        127,
        128,
        250,
        251,
        255,
        256,
        65_535,
        65_536,
        0xffff_ffff,
        0x1_0000_0000,
        i64::MAX.into(),
        low,
        high,
    ];
    if low < 0 {
        edges.extend([-1, -24, -25, -32, -33, -128, -129, -32_769, -2_147_483_649]);
    }
    edges.sort_unstable();
    edges.dedup();
    for edge in edges {
        if let Ok(value) = T::try_from(edge) {
            visit.value(&format!("{kind}/{edge}"), value);
        }
    }
}
