//! In random systems, each message that was accepted is somewhere: handled, refused, a dead
//! letter, or still queued. Always, not only at the end.
//!
//! `AIRSSYS_SYSTEMS` says how many systems are tried.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod native;
mod outcomes;
mod random;

use std::env;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use airssys_wasm::{Guest, Metrics, PendingResponse, Right, Sender};
use airssys_wasm_testkit::{TestSystem, each_seed};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use outcomes::Outcomes;

/// Components that there may be; others are asked for too.
const IDS: [&str; 6] = ["c/0", "c/1", "c/2", "c/3", "c/4", "c/5"];

/// How often each outcome must have come up before the runs have shown anything.
const AT_LEAST: u64 = 100;

#[test]
fn what_was_accepted_is_handled_refused_dead_or_queued() {
    let systems = env::var("AIRSSYS_SYSTEMS").map_or(10_000, |systems| systems.parse().unwrap());
    let outcomes = Arc::new(Outcomes::default());
    thread::scope(|scope| {
        for half in 0..2 {
            let outcomes = Arc::clone(&outcomes);
            scope.spawn(move || {
                let guests = Guests::load();
                each_seed(systems, |seed| {
                    if seed % 2 == half {
                        Chaos::new(seed, &guests, &outcomes).run();
                    }
                });
            });
        }
    });
    let rare = outcomes.rarer_than(AT_LEAST);
    let is_part = systems < 10_000 || env::var("AIRSSYS_SEED").is_ok();
    assert!(is_part || rare.is_empty(), "these came up too rarely: {rare:?}");
}

/// The guests, and the system whose engine all others use.
struct Guests {
    home: TestSystem,
    with_callback: Guest,
    without: Guest,
}

impl Guests {
    fn load() -> Self {
        let home = TestSystem::seeded(0);
        let (chaos, callback) = (include_str!("chaos.wat"), include_str!("callback.wat"));
        let with_callback = home.guest(&format!("{chaos}{callback}"));
        let without = home.guest(chaos);
        Self { home, with_callback, without }
    }
}

/// One random system, and what the host program did in it.
struct Chaos<'a> {
    seed: u64,
    random: StdRng,
    test: TestSystem,
    guests: &'a Guests,
    outcomes: &'a Arc<Outcomes>,
    host: Sender,
    /// Accepted messages of the host program.
    sent: u64,
    pending: Vec<PendingResponse>,
    /// What components had done that were removed.
    removed: Totals,
}

/// What all components did together.
#[derive(Debug, Default, Clone, Copy)]
struct Totals {
    /// Taken into a mailbox.
    accepted: u64,
    /// What senders were told was taken.
    sent: u64,
    refused: u64,
    crashed: u64,
    dropped: u64,
    stopped: u64,
    missed: u64,
}

impl<'a> Chaos<'a> {
    fn new(seed: u64, guests: &'a Guests, outcomes: &'a Arc<Outcomes>) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let (max_letters, max_bytes) = (random.random_range(1..50), random.random_range(1..20_000));
        let test = TestSystem::with(seed, |builder| {
            builder
                .engine_of(guests.home.system())
                .dead_letters(max_letters, max_bytes)
                .drain(Duration::ZERO)
        });
        let host = test.system().sender("test/host".parse().unwrap());
        Self {
            seed,
            random,
            test,
            guests,
            outcomes,
            host,
            sent: 0,
            pending: Vec::new(),
            removed: Totals::default(),
        }
    }

    fn run(mut self) {
        for id in &IDS[..self.random.random_range(2..=IDS.len())] {
            self.spawn(id);
        }
        for _ in 0..self.random.random_range(10..60) {
            self.act();
            self.expect_conserved();
        }
        for id in IDS {
            self.test.system().resume(id);
        }
        self.test.advance(Duration::from_secs(60));
        self.expect_conserved();
        self.expect_at_rest();
        self.test.system().shutdown();
        self.expect_conserved();
        self.expect_answered();
        assert_eq!(self.outcomes.unasked(), 0, "a callback without a request, seed {}", self.seed);
        self.outcomes.add_letters(&self.test.system().dead_letter_counts());
    }

    /// Something that a host program may do, or a step of the system.
    fn act(&mut self) {
        let id = IDS[self.random.random_range(..IDS.len())];
        let system = self.test.system();
        match self.random.random_range(0..40) {
            0..10 => (0..self.random.random_range(1..4)).for_each(|_| self.send(id)),
            10..16 => self.request(id),
            16..31 => drop((0..self.random.random_range(1..8)).all(|_| self.test.step())),
            31..33 => self.test.advance(Duration::from_millis(self.random.random_range(1..100))),
            33 => drop(system.suspend(id)),
            34 => drop(system.resume(id)),
            35 => drop(system.stop(id)),
            36 => self.respawn(id),
            37 => drop(system.grant(id, Right::Send, "c/*".parse().unwrap())),
            38 => drop(system.revoke(id, Right::Send, &"c/*".parse().unwrap())),
            _ => self.resend(),
        }
    }

    fn spawn(&mut self, id: &str) {
        let spec = random::spec(&mut self.random, id, self.guests, self.outcomes);
        // It may crash in `init`.
        let _ = self.test.system().spawn(spec);
    }

    fn respawn(&mut self, id: &str) {
        let system = self.test.system();
        system.stop(id);
        if let Some(metrics) = system.metrics(id) {
            self.removed.add(&metrics);
            self.outcomes.add_sends(&metrics.sends);
        }
        system.remove(id);
        self.spawn(id);
    }

    fn send(&mut self, id: &str) {
        let message = random::message(&mut self.random);
        let sent = self.host.try_send(id, &message);
        self.sent += u64::from(sent.is_ok());
    }

    fn request(&mut self, id: &str) {
        let request = random::message(&mut self.random);
        let timeout = Duration::from_millis(self.random.random_range(1..200));
        if let Ok(pending) = self.host.try_request(id, &request, Some(timeout)) {
            self.sent += 1;
            self.pending.push(pending);
        }
    }

    fn resend(&mut self) {
        let letters = self.test.system().dead_letters();
        if let Some((number, _)) = letters.first() {
            let sent = self.test.system().resend_dead_letter(*number);
            self.sent += u64::from(sent.is_ok());
        }
    }

    fn expect_conserved(&self) {
        let seed = self.seed;
        self.test.expect_nothing_lost();
        let mut totals = self.removed;
        for component in self.test.system().components() {
            totals.add(&self.test.system().metrics(component.id.as_str()).unwrap());
        }
        let all = totals.sent + self.sent;
        assert_eq!(totals.accepted, all, "what was sent is not what came, seed {seed}");

        let letters = self.test.system().dead_letter_counts();
        let counted = [letters.crashed, letters.dropped, letters.stopped, letters.missed];
        let expected = [totals.crashed, totals.dropped, totals.stopped, totals.missed];
        assert_eq!(counted, expected, "dead letters, seed {seed}");
    }

    fn expect_at_rest(&self) {
        for component in self.test.system().components() {
            let seed = self.seed;
            assert_eq!(component.queued, 0, "seed {seed}: {component:?}");
            assert_eq!(component.open_requests, 0, "seed {seed}: {component:?}");
            assert_eq!(component.pending_timers, 0, "seed {seed}: {component:?}");
            let metrics = self.test.system().metrics(component.id.as_str()).unwrap();
            self.outcomes.add_sends(&metrics.sends);
        }
    }

    fn expect_answered(&mut self) {
        for pending in &mut self.pending {
            let outcome = pending.try_take();
            let outcome = outcome.unwrap_or_else(|| {
                panic!("{} was never answered, seed {}", pending.id(), self.seed)
            });
            self.outcomes.add_request(outcome.as_deref().err());
            assert!(pending.try_take().is_none(), "answered twice, seed {}", self.seed);
        }
    }
}

impl Totals {
    fn add(&mut self, metrics: &Metrics) {
        self.accepted += metrics.accepted;
        self.sent += metrics.sends.accepted + metrics.sends.copies;
        self.refused += metrics.refused;
        self.crashed += metrics.crashed;
        self.dropped += metrics.dropped;
        self.stopped += metrics.stopped;
        self.missed += metrics.missed;
    }
}
