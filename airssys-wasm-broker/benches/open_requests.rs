//! A request from its opening to the beginning of its callback, among others that stay open.

use std::time::Duration;

use airssys_wasm_broker::OpenRequests;
use airssys_wasm_core::RequestId;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn open_and_close(c: &mut Criterion) {
    let mut group = c.benchmark_group("open_requests/open, close, release");
    for others in [0, 10, 1000] {
        let mut requests = OpenRequests::new(u32::MAX);
        let ids = |number: u64| {
            RequestId::from_halves(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number)
        };
        let mut number = 0;
        let mut open = |requests: &mut OpenRequests<u64>| {
            number += 1;
            requests
                .open(ids(number), Duration::from_micros(number), number)
                .expect("there are slots");
            number
        };
        for _ in 0..others {
            open(&mut requests);
        }
        group.bench_function(BenchmarkId::from_parameter(others), |b| {
            b.iter(|| {
                let newest = open(&mut requests);
                let ended = requests.close(ids(newest - others));
                requests.release(1);
                ended
            })
        });
    }
}

criterion_group!(benches, open_and_close);
criterion_main!(benches);
