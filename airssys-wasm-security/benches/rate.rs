//! Checking and counting a send, as every send of a component with a quota does.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use airssys_wasm_security::{Rate, RateLimiter};
use criterion::{Criterion, criterion_group, criterion_main};

fn check(c: &mut Criterion) {
    let count = |count| NonZeroU32::new(count).expect("it is not zero");
    let rate = Rate { per_second: count(5000), burst: count(500) };
    let mut group = c.benchmark_group("rate_limiter");

    let mut limiter = RateLimiter::new(rate);
    let mut now = Duration::ZERO;
    group.bench_function("check and count", |b| {
        b.iter(|| {
            now += Duration::from_micros(200);
            let checked = limiter.check(black_box(now));
            limiter.count(black_box(now));
            checked
        })
    });

    let mut exhausted = RateLimiter::new(rate);
    while exhausted.check(now).is_ok() {
        exhausted.count(now);
    }
    group.bench_function("refusal", |b| {
        b.iter(|| exhausted.check(black_box(now)).map_err(|too_soon| too_soon.milliseconds()))
    });
}

criterion_group!(benches, check);
criterion_main!(benches);
