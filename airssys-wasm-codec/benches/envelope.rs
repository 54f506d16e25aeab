//! Reading the code in front of a payload, as every send to a choosy receiver does; and wrapping.

use std::hint::black_box;

use airssys_wasm_codec::{Codec, Digest, Envelope};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("envelope/read");
    for codec in [Codec::CBOR, Codec::JSON, Codec::BORSH] {
        let payload = Envelope::wrap(codec, &[0; 256]);
        group.bench_function(codec.to_string(), |b| b.iter(|| Envelope::read(black_box(&payload))));
    }
}

fn wrap(c: &mut Criterion) {
    let body = [0; 256];
    c.bench_function("envelope/wrap/256 bytes", |b| {
        b.iter(|| Envelope::wrap(Codec::JSON, black_box(&body)))
    });
}

fn digest(c: &mut Criterion) {
    let binary = vec![0x61; 1 << 20];
    let mut group = c.benchmark_group("digest");
    group.throughput(Throughput::Bytes(binary.len() as u64));
    group.bench_function("of/1 MiB", |b| b.iter(|| Digest::of(black_box(&binary))));
}

criterion_group!(benches, read, wrap, digest);
criterion_main!(benches);
