//! Checking the text of a component id, as every first send to a target does.

use std::hint::black_box;

use airssys_wasm_core::ComponentId;
use criterion::{Criterion, criterion_group, criterion_main};

fn parse(c: &mut Criterion) {
    c.bench_function("component_id/parse/36 bytes", |b| {
        b.iter(|| ComponentId::parse(black_box("namespace/segment-of-it/component-01")))
    });
}

criterion_group!(benches, parse);
criterion_main!(benches);
