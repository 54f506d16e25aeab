//! Actors without WebAssembly at what rivals are measured at, as far as the bench `actors` of
//! `airssys-wasm-actor` does not.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use airssys_wasm_actor::{Actor, Address, Context, MailboxLimits, Scheduler};
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30)
        .configure_from_args();
    for workers in [1, 2] {
        ask(&mut criterion, workers);
        ring(&mut criterion, workers, 1000, 100);
        ring(&mut criterion, workers, 1000, 1);
    }
    for size in [2, 10, 100, 10_000] {
        ring(&mut criterion, 1, size, 1);
    }
    criterion.final_summary();
}

/// A question carries the address that the answer goes to, and comes back as a message.
fn ask(criterion: &mut Criterion, workers: usize) {
    let scheduler = Scheduler::start(workers);
    let (end, ended) = mpsc::channel();
    let responder = scheduler.spawn(Responder, MailboxLimits::default());
    let requester = Requester { responder, own: None, end };
    let requester = scheduler.spawn(requester, MailboxLimits::default());
    let own = requester.clone();
    requester.command(|requester, _| requester.own = Some(own)).unwrap();
    let mut group = criterion.benchmark_group("ask");
    group.bench_function(format!("workers: {workers}"), |bencher| {
        bencher.iter_custom(|requests| {
            let begun = Instant::now();
            let _ = requester.send(Token::new(requests)).unwrap();
            ended.recv().unwrap();
            begun.elapsed()
        });
    });
}

fn ring(criterion: &mut Criterion, workers: usize, size: usize, tokens: usize) {
    let scheduler = Scheduler::start(workers);
    let (end, ended) = mpsc::channel();
    let spawn =
        |_| scheduler.spawn(Relay { next: None, end: end.clone() }, MailboxLimits::default());
    let relays: Vec<_> = (0..size).map(spawn).collect();
    for (at, relay) in relays.iter().enumerate() {
        let next = relays[(at + 1) % size].clone();
        relay.command(|relay, _| relay.next = Some(next)).unwrap();
    }
    let starts: Vec<_> = relays.iter().step_by(size / tokens).take(tokens).collect();
    let mut group = criterion.benchmark_group("ring");
    group.bench_function(
        format!("size: {size}, tokens: {tokens}, workers: {workers}"),
        |bencher| {
            bencher.iter_custom(|hops| pass_on(&starts, &ended, hops));
        },
    );
}

fn pass_on(starts: &[&Address<Relay>], ended: &Receiver<()>, hops: u64) -> Duration {
    let tokens = starts.len() as u64;
    let each = hops.div_ceil(tokens);
    let begun = Instant::now();
    for start in starts {
        let _ = start.send(Token::new(each)).unwrap();
    }
    starts.iter().for_each(|_| ended.recv().unwrap());
    begun.elapsed().mul_f64(hops as f64 / (each * tokens) as f64)
}

/// 64 bytes with a count in them.
struct Token {
    count: u64,
    _rest: [u64; 7],
}

impl Token {
    fn new(count: u64) -> Self {
        Self { count, _rest: [7; 7] }
    }

    fn count_down(mut self) -> Option<Self> {
        self.count = self.count.checked_sub(1)?;
        Some(self)
    }
}

/// Counts tokens down and sends them on; at 0 the run has ended.
struct Relay {
    next: Option<Address<Relay>>,
    end: Sender<()>,
}

impl Actor for Relay {
    type Message = Token;

    fn handle(&mut self, token: Token, _: &mut Context<'_, Self>) {
        match (token.count_down(), &self.next) {
            (Some(token), Some(next)) => drop(next.try_send(token).unwrap()),
            _ => self.end.send(()).unwrap(),
        }
    }
}

/// Asks as often as the count of its token says, each time when the last answer has come.
struct Requester {
    responder: Address<Responder>,
    own: Option<Address<Requester>>,
    end: Sender<()>,
}

impl Actor for Requester {
    type Message = Token;

    fn handle(&mut self, token: Token, _: &mut Context<'_, Self>) {
        match (black_box(token).count_down(), &self.own) {
            (Some(token), Some(own)) => {
                let question = Question { token, answer_to: own.clone() };
                drop(self.responder.try_send(question).unwrap());
            }
            _ => self.end.send(()).unwrap(),
        }
    }
}

struct Question {
    token: Token,
    answer_to: Address<Requester>,
}

/// Answers with the token.
struct Responder;

impl Actor for Responder {
    type Message = Question;

    fn handle(&mut self, question: Question, _: &mut Context<'_, Self>) {
        drop(question.answer_to.try_send(question.token).unwrap());
    }
}
