//! Judging a target or a sender, as every first send to a target does.

use std::hint::black_box;

use airssys_wasm_core::ComponentId;
use airssys_wasm_security::{Pattern, PatternSet};
use criterion::{Criterion, criterion_group, criterion_main};

fn matches(c: &mut Criterion) {
    let id = ComponentId::parse("namespace/segment-of-it/component-01").expect("well-formed");
    let mut group = c.benchmark_group("pattern/matches");
    for text in ["namespace/segment-of-it/component-01", "namespace/*/component-*", "namespace/**"]
    {
        let pattern = Pattern::parse(text).expect("well-formed");
        group.bench_function(text, |b| b.iter(|| pattern.matches(black_box(&id))));
    }
    let worst = Pattern::parse(&format!("a/{}b", "*a".repeat(31))).expect("well-formed");
    let repeated = ComponentId::parse(&format!("a/{}", "a".repeat(63))).expect("well-formed");
    group.bench_function("backtracking", |b| b.iter(|| worst.matches(black_box(&repeated))));
}

fn set_matches(c: &mut Criterion) {
    let literals = (0..1000).map(|number| format!("namespace/component-{number:04}"));
    let globs = (0..10).map(|number| format!("namespace-{number}/*"));
    let patterns = literals.chain(globs).map(|text| Pattern::parse(&text).expect("well-formed"));
    let set: PatternSet = patterns.collect();
    let mut group = c.benchmark_group("pattern_set/matches, of 1000 ids and 10 with stars");
    for text in ["namespace/component-0500", "namespace-9/component", "nobody/knows-it"] {
        let id = ComponentId::parse(text).expect("well-formed");
        group.bench_function(text, |b| b.iter(|| set.matches(black_box(&id))));
    }
}

fn covers(c: &mut Criterion) {
    let asked =
        PatternSet::parse(["airssys/stdout", "shop/cart-*", "shop/stock/**"]).expect("well-formed");
    let granted = Pattern::parse("shop/stock/*-eu").expect("well-formed");
    c.bench_function("pattern_set/covers/the last of 3", |b| {
        b.iter(|| asked.covers(black_box(&granted)))
    });
}

criterion_group!(benches, matches, set_matches, covers);
criterion_main!(benches);
