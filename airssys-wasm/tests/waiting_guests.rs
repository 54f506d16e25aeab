//! Guests wait in all that they are called for, and not only with messages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, CrashKind, Event, Grants, GroupSpec,
    Guest, Health, Limits, Native, Policy, Status, Strategy, System,
};
use airssys_wasm_testkit::{Probe, TestSystem, expect_nothing_lost, guests, patterns};
use parking_lot::Mutex;

const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

/// A guest that waits as it is told, for up to five seconds at a time; it is asked how it is every
/// ten seconds, and crashes at the second unhealthy answer.
fn spec(guest: &Guest) -> ComponentSpec {
    let limits =
        Limits { message_timeout: 5 * SECOND, shutdown_timeout: 5 * SECOND, ..Limits::default() };
    ComponentSpec::guest("test/waits".parse().unwrap(), guest)
        .grants(Grants { send: patterns(&["test/*"]), ..Grants::default() })
        .limits(limits)
        .health(10 * SECOND, 2)
}

fn load(system: &System) -> Guest {
    system.load(include_bytes!("guests/waits.wat")).unwrap()
}

/// Compiled once: the system whose engine the seeded systems have, and the guest.
static COMPILED: LazyLock<(TestSystem, Guest)> = LazyLock::new(|| {
    let test = TestSystem::seeded(0);
    let guest = load(test.system());
    (test, guest)
});

/// For how many seconds a guest is to wait, and which case of `status` it is to answer.
#[derive(Clone, Copy, Default)]
struct Settings {
    exit: u8,
    check: u8,
    shutdown: u8,
    health: u8,
}

const UNHEALTHY: u8 = 2;

impl Settings {
    fn message(self) -> [u8; 5] {
        [b'w', self.exit, self.check, self.shutdown, self.health]
    }
}

/// A seeded system with the guest, what it says, and of what kind its crashes are.
struct Stage {
    test: TestSystem,
    heard: Probe,
    crashes: Arc<Mutex<Vec<CrashKind>>>,
}

impl Stage {
    fn new(seed: u64, settings: Settings) -> Self {
        Self::with(seed, settings, |spec| spec)
    }

    /// The same in a group, whose other component crashes at each message.
    fn in_group(seed: u64, settings: Settings) -> Self {
        let stage = Self::with(seed, settings, |spec| spec.group("pair"));
        stage.test.spawn(stage.test.spec("test/sibling", guests::TRAP).group("pair"));
        stage
    }

    fn with(
        seed: u64,
        settings: Settings,
        group: impl FnOnce(ComponentSpec) -> ComponentSpec,
    ) -> Self {
        let crashes = Arc::<Mutex<Vec<_>>>::default();
        let seen = Arc::clone(&crashes);
        let (compiled, guest) = &*COMPILED;
        let test = TestSystem::with(seed, |builder| {
            builder.engine_of(compiled.system()).on_event(move |event| {
                if let Event::Crashed { id, crash, .. } = event
                    && id.as_str() == "test/waits"
                {
                    seen.lock().push(crash.kind());
                }
            })
        });
        let heard = test.probe("test/heard");
        let policy = Policy { strategy: Strategy::OneForAll, ..Policy::default() };
        test.system().add_group("pair", GroupSpec::new(policy)).unwrap();
        test.spawn(group(spec(guest)));
        let mut stage = Self { test, heard, crashes };
        stage.send(&settings.message());
        assert_eq!(stage.heard(), "w");
        stage
    }

    fn send(&self, message: &[u8]) {
        self.test
            .system()
            .sender("test/hand".parse().unwrap())
            .try_send("test/waits", message)
            .unwrap();
    }

    /// What the guest has said since this was last asked.
    fn heard(&mut self) -> String {
        self.test.run_until_idle();
        let said = std::iter::from_fn(|| self.heard.try_receive());
        said.map(|said| String::from_utf8(said.message).unwrap()).collect()
    }

    /// What the guest says while this passes.
    fn heard_in(&mut self, time: Duration) -> String {
        self.test.advance(time);
        self.heard()
    }

    fn health(&self) -> Option<Health> {
        self.test.system().component("test/waits").unwrap().health
    }

    fn status(&self) -> Status {
        self.test.system().component("test/waits").unwrap().status
    }

    fn restarts(&self) -> u64 {
        self.test.system().metrics("test/waits").unwrap().restarts
    }

    fn crash_of_sibling(&self) {
        self.test.system().send("test/sibling", b"").unwrap();
        self.test.run_until_idle();
    }

    /// A component that the guest monitors, and that has just crashed.
    fn crash_of_another(&mut self) {
        self.test.spawn_guest("test/fragile", guests::TRAP);
        self.send(b"otest/fragile");
        self.test.run_until_idle();
        self.test.system().send("test/fragile", b"").unwrap();
        self.test.run_until_idle();
    }
}

#[test]
fn who_waits_before_it_says_how_it_is_is_asked_on_schedule() {
    for seed in 0..20 {
        let mut stage = Stage::new(seed, Settings { check: 3, ..Settings::default() });
        assert_eq!(stage.heard_in(10 * SECOND - NANOSECOND), "");
        assert_eq!(stage.heard_in(NANOSECOND), "h");
        assert_eq!(stage.heard_in(3 * SECOND - NANOSECOND), "");
        assert_eq!(stage.health(), None, "it has not said it yet");
        assert_eq!(stage.heard_in(NANOSECOND), "H");
        assert_eq!(stage.health(), Some(Health::Healthy));
        assert_eq!(stage.heard_in(10 * SECOND - NANOSECOND), "", "from its answer on");
        assert_eq!(stage.heard_in(NANOSECOND), "h");
    }
}

#[test]
fn who_waits_too_long_when_it_is_asked_is_cut_and_starts_again() {
    for seed in 0..20 {
        let mut stage = Stage::new(seed, Settings { check: 6, ..Settings::default() });
        assert_eq!(stage.heard_in(15 * SECOND - NANOSECOND), "h");
        assert_eq!((stage.health(), stage.status()), (None, Status::Running));
        assert_eq!(stage.heard_in(NANOSECOND), "");
        let Some(Health::Unhealthy(why)) = stage.health() else { panic!() };
        assert_eq!(why, "ran over its time limit: in check: it may take 5s");
        assert_eq!(*stage.crashes.lock(), [CrashKind::TimedOut]);
        assert_eq!(stage.heard_in(SECOND), "");
        assert_eq!((stage.status(), stage.restarts()), (Status::Running, 1));
        // It has forgotten what it was told, and waits no more.
        assert_eq!(stage.heard_in(10 * SECOND), "hH");
        assert_eq!(stage.health(), Some(Health::Healthy));
    }
}

#[test]
fn unhealthy_answers_after_a_wait_are_counted() {
    for seed in 0..20 {
        let unhealthy = Settings { check: 1, health: UNHEALTHY, ..Settings::default() };
        let mut stage = Stage::new(seed, unhealthy);
        assert_eq!(stage.heard_in(21 * SECOND), "hHh");
        assert_eq!((stage.restarts(), stage.crashes.lock().len()), (0, 0));
        assert_eq!(stage.heard_in(SECOND - NANOSECOND), "");
        assert_eq!(stage.heard_in(NANOSECOND), "H");
        assert_eq!(*stage.crashes.lock(), [CrashKind::Unhealthy]);
        assert_eq!(stage.heard_in(SECOND), "");
        assert_eq!((stage.status(), stage.restarts()), (Status::Running, 1));
        stage.test.expect_nothing_lost();
    }
}

#[test]
fn one_thing_at_a_time_also_where_each_waits() {
    for seed in 0..20 {
        let mut stage = Stage::new(seed, Settings { check: 2, ..Settings::default() });
        assert_eq!(stage.heard_in(10 * SECOND), "h");
        stage.send(&[b'm', 1]);
        assert_eq!(stage.heard_in(SECOND), "", "the message waits for the answer");
        assert_eq!(stage.heard_in(SECOND), "Hm");
        assert_eq!(stage.heard_in(SECOND), "M");
        // And where it waits with a message when it is to be asked, it is asked the next time.
        assert_eq!(stage.heard_in(8 * SECOND), "");
        stage.send(&[b'm', 4]);
        assert_eq!(stage.heard_in(4 * SECOND), "mM");
        assert_eq!(stage.heard_in(7 * SECOND - NANOSECOND), "");
        assert_eq!(stage.heard_in(NANOSECOND), "h");
        stage.test.expect_nothing_lost();
    }
}

#[test]
fn an_exit_is_told_once_to_who_waits_over_it_and_messages_come_after() {
    for seed in 0..20 {
        let mut stage = Stage::new(seed, Settings { exit: 2, ..Settings::default() });
        stage.crash_of_another();
        assert_eq!(stage.heard(), "e");
        stage.send(&[b'm', 1]);
        stage.send(&[b'm', 0]);
        assert_eq!(stage.heard_in(2 * SECOND - NANOSECOND), "");
        assert_eq!(stage.heard_in(NANOSECOND), "Em");
        assert_eq!(stage.heard_in(SECOND), "MmM");
        assert_eq!(stage.heard_in(5 * SECOND), "", "it is told no second time");
        // The next crash is told in its turn, behind the message in hand.
        stage.send(&[b'm', 1]);
        stage.test.run_until_idle();
        stage.test.system().send("test/fragile", b"").unwrap();
        assert_eq!(stage.heard(), "m");
        assert_eq!(stage.heard_in(3 * SECOND), "MeE");
        let metrics = stage.test.system().metrics("test/waits").unwrap();
        assert_eq!((metrics.exits, metrics.restarts), (2, 0));
        stage.test.expect_nothing_lost();
    }
}

#[test]
fn who_waits_too_long_over_an_exit_is_cut_and_the_exit_is_gone() {
    for seed in 0..20 {
        let mut stage = Stage::new(seed, Settings { exit: 6, ..Settings::default() });
        stage.crash_of_another();
        stage.send(&[b'm', 0]);
        assert_eq!(stage.heard_in(5 * SECOND - NANOSECOND), "e");
        assert_eq!(stage.heard_in(NANOSECOND), "");
        assert_eq!(*stage.crashes.lock(), [CrashKind::TimedOut]);
        assert_eq!(stage.heard_in(SECOND), "mM", "what was queued comes after the restart");
        stage.test.expect_nothing_lost();
    }
}

#[test]
fn who_waits_when_its_group_restarts_is_done_with_that_first() {
    for seed in 0..20 {
        let settings = Settings { exit: 2, check: 2, ..Settings::default() };
        for letter in ["m", "e", "h"] {
            let mut stage = Stage::in_group(seed, settings);
            match letter {
                "m" => stage.send(&[b'm', 2]),
                "e" => stage.crash_of_another(),
                _ => stage.test.advance(10 * SECOND),
            }
            assert_eq!(stage.heard(), letter);
            stage.crash_of_sibling();
            stage.send(&[b'm', 0]);
            assert_eq!(stage.heard_in(2 * SECOND - NANOSECOND), "", "{letter} is not done");
            let done = letter.to_uppercase();
            let restarted = "what was queued comes after the restart";
            assert_eq!(stage.heard_in(NANOSECOND), format!("{done}sSmM"), "{restarted}");
            assert_eq!((stage.restarts(), stage.crashes.lock().len()), (1, 0));
            stage.test.expect_nothing_lost();
        }
    }
}

#[test]
fn who_waits_in_its_shutdown_has_the_time_for_it_and_no_more() {
    for seed in 0..20 {
        let mut stage = Stage::in_group(seed, Settings { shutdown: 4, ..Settings::default() });
        stage.crash_of_sibling();
        stage.send(&[b'm', 0]);
        assert_eq!(stage.heard_in(4 * SECOND - NANOSECOND), "s");
        assert_eq!(stage.heard_in(NANOSECOND), "SmM");
        assert_eq!((stage.restarts(), stage.crashes.lock().len()), (1, 0));

        let mut stage = Stage::in_group(seed, Settings { shutdown: 6, ..Settings::default() });
        stage.crash_of_sibling();
        assert_eq!(stage.heard_in(5 * SECOND - NANOSECOND), "s");
        assert_eq!(stage.crashes.lock().len(), 0);
        assert_eq!(stage.heard_in(NANOSECOND), "");
        assert_eq!(*stage.crashes.lock(), [CrashKind::TimedOut]);
        assert_eq!(stage.heard_in(SECOND), "");
        assert_eq!((stage.status(), stage.restarts()), (Status::Running, 1));
    }
}

/// Keeps what it hears.
struct Heard(Arc<Mutex<String>>);

impl Native for Heard {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.0.lock().push_str(std::str::from_utf8(message).unwrap());
        Ok(None)
    }
}

/// A system on threads in which the guest waits for most of a minute over what it says by this
/// letter, or is going to, and what it has said.
fn at(letter: char, drain: Duration) -> (System, Arc<Mutex<String>>) {
    let system = System::builder().workers(2).drain(drain).build().unwrap();
    let heard = Arc::<Mutex<String>>::default();
    let hears = Arc::clone(&heard);
    let hears = move || Heard(Arc::clone(&hears));
    system.spawn(ComponentSpec::native("test/heard".parse().unwrap(), hears)).unwrap();
    let limits = Limits {
        message_timeout: 60 * SECOND,
        shutdown_timeout: SECOND / 100,
        ..Limits::default()
    };
    let interval = if letter == 'h' { SECOND / 1000 } else { 60 * SECOND };
    system.spawn(spec(&load(&system)).limits(limits).health(interval, 2)).unwrap();
    let shutdown = if letter == 's' { 50 } else { 0 };
    let settings = Settings { exit: 50, check: 50, shutdown, health: 0 };
    system.send("test/waits", &settings.message()).unwrap();
    match letter {
        'e' => system.send("test/waits", b"otest/nobody").unwrap(),
        'm' => system.send("test/waits", &[b'm', 50]).unwrap(),
        _ => {}
    }
    let awaited = if letter == 's' { 'w' } else { letter };
    while !since_told(&heard).contains(awaited) {
        std::thread::yield_now();
    }
    (system, heard)
}

/// What the guest has said since it was told for how long it is to wait.
fn since_told(heard: &Mutex<String>) -> String {
    let heard = heard.lock();
    heard.find('w').map(|at| heard[at..].to_owned()).unwrap_or_default()
}

/// Far more than the end of a component takes, and less than the guest would wait.
const SOON: Duration = Duration::from_secs(40);

#[test]
fn a_stop_cuts_who_waits_whatever_it_is_at_when_draining_is_over() {
    for letter in ['m', 'e', 'h', 's'] {
        let (system, heard) = at(letter, Duration::ZERO);
        let began = Instant::now();
        let queued = system.sender("test/hand".parse().unwrap()).send("test/waits", &[b'm', 0]);
        queued.unwrap();
        assert!(system.stop("test/waits"));
        assert!(began.elapsed() < SOON);
        assert_eq!(system.component("test/waits").unwrap().status, Status::Stopped);
        assert!(system.wait_idle());
        let done = letter.to_ascii_uppercase();
        assert!(!since_told(&heard).contains(done), "{letter} was not done");
        let crashed = system.dead_letter_counts().crashed;
        assert_eq!(crashed, u64::from(letter == 'm'), "{letter}");
        expect_nothing_lost(&system);
    }
}

#[test]
fn the_end_of_the_system_cuts_them_too() {
    for letter in ['m', 'e', 'h', 's'] {
        let (system, heard) = at(letter, SECOND / 100);
        let began = Instant::now();
        system.shutdown();
        assert!(began.elapsed() < SOON);
        assert_eq!(system.component("test/waits").unwrap().status, Status::Stopped);
        let done = letter.to_ascii_uppercase();
        assert!(!since_told(&heard).contains(done), "{letter} was not done");
        expect_nothing_lost(&system);
    }
}
