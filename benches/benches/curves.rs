//! What a hop takes as messages grow, as components become more and on two cores, each beside the
//! floor for the same. `examples/results` plots it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use airssys_wasm_benches::bare::{BareComponent, BareInstance};
use airssys_wasm_benches::rig::{Extra, Guests, Rig, names};
use airssys_wasm_benches::{guests, ratios, token};
use criterion::Criterion;

const PAYLOADS: [usize; 7] = [16, 64, 256, 1024, 4096, 16_384, 65_536];
const RINGS: [usize; 5] = [2, 10, 100, 1000, 10_000];

fn main() {
    let mut criterion = Criterion::default()
        .output_directory(&ratios::directory().with_file_name("curves"))
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30)
        .configure_from_args();
    for size in PAYLOADS {
        payload(&mut criterion, size);
    }
    for size in RINGS {
        ring(&mut criterion, size);
    }
    for workers in [1, 2] {
        cores(&mut criterion, workers);
    }
    criterion.final_summary();
}

/// A ping-pong with tokens of this size.
fn payload(criterion: &mut Criterion, size: usize) {
    let text = roomy_relay();
    let mut group = criterion.benchmark_group("payload");
    let mut floor = None;
    group.bench_function(format!("floor, {size} bytes"), |bencher| {
        let floor = floor.get_or_insert_with(|| Floor::new(2, &text));
        let token = token::sized(u64::MAX, size);
        bencher.iter(|| floor.turn(black_box(&token)));
    });
    drop(floor);
    let mut running = None;
    group.bench_function(format!("hop, {size} bytes"), |bencher| {
        let (rig, names) = running.get_or_insert_with(|| ring_of(1, Extra::None, 2, &text));
        bencher.iter_custom(|hops| rig.pass(&names[0], &token::sized(hops, size)));
    });
}

/// One token in a ring of so many.
fn ring(criterion: &mut Criterion, size: usize) {
    let text = guests::relay();
    let mut group = criterion.benchmark_group("ring");
    let mut floor = None;
    group.bench_function(format!("floor, {size} instances"), |bencher| {
        let floor = floor.get_or_insert_with(|| Floor::new(size, &text));
        let token = token::token(u64::MAX);
        bencher.iter(|| floor.turn(black_box(&token)));
    });
    drop(floor);
    for (name, extra) in [("", Extra::None), (", dense", Extra::Dense)] {
        let mut running = None;
        group.bench_function(format!("hop, {size} components{name}"), |bencher| {
            let (rig, names) = running.get_or_insert_with(|| ring_of(1, extra, size, &text));
            bencher.iter_custom(|hops| rig.run(&names[..1], hops));
        });
    }
}

/// What `paths` does with one worker, and what there is to do for more of them.
fn cores(criterion: &mut Criterion, workers: usize) {
    let mut group = criterion.benchmark_group("cores");
    let mut tokens = |name: &str, count: usize| {
        let mut running = None;
        group.bench_function(format!("{name}, workers: {workers}"), |bencher| {
            let (rig, names) = running
                .get_or_insert_with(|| ring_of(workers, Extra::None, 1000, &guests::relay()));
            let starts: Vec<_> = names.iter().step_by(1000 / count).collect();
            let tokens = count as u64;
            bencher.iter_custom(|hops| {
                let each = hops.div_ceil(tokens);
                rig.run(&starts, each).mul_f64(hops as f64 / (each * tokens) as f64)
            });
        });
    };
    tokens("ring of 1000", 1);
    tokens("ring of 1000, 100 tokens", 100);
    let mut running = None;
    group.bench_function(format!("stream 1 to 1, workers: {workers}"), |bencher| {
        let rig = running.get_or_insert_with(|| stream(workers));
        bencher.iter_custom(|messages| rig.run(&[guests::SOURCE_ID], messages));
    });
    let mut running = None;
    group.bench_function(format!("request round trip, workers: {workers}"), |bencher| {
        let rig = running.get_or_insert_with(|| requests(workers));
        bencher.iter_custom(|requests| rig.run(&[REQUESTER], requests));
    });
}

/// Bare instances that are called in turn.
struct Floor {
    names: Vec<String>,
    instances: Vec<BareInstance>,
    turn: usize,
}

impl Floor {
    fn new(size: usize, text: &str) -> Self {
        let names = names(size);
        let component = BareComponent::new(text);
        let instances = names.iter().map(|name| {
            let mut instance = component.instantiate();
            instance.handle_message(name, format!("T{name}").as_bytes());
            instance
        });
        Self { instances: instances.collect(), names, turn: 0 }
    }

    fn turn(&mut self, token: &[u8]) -> Option<Vec<u8>> {
        self.turn = if self.turn + 1 == self.names.len() { 0 } else { self.turn + 1 };
        self.instances[self.turn].handle_message(&self.names[self.turn], token)
    }
}

fn ring_of(workers: usize, extra: Extra, size: usize, text: &str) -> (Rig, Vec<String>) {
    let mut rig = Rig::with(workers, Guests::Components, extra);
    let names = rig.spawn_ring(size, text);
    (rig, names)
}

fn stream(workers: usize) -> Rig {
    let sink = "benchmarks/stream/target-component-1";
    let mut rig = Rig::new(workers, Guests::Components);
    rig.spawn(guests::SOURCE_ID, &guests::source(64));
    rig.spawn(sink, &guests::sink());
    rig.aim(guests::SOURCE_ID, sink);
    rig
}

const REQUESTER: &str = "benchmarks/request/from-component-01";

fn requests(workers: usize) -> Rig {
    let responder = "benchmarks/request/into-component-01";
    let mut rig = Rig::new(workers, Guests::Components);
    rig.spawn(REQUESTER, &guests::requester());
    rig.spawn(responder, &guests::responder());
    rig.aim(REQUESTER, responder);
    rig
}

/// The relay with memory for the largest token.
fn roomy_relay() -> String {
    let (small, roomy) = (r#"(memory (export "memory") 1)"#, r#"(memory (export "memory") 2)"#);
    let text = guests::relay();
    assert!(text.contains(small));
    text.replace(small, roomy)
}
