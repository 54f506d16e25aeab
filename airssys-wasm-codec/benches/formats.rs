//! Writing and reading a message of a few fields in each format; and whether a body is well-formed.

use std::hint::black_box;

use airssys_wasm_codec::{self as codec, Codec, Envelope};
use borsh::{BorshDeserialize, BorshSerialize};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};

#[derive(
    Clone, PartialEq, Serialize, Deserialize, BorshSerialize, BorshDeserialize, prost::Message,
)]
struct Order {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    item: String,
    #[prost(uint32, repeated, tag = "3")]
    counts: Vec<u32>,
    #[prost(double, tag = "4")]
    price: f64,
}

fn order() -> Order {
    Order { id: 70_000, item: "green tea".into(), counts: (0..16).collect(), price: 4.1 }
}

macro_rules! each_format {
    ($c:ident: $($format:ident)+) => {$(
        let payload = codec::$format::encode(&order()).expect("an order can be written");
        $c.bench_function(concat!("encode/", stringify!($format)), |b| {
            let order = order();
            b.iter(|| codec::$format::encode(black_box(&order)))
        });
        $c.bench_function(concat!("decode/", stringify!($format)), |b| {
            b.iter(|| codec::$format::decode::<Order>(black_box(&payload)))
        });
    )+};
}

fn formats(c: &mut Criterion) {
    each_format!(c: bincode borsh cbor json messagepack protobuf);
}

fn validate(c: &mut Criterion) {
    let orders = vec![order(); 100];
    let payloads = [
        codec::cbor::encode(&orders),
        codec::json::encode(&orders),
        codec::messagepack::encode(&orders),
    ];
    let mut group = c.benchmark_group("validate");
    for (name, payload) in [Codec::CBOR, Codec::JSON, Codec::MESSAGEPACK].into_iter().zip(payloads)
    {
        let payload = payload.expect("orders can be written");
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(name.to_string(), |b| {
            b.iter(|| Envelope::read(black_box(&payload)).map(|read| read.map(|it| it.validate())))
        });
    }
}

criterion_group!(benches, formats, validate);
criterion_main!(benches);
