//! What holds in every order in which threads may run, by loom, which tries them all:
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p airssys-wasm-actor --lib proofs`

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::Clock;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use crate::activation::Activation;
use crate::run_queue::Runnable;
use crate::sync::Mutex;
use crate::workers::Workers;
use crate::{Actor, Address, Context, Exit, MailboxLimits, Overflow, Scheduler, TrySendError};

/// A clock that stands: time is no part of these.
struct Still;

impl Clock for Still {
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn unix_nanos_at(&self, _: Duration) -> u64 {
        0
    }
}

/// Tries all orders in which no more than so many switches between threads happen that the
/// threads did not ask for: an order that goes wrong rarely needs more than two.
fn in_every_order(preemptions: usize, run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.max_branches = 100_000;
    model.check(run);
}

/// Actors that are run by whoever steps.
fn stepped() -> Arc<Scheduler> {
    Arc::new(Scheduler::seeded(0, Arc::new(Still)))
}

fn steps_on_a_thread(scheduler: &Arc<Scheduler>) -> thread::JoinHandle<()> {
    let scheduler = Arc::clone(scheduler);
    thread::spawn(move || while scheduler.step() {})
}

fn limits(capacity: usize) -> MailboxLimits {
    MailboxLimits { capacity, ..MailboxLimits::default() }
}

/// Keeps what became of each message, and sees to it that one is handled at a time.
#[derive(Default)]
struct Log {
    running: AtomicUsize,
    handled: Mutex<Vec<u32>>,
    undelivered: Mutex<Vec<u32>>,
}

struct Logger(Arc<Log>);

impl Actor for Logger {
    type Message = u32;

    fn handle(&mut self, message: u32, _: &mut Context<'_, Self>) {
        assert_eq!(self.0.running.fetch_add(1, SeqCst), 0, "two threads run one actor");
        self.0.handled.lock().push(message);
        self.0.running.fetch_sub(1, SeqCst);
    }

    fn stopped(&mut self, _: Exit, undelivered: VecDeque<u32>) {
        self.0.undelivered.lock().extend(undelivered);
    }
}

fn logger(scheduler: &Scheduler, capacity: usize) -> (Address<Logger>, Arc<Log>) {
    let log = Arc::new(Log::default());
    (scheduler.spawn(Logger(Arc::clone(&log)), limits(capacity)), log)
}

#[test]
fn each_message_is_handled_once_and_in_order() {
    in_every_order(3, || {
        let scheduler = stepped();
        let (address, log) = logger(&scheduler, 10);
        drop(address.try_send(1));
        let runner = steps_on_a_thread(&scheduler);
        drop(address.try_send(2));
        scheduler.step();
        drop(address.try_send(3));
        runner.join().expect("it ends");
        while scheduler.step() {}
        assert_eq!(*log.handled.lock(), [1, 2, 3]);
        assert!(address.is_idle());
    });
}

#[test]
fn a_stop_terminates_and_accounts_for_each_message() {
    in_every_order(3, || {
        let scheduler = stepped();
        let (address, log) = logger(&scheduler, 10);
        drop(address.try_send(1));
        let stopping = address.clone();
        let runner = steps_on_a_thread(&scheduler);
        let stopper = thread::spawn(move || {
            assert!(stopping.command(|_, context| context.stop()).is_ok());
        });
        let accepted = match address.try_send(2) {
            Ok(_) => vec![1, 2],
            Err(TrySendError::Stopped(2)) => vec![1],
            Err(other) => panic!("{other:?}"),
        };
        runner.join().expect("it ends");
        stopper.join().expect("it ends");
        while scheduler.step() {}
        let mut all = log.handled.lock().clone();
        all.extend(log.undelivered.lock().iter());
        assert_eq!(all, accepted);
        assert!(address.try_send(3).is_err(), "it has stopped");
    });
}

#[test]
fn a_mailbox_holds_no_more_than_it_may_and_loses_nothing() {
    for overflow in [Overflow::Reject, Overflow::DropOldest, Overflow::DropNewest] {
        in_every_order(3, move || {
            let scheduler = stepped();
            let log = Arc::new(Log::default());
            let limits = MailboxLimits { capacity: 1, overflow, ..MailboxLimits::default() };
            let address = scheduler.spawn(Logger(Arc::clone(&log)), limits);
            let runner = steps_on_a_thread(&scheduler);
            let mut gone = Vec::new();
            for message in 1..=3 {
                match address.try_send(message) {
                    Ok(sent) => gone.extend(sent.dropped),
                    Err(TrySendError::Full(message) | TrySendError::Stopped(message)) => {
                        gone.push(message);
                    }
                }
                assert!(address.queued() <= 1);
            }
            runner.join().expect("it ends");
            while scheduler.step() {}
            gone.extend(log.handled.lock().iter());
            gone.sort_unstable();
            assert_eq!(gone, [1, 2, 3], "{overflow:?}");
        });
    }
}

/// Waits in the middle of each message until it has been woken.
struct Waits(Arc<Log>);

impl Actor for Waits {
    type Message = u32;

    fn handle(&mut self, message: u32, context: &mut Context<'_, Self>) {
        self.0.running.store(message as usize, SeqCst);
        context.wait();
    }

    fn proceed(&mut self, _: &mut Context<'_, Self>) {
        self.0.handled.lock().push(self.0.running.load(SeqCst) as u32);
    }
}

#[test]
fn no_wake_is_lost() {
    in_every_order(3, || {
        let scheduler = stepped();
        let log = Arc::new(Log::default());
        let address = scheduler.spawn(Waits(Arc::clone(&log)), limits(10));
        drop(address.try_send(7));
        let waking = address.clone();
        let seen = Arc::clone(&log);
        let waker = thread::spawn(move || {
            // As what it waits for would: only once it waits, or is about to.
            if seen.running.load(SeqCst) == 7 {
                waking.waker().wake();
                return true;
            }
            false
        });
        while scheduler.step() {}
        if !waker.join().expect("it ends") {
            address.waker().wake();
        }
        while scheduler.step() {}
        assert_eq!(*log.handled.lock(), [7]);
        assert!(address.is_idle());
    });
}

/// Passes messages on, and waits for who it has filled.
struct Passes {
    to: Option<Address<Passes>>,
    log: Arc<Log>,
}

impl Actor for Passes {
    type Message = u32;

    fn handle(&mut self, message: u32, context: &mut Context<'_, Self>) {
        self.log.handled.lock().push(message);
        let Some(to) = &self.to else { return };
        if message > 0 && to.try_send(message - 1).is_ok_and(|sent| sent.over_high_water) {
            context.await_room(to, 1);
        }
    }
}

#[test]
fn who_waits_for_room_goes_on_when_there_is_some() {
    in_every_order(3, || {
        let scheduler = stepped();
        let (sent, received) = <(Arc<Log>, Arc<Log>)>::default();
        let last = Passes { to: None, log: Arc::clone(&received) };
        let last = scheduler.spawn(last, limits(1));
        let first = Passes { to: Some(last.clone()), log: Arc::clone(&sent) };
        let first = scheduler.spawn(first, limits(10));
        for message in [10, 20] {
            drop(first.try_send(message));
        }
        let runner = steps_on_a_thread(&scheduler);
        while scheduler.step() {}
        runner.join().expect("it ends");
        while scheduler.step() {}
        assert_eq!(*sent.handled.lock(), [10, 20]);
        assert_eq!(*received.handled.lock(), [9, 19], "flow control loses nothing");
    });
}

#[test]
fn no_circle_of_waiting_closes() {
    in_every_order(3, || {
        let scheduler = stepped();
        let logs: [Arc<Log>; 2] = Default::default();
        let spawn =
            |log: &Arc<Log>| scheduler.spawn(Passes { to: None, log: Arc::clone(log) }, limits(1));
        let (one, other) = (spawn(&logs[0]), spawn(&logs[1]));
        for (from, to) in [(&one, &other), (&other, &one)] {
            let to = to.clone();
            assert!(from.command(move |passes, _| passes.to = Some(to)).is_ok());
        }
        while scheduler.step() {}
        for address in [&one, &other] {
            drop(address.try_send(1));
        }
        let runner = steps_on_a_thread(&scheduler);
        while scheduler.step() {}
        runner.join().expect("it ends");
        while scheduler.step() {}
        assert!(one.is_idle() && other.is_idle(), "each waits for the other");
    });
}

/// A task that counts, in the middle of which others may run.
struct Counts {
    count: Arc<AtomicUsize>,
    makes_room: bool,
}

impl Runnable for Counts {
    fn run(self: Box<Self>, _: &mut Activation<'_>) {
        if self.makes_room {
            Scheduler::make_room();
        }
        self.count.fetch_add(1, SeqCst);
    }
}

fn counts(count: &Arc<AtomicUsize>, makes_room: bool) -> Box<Counts> {
    Box::new(Counts { count: Arc::clone(count), makes_room })
}

/// Runs `tasks` that come from outside on this many workers, and returns once they have run.
fn run_tasks(workers: usize, spare_threads: usize, tasks: &[bool]) {
    let (workers, places) = Workers::new(workers, spare_threads, Arc::new(Still));
    workers.start(places).expect("threads");
    let count = Arc::new(AtomicUsize::new(0));
    for makes_room in tasks {
        workers.enqueue(counts(&count, *makes_room));
    }
    assert!(workers.sleep.wait_quiet(None, || workers.has_work()));
    assert_eq!(count.load(SeqCst), tasks.len());
    workers.stop();
}

#[test]
fn a_worker_that_falls_asleep_misses_no_task() {
    in_every_order(3, || run_tasks(1, 0, &[false, false]));
}

#[test]
fn of_two_workers_neither_misses_a_task() {
    in_every_order(2, || run_tasks(2, 0, &[false, false]));
}

#[test]
fn a_parked_task_gets_its_place_again() {
    in_every_order(2, || run_tasks(1, 1, &[true, false]));
}

#[test]
fn two_tasks_that_make_room_for_each_other_both_end() {
    in_every_order(1, || run_tasks(1, 1, &[true, true]));
}
