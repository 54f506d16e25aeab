//! Components are stopped while their supervisor is about to start them again, in random orders:
//! commands of both lie in one batch, in either order.
//!
//! `AIRSSYS_SYSTEMS` says how many systems are tried.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Weak};
use std::time::Duration;

use airssys_wasm::{
    Backoff, ComponentError, ComponentId, ComponentSpec, Context, CrashKind, Event, ExitReason,
    Grants, GroupSpec, Intensity, Native, Policy, SendError, Sender, Status, Strategy, System,
};
use airssys_wasm_testkit::{TestSystem, each_seed, patterns};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const IDS: [&str; 3] = ["test/a", "test/b", "test/c"];
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn who_is_stopped_while_its_group_restarts_stays_stopped_and_loses_nothing() {
    let systems = env::var("AIRSSYS_SYSTEMS").map_or(5000, |systems| systems.parse().unwrap());
    let home = TestSystem::seeded(0);
    each_seed(systems, |seed| Case::new(seed, home.system()).run());
}

/// What the operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Remove,
    Shutdown,
}

/// What is told of components: by events, and to one that monitors all.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(String, What)>>>);

#[derive(Debug, Clone, PartialEq)]
enum What {
    Crashed(CrashKind),
    Restarted,
    GivenUp,
    Exit(ExitReason),
}

impl Told {
    fn add(&self, id: &ComponentId, what: What) {
        self.0.lock().push((id.to_string(), what));
    }

    /// What there was of `id` since this was `from` long.
    fn of(&self, id: &str, from: usize) -> Vec<What> {
        let told = self.0.lock();
        told[from..].iter().filter(|(of, _)| of == id).map(|(_, what)| what.clone()).collect()
    }

    fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// What the test knows of one component from within, over all its starts.
#[derive(Default)]
struct Inside {
    starts: AtomicU64,
    /// Its starts that are not over.
    alive: AtomicU64,
    handled: AtomicU64,
    /// Whether its next start fails.
    is_broken: AtomicBool,
}

/// Crashes with messages that begin with `c`, and where it is broken when it starts.
struct Fragile(Arc<Inside>);

impl Fragile {
    fn new(inside: &Arc<Inside>) -> Self {
        inside.alive.fetch_add(1, Relaxed);
        Self(Arc::clone(inside))
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Relaxed);
    }
}

impl Native for Fragile {
    fn init(&mut self, _: &mut Context<'_>) -> Result<(), ComponentError> {
        self.0.starts.fetch_add(1, Relaxed);
        let is_broken = self.0.is_broken.swap(false, Relaxed);
        if is_broken { Err(ComponentError::new(1, "broken")) } else { Ok(()) }
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        if message == b"c" {
            // A panic of which nothing is printed.
            resume_unwind(Box::new("as it was told"));
        }
        self.0.handled.fetch_add(1, Relaxed);
        Ok(None)
    }
}

/// Monitors the three.
struct Watcher(Told);

impl Native for Watcher {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        IDS.iter().for_each(|id| context.monitor(id).unwrap());
        Ok(())
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        Ok(None)
    }

    fn handle_exit(
        &mut self,
        component: &ComponentId,
        reason: &ExitReason,
        _: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        self.0.add(component, What::Exit(reason.clone()));
        Ok(())
    }
}

/// Lets half a second pass with each message, in the midst of what others do.
struct Hands(Weak<TestSystem>);

impl Native for Hands {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        if let Some(test) = self.0.upgrade() {
            test.clock().advance(SECOND / 2);
            test.system().fire_timers();
        }
        Ok(None)
    }
}

/// A group of three in a random system.
struct Case {
    random: StdRng,
    test: Arc<TestSystem>,
    strategy: Strategy,
    /// Whether the group may restart; if not, the first crash is its end.
    restarts: bool,
    told: Told,
    inside: [Arc<Inside>; 3],
    host: Sender,
    /// Accepted by each.
    sent: [u64; 3],
}

impl Case {
    fn new(seed: u64, home: &System) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let told = Told::default();
        let events = told.clone();
        let test = Arc::new(TestSystem::with(seed, |builder| {
            builder.engine_of(home).drain(Duration::ZERO).on_event(move |event| match event {
                Event::Crashed { id, crash, restart } => {
                    events.add(id, What::Crashed(crash.kind()));
                    if restart.is_none() {
                        events.add(id, What::GivenUp);
                    }
                }
                Event::GivenUp { id, .. } => events.add(id, What::GivenUp),
                Event::Restarted { id } => events.add(id, What::Restarted),
                _ => {}
            })
        }));
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let strategy = strategies[random.random_range(0..3)];
        let restarts = random.random_bool(0.7);
        let policy = Policy {
            strategy,
            intensity: Intensity { max_restarts: if restarts { 1000 } else { 0 }, within: SECOND },
            backoff: Backoff { initial: SECOND, max: SECOND },
        };
        test.system().add_group("group", GroupSpec::new(policy)).unwrap();
        let inside: [Arc<Inside>; 3] = Default::default();
        for (id, inside) in IDS.iter().zip(&inside) {
            let inside = Arc::clone(inside);
            let spec = ComponentSpec::native(id.parse().unwrap(), move || Fragile::new(&inside));
            test.spawn(spec.group("group"));
        }
        let tells = told.clone();
        let grants = Grants { send: patterns(&["test/*"]), ..Grants::default() };
        let watcher = move || Watcher(tells.clone());
        let watcher = ComponentSpec::native("test/watcher".parse().unwrap(), watcher);
        test.spawn(watcher.grants(grants));
        let time = Arc::downgrade(&test);
        let hands = move || Hands(Weak::clone(&time));
        test.spawn(ComponentSpec::native("test/hands".parse().unwrap(), hands));
        let host = test.system().sender("test/host".parse().unwrap());
        Self { random, test, strategy, restarts, told, inside, host, sent: [0; 3] }
    }

    fn run(mut self) {
        for _ in 0..self.random.random_range(1..40) {
            self.act();
        }
        let ends = [End::Stop, End::Stop, End::Remove, End::Shutdown];
        let (end, target) = (ends[self.random.random_range(0..4)], self.random.random_range(0..3));
        let id = IDS[target];
        let had_ended = self.has_ended(id);
        let monitor = self.test.system().monitor(id);
        let from = self.told.len();
        let test = Arc::clone(&self.test);
        let system = test.system();
        match end {
            End::Stop => assert_eq!(system.stop(id), !had_ended),
            End::Remove => assert_eq!(system.remove(id), !had_ended),
            End::Shutdown => system.shutdown(),
        }

        // It has ended, and nobody but the operator has ended it.
        let status = system.component(id).map(|component| component.status);
        let expected = if had_ended { Status::GivenUp } else { Status::Stopped };
        assert_eq!(status, (end != End::Remove).then_some(expected));
        if !had_ended {
            assert_eq!(monitor.try_recv(), Some(ExitReason::Stopped));
            assert!(!self.told.of(id, from).contains(&What::GivenUp));
        }
        assert!(monitor.try_recv().is_some() == had_ended && monitor.is_over());
        assert_eq!(self.inside[target].alive.load(Relaxed), 0);
        if end != End::Shutdown {
            self.expect_stays(target, end);
            self.expect_siblings(target);
        }
        self.test.expect_nothing_lost();
    }

    fn act(&mut self) {
        let target = self.random.random_range(0..3);
        match self.random.random_range(0..10) {
            0..3 => {
                let message: &[u8] = if self.random.random_bool(0.3) { b"c" } else { b"x" };
                self.send(target, message).ok();
            }
            3..7 => drop(self.test.step()),
            7 => self.inside[target].is_broken.store(true, Relaxed),
            8 => self.host.try_send("test/hands", b"").unwrap(),
            _ => {
                // What this makes due is not run yet.
                self.test.clock().advance(SECOND / 2);
                self.test.system().fire_timers();
            }
        }
    }

    fn send(&mut self, target: usize, message: &[u8]) -> Result<(), SendError> {
        let sent = self.host.try_send(IDS[target], message);
        self.sent[target] += u64::from(sent.is_ok());
        sent
    }

    fn has_ended(&self, id: &str) -> bool {
        let status = self.test.system().component(id).unwrap().status;
        matches!(status, Status::Stopped | Status::GivenUp)
    }

    /// Whatever time passes, it does not start again, and nothing more is told of it.
    fn expect_stays(&mut self, target: usize, end: End) {
        let id = IDS[target];
        let starts = self.inside[target].starts.load(Relaxed);
        self.test.run_until_idle();
        let from = self.told.len();
        let gone = match end {
            End::Remove => SendError::NoSuchComponent,
            _ => SendError::Stopped,
        };
        for _ in 0..3 {
            self.test.advance(2 * SECOND);
            for index in 0..3 {
                let sent = self.send(index, b"x");
                assert!(index != target || sent == Err(gone.clone()), "{sent:?}");
            }
        }
        // Each crash that is queued takes its time.
        self.test.advance(100 * SECOND);
        assert_eq!(self.told.of(id, from), []);
        assert_eq!(self.inside[target].starts.load(Relaxed), starts);
        let exits = self.told.of(id, 0);
        let ends = exits.iter().filter(|what| {
            matches!(what, What::Exit(ExitReason::GivenUp(_) | ExitReason::Stopped))
        });
        // Who is stopped for its group's sake is told of too, and starts again.
        let alone = self.restarts && self.strategy == Strategy::OneForOne;
        let ends = ends.count();
        assert!(ends == 1 || ends > 1 && !alone, "{exits:?}");
        let watched = self.test.system().quota_usage("test/watcher").unwrap().monitors;
        let up = IDS.iter().filter(|it| **it != id && !self.has_ended(it)).count();
        assert_eq!(watched as usize, up, "who has ended is not monitored any more");
    }

    /// The others are as their group wants them.
    fn expect_siblings(&self, target: usize) {
        let system = self.test.system();
        let letters = system.dead_letters();
        for (index, id) in IDS.iter().enumerate() {
            let dead = letters.iter().filter(|(_, letter)| letter.target.as_str() == *id).count();
            let handled = self.inside[index].handled.load(Relaxed);
            assert_eq!(handled + dead as u64, self.sent[index], "messages to {id}");
        }
        let siblings = (0..3).filter(|index| *index != target);
        if !self.restarts {
            let up: Vec<_> = siblings.map(|index| !self.has_ended(IDS[index])).collect();
            assert_eq!(up[0], up[1], "a group ends as a whole");
            return;
        }
        let told = IDS.map(|id| self.told.of(id, 0));
        let count = |index: usize, what| told[index].iter().filter(|it| **it == what).count();
        let crashed = |index| count(index, What::Crashed(CrashKind::Panic));
        let failed = |index| count(index, What::Crashed(CrashKind::FailedStart));
        for index in siblings {
            let component = system.component(IDS[index]).unwrap();
            assert_eq!((component.status, component.queued), (Status::Running, 0));
            let restarts = count(index, What::Restarted);
            // Those with whom it has to start again.
            let with = match self.strategy {
                Strategy::OneForOne => index..index + 1,
                Strategy::OneForAll => 0..3,
                Strategy::RestForOne => 0..index + 1,
            };
            let most: usize = with.clone().map(|other| crashed(other) + failed(other)).sum();
            let least = with.clone().any(|other| other != target && crashed(other) > 0);
            assert!(restarts <= most && restarts >= usize::from(least), "{restarts} of {most}");
            if self.strategy == Strategy::OneForOne {
                assert_eq!(restarts, crashed(index));
            }
        }
    }
}
