//! Finding the route to a target: once for every message sent.

use std::hint::black_box;

use airssys_wasm_broker::{Registry, Routes};
use airssys_wasm_core::ComponentId;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn targets(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("namespace/component-{number:04}")).collect()
}

fn hit(c: &mut Criterion) {
    let mut group = c.benchmark_group("routes/hit, targets in turn");
    for count in [1, 2, 16, 256] {
        let targets = targets(count);
        let mut routes = Routes::new(1024);
        let mut in_turn = targets.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                let target = in_turn.next().map_or("", String::as_str);
                *routes.route(black_box(target), 1, |_| Ok::<u64, ()>(7)).expect("it resolves")
            })
        });
    }
}

fn miss(c: &mut Criterion) {
    let registry = Registry::new();
    for target in targets(256) {
        registry.insert(ComponentId::parse(&target).expect("well-formed"), 7).expect("new");
    }
    let mut routes = Routes::new(1024);
    c.bench_function("routes/first send of a generation", |b| {
        b.iter(|| {
            registry.invalidate();
            let resolve = |target: &str| registry.get(target).ok_or(());
            routes
                .route(black_box("namespace/component-0128"), registry.generation(), resolve)
                .copied()
        })
    });
}

criterion_group!(benches, hit, miss);
criterion_main!(benches);
