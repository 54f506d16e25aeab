//! What is counted.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use airssys_wasm::System;
use airssys_wasm_actor::{Actor, Address, Context, MailboxLimits, Scheduler, SystemClock};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::rig::{Guests, Rig, names, spec};

/// Something that the system does again and again.
pub struct Operation {
    /// As it is recorded.
    pub name: &'static str,
    /// How often it is done while instructions are counted.
    pub times: u64,
    set_up: fn(u64) -> Repeat,
}

/// Does an operation so many times.
type Repeat = Box<dyn FnMut(u64)>;

/// All of them. Each guest takes 4 GiB of addresses, and under valgrind there are 128: few can live.
pub const OPERATIONS: &[Operation] = &[
    Operation { name: "hop", times: 10_000, set_up: |_| hop(Guests::Components) },
    Operation { name: "hop, by wasmtime", times: 10_000, set_up: |_| hop(Guests::ByWasmtime) },
    Operation { name: "hop, native", times: 10_000, set_up: |_| native_hop() },
    Operation { name: "hop of actors", times: 100_000, set_up: |_| actor_hop() },
    Operation { name: "stream, 64 at a time", times: 10_000, set_up: |_| stream() },
    Operation { name: "round trip", times: 10_000, set_up: |_| round_trip() },
    Operation { name: "publication to 8", times: 10_000, set_up: |_| publication() },
    Operation { name: "spawn", times: 10, set_up: spawn },
];

/// The name that callgrind knows [`mark`] by, as a pattern.
pub const MARK: &str = "*counts::operations::mark*";

impl Operation {
    /// Does it as often as is counted without counting, and then between two marks.
    pub fn run(&self) {
        let mut repeat = (self.set_up)(self.times);
        repeat(self.times);
        mark();
        repeat(self.times);
        mark();
    }
}

#[inline(never)]
fn mark() {
    // With nothing in it, calls would be left out.
    black_box(0);
}

fn hop(guests: Guests) -> Repeat {
    let mut rig = Rig::unsliced(guests);
    let names = rig.spawn_ring(2, &guests::relay());
    Box::new(move |hops| {
        rig.run(&names[..1], hops);
    })
}

fn native_hop() -> Repeat {
    let mut rig = Rig::unsliced(Guests::Components);
    let start = rig.spawn_native_pair();
    Box::new(move |hops| {
        rig.run(&[&start], hops);
    })
}

fn stream() -> Repeat {
    let sink = "benchmarks/stream/target-component-1";
    let mut rig = Rig::unsliced(Guests::Components);
    rig.spawn(guests::SOURCE_ID, &guests::source(64));
    rig.spawn(sink, &guests::batch_sink());
    rig.aim(guests::SOURCE_ID, sink);
    Box::new(move |messages| {
        rig.run(&[guests::SOURCE_ID], messages);
    })
}

fn round_trip() -> Repeat {
    let (requester, responder) =
        ("benchmarks/request/from-component-01", "benchmarks/request/into-component-01");
    let mut rig = Rig::unsliced(Guests::Components);
    rig.spawn(requester, &guests::requester());
    rig.spawn(responder, &guests::responder());
    rig.aim(requester, responder);
    Box::new(move |requests| {
        rig.run(&[requester], requests);
    })
}

/// With its subscribers' handling of it. They are native: guests would take most of the count.
fn publication() -> Repeat {
    let mut rig = Rig::unsliced(Guests::Components);
    let start = rig.spawn_native_publisher(8);
    Box::new(move |publications| {
        rig.run(&[&start], publications);
    })
}

/// Without a worker: it has no part in it, and one that looks for work is counted too.
fn spawn(times: u64) -> Repeat {
    let builder = System::builder().seeded(1, Arc::new(SystemClock::default()));
    let system = builder.build().unwrap();
    let guest = system.load(guests::relay().as_bytes()).unwrap();
    let names = names(2 * times as usize);
    let mut specs = names.iter().map(|name| spec(name, &guest)).collect::<Vec<_>>().into_iter();
    Box::new(move |spawns| {
        for spec in specs.by_ref().take(spawns as usize) {
            system.spawn(spec).unwrap();
        }
    })
}

/// Without components.
fn actor_hop() -> Repeat {
    let scheduler = Scheduler::start(1);
    let (end, ended) = mpsc::channel();
    let spawn =
        || scheduler.spawn(Relay { next: None, end: end.clone() }, MailboxLimits::default());
    let (ping, pong) = (spawn(), spawn());
    for (relay, next) in [(&ping, &pong), (&pong, &ping)] {
        let next = next.clone();
        relay.command(|relay, _| relay.next = Some(next)).unwrap();
    }
    Box::new(move |hops| {
        let _running = &scheduler;
        drop(ping.send(hops).unwrap());
        ended.recv().unwrap();
    })
}

/// Counts down and sends on.
struct Relay {
    next: Option<Address<Relay>>,
    end: Sender<()>,
}

impl Actor for Relay {
    type Message = u64;

    fn handle(&mut self, left: u64, _: &mut Context<'_, Self>) {
        match (left.checked_sub(1), &self.next) {
            (Some(left), Some(next)) => drop(next.try_send(left).unwrap()),
            _ => self.end.send(()).unwrap(),
        }
    }
}
