//! Actors that take long are parked in the middle of a message, and others run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm_actor::{Actor, Address, Context, Exit, MailboxLimits, Scheduler, SpareThreads};

/// Computes until it is let go, in slices.
struct Long {
    computing: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    done: Arc<AtomicBool>,
    ended: Sender<()>,
}

/// Actors that compute, all started, and what they share.
struct Crowd {
    members: Vec<Address<Long>>,
    most: Arc<AtomicUsize>,
    done: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl Actor for Long {
    type Message = Arc<AtomicUsize>;

    fn handle(&mut self, slices: Arc<AtomicUsize>, _: &mut Context<'_, Self>) {
        while !self.done.load(Ordering::Relaxed) {
            let computing = self.computing.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(computing, Ordering::Relaxed);
            thread::yield_now();
            slices.fetch_add(1, Ordering::Relaxed);
            self.computing.fetch_sub(1, Ordering::Relaxed);
            Scheduler::make_room();
        }
    }

    fn stopped(&mut self, _: Exit, _: VecDeque<Self::Message>) {}
}

impl Drop for Long {
    fn drop(&mut self) {
        let _ = self.ended.send(());
    }
}

impl Crowd {
    fn new(scheduler: &Scheduler, size: usize) -> Self {
        let (computing, most) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let done = Arc::new(AtomicBool::new(false));
        let (sender, ended) = mpsc::channel();
        let members = (0..size)
            .map(|_| {
                let (computing, most) = (Arc::clone(&computing), Arc::clone(&most));
                let (done, ended) = (Arc::clone(&done), sender.clone());
                let long = Long { computing, most, done, ended };
                scheduler.spawn(long, MailboxLimits::default())
            })
            .collect();
        Self { members, most, done, ended }
    }

    /// Has all of them compute, and gives the number of slices that each has had.
    fn compute(&self) -> Vec<Arc<AtomicUsize>> {
        let start = |member: &Address<Long>| {
            let slices = Arc::new(AtomicUsize::new(0));
            drop(member.try_send(Arc::clone(&slices)).unwrap());
            slices
        };
        self.members.iter().map(start).collect()
    }
}

/// Answers at once.
struct Short;

impl Actor for Short {
    type Message = Sender<()>;

    fn handle(&mut self, answer: Sender<()>, _: &mut Context<'_, Self>) {
        answer.send(()).unwrap();
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it is never so that {what}");
        thread::yield_now();
    }
}

fn least(slices: &[Arc<AtomicUsize>]) -> usize {
    slices.iter().map(|slices| slices.load(Ordering::Relaxed)).min().unwrap()
}

#[test]
fn others_run_while_as_many_compute_as_there_are_workers() {
    let scheduler = Scheduler::start(2);
    let crowd = Crowd::new(&scheduler, 8);
    let slices = crowd.compute();
    let short = scheduler.spawn(Short, MailboxLimits::default());
    for _ in 0..100 {
        let (answer, answered) = mpsc::channel();
        drop(short.try_send(answer).unwrap());
        answered.recv_timeout(Duration::from_secs(60)).expect("an answer");
    }
    wait_until("each has its turn", || least(&slices) > 100);
    assert!(crowd.most.load(Ordering::Relaxed) <= 2, "more compute than there are workers");
    crowd.done.store(true, Ordering::Relaxed);
    scheduler.wait_quiet();
    wait_until("the spare threads have ended", || {
        scheduler.spare_threads() == SpareThreads::default()
    });
}

#[test]
fn turns_are_shared_out_evenly() {
    let scheduler = Scheduler::start(1);
    let crowd = Crowd::new(&scheduler, 5);
    let slices = crowd.compute();
    wait_until("each has begun", || least(&slices) > 0);
    let before: Vec<_> = slices.iter().map(|slices| slices.load(Ordering::Relaxed)).collect();
    wait_until("each has its turn", || least(&slices) > 1000);
    // In turn, each has as many as the others, but for those at the edges of the count.
    let since = |(now, before): (&Arc<AtomicUsize>, &usize)| now.load(Ordering::Relaxed) - before;
    let counts: Vec<_> = slices.iter().zip(&before).map(since).collect();
    crowd.done.store(true, Ordering::Relaxed);
    let (most, least) = (counts.iter().max().unwrap(), counts.iter().min().unwrap());
    assert!(most - least <= 1000, "{counts:?}");
}

#[test]
fn at_the_limit_of_threads_they_take_turns_among_themselves() {
    let scheduler = Scheduler::start_with(1, 2);
    let crowd = Crowd::new(&scheduler, 6);
    let slices = crowd.compute();
    let begun = || slices.iter().filter(|slices| slices.load(Ordering::Relaxed) > 100).count();
    wait_until("three take turns", || begun() == 3);
    let SpareThreads { parked, idle } = scheduler.spare_threads();
    assert!(parked + idle <= 2, "{parked} parked and {idle} idle");
    crowd.done.store(true, Ordering::Relaxed);
    scheduler.wait_quiet();
    assert_eq!(crowd.most.load(Ordering::Relaxed), 1);
}

#[test]
fn without_spare_threads_each_keeps_its_place() {
    let scheduler = Scheduler::start_with(1, 0);
    let crowd = Crowd::new(&scheduler, 2);
    let slices = crowd.compute();
    wait_until("one computes", || {
        slices.iter().any(|slices| slices.load(Ordering::Relaxed) > 1000)
    });
    assert_eq!(least(&slices), 0);
    crowd.done.store(true, Ordering::Relaxed);
}

#[test]
fn a_scheduler_ends_with_actors_that_are_parked() {
    for workers in [1, 2] {
        let scheduler = Scheduler::start(workers);
        let crowd = Crowd::new(&scheduler, 6);
        let slices = crowd.compute();
        wait_until("each has begun", || least(&slices) > 0);
        let done = Arc::clone(&crowd.done);
        let Crowd { members, ended, .. } = crowd;
        let dropping = thread::spawn(move || drop(scheduler));
        drop(members);
        done.store(true, Ordering::Relaxed);
        dropping.join().unwrap();
        assert_eq!(ended.iter().count(), 6, "each has ended, and was dropped");
    }
}

#[test]
fn elsewhere_than_on_a_worker_there_is_no_room_to_make() {
    Scheduler::make_room();
}

/// Computes until it is nudged, and makes room then.
struct Stubborn {
    nudged: Arc<AtomicBool>,
}

impl Actor for Stubborn {
    type Message = Sender<()>;

    fn handle(&mut self, begun: Sender<()>, _: &mut Context<'_, Self>) {
        begun.send(()).unwrap();
        while !self.nudged.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        Scheduler::make_room();
    }
}

/// Says that it had a message.
struct Prompt;

impl Actor for Prompt {
    type Message = Sender<()>;

    fn handle(&mut self, done: Sender<()>, _: &mut Context<'_, Self>) {
        done.send(()).unwrap();
    }
}

#[test]
fn who_takes_long_is_nudged_for_what_comes_from_outside() {
    let scheduler = Scheduler::start(1);
    let nudged = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&nudged);
    scheduler.nudge_with(move || flag.store(true, Ordering::Relaxed));
    let gives_up = Arc::clone(&nudged);
    let stubborn = scheduler.spawn(Stubborn { nudged }, MailboxLimits::default());
    let prompt = scheduler.spawn(Prompt, MailboxLimits::default());
    let (sender, receiver) = mpsc::channel();
    drop(stubborn.send(sender.clone()).unwrap());
    receiver.recv().unwrap();
    drop(prompt.send(sender).unwrap());
    let had_its_turn = receiver.recv_timeout(Duration::from_secs(30));
    gives_up.store(true, Ordering::Relaxed);
    assert_eq!(had_its_turn, Ok(()));
}
