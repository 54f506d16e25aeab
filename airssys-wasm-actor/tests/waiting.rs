//! Actors wait in the middle of a message without a thread, and put messages back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::Waker;
use std::time::Duration;

use airssys_wasm_actor::{Actor, Address, Context, Exit, MailboxLimits, Scheduler, SystemClock};
use parking_lot::Mutex;

#[derive(Debug, PartialEq)]
enum Seen {
    Begun(u32),
    Done(u32),
    Stopped(Vec<u32>),
}

/// Is done with a message when it has been woken as often as the message says.
struct Patient {
    seen: Sender<Seen>,
    in_hand: (u32, u32),
}

impl Patient {
    fn wait_or_end(&mut self, context: &mut Context<'_, Self>) {
        let (message, left) = self.in_hand;
        if left == 0 {
            self.seen.send(Seen::Done(message)).unwrap();
        } else {
            context.wait();
        }
    }
}

impl Actor for Patient {
    type Message = u32;

    fn handle(&mut self, message: u32, context: &mut Context<'_, Self>) {
        self.seen.send(Seen::Begun(message)).unwrap();
        self.in_hand = (message, message);
        self.wait_or_end(context);
    }

    fn proceed(&mut self, context: &mut Context<'_, Self>) {
        self.in_hand.1 -= 1;
        self.wait_or_end(context);
    }

    fn stopped(&mut self, _: Exit, undelivered: VecDeque<u32>) {
        let _ = self.seen.send(Seen::Stopped(undelivered.into()));
    }
}

fn patient(scheduler: &Scheduler) -> (Address<Patient>, Receiver<Seen>) {
    let (seen, events) = mpsc::channel();
    let patient = Patient { seen, in_hand: (0, 0) };
    (scheduler.spawn(patient, MailboxLimits::default()), events)
}

fn seeded(seed: u64) -> Scheduler {
    Scheduler::seeded(seed, Arc::new(SystemClock::default()))
}

#[test]
fn nothing_else_is_handled_until_the_message_is_done() {
    for seed in 0..50 {
        let scheduler = seeded(seed);
        let (patient, seen) = patient(&scheduler);
        for message in [2, 0, 1] {
            drop(patient.try_send(message).unwrap());
        }
        scheduler.wait_quiet();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [Seen::Begun(2)]);
        assert!(!patient.is_idle());
        assert_eq!((patient.queued(), patient.handled()), (2, 0));

        patient.waker().wake();
        scheduler.wait_quiet();
        assert_eq!(seen.try_iter().count(), 0, "it waits again");

        patient.waker().wake();
        scheduler.wait_quiet();
        let after = [Seen::Done(2), Seen::Begun(0), Seen::Done(0), Seen::Begun(1)];
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), after);
        assert_eq!(patient.handled(), 2);

        patient.waker().wake();
        scheduler.wait_quiet();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [Seen::Done(1)]);
        assert!(patient.is_idle());
        patient.waker().wake();
        scheduler.wait_quiet();
        assert!(patient.is_idle(), "a wake too many does nothing");
    }
}

#[test]
fn commands_are_handled_while_it_waits() {
    let scheduler = seeded(1);
    let (patient, seen) = patient(&scheduler);
    for message in [1, 0] {
        drop(patient.try_send(message).unwrap());
    }
    scheduler.wait_quiet();
    patient.command(|_, context| context.stop()).unwrap();
    scheduler.wait_quiet();
    assert_eq!(
        seen.try_iter().collect::<Vec<_>>(),
        [Seen::Begun(1), Seen::Stopped(vec![0])],
        "what was in hand is the actor's own affair"
    );
    patient.waker().wake();
    scheduler.wait_quiet();
}

#[test]
fn a_paused_actor_is_done_with_what_it_has_in_hand() {
    let scheduler = seeded(1);
    let (patient, seen) = patient(&scheduler);
    for message in [1, 0] {
        drop(patient.try_send(message).unwrap());
    }
    scheduler.wait_quiet();
    patient.command(|_, context| context.pause()).unwrap();
    patient.waker().wake();
    scheduler.wait_quiet();
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [Seen::Begun(1), Seen::Done(1)]);
}

#[test]
fn no_wake_is_lost_that_comes_from_another_thread() {
    let scheduler = Scheduler::start(2);
    let (patient, seen) = patient(&scheduler);
    let waking = patient.clone();
    let waker = std::thread::spawn(move || {
        let mut done = 0;
        for seen in seen {
            match seen {
                Seen::Begun(_) => waking.waker().wake(),
                Seen::Done(_) => done += 1,
                Seen::Stopped(_) => return done,
            }
        }
        done
    });
    for _ in 0..10_000 {
        drop(patient.send(1).unwrap());
    }
    while !patient.is_idle() {
        std::thread::yield_now();
    }
    patient.command(|_, context| context.stop()).unwrap();
    assert_eq!(waker.join().unwrap(), 10_000);
}

/// Many wait at once for the same waker, on one thread.
#[test]
fn who_waits_holds_no_worker() {
    struct Sleeper(Arc<Mutex<Vec<Waker>>>);

    impl Actor for Sleeper {
        type Message = Waker;

        fn handle(&mut self, waker: Waker, context: &mut Context<'_, Self>) {
            self.0.lock().push(waker);
            context.wait();
        }
    }

    let scheduler = Scheduler::start(1);
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let sleepers: Vec<_> = (0..100)
        .map(|_| scheduler.spawn(Sleeper(Arc::clone(&wakers)), MailboxLimits::default()))
        .collect();
    for sleeper in &sleepers {
        drop(sleeper.try_send(sleeper.waker()).unwrap());
    }
    assert!(scheduler.wait_quiet_for(Duration::from_secs(60)));
    assert_eq!(wakers.lock().len(), 100);
    assert!(sleepers.iter().all(|sleeper| !sleeper.is_idle()));
    wakers.lock().drain(..).for_each(Waker::wake);
    assert!(scheduler.wait_quiet_for(Duration::from_secs(60)));
    assert!(sleepers.iter().all(Address::is_idle));
}

/// Puts each message back once.
struct Hesitant {
    seen: Sender<(u32, bool)>,
    tried: Option<u32>,
}

impl Actor for Hesitant {
    type Message = u32;

    fn handle(&mut self, message: u32, context: &mut Context<'_, Self>) {
        let again = self.tried == Some(message);
        self.seen.send((message, again)).unwrap();
        if !again {
            self.tried = Some(message);
            context.put_back(message);
            context.pause();
        }
    }
}

#[test]
fn what_is_put_back_is_the_next_and_counts_as_queued() {
    for seed in 0..50 {
        let scheduler = seeded(seed);
        let (seen, events) = mpsc::channel();
        let limits = MailboxLimits { capacity: 3, ..MailboxLimits::default() };
        let hesitant = scheduler.spawn(Hesitant { seen, tried: None }, limits);
        for message in 1..=3 {
            drop(hesitant.try_send(message).unwrap());
        }
        let mut expected = Vec::new();
        for message in 1..=3 {
            scheduler.wait_quiet();
            expected.push((message, false));
            assert_eq!(hesitant.queued(), 4 - message as usize);
            assert!(!hesitant.is_idle());
            hesitant.command(|_, context| context.resume()).unwrap();
            expected.push((message, true));
        }
        scheduler.wait_quiet();
        assert_eq!(events.try_iter().collect::<Vec<_>>(), expected);
        assert_eq!((hesitant.queued(), hesitant.handled(), hesitant.accepted()), (0, 3, 3));
    }
}
