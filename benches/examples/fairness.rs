//! What others feel of guests that compute without end, and of guests that sleep in WASI: two guests
//! exchange a request each 10 ms, timed from when it was due, beside four of each for each core. What
//! the machine adds is told with it: how late a bare thread is that wakes up each 10 ms.
//!
//! `cargo run --release -p airssys-wasm-benches --example fairness -- 60`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fmt;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, Guest, Limits, Native, System,
};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::memory::{threads, threads_down_to};
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
    println!(
        "| others | p50, p99, most, ms | a bare thread, ms | threads: before, during, after |"
    );
    println!("| --- | --- | --- | --- |");
    let many = 4 * thread::available_parallelism().unwrap().get();
    measure(seconds, Others::default());
    measure(seconds, Others { spinners: many, ..Others::default() });
    measure(seconds, Others { sleepers: many, ..Others::default() });
    measure(seconds, Others { spinners: many, sleepers: many });
}

fn measure(seconds: u64, others: Others) {
    let system = System::builder().drain(Duration::ZERO).build().unwrap();
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
    let start = Instant::now();
    let due = move |exchange: u32| start + INTERVAL * exchange;
    let sleep_until = |at: Instant| thread::sleep(at.saturating_duration_since(Instant::now()));
    // Half an interval after the others, not to be in their way.
    let bare = thread::spawn(move || {
        let wake = |exchange| {
            let due = due(exchange) + INTERVAL / 2;
            sleep_until(due);
            due.elapsed()
        };
        Lateness::of((0..exchanges).map(wake))
    });
    for exchange in 0..exchanges {
        sleep_until(due(exchange));
        host.send(&pair[0], &token(1)).unwrap();
    }
    let done = |exchange| times.recv().unwrap().saturating_duration_since(due(exchange));
    let late = Lateness::of((0..exchanges).map(done));
    let bare = bare.join().unwrap();
    let during = threads();
    for name in spinning.iter().chain(&sleeping) {
        system.stop(name);
    }
    let after = threads_down_to(before);
    println!("| {others} | {late} | {bare} | {before}, {during}, {after} |");
}

/// How late things were, the least first.
struct Lateness(Vec<Duration>);

impl Lateness {
    fn of(late: impl Iterator<Item = Duration>) -> Self {
        let mut late: Vec<_> = late.collect();
        late.sort();
        Self(late)
    }
}

/// The median, the 99th percentile and the most, in milliseconds.
impl fmt::Display for Lateness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |percent: usize| self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        write!(f, "{:.2}, {:.2}, {:.2}", at(50), at(99), at(100))
    }
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
