//! Messages between actors, beside what a queue alone costs.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airssys_wasm_actor::{Actor, Address, Context, MailboxLimits, Scheduler, SystemClock};
use criterion::{Criterion, criterion_group, criterion_main};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30);
    targets = mailbox, tell, hop
}
criterion_main!(benches);

/// So many messages are pushed before the first is popped.
const BATCH: u64 = 500;

/// On one thread: a push through the address, and the actor's handling of it.
fn mailbox(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mailbox");
    let queue = Mutex::new(VecDeque::new());
    group.bench_function("floor: mutex and deque", |bencher| {
        bencher.iter_custom(|messages| {
            in_batches(
                messages,
                |count| queue.lock().unwrap().push_back(Token::new(count)),
                || while black_box(queue.lock().unwrap().pop_front()).is_some() {},
            )
        });
    });
    let scheduler = Scheduler::seeded(1, Arc::new(SystemClock::default()));
    let sink = scheduler.spawn(Sink { ended: mpsc::channel().0 }, MailboxLimits::default());
    group.bench_function("push and handle", |bencher| {
        bencher.iter_custom(|messages| {
            in_batches(
                messages,
                |_| drop(sink.try_send(Token::new(1)).unwrap()),
                || scheduler.wait_quiet(),
            )
        });
    });
}

fn in_batches(count: u64, push: impl Fn(u64), drain: impl Fn()) -> Duration {
    let begun = Instant::now();
    for left in (1..=count).rev() {
        push(left);
        if left % BATCH == 1 {
            drain();
        }
    }
    begun.elapsed()
}

fn tell(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tell");
    for workers in [1, 2] {
        let run = Run::new(workers);
        let sink = run.spawn(Sink { ended: run.end.clone() });
        let source = run.spawn(Source { target: sink, own: None });
        let own = source.clone();
        source.command(|source, _| source.own = Some(own)).unwrap();
        group.bench_function(format!("actor to actor, workers: {workers}"), |bencher| {
            bencher.iter_custom(|messages| run.measure(&source, messages));
        });
    }
    let run = Run::new(1);
    let sink = run.spawn(Sink { ended: run.end.clone() });
    group.bench_function("thread to actor", |bencher| {
        bencher.iter_custom(|messages| {
            let begun = Instant::now();
            for left in (0..messages).rev() {
                let _ = sink.send(Token::new(left)).unwrap();
            }
            run.ended.recv().unwrap();
            begun.elapsed()
        });
    });
}

fn hop(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hop");
    for (name, workers, size) in [
        ("ping-pong", 1, 2),
        ("ping-pong, 2 workers", 2, 2),
        ("ring of 1000", 1, 1000),
        ("ring of 10000", 1, 10_000),
    ] {
        let run = Run::new(workers);
        let relays: Vec<_> =
            (0..size).map(|_| run.spawn(Relay { next: None, ended: run.end.clone() })).collect();
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            relay.command(|relay, _| relay.next = Some(next)).unwrap();
        }
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|hops| run.measure(&relays[0], hops));
        });
    }
}

/// A scheduler, and how its actors say that a run has ended.
struct Run {
    scheduler: Scheduler,
    end: Sender<()>,
    ended: Receiver<()>,
}

impl Run {
    fn new(workers: usize) -> Self {
        let (end, ended) = mpsc::channel();
        Self { scheduler: Scheduler::start(workers), end, ended }
    }

    fn spawn<A: Actor>(&self, actor: A) -> Address<A> {
        self.scheduler.spawn(actor, MailboxLimits::default())
    }

    fn measure<A: Actor<Message = Token>>(&self, start: &Address<A>, count: u64) -> Duration {
        let begun = Instant::now();
        let _ = start.send(Token::new(count)).unwrap();
        self.ended.recv().unwrap();
        begun.elapsed()
    }
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
}

/// Counts tokens down and sends them on; at 0 the run has ended.
struct Relay {
    next: Option<Address<Relay>>,
    ended: Sender<()>,
}

impl Actor for Relay {
    type Message = Token;

    fn handle(&mut self, mut token: Token, _: &mut Context<'_, Self>) {
        match (token.count, &self.next) {
            (1.., Some(next)) => {
                token.count -= 1;
                let _ = next.try_send(token).unwrap();
            }
            _ => self.ended.send(()).unwrap(),
        }
    }
}

/// Sends as many tokens as its own says, 64 for each message, and then itself what is left.
struct Source {
    target: Address<Sink>,
    own: Option<Address<Source>>,
}

impl Actor for Source {
    type Message = Token;

    fn handle(&mut self, token: Token, context: &mut Context<'_, Self>) {
        let left_after = token.count.saturating_sub(64);
        let mut filled = false;
        for left in (left_after..token.count).rev() {
            let sent = self.target.try_send(Token::new(left)).unwrap();
            filled = sent.over_high_water || sent.room < 64;
        }
        if filled {
            context.await_room(&self.target, 64);
        }
        if let (1.., Some(own)) = (left_after, &self.own) {
            let _ = own.try_send(Token::new(left_after)).unwrap();
        }
    }
}

/// Takes tokens, until one comes with a count of 0.
struct Sink {
    ended: Sender<()>,
}

impl Actor for Sink {
    type Message = Token;

    fn handle(&mut self, token: Token, _: &mut Context<'_, Self>) {
        if black_box(token).count == 0 {
            self.ended.send(()).unwrap();
        }
    }
}
