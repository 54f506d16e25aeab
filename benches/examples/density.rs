//! What many components cost: time and memory for each of them, beside as many bare instances.
//!
//! `cargo run --release -p airssys-wasm-benches --example density -- 10000`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use airssys_wasm::{ComponentId, Sender, System};
use airssys_wasm_benches::bare::{BareComponent, BareInstance};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::memory::resident_kib;
use airssys_wasm_benches::rig::{names, spec};
use airssys_wasm_benches::token::token;

/// How many components have their mailboxes filled, and with how many messages.
const FULL: usize = 100;
const QUEUED: usize = 1000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let count = arguments.first().map_or(10_000, |count| count.parse().unwrap());
    match arguments.get(1).map(String::as_str) {
        None => table(count),
        Some("bare") => bare(count),
        Some(_) => system(count),
    }
}

/// Each kind in a process of its own, so that none finds memory which another has warmed.
fn table(count: usize) {
    println!("| {count} | time for each, µs | memory for each, KiB |\n| --- | ---: | ---: |");
    for kind in ["bare", "system"] {
        let this = env::current_exe().unwrap();
        let done = Command::new(this).args([count.to_string().as_str(), kind]).status().unwrap();
        assert!(done.success());
    }
}

fn bare(count: usize) {
    let component = BareComponent::new(&guests::responder());
    let names = names(count);
    let mut step = Step::begin();
    let mut instances: Vec<BareInstance> = names.iter().map(|_| component.instantiate()).collect();
    step.end("bare: start", count);
    for (instance, name) in instances.iter_mut().zip(&names) {
        instance.handle_message(name, &token(1));
    }
    step.end("bare: one call", count);
    drop(instances);
    step.end("bare: drop", count);
}

fn system(count: usize) {
    let system = System::builder().build().unwrap();
    let mut sender = system.sender(ComponentId::parse("bench/start").unwrap());
    let guest = system.load(guests::responder().as_bytes()).unwrap();
    let names = names(count);
    let mut step = Step::begin();
    for name in &names {
        system.spawn(spec(name, &guest)).unwrap();
    }
    step.end("system: start", count);
    send_to_all(&system, &mut sender, &names);
    step.end("system: one message", count);
    send_to_all(&system, &mut sender, &names);
    step.end("system: another", count);
    let full = &names[..FULL.min(count)];
    fill(&system, &mut sender, full);
    step.end("system: 1000 messages queued", full.len());
    full.iter().for_each(|name| assert!(system.resume(name)));
    system.wait_idle();
    step.end("system: and handled", full.len());
    system.shutdown();
    step.end("system: stop", count);
}

fn send_to_all(system: &System, sender: &mut Sender, names: &[String]) {
    for name in names {
        sender.try_send(name, &token(1)).unwrap();
    }
    system.wait_idle();
}

fn fill(system: &System, sender: &mut Sender, names: &[String]) {
    for name in names {
        assert!(system.suspend(name));
    }
    system.wait_idle();
    for name in names {
        for _ in 0..QUEUED {
            sender.try_send(name, &token(1)).unwrap();
        }
    }
}

/// From one row of the table to the next.
struct Step {
    begun: Instant,
    resident: i64,
}

impl Step {
    fn begin() -> Self {
        Self { begun: Instant::now(), resident: resident_kib() }
    }

    /// Prints what has changed since the last step, for each of `count`.
    fn end(&mut self, what: &str, count: usize) {
        let taken: Duration = self.begun.elapsed();
        let resident = resident_kib();
        let micros = taken.as_secs_f64() * 1e6 / count as f64;
        let memory = (resident - self.resident) as f64 / count as f64;
        println!("| {what} | {micros:.1} | {memory:.1} |");
        *self = Self { begun: Instant::now(), resident };
    }
}
