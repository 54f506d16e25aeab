//! What an actor can rely on, on worker threads and in seeded orders.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use airssys_wasm_actor::{
    Actor, Address, Context, Exit, MailboxLimits, Overflow, Scheduler, SystemClock, TrySendError,
};

/// Keeps what it gets, and says so.
struct Recorder {
    seen: mpsc::Sender<Seen>,
}

#[derive(Debug, PartialEq)]
enum Seen {
    Message(u64),
    Stopped(Exit, Vec<u64>),
}

impl Actor for Recorder {
    type Message = u64;

    fn handle(&mut self, message: u64, _: &mut Context<'_, Self>) {
        self.seen.send(Seen::Message(message)).unwrap();
        assert_ne!(message, 13, "this one panics");
    }

    fn stopped(&mut self, exit: Exit, undelivered: VecDeque<u64>) {
        let _ = self.seen.send(Seen::Stopped(exit, undelivered.into()));
    }
}

fn limits(capacity: usize) -> MailboxLimits {
    MailboxLimits { capacity, ..MailboxLimits::default() }
}

fn seeded(seed: u64) -> Scheduler {
    Scheduler::seeded(seed, Arc::new(SystemClock::default()))
}

fn recorder(scheduler: &Scheduler, capacity: usize) -> (Address<Recorder>, mpsc::Receiver<Seen>) {
    let (seen, events) = mpsc::channel();
    (scheduler.spawn(Recorder { seen }, limits(capacity)), events)
}

/// Passes a count on to the next until it is 0.
struct Relay {
    next: Option<Address<Relay>>,
    handled: Arc<AtomicU64>,
}

impl Actor for Relay {
    type Message = u64;

    fn handle(&mut self, count: u64, _: &mut Context<'_, Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if let (Some(next), 1..) = (&self.next, count) {
            let _ = next.try_send(count - 1).unwrap();
        }
    }
}

fn ring(scheduler: &Scheduler, members: usize, handled: &Arc<AtomicU64>) -> Vec<Address<Relay>> {
    let ring: Vec<_> = (0..members)
        .map(|_| scheduler.spawn(Relay { next: None, handled: Arc::clone(handled) }, limits(1000)))
        .collect();
    for (at, relay) in ring.iter().enumerate() {
        let next = ring[(at + 1) % members].clone();
        relay.command(move |relay, _| relay.next = Some(next)).unwrap();
    }
    ring
}

#[test]
fn messages_of_one_sender_arrive_in_order_and_none_is_lost() {
    let scheduler = Scheduler::start(2);
    let (address, events) = recorder(&scheduler, 10);
    for number in 100..10_100 {
        let _ = address.send(number).unwrap();
    }
    for number in 100..10_100 {
        assert_eq!(events.recv().unwrap(), Seen::Message(number));
    }
}

#[test]
fn tokens_go_round_a_ring_on_two_workers() {
    let scheduler = Scheduler::start(2);
    let handled = Arc::new(AtomicU64::new(0));
    let ring = ring(&scheduler, 100, &handled);
    for relay in ring.iter().step_by(10) {
        let _ = relay.try_send(20_000).unwrap();
    }
    scheduler.wait_quiet();
    assert_eq!(handled.load(Ordering::Relaxed), 10 * 20_001);
    assert!(ring.iter().all(Address::is_idle));
    for relay in &ring {
        relay.command(|relay, _| relay.next = None).unwrap();
    }
}

#[test]
fn one_actor_never_runs_twice_at_once() {
    struct Alone(Arc<AtomicUsize>);
    impl Actor for Alone {
        type Message = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) {
            assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0);
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
        fn stopped(&mut self, exit: Exit, _: VecDeque<()>) {
            assert_eq!(exit, Exit::Stopped);
        }
    }
    let scheduler = Scheduler::start(2);
    let inside = Arc::new(AtomicUsize::new(0));
    let address = scheduler.spawn(Alone(inside), limits(8));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    let _ = address.send(()).unwrap();
                }
            });
        }
    });
    scheduler.wait_quiet();
    assert!(address.is_idle(), "it did not panic, and handled all");
    assert!(address.try_send(()).is_ok());
}

#[test]
fn a_command_overtakes_what_is_queued() {
    let scheduler = seeded(1);
    let (address, events) = recorder(&scheduler, 10);
    for number in 0..5 {
        let _ = address.try_send(number).unwrap();
    }
    address.command(|recorder, _| recorder.seen.send(Seen::Message(99)).unwrap()).unwrap();
    scheduler.wait_quiet();
    assert_eq!(events.recv().unwrap(), Seen::Message(99));
    assert_eq!(events.recv().unwrap(), Seen::Message(0));
}

#[test]
fn a_stopped_actor_hands_over_what_it_will_not_handle() {
    let scheduler = seeded(2);
    let (address, events) = recorder(&scheduler, 10);
    for number in 0..3 {
        let _ = address.try_send(number).unwrap();
    }
    address.command(|_, context| context.stop()).unwrap();
    scheduler.wait_quiet();
    assert_eq!(events.recv().unwrap(), Seen::Stopped(Exit::Stopped, vec![0, 1, 2]));
    assert!(matches!(address.try_send(4), Err(TrySendError::Stopped(4))));
    assert!(address.command(|_, _| {}).is_err());
}

#[test]
fn a_panic_ends_only_its_actor() {
    let scheduler = Scheduler::start(1);
    let (address, events) = recorder(&scheduler, 10);
    let (other, other_events) = recorder(&scheduler, 10);
    let _ = address.send(13).unwrap();
    assert_eq!(events.recv().unwrap(), Seen::Message(13));
    assert_eq!(events.recv().unwrap(), Seen::Stopped(Exit::Panicked, vec![]));
    let _ = other.send(1).unwrap();
    assert_eq!(other_events.recv().unwrap(), Seen::Message(1));
}

#[test]
fn a_paused_actor_handles_commands_only() {
    let scheduler = seeded(3);
    let (address, events) = recorder(&scheduler, 10);
    address.command(|_, context| context.pause()).unwrap();
    let _ = address.try_send(1).unwrap();
    scheduler.wait_quiet();
    assert!(events.try_recv().is_err());
    assert!(!address.is_idle());
    address.command(|_, context| context.resume()).unwrap();
    scheduler.wait_quiet();
    assert_eq!(events.try_recv().unwrap(), Seen::Message(1));
}

#[test]
fn mail_waits_for_an_actor_to_be_installed() {
    let scheduler = seeded(4);
    let (seen, events) = mpsc::channel();
    let address = scheduler.reserve(limits(10));
    let _ = address.try_send(1).unwrap();
    scheduler.wait_quiet();
    assert!(address.install(Recorder { seen: seen.clone() }).is_ok());
    assert!(address.install(Recorder { seen }).is_err(), "there is one already");
    scheduler.wait_quiet();
    assert_eq!(events.try_recv().unwrap(), Seen::Message(1));
}

#[test]
fn a_closed_mailbox_is_still_emptied() {
    let scheduler = seeded(5);
    let (address, events) = recorder(&scheduler, 10);
    let _ = address.try_send(1).unwrap();
    address.close();
    assert!(matches!(address.try_send(2), Err(TrySendError::Stopped(2))));
    scheduler.wait_quiet();
    assert_eq!(events.try_recv().unwrap(), Seen::Message(1));
}

/// Sends several for each message to the next, which is slower, and waits for room.
struct Stage {
    next: Option<Address<Stage>>,
    burst: usize,
    refused: Arc<AtomicUsize>,
    handled: Arc<AtomicUsize>,
}

impl Actor for Stage {
    type Message = ();

    fn handle(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        let Some(next) = &self.next else { return };
        for _ in 0..self.burst {
            match next.try_send(()) {
                Ok(sent) if sent.over_high_water => context.await_room(next, self.burst),
                Ok(_) => {}
                Err(_) => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }
}

fn stage(
    scheduler: &Scheduler,
    burst: usize,
    refused: &Arc<AtomicUsize>,
) -> (Address<Stage>, Arc<AtomicUsize>) {
    let handled = Arc::new(AtomicUsize::new(0));
    let stage =
        Stage { next: None, burst, refused: Arc::clone(refused), handled: Arc::clone(&handled) };
    (scheduler.spawn(stage, limits(10)), handled)
}

fn link(from: &Address<Stage>, to: &Address<Stage>) {
    let to = to.clone();
    from.command(move |stage, _| stage.next = Some(to)).unwrap();
}

#[test]
fn a_pipeline_with_small_mailboxes_loses_nothing_in_any_order() {
    for seed in 0..200 {
        let scheduler = seeded(seed);
        let refused = Arc::new(AtomicUsize::new(0));
        let stages: Vec<_> = (0..5).map(|_| stage(&scheduler, 1, &refused)).collect();
        for pair in stages.windows(2) {
            link(&pair[0].0, &pair[1].0);
        }
        let mut sent = 0;
        while sent < 500 {
            match stages[0].0.try_send(()) {
                Ok(_) => sent += 1,
                Err(_) => assert!(scheduler.step(), "seed {seed}: stalled"),
            }
        }
        scheduler.wait_quiet();
        assert_eq!(refused.load(Ordering::Relaxed), 0, "seed {seed}");
        assert_eq!(stages[4].1.load(Ordering::Relaxed), 500, "seed {seed}");
        stages[0].0.command(|stage, _| stage.next = None).unwrap();
    }
}

#[test]
fn actors_in_a_circle_never_stall() {
    for seed in 0..200 {
        let scheduler = seeded(seed);
        let refused = Arc::new(AtomicUsize::new(0));
        let stages: Vec<_> = (0..3).map(|_| stage(&scheduler, 2, &refused)).collect();
        for at in 0..3 {
            link(&stages[at].0, &stages[(at + 1) % 3].0);
        }
        for (stage, _) in &stages {
            let _ = stage.try_send(()).unwrap();
        }
        // Each message makes two: they fill the circle, and what does not fit is refused.
        for _ in 0..2_000 {
            assert!(scheduler.step(), "seed {seed}: stalled");
        }
        assert!(refused.load(Ordering::Relaxed) > 0);
        for (stage, _) in &stages {
            stage
                .command(|stage, context| {
                    stage.next = None;
                    context.stop();
                })
                .unwrap();
        }
        scheduler.wait_quiet();
    }
}

#[test]
fn who_waits_for_one_that_stops_goes_on() {
    let scheduler = seeded(6);
    let refused = Arc::new(AtomicUsize::new(0));
    let (fast, handled) = stage(&scheduler, 9, &refused);
    let (slow, _) = stage(&scheduler, 1, &refused);
    link(&fast, &slow);
    slow.command(|_, context| context.pause()).unwrap();
    for _ in 0..2 {
        let _ = fast.try_send(()).unwrap();
    }
    scheduler.wait_quiet();
    assert_eq!(handled.load(Ordering::Relaxed), 1, "it waits for the slow one");
    slow.command(|_, context| context.stop()).unwrap();
    scheduler.wait_quiet();
    assert_eq!(handled.load(Ordering::Relaxed), 2);
    assert_eq!(refused.load(Ordering::Relaxed), 9);
}

#[test]
fn drop_oldest_hands_over_what_it_dropped() {
    let scheduler = seeded(7);
    let (seen, _events) = mpsc::channel();
    let limits = MailboxLimits { capacity: 2, overflow: Overflow::DropOldest, ..limits(2) };
    let address = scheduler.spawn(Recorder { seen }, limits);
    for number in 0..2 {
        assert!(address.try_send(number).unwrap().dropped.is_empty());
    }
    assert_eq!(address.try_send(2).unwrap().dropped, [0]);
}

#[test]
fn a_message_behind_one_that_takes_long_is_taken_by_another_worker() {
    struct Blocking(Option<mpsc::Receiver<()>>, Option<Address<Blocking>>);
    impl Actor for Blocking {
        type Message = Option<mpsc::Sender<()>>;
        fn handle(&mut self, done: Option<mpsc::Sender<()>>, _: &mut Context<'_, Self>) {
            if let (Some(gate), Some(other)) = (self.0.take(), &self.1) {
                let _ = other.try_send(done).unwrap();
                gate.recv_timeout(Duration::from_secs(60)).expect("the other one ran meanwhile");
            } else if let Some(done) = done {
                done.send(()).unwrap();
            }
        }
    }
    let scheduler = Scheduler::start(2);
    let (opened, gate) = mpsc::channel();
    let behind = scheduler.spawn(Blocking(None, None), limits(10));
    let long = scheduler.spawn(Blocking(Some(gate), Some(behind)), limits(10));
    let _ = long.send(Some(opened)).unwrap();
    scheduler.wait_quiet();
    assert!(long.is_idle());
}

#[test]
fn timers_go_off_in_order_of_time_then_of_setting() {
    let scheduler = Scheduler::start(1);
    let (fired, order) = mpsc::channel();
    for (millis, name) in [(20, 'c'), (0, 'a'), (20, 'd'), (5, 'b')] {
        let fired = fired.clone();
        scheduler.timers().after(Duration::from_millis(millis), move || fired.send(name).unwrap());
    }
    drop(fired);
    assert_eq!(order.iter().collect::<String>(), "abcd");
}
