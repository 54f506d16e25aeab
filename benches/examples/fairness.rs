//! What others feel of guests that compute without end, and of guests that sleep in WASI: two guests
//! exchange a request each 10 ms, timed from when it was due, beside four of each for each core.
//!
//! `cargo run --release -p airssys-wasm-benches --example fairness -- 60`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fmt;
use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, Guest, Limits, Native, System,
};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::rig::{names, spec};
use airssys_wasm_benches::token::token;

const INTERVAL: Duration = Duration::from_millis(10);

/// The time limit of the guests that take long, and of none of the others.
const LIMIT: Duration = Duration::from_secs(60);

/// Guests beside the two that are measured.
#[derive(Default)]
struct Others {
    spinners: usize,
    sleepers: usize,
}

fn main() {
    let seconds = env::args().nth(1).map_or(10, |seconds| seconds.parse().unwrap());
    println!("| others | p50, ms | p99, ms | most, ms | threads: before, during, after |");
    println!("| --- | ---: | ---: | ---: | --- |");
    let many = 4 * thread::available_parallelism().unwrap().get();
    measure(seconds, Others::default());
    measure(seconds, Others { spinners: many, ..Others::default() });
    measure(seconds, Others { sleepers: many, ..Others::default() });
    measure(seconds, Others { spinners: many, sleepers: many });
}

fn measure(seconds: u64, others: Others) {
    let system = System::builder().drain(Duration::ZERO).build().unwrap();
    let begin = Arc::new(Instant::now());
    let (done, times) = mpsc::channel();
    let recorder = move || Done { done: done.clone() };
    system.spawn(ComponentSpec::native(id("bench/done"), recorder)).unwrap();
    let pair = names(2);
    let requester = system.load(guests::requester().as_bytes()).unwrap();
    let responder = system.load(guests::responder().as_bytes()).unwrap();
    let spinner = system.load(guests::spinner().as_bytes()).unwrap();
    let sleeper = system.load(guests::sleeper().as_bytes()).unwrap();
    system.spawn(spec(&pair[0], &requester)).unwrap();
    system.spawn(spec(&pair[1], &responder)).unwrap();
    let mut host = system.sender(id("bench/start"));
    host.send(&pair[0], format!("T{}", pair[1]).as_bytes()).unwrap();
    system.wait_idle();

    let before = threads();
    let spinning = spawn(&system, "spinner", others.spinners, &spinner);
    let sleeping = spawn(&system, "sleeper", others.sleepers, &sleeper);
    for name in &spinning {
        host.send(name, b"spin").unwrap();
    }
    let a_second = [1];
    for name in &sleeping {
        (0..=seconds).for_each(|_| host.send(name, &a_second).unwrap());
    }
    let exchanges = u32::try_from(seconds * 1000 / 10).unwrap();
    let start = begin.elapsed();
    let due = |exchange: u32| start + INTERVAL * exchange;
    for exchange in 0..exchanges {
        thread::sleep(due(exchange).saturating_sub(begin.elapsed()));
        host.send(&pair[0], &token(1)).unwrap();
    }
    let mut late: Vec<_> = (0..exchanges)
        .map(|exchange| {
            let at: Instant = times.recv().unwrap();
            at.duration_since(*begin).saturating_sub(due(exchange)).as_secs_f64() * 1e3
        })
        .collect();
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
    let during = threads();
    for name in spinning.iter().chain(&sleeping) {
        system.stop(name);
    }
    let settled = Instant::now();
    while threads() > before && settled.elapsed() < Duration::from_secs(5) {
        thread::yield_now();
    }
    let (p50, p99, most, after) = (at(0.5), at(0.99), at(1.0), threads());
    println!("| {others} | {p50:.2} | {p99:.2} | {most:.2} | {before}, {during}, {after} |");
}

/// Spawns so many guests that may take long.
fn spawn(system: &System, name: &str, count: usize, guest: &Guest) -> Vec<String> {
    let names: Vec<_> = (0..count).map(|number| format!("bench/{name}-{number}")).collect();
    let limits = Limits { message_timeout: LIMIT, ..Limits::default() };
    for name in &names {
        system.spawn(ComponentSpec::guest(id(name), guest).limits(limits)).unwrap();
    }
    names
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.spinners, self.sleepers) {
            (0, 0) => write!(f, "none"),
            (spinners, 0) => write!(f, "{spinners} that spin"),
            (0, sleepers) => write!(f, "{sleepers} that sleep"),
            (spinners, sleepers) => write!(f, "{spinners} that spin, {sleepers} that sleep"),
        }
    }
}

/// How many threads this process has.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

/// Says when each exchange was done.
struct Done {
    done: Sender<Instant>,
}

impl Native for Done {
    fn handle_message(
        &mut self,
        _sender: &ComponentId,
        _token: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.done.send(Instant::now()).unwrap();
        Ok(None)
    }
}
