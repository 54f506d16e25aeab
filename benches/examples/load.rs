//! All kinds of work at once and at full speed: whether messages are lost, and whether throughput,
//! memory and threads stay as they are.
//!
//! `cargo run --release -p airssys-wasm-benches --example load -- 600` is ten minutes.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::{
    Backoff, ComponentError, ComponentId, ComponentSpec, Context, DeadLetterReason, Event, Grants,
    Guest, Intensity, Metrics, Native, PatternSet, Sender, System,
};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::memory::{resident_kib, threads, threads_down_to};
use airssys_wasm_benches::rig::{fail, names, spec};
use airssys_wasm_benches::token::token;

const RING: usize = 1000;
const TOKENS: usize = 500;
const REQUESTERS: usize = 50;
const TOPICS: usize = 4;
const SUBSCRIBERS: usize = 16;
const CRASHING: usize = 16;
const CRASHING_ID: &str = "benchmarks/load/crashing-";

/// What no token comes to the end of.
const WITHOUT_END: u64 = u64::MAX;

/// So often each of those that crash is sent a message.
const CRASHES: Duration = Duration::from_millis(10);

/// For so long a message may be in hand at the end.
const AFTERWARDS: Duration = Duration::from_secs(10);

/// From one line to the next.
const INTERVAL: Duration = Duration::from_secs(10);

fn main() {
    let seconds = env::args().nth(1).map_or(60, |seconds| seconds.parse().unwrap());
    let time = Duration::from_secs(seconds);
    let mut load = Load::new();
    let mut starts = load.spawn_ring();
    starts.extend(load.spawn_streams());
    starts.extend(load.spawn_requesters());
    starts.extend(load.spawn_publishers());
    let crashing = load.spawn_crashing();
    load.system.wait_idle();
    let threads_before = threads();
    for (name, message) in &starts {
        load.send(name, message);
    }

    println!("| after, s | messages a second | resident, KiB | threads |");
    println!("| ---: | ---: | ---: | ---: |");
    let begun = Instant::now();
    let mut lines = Vec::new();
    let mut last = Line { handled: load.handled(), ..Line::default() };
    while begun.elapsed() < time {
        let due = last.after + INTERVAL.min(time - last.after);
        while begun.elapsed() < due {
            load.crash(&crashing);
            thread::sleep(CRASHES);
        }
        last = Line::after(&last, begun.elapsed(), load.handled());
        let Line { after, rate, resident, threads, .. } = &last;
        println!("| {:.0} | {rate:.0} | {resident} | {threads} |", after.as_secs_f64());
        lines.push(last.clone());
    }
    summarise(&lines);
    let lost = load.stop();
    load.print_totals();
    println!("messages lost: {lost}");
    assert_eq!(lost, 0, "messages were lost");
    let threads_after = threads_down_to(threads_before);
    println!("threads before and after: {threads_before} and {threads_after}");
    assert!(threads_after <= threads_before, "there are more threads than before");
}

fn summarise(lines: &[Line]) {
    let fifth = fifth(lines);
    let mean =
        |lines: &[Line]| lines.iter().map(|line| line.rate).sum::<f64>() / lines.len() as f64;
    let (first, last) = (mean(&lines[..fifth]), mean(&lines[lines.len() - fifth..]));
    println!("messages a second: {first:.0} in the first fifth, {last:.0} in the last");
    let least = lines.iter().map(|line| line.rate).fold(f64::INFINITY, f64::min);
    let most = lines.iter().map(|line| line.rate).fold(0.0, f64::max);
    let spread = (most - least) / mean(lines) * 100.0;
    println!("from {least:.0} to {most:.0}, which is {spread:.1} % of the mean");
    let end = &lines[lines.len() - 1];
    let minute = lines.iter().find(|line| line.after >= Duration::from_secs(60)).unwrap_or(end);
    let grown = end.resident - minute.resident;
    println!("memory since the first minute: {grown:+} KiB, of {}", end.resident);
    let fewest = lines.iter().map(|line| line.threads).min().unwrap_or_default();
    let most = lines.iter().map(|line| line.threads).max().unwrap_or_default();
    println!("threads: {fewest} to {most}");
}

/// How many lines are a fifth of them.
fn fifth(lines: &[Line]) -> usize {
    (lines.len() / 5).max(1)
}

/// What was measured in one interval.
#[derive(Clone, Default)]
struct Line {
    after: Duration,
    handled: u64,
    rate: f64,
    resident: i64,
    threads: i64,
}

impl Line {
    fn after(last: &Self, after: Duration, handled: u64) -> Self {
        let rate = (handled - last.handled) as f64 / (after - last.after).as_secs_f64();
        Self { after, handled, rate, resident: resident_kib(), threads: threads() }
    }
}

/// A system at work.
struct Load {
    system: System,
    host: Sender,
    /// Messages of the host's that were accepted.
    sent: u64,
    components: Vec<String>,
}

/// The messages with which work begins, and whom they are for.
type Starts = Vec<(String, Vec<u8>)>;

impl Load {
    fn new() -> Self {
        let system = System::builder()
            .request_timeout(Duration::from_secs(60))
            .drain(Duration::ZERO)
            .dead_letters(1000, 1 << 20)
            .on_event(expect_crash)
            .build()
            .unwrap();
        let host = system.sender("bench/start".parse().unwrap());
        Self { system, host, sent: 0, components: Vec::new() }
    }

    fn spawn_ring(&mut self) -> Starts {
        let relays = self.load(&guests::relay());
        let names = names(RING);
        for (number, name) in names.iter().enumerate() {
            self.spawn(name, spec(name, relays.at(number)));
            self.aim(name, &names[(number + 1) % RING]);
        }
        names.into_iter().step_by(RING / TOKENS).map(begins).collect()
    }

    fn spawn_streams(&mut self) -> Starts {
        let other = guests::SOURCE_ID.replace("source-component-1", "source-component-2");
        let by_handle = guests::source_by_handle(64).replace(guests::SOURCE_ID, &other);
        let sources = [(guests::SOURCE_ID.into(), guests::source(64)), (other, by_handle)];
        let sinks = self.load(&guests::batch_sink());
        for (number, (source, text)) in sources.iter().enumerate() {
            let sink = format!("benchmarks/load/sink-{number}");
            self.spawn(&sink, spec(&sink, sinks.at(number)));
            let guest = self.load(text);
            self.spawn(source, spec(source, guest.at(number)));
            self.aim(source, &sink);
        }
        sources.map(|(source, _)| begins(source)).into()
    }

    fn spawn_requesters(&mut self) -> Starts {
        let requesters = self.load(&guests::requester());
        let responders = self.load(&guests::responder());
        let pair = |number| {
            let requester = format!("benchmarks/load/requester-{number}");
            let responder = format!("benchmarks/load/responder-{number}");
            self.spawn(&responder, spec(&responder, responders.at(number)));
            self.spawn(&requester, spec(&requester, requesters.at(number)));
            self.aim(&requester, &responder);
            begins(requester)
        };
        (0..REQUESTERS).map(pair).collect()
    }

    /// Each publishes again when all of its subscribers have told it that they have the last one.
    fn spawn_publishers(&mut self) -> Starts {
        let puppets = self.load(&guests::puppet());
        let publisher = |number| {
            let name = format!("benchmarks/load/publisher-{number}");
            let topic = format!("load/topic-{number}");
            let patterns = PatternSet::parse([topic.as_str()]).unwrap();
            for subscriber in 0..SUBSCRIBERS {
                let subscriber_name = format!("benchmarks/load/subscriber-{number}-{subscriber}");
                let grants = Grants {
                    send: PatternSet::parse([name.as_str()]).unwrap(),
                    subscribe: patterns.clone(),
                    ..Grants::default()
                };
                self.spawn(
                    &subscriber_name,
                    spec(&subscriber_name, puppets.at(subscriber)).grants(grants),
                );
                self.send(&subscriber_name, format!("b{topic}").as_bytes());
            }
            let publisher = Publisher::new(&name, topic);
            let grants = Grants { publish: patterns, ..Grants::default() };
            let spec = ComponentSpec::native(name.parse().unwrap(), move || publisher.clone());
            self.spawn(&name, spec.grants(grants));
            (name, b"begin".to_vec())
        };
        (0..TOPICS).map(publisher).collect()
    }

    /// Relays that were told no target.
    fn spawn_crashing(&mut self) -> Vec<String> {
        let relays = self.load(&guests::relay());
        let at_once = Backoff { initial: Duration::ZERO, max: Duration::ZERO };
        let always = Intensity { max_restarts: u32::MAX, within: Duration::from_secs(1) };
        let crashing = |number| {
            let name = format!("{CRASHING_ID}{number}");
            let spec = spec(&name, relays.at(number)).backoff(at_once).intensity(always);
            self.spawn(&name, spec);
            name
        };
        (0..CRASHING).map(crashing).collect()
    }

    fn crash(&mut self, names: &[String]) {
        for name in names {
            self.send(name, &token(WITHOUT_END));
        }
    }

    fn load(&self, text: &str) -> BothWays {
        let not_directly = not_directly(text);
        BothWays([text, &not_directly].map(|text| self.system.load(text.as_bytes()).unwrap()))
    }

    fn spawn(&mut self, name: &str, spec: ComponentSpec) {
        self.components.push(name.to_owned());
        self.system.spawn(spec).unwrap();
    }

    fn aim(&mut self, name: &str, target: &str) {
        self.send(name, format!("T{target}").as_bytes());
    }

    fn send(&mut self, name: &str, message: &[u8]) {
        self.host.send(name, message).unwrap();
        self.sent += 1;
    }

    /// Messages that were handled, of all components; callbacks count, as responses do elsewhere.
    fn handled(&self) -> u64 {
        self.metrics().map(|metrics| metrics.handled + metrics.callbacks).sum()
    }

    /// Has all components do nothing more, and says how many messages are not to be found.
    fn stop(&self) -> u64 {
        for name in &self.components {
            assert!(self.system.suspend(name));
        }
        let begun = Instant::now();
        loop {
            let lost = self.lost();
            if lost == 0 || begun.elapsed() > AFTERWARDS {
                return lost;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Messages that were sent and not accepted by their receivers, or accepted, and of which
    /// nothing came; so many are also in hand.
    fn lost(&self) -> u64 {
        let sends = self.metrics().map(|Metrics { sends, .. }| sends.accepted + sends.copies);
        let sent = self.sent + sends.sum::<u64>();
        let accepted = self.metrics().map(|metrics| metrics.accepted).sum::<u64>();
        let unaccounted = self.metrics().map(|metrics| {
            let Metrics { queued, handled, refused, crashed, dropped, stopped, .. } = metrics;
            let known = queued + handled + refused + crashed + dropped + stopped;
            metrics.accepted.abs_diff(known)
        });
        sent.abs_diff(accepted) + unaccounted.sum::<u64>()
    }

    fn print_totals(&self) {
        let sum = |count: fn(Metrics) -> u64| self.metrics().map(count).sum::<u64>();
        println!(
            "messages: {} handled, {} crashed with; callbacks: {}; publications: {}, copies: {}; restarts: {}",
            sum(|it| it.handled),
            sum(|it| it.crashed),
            sum(|it| it.callbacks),
            sum(|it| it.sends.published),
            sum(|it| it.sends.copies),
            sum(|it| it.restarts),
        );
    }

    fn metrics(&self) -> impl Iterator<Item = Metrics> {
        self.components.iter().map(|name| self.system.metrics(name).unwrap())
    }
}

fn begins(name: String) -> (String, Vec<u8>) {
    (name, token(WITHOUT_END).to_vec())
}

/// Whatever else goes wrong makes the figures worthless. What is left in the end is stopped.
fn expect_crash(event: &Event<'_>) {
    let is_crashing = |id: &ComponentId| id.as_str().starts_with(CRASHING_ID);
    match event {
        Event::Crashed { id, restart: Some(_), .. } | Event::Restarted { id }
            if is_crashing(id) => {}
        Event::DeadLetter(letter) if is_crashing(&letter.target) => {}
        Event::DeadLetter(letter) if letter.reason == DeadLetterReason::Stopped => {}
        _ => fail(event),
    }
}

/// The same guest, as it is called through wasmtime's component model: to one with an export of this
/// name nothing can be added by which it would be called directly.
fn not_directly(text: &str) -> String {
    let rest = text.trim_end().strip_suffix(')').unwrap();
    format!(r#"{rest} (func (export "airssys:host#handle-message")))"#)
}

/// A guest that is called directly, and the same through wasmtime's component model.
struct BothWays([Guest; 2]);

impl BothWays {
    /// They take turns.
    fn at(&self, number: usize) -> &Guest {
        &self.0[number % 2]
    }
}

#[derive(Clone)]
struct Publisher {
    topic: String,
    publication: Vec<u8>,
    /// Subscribers that have not told it that they have the last publication.
    waits_for: u32,
}

impl Publisher {
    /// It publishes the order to send a message to it.
    fn new(name: &str, topic: String) -> Self {
        let (once, length) = (1_u32.to_le_bytes(), u16::try_from(name.len()).unwrap());
        let publication =
            [b"m".as_slice(), &once, &length.to_le_bytes(), name.as_bytes(), b"taken"].concat();
        Self { topic, publication, waits_for: 0 }
    }
}

impl Native for Publisher {
    fn handle_message(
        &mut self,
        _sender: &ComponentId,
        _message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.waits_for = self.waits_for.saturating_sub(1);
        if self.waits_for == 0 {
            let published = context.publish(&self.topic, &self.publication);
            self.waits_for =
                published.map_err(|error| ComponentError::new(1, error.to_string()))?;
        }
        Ok(None)
    }
}
