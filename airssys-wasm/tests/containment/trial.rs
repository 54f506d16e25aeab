use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, thread};

use airssys_wasm::{ComponentSpec, CrashKind, Limits, RequestError, SendCounts, SpawnError};
use airssys_wasm_testkit::{TestSystem, guests};

use crate::accounts::expect_rest;
use crate::crash_log::CrashLog;
use crate::ground::Ground;
use crate::neighbours::{ASKER, Code, Neighbours};
use crate::told::expect_line;

/// Tries code that nobody knows: whether or not it loads, it harms nobody.
pub(crate) struct Trials {
    home: TestSystem,
    code: Code,
}

/// How far code came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    NotLoaded,
    NotStarted,
    /// It was called.
    Crashed,
    /// It was called, and answered.
    Answered,
}

const ID: &str = "evil/guest";

impl Trials {
    pub(crate) fn new() -> Self {
        let home = TestSystem::seeded(0);
        let code = Code {
            relay: home.guest(&guests::forward_to("by/end")),
            echo: home.guest(guests::ECHO),
            asker: home.guest(ASKER),
        };
        Self { home, code }
    }

    fn of(&self, seed: u64, binary: &[u8], counts: &Counts) -> Came {
        let guest = match self.home.system().load(binary) {
            Ok(guest) => guest,
            Err(error) => {
                expect_line(&error.to_string(), "");
                expect_line(&error.to_string(), "");
                return Came::NotLoaded;
            }
        };
        let log = CrashLog::default();
        let test = TestSystem::with(seed, |builder| {
            log.listen(builder.engine_of(self.home.system())).output(std::io::sink())
        });
        let mut neighbours = Neighbours::spawn(&test, &self.code);
        let spec = ComponentSpec::guest(ID.parse().unwrap(), &guest).limits(limits());
        let came = match test.system().spawn(spec) {
            Ok(()) => answer(&test),
            Err(SpawnError::Failed { crash, .. }) => {
                expect_line(&crash.to_string(), "");
                assert_ne!(crash.kind(), CrashKind::Panic, "{crash}");
                Came::NotStarted
            }
            Err(error) => panic!("{error}"),
        };
        neighbours.work(&test);
        test.rest();
        test.system().stop(ID);
        neighbours.work(&test);
        test.rest();
        if let Some(counted) = test.system().metrics(ID)
            && counted.sends != SendCounts::default()
        {
            counts.sent.fetch_add(1, Ordering::Relaxed);
        }
        neighbours.expect_unharmed(&test);
        expect_rest(test.system());
        for crash in log.told() {
            assert_eq!(crash.id, ID, "{}", crash.text);
            expect_line(&crash.text, "");
            assert_ne!(crash.kind, CrashKind::Panic, "the host panicked: {}", crash.text);
        }
        came
    }
}

fn limits() -> Limits {
    let time = Duration::from_micros(50);
    Limits {
        memory: 8 << 20,
        message_timeout: time,
        init_timeout: time,
        shutdown_timeout: time,
        ..Limits::default()
    }
}

fn answer(test: &TestSystem) -> Came {
    let mut host = test.system().sender("test/host".parse().unwrap());
    let pending = test.request(&mut host, ID, b"message").unwrap();
    match test.answer(pending) {
        Ok(_) | Err(RequestError::Refused(_) | RequestError::ResponseTooLarge(_)) => Came::Answered,
        Err(RequestError::Crashed) => Came::Crashed,
        Err(error) => panic!("{error}"),
    }
}

/// How many came how far.
#[derive(Default, Debug)]
pub(crate) struct Counts {
    not_loaded: AtomicU64,
    not_started: AtomicU64,
    crashed: AtomicU64,
    answered: AtomicU64,
    /// Those that had a send judged.
    sent: AtomicU64,
}

impl Counts {
    fn add(&self, came: Came) {
        let counter = match came {
            Came::NotLoaded => &self.not_loaded,
            Came::NotStarted => &self.not_started,
            Came::Crashed => &self.crashed,
            Came::Answered => &self.answered,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// So many of a hundred were called, and so many came back with an answer; of few tries that
    /// says nothing.
    pub(crate) fn expect_at_least(&self, called: u64, answered: u64) {
        let counters = [&self.crashed, &self.answered, &self.not_loaded, &self.not_started];
        let [crashed, came_back, not_loaded, not_started] =
            counters.map(|counter| counter.load(Ordering::Relaxed));
        let all = crashed + came_back + not_loaded + not_started;
        let is_enough = (crashed + came_back) * 100 >= called * all;
        assert!(all < 100 || (is_enough && came_back * 100 >= answered * all), "{self:?}");
    }

    /// So many of a thousand sent something.
    pub(crate) fn expect_senders(&self, senders: u64) {
        let all = [&self.crashed, &self.answered, &self.not_loaded, &self.not_started];
        let all: u64 = all.iter().map(|counter| counter.load(Ordering::Relaxed)).sum();
        let sent = self.sent.load(Ordering::Relaxed);
        assert!(all < 500 || sent * 1000 >= senders * all, "{self:?}");
    }
}

/// How many random binaries are tried in all, unless `AIRSSYS_MODULES` says otherwise.
const MODULES: u64 = 1000;

/// The tests' share of the random binaries.
pub(crate) fn percent(share: u64) -> u64 {
    (number("AIRSSYS_MODULES", MODULES) * share).div_ceil(100)
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |it| it.parse().unwrap())
}

/// Tries so many binaries on two threads: what `binary` makes of each seed from `AIRSSYS_SEED` on.
pub(crate) fn try_seeds(count: u64, binary: impl Fn(u64) -> Vec<u8> + Sync) -> Counts {
    let first = number("AIRSSYS_SEED", 0);
    let counts = Counts::default();
    thread::scope(|scope| {
        for half in 0..2 {
            let (counts, binary) = (&counts, &binary);
            scope.spawn(move || {
                let trials = Trials::new();
                for seed in (first..first + count).filter(|seed| seed % 2 == half) {
                    let tried = AssertUnwindSafe(|| trials.of(seed, &binary(seed), counts));
                    match catch_unwind(tried) {
                        Ok(came) => counts.add(came),
                        Err(_) => panic!("AIRSSYS_SEED={seed} AIRSSYS_MODULES=1 does it again"),
                    }
                }
            });
        }
    });
    counts
}
