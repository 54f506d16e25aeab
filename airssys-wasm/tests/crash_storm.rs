//! A thousand guests crash in random order, under load, for a minute of virtual time: nothing is
//! lost, and each is restarted when and as often as its intensity says.
//!
//! `AIRSSYS_STORMS` says how many storms there are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod storm;

use std::collections::BTreeMap;
use std::env;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    Backoff, Clock, ComponentSpec, Event, Grants, Intensity, Limits, MailboxLimits,
    PendingResponse, Sender, Status,
};
use airssys_wasm_testkit::{TestSystem, VirtualClock, each_seed, guests, patterns};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use storm::{POPULATION, any, ask, echo, name, pass_on, spin, trap};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_minute_of_crashes_loses_nothing_and_each_is_restarted_as_often_as_it_may_be() {
    let storms = env::var("AIRSSYS_STORMS").map_or(1, |storms| storms.parse().unwrap());
    each_seed(storms, |seed| Storm::new(seed).run());
}

struct Storm {
    seed: u64,
    random: StdRng,
    test: TestSystem,
    clock: Arc<VirtualClock>,
    news: Arc<Mutex<Vec<News>>>,
    members: BTreeMap<String, Member>,
    host: Sender,
    /// Accepted messages of the host program.
    sent: u64,
    pending: Vec<PendingResponse>,
}

/// What the system said of a member, and when.
struct News {
    at: Duration,
    id: String,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Crashed { restart: Option<Duration> },
    Restarted,
}

/// What a member should do, as the test sees it.
struct Member {
    intensity: Intensity,
    backoff: Backoff,
    /// When its restarts were decided.
    restarts: Vec<Duration>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    RestartsAt(Duration),
    GivenUp,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let (clock, news) = (Arc::<VirtualClock>::default(), Arc::<Mutex<Vec<News>>>::default());
        let (time, told) = (Arc::clone(&clock), Arc::clone(&news));
        let test = TestSystem::with_clock(seed, Arc::clone(&clock), |builder| {
            builder.on_event(move |event| {
                let (id, what) = match event {
                    Event::Crashed { id, restart, .. } => (id, What::Crashed { restart: *restart }),
                    Event::Restarted { id } => (id, What::Restarted),
                    _ => return,
                };
                told.lock().push(News { at: time.monotonic(), id: id.to_string(), what });
            })
        });
        let members: BTreeMap<_, _> =
            (0..POPULATION).map(|number| (name(number), Member::new(&mut random))).collect();
        let guest = test.guest(guests::PUPPET);
        let limits = Limits { message_timeout: Duration::from_millis(1), ..Limits::default() };
        let specs = members.iter().map(|(name, member)| {
            ComponentSpec::guest(name.parse().unwrap(), &guest)
                .grants(grants())
                .limits(limits)
                .mailbox(MailboxLimits { capacity: 10, ..MailboxLimits::default() })
                .intensity(member.intensity)
                .backoff(member.backoff)
        });
        test.system().spawn_all(specs.collect()).unwrap();
        let host = test.system().sender("test/host".parse().unwrap());
        Self { seed, random, test, clock, news, members, host, sent: 0, pending: Vec::new() }
    }

    fn run(mut self) {
        while self.clock.monotonic() < MINUTE {
            for _ in 0..self.random.random_range(0..24) {
                self.send();
            }
            self.test.advance(Duration::from_micros(self.random.random_range(0..200_000)));
            self.expect_restarts_in_order();
            self.test.expect_nothing_lost();
        }
        // What still waits for its restart comes back, and what is queued is dealt with.
        self.test.advance(2 * MINUTE);
        self.expect_restarts_in_order();
        self.expect_at_rest();
        self.expect_conserved();
        for pending in &mut self.pending {
            assert!(pending.try_take().is_some(), "never answered, seed {}", self.seed);
        }
    }

    /// Tells a member something, or several things at once.
    fn send(&mut self) {
        let target = any(&mut self.random);
        for _ in 0..self.random.random_range(1..4) {
            let order = self.order();
            if self.random.random() {
                self.sent += u64::from(self.host.try_send(&target, &order).is_ok());
            } else if let Ok(pending) = self.host.try_request(&target, &order, None) {
                self.sent += 1;
                self.pending.push(pending);
            }
        }
    }

    /// It may be to tell another something.
    fn order(&mut self) -> Vec<u8> {
        let other = any(&mut self.random);
        match self.random.random_range(0..100) {
            0..40 => trap(0),
            40..42 => spin(),
            42..56 => pass_on(&other, &trap(0)),
            56..70 => pass_on(&other, &echo()),
            70..84 => ask(&other, &echo()),
            _ => echo(),
        }
    }

    fn expect_restarts_in_order(&mut self) {
        for News { at, id, what } in mem::take(&mut *self.news.lock()) {
            let member = self.members.get_mut(&id).unwrap();
            let expected = member.state;
            let is_right = match what {
                What::Crashed { restart } => member.crashed(at, restart),
                What::Restarted => member.restarted(at),
            };
            let Member { intensity, backoff, restarts, .. } = member;
            assert!(
                is_right,
                "{id} {what:?} at {at:?}, seed {}: it was {expected:?}, may have {intensity}, \
                 {backoff:?}, and had them at {restarts:?}",
                self.seed
            );
        }
    }

    fn expect_at_rest(&self) {
        let (mut given_up, mut restarts) = (0, 0);
        for (id, member) in &self.members {
            let (component, metrics) = (
                self.test.system().component(id).unwrap(),
                self.test.system().metrics(id).unwrap(),
            );
            let gave_up = member.state == State::GivenUp;
            let status = if gave_up { Status::GivenUp } else { Status::Running };
            let crashes = (member.restarts.len() + usize::from(gave_up)) as u64;
            assert_eq!(component.status, status, "{id}, seed {}", self.seed);
            assert_eq!(component.queued, 0, "{id}, seed {}", self.seed);
            assert_eq!(component.open_requests, 0, "{id}, seed {}", self.seed);
            let counted = (metrics.crashed, metrics.restarts);
            assert_eq!(
                counted,
                (crashes, member.restarts.len() as u64),
                "{id}, seed {}",
                self.seed
            );
            given_up += usize::from(gave_up);
            restarts += member.restarts.len();
        }
        let came_up = given_up > 100 && POPULATION - given_up > 100 && restarts > POPULATION;
        assert!(came_up, "{given_up} given up, {restarts} restarts: that shows little");
    }

    /// What was sent is what came.
    fn expect_conserved(&self) {
        let metrics = || self.members.keys().map(|id| self.test.system().metrics(id).unwrap());
        self.test.expect_nothing_lost();
        let accepted: u64 = metrics().map(|metrics| metrics.accepted).sum();
        let sent: u64 = metrics().map(|metrics| metrics.sends.accepted).sum();
        assert_eq!(accepted, self.sent + sent, "seed {}", self.seed);
        let letters = self.test.system().dead_letter_counts();
        let crashed: u64 = metrics().map(|metrics| metrics.crashed).sum();
        let stopped: u64 = metrics().map(|metrics| metrics.stopped).sum();
        assert_eq!((letters.crashed, letters.stopped), (crashed, stopped), "seed {}", self.seed);
    }
}

impl Member {
    fn new(random: &mut StdRng) -> Self {
        let millis = |millis| Duration::from_millis(millis);
        let intensity = Intensity {
            max_restarts: random.random_range(0..8),
            within: millis(random.random_range(1_000..30_000)),
        };
        let backoff = Backoff {
            initial: millis(random.random_range(1..200)),
            max: millis(random.random_range(100..1_000)),
        };
        Self { intensity, backoff, restarts: Vec::new(), state: State::Running }
    }

    /// As OTP has it: the crash is the last that would be followed by more than `max_restarts`
    /// restarts within the time up to now, both ends included.
    fn crashed(&mut self, at: Duration, restart: Option<Duration>) -> bool {
        let Intensity { max_restarts, within } = self.intensity;
        let recent = self.restarts.iter().filter(|&&restart| at - restart <= within).count();
        let recent = u32::try_from(recent).unwrap();
        let was_running = mem::replace(&mut self.state, State::GivenUp) == State::Running;
        let Some(delay) = restart else { return was_running && recent == max_restarts };
        self.restarts.push(at);
        self.state = State::RestartsAt(at + delay);
        let longest = (self.backoff.initial * 2_u32.pow(recent)).min(self.backoff.max);
        was_running && recent < max_restarts && (longest * 9 / 10..=longest).contains(&delay)
    }

    fn restarted(&mut self, at: Duration) -> bool {
        mem::replace(&mut self.state, State::Running) == State::RestartsAt(at)
    }
}

/// They may send to and request from each other.
fn grants() -> Grants {
    let all = patterns(&["storm/*"]);
    Grants { send: all.clone(), request: all, ..Grants::default() }
}
