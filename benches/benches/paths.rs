//! Whole paths from guest to guest, and in the same run the floor: what bare wasmtime takes for
//! the calls alone. It ends with the table of ratios that `README.md` is about.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use airssys_wasm_benches::bare::{BareComponent, BareInstance};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::ratios::{self, Row};
use airssys_wasm_benches::rig::{Extra, Guests, Rig, names, spec};
use airssys_wasm_benches::token::token;
use criterion::Criterion;

const ROWS: &[Row] = &[
    Row { bench: "floor/pair", against: "floor/pair" },
    Row { bench: "floor/2 instances", against: "floor/pair" },
    Row { bench: "hop/ping-pong", against: "floor/pair" },
    Row { bench: "hop/ping-pong, by wasmtime", against: "floor/pair" },
    Row { bench: "hop/ping-pong, 2 workers", against: "floor/pair" },
    Row { bench: "hop/native ping-pong", against: "floor/pair" },
    Row { bench: "hop/ping-pong, codecs and rate", against: "hop/ping-pong" },
    Row { bench: "hop/ping-pong, audit of all", against: "hop/ping-pong" },
    Row { bench: "hop/ping-pong, core modules", against: "floor/pair" },
    Row { bench: "stream/1 to 1", against: "floor/pair" },
    Row { bench: "stream/1 to 1, by wasmtime", against: "floor/pair" },
    Row { bench: "stream/1 to 1, core modules", against: "floor/pair" },
    Row { bench: "stream/16 at a time", against: "floor/pair" },
    Row { bench: "stream/64 at a time", against: "floor/pair" },
    Row { bench: "stream/16 at a time, by handle", against: "floor/pair" },
    Row { bench: "stream/64 at a time, by handle", against: "floor/pair" },
    Row { bench: "stream/64 at a time, by handle, by wasmtime", against: "floor/pair" },
    Row { bench: "request/round trip", against: "hop/ping-pong" },
    Row { bench: "request/round trip, by wasmtime", against: "hop/ping-pong, by wasmtime" },
    Row { bench: "request/round trip, core modules", against: "hop/ping-pong, core modules" },
    Row { bench: "floor/pair, at the end", against: "floor/pair" },
    Row { bench: "floor/1000 instances", against: "floor/pair" },
    Row { bench: "hop/ring of 1000", against: "floor/1000 instances" },
    Row { bench: "hop/ring of 1000, dense", against: "floor/1000 instances" },
    Row { bench: "hop/ring of 1000, by wasmtime", against: "floor/1000 instances" },
    Row { bench: "hop/ring of 1000, 100 tokens", against: "floor/1000 instances" },
    Row { bench: "hop/ring of 1000, 100 tokens, 2 workers", against: "floor/1000 instances" },
    Row { bench: "floor/10000 instances", against: "floor/pair" },
    Row { bench: "hop/ring of 10000", against: "floor/10000 instances" },
    Row { bench: "hop/ring of 10000", against: "hop/ping-pong" },
    Row { bench: "hop/ring of 10000, dense", against: "hop/ping-pong" },
    Row { bench: "spawn/system", against: "spawn/bare" },
];

fn main() {
    let begun = SystemTime::now();
    let mut criterion = Criterion::default()
        .output_directory(&ratios::directory())
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30)
        .configure_from_args();
    // What is compared is measured close together: machines change their speed.
    between_two(&mut criterion);
    among_many(&mut criterion, 1_000);
    among_many(&mut criterion, 10_000);
    spawn(&mut criterion);
    criterion.final_summary();
    ratios::print(ROWS, begun);
}

fn between_two(criterion: &mut Criterion) {
    floor(criterion, "pair", 1);
    floor(criterion, "2 instances", 2);
    hops(criterion, "ping-pong", Ring::PAIR);
    hops(
        criterion,
        "ping-pong, codecs and rate",
        Ring { extra: Extra::CodecsAndRate, ..Ring::PAIR },
    );
    hops(criterion, "ping-pong, audit of all", Ring { extra: Extra::Audit, ..Ring::PAIR });
    hops(criterion, "ping-pong, by wasmtime", Ring { guests: Guests::ByWasmtime, ..Ring::PAIR });
    hops(criterion, "ping-pong, core modules", Ring { guests: Guests::CoreModules, ..Ring::PAIR });
    streams(criterion);
    request(criterion, "round trip", Guests::Components);
    request(criterion, "round trip, by wasmtime", Guests::ByWasmtime);
    request(criterion, "round trip, core modules", Guests::CoreModules);
    hops(criterion, "ping-pong, 2 workers", Ring { workers: 2, ..Ring::PAIR });
    native(criterion);
    floor(criterion, "pair, at the end", 1);
}

fn among_many(criterion: &mut Criterion, size: usize) {
    floor(criterion, &format!("{size} instances"), size);
    let name = format!("ring of {size}");
    hops(criterion, &name, Ring { size, ..Ring::PAIR });
    let extra = Extra::Dense;
    hops(criterion, &format!("{name}, dense"), Ring { size, extra, ..Ring::PAIR });
    if size == 1_000 {
        let guests = Guests::ByWasmtime;
        hops(criterion, &format!("{name}, by wasmtime"), Ring { size, guests, ..Ring::PAIR });
        let name = format!("{name}, 100 tokens");
        let ring = Ring { size, tokens: 100, ..Ring::PAIR };
        hops(criterion, &name, ring);
        hops(criterion, &format!("{name}, 2 workers"), Ring { workers: 2, ..ring });
    }
}

/// One `handle-message` call of the relay, in which it makes one `send-message` call.
fn floor(criterion: &mut Criterion, name: &str, instances: usize) {
    let names = names(instances);
    let set_up = || -> Vec<BareInstance> {
        let component = BareComponent::new(&guests::relay());
        let mut instances: Vec<_> = names.iter().map(|_| component.instantiate()).collect();
        for (instance, name) in instances.iter_mut().zip(&names) {
            instance.handle_message(name, format!("T{name}").as_bytes());
        }
        instances
    };
    let token = token(u64::MAX);
    let mut turns = (0..instances).cycle();
    let mut instances = None;
    let mut group = criterion.benchmark_group("floor");
    group.bench_function(name, |bencher| {
        let instances = instances.get_or_insert_with(set_up);
        bencher.iter(|| {
            let turn = turns.next().unwrap();
            instances[turn].handle_message(&names[turn], black_box(&token))
        });
    });
}

#[derive(Clone, Copy)]
struct Ring {
    workers: usize,
    size: usize,
    tokens: usize,
    guests: Guests,
    extra: Extra,
}

impl Ring {
    const PAIR: Self =
        Self { workers: 1, size: 2, tokens: 1, guests: Guests::Components, extra: Extra::None };
}

fn hops(criterion: &mut Criterion, name: &str, ring: Ring) {
    let set_up = || {
        let mut rig = Rig::with(ring.workers, ring.guests, ring.extra);
        let names = rig.spawn_ring(ring.size, &guests::relay());
        let apart = ring.size / ring.tokens;
        let starts: Vec<_> = names.into_iter().step_by(apart).take(ring.tokens).collect();
        (rig, starts)
    };
    let tokens = ring.tokens as u64;
    let mut running = None;
    let mut group = criterion.benchmark_group("hop");
    group.bench_function(name, |bencher| {
        let (rig, starts) = running.get_or_insert_with(set_up);
        bencher.iter_custom(|hops| {
            let each = hops.div_ceil(tokens);
            rig.run(starts, each).mul_f64(hops as f64 / (each * tokens) as f64)
        });
    });
}

/// The runtime's own part of a hop, and all that is not WebAssembly.
fn native(criterion: &mut Criterion) {
    let mut rig = Rig::new(1, Guests::Components);
    let start = rig.spawn_native_pair();
    let mut group = criterion.benchmark_group("hop");
    group.bench_function("native ping-pong", |bencher| {
        bencher.iter_custom(|hops| rig.run(&[&start], hops));
    });
}

fn streams(criterion: &mut Criterion) {
    use Guests::{ByWasmtime, Components, CoreModules};
    use guests::{batch_sink, sink, source, source_by_handle};

    stream(criterion, "1 to 1", Components, &source(64), &sink());
    stream(criterion, "1 to 1, by wasmtime", ByWasmtime, &source(64), &sink());
    stream(criterion, "1 to 1, core modules", CoreModules, &source(64), &sink());
    stream(criterion, "16 at a time", Components, &source(16), &batch_sink());
    stream(criterion, "64 at a time", Components, &source(64), &batch_sink());
    let (by_16, by_64) = (source_by_handle(16), source_by_handle(64));
    stream(criterion, "16 at a time, by handle", Components, &by_16, &batch_sink());
    stream(criterion, "64 at a time, by handle", Components, &by_64, &batch_sink());
    let name = "64 at a time, by handle, by wasmtime";
    stream(criterion, name, ByWasmtime, &by_64, &batch_sink());
}

fn stream(criterion: &mut Criterion, name: &str, guests: Guests, source: &str, sink: &str) {
    let sink_id = "benchmarks/stream/target-component-1";
    let set_up = || {
        let mut rig = Rig::new(1, guests);
        rig.spawn(guests::SOURCE_ID, source);
        rig.spawn(sink_id, sink);
        rig.aim(guests::SOURCE_ID, sink_id);
        rig
    };
    let mut running = None;
    let mut group = criterion.benchmark_group("stream");
    group.bench_function(name, |bencher| {
        let rig = running.get_or_insert_with(set_up);
        bencher.iter_custom(|messages| rig.run(&[guests::SOURCE_ID], messages));
    });
}

fn request(criterion: &mut Criterion, name: &str, guests: Guests) {
    let (requester, responder) =
        ("benchmarks/request/from-component-01", "benchmarks/request/into-component-01");
    let set_up = || {
        let mut rig = Rig::new(1, guests);
        rig.spawn(requester, &guests::requester());
        rig.spawn(responder, &guests::responder());
        rig.aim(requester, responder);
        rig
    };
    let mut running = None;
    let mut group = criterion.benchmark_group("request");
    group.bench_function(name, |bencher| {
        let rig = running.get_or_insert_with(set_up);
        bencher.iter_custom(|requests| rig.run(&[requester], requests));
    });
}

/// From a guest that is loaded to a component that can be sent to; its end is not measured.
fn spawn(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("spawn");
    let component = BareComponent::new(&guests::relay());
    group.bench_function("bare", |bencher| {
        bencher.iter_custom(|spawns| in_batches(spawns, |_| component.instantiate(), drop));
    });
    let rig = Rig::new(1, Guests::Components);
    let system = rig.system();
    let guest = rig.load(&guests::relay());
    let spawn = |name: &str| {
        system.spawn(spec(name, &guest)).unwrap();
        name.to_owned()
    };
    let remove = |name: String| assert!(system.remove(&name));
    group.bench_function("system", |bencher| {
        bencher.iter_custom(|spawns| in_batches(spawns, spawn, remove));
    });
}

/// How long it takes to spawn so many, of which a hundred live at a time.
fn in_batches<T>(count: u64, spawn: impl Fn(&str) -> T, remove: impl Fn(T)) -> Duration {
    let names = names(100);
    let mut taken = Duration::ZERO;
    let mut left = count as usize;
    while left > 0 {
        let batch = &names[..left.min(names.len())];
        let begun = Instant::now();
        let spawned: Vec<T> = batch.iter().map(|name| spawn(name)).collect();
        taken += begun.elapsed();
        spawned.into_iter().for_each(&remove);
        left -= batch.len();
    }
    taken
}
