//! The clock jumps by hours at once, as where the machine slept: what became due meanwhile happens
//! once, and nothing before its time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::mem;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm::{
    Backoff, Clock, ComponentError, ComponentId, ComponentSpec, Context, Event, Grants, Health,
    Intensity, Limits, Native, Rate, RequestError, Status, System,
};
use airssys_wasm_testkit::{Probe, TestSystem, VirtualClock, guests, patterns};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const NANOSECOND: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Lets so much time pass at once, where [`TestSystem::advance`] stops at each timer.
fn jump(test: &TestSystem, by: Duration) {
    test.clock().advance(by);
    test.system().fire_timers();
    test.run_until_idle();
}

/// Up to 5 hours, in milliseconds.
fn times(seed: u64) -> Vec<Duration> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut any = || Duration::from_millis(random.random_range(1..5 * 3_600_000));
    (0..100).map(|_| any()).collect()
}

/// Which are over between these, the earliest first.
fn over(times: &[Duration], from: Duration, to: Duration) -> Vec<usize> {
    let mut over: Vec<_> =
        (0..times.len()).filter(|&number| times[number] > from && times[number] <= to).collect();
    over.sort_by_key(|&number| times[number]);
    over
}

#[test]
fn each_timer_goes_off_once_and_in_its_order() {
    for seed in 0..20 {
        let test = TestSystem::seeded(seed);
        let puppet = test.puppet("test/puppet");
        let mut probe = test.probe("test/probe");
        let times = times(seed);
        for (number, time) in times.iter().enumerate() {
            let number = u32::try_from(number).unwrap().to_le_bytes();
            puppet.send_after(&test, "test/probe", &number, *time).unwrap();
        }
        let mut at = Duration::ZERO;
        for by in [SECOND, HOUR, 2 * HOUR, NANOSECOND, 3 * HOUR, 9 * HOUR] {
            jump(&test, by);
            assert_eq!(numbers(&mut probe), over(&times, at, at + by), "seed {seed}");
            at += by;
        }
        test.expect_nothing_lost();
    }
}

fn numbers(probe: &mut Probe) -> Vec<usize> {
    let number = |message: Vec<u8>| u32::from_le_bytes(message.try_into().unwrap()) as usize;
    std::iter::from_fn(|| Some(number(probe.try_receive()?.message))).collect()
}

#[test]
fn a_timer_goes_off_at_its_nanosecond() {
    let test = TestSystem::seeded(1);
    let puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    puppet.send_after(&test, "test/probe", b"x", HOUR).unwrap();
    jump(&test, HOUR - NANOSECOND);
    assert_eq!(probe.try_receive(), None);
    jump(&test, NANOSECOND);
    assert!(probe.try_receive().is_some());
}

#[test]
fn each_request_times_out_once_and_those_that_have_time_left_are_answered() {
    for seed in 0..20 {
        let test = TestSystem::seeded(seed);
        let puppet = test.puppet("test/puppet");
        test.spawn_guest("test/echo", guests::ECHO);
        test.system().suspend("test/echo");
        let times = times(seed);
        let ids: Vec<_> = times
            .iter()
            .map(|time| puppet.request(&test, "test/echo", b"x", *time).unwrap())
            .collect();
        let mut at = Duration::ZERO;
        for by in [SECOND, HOUR, NANOSECOND, 2 * HOUR] {
            jump(&test, by);
            let expected: Vec<_> = over(&times, at, at + by)
                .into_iter()
                .map(|number| (ids[number], Err(RequestError::TimedOut)))
                .collect();
            assert_eq!(puppet.outcomes(&test), expected, "seed {seed}");
            at += by;
        }
        test.system().resume("test/echo");
        test.run_until_idle();
        let left = over(&times, at, 5 * HOUR).len();
        let outcomes = puppet.outcomes(&test);
        assert_eq!(outcomes.len(), left, "seed {seed}");
        assert!(outcomes.iter().all(|(_, outcome)| *outcome == Ok(b"x".to_vec())), "seed {seed}");
        jump(&test, 9 * HOUR);
        assert_eq!(puppet.outcomes(&test), [], "seed {seed}");
        assert_eq!(test.system().component("test/puppet").unwrap().open_requests, 0);
    }
}

#[test]
fn a_restart_waits_for_its_time_and_happens_once() {
    let starts = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&starts);
    let test = TestSystem::with(1, |builder| {
        builder.on_event(move |event| {
            if let Event::Restarted { .. } = event {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let backoff = Backoff { initial: HOUR, max: 4 * HOUR };
    let intensity = Intensity { max_restarts: 1, within: 10 * HOUR };
    test.puppet_with("test/puppet", |spec| spec.backoff(backoff).intensity(intensity));
    let mut host = test.system().sender("test/host".parse().unwrap());
    let status = || test.system().component("test/puppet").unwrap().status;
    for restarts in 1..=3 {
        host.try_send("test/puppet", b"t").unwrap();
        let mut pending = host.try_request("test/puppet", b"ehello", Some(2 * HOUR)).unwrap();
        test.run_until_idle();
        // The back-off is up to a tenth shorter.
        jump(&test, HOUR * 9 / 10 - NANOSECOND);
        assert_eq!((status(), pending.try_take()), (Status::Restarting, None));
        jump(&test, HOUR / 10 + NANOSECOND);
        assert_eq!((status(), starts.load(Ordering::Relaxed)), (Status::Running, restarts));
        assert_eq!(pending.try_take(), Some(Ok(b"hello".to_vec().into())));
        // Its window is over as well.
        jump(&test, 10 * HOUR);
        assert_eq!(starts.load(Ordering::Relaxed), restarts);
    }
    test.expect_nothing_lost();
}

#[test]
fn a_component_is_asked_once_how_it_is_however_many_intervals_have_passed() {
    let test = TestSystem::seeded(1);
    let log = Log::default();
    let diary = log.clone();
    let id = "test/diary".parse().unwrap();
    test.spawn(ComponentSpec::native(id, move || Diary(diary.clone())).health(10 * SECOND, 3));
    for (by, asked) in [(10 * SECOND - NANOSECOND, 0), (HOUR, 1), (9 * SECOND, 0), (SECOND, 1)] {
        jump(&test, by);
        assert_eq!(log.take().len(), asked, "{by:?}");
    }
}

#[test]
fn who_sleeps_in_wasi_wakes_once_and_is_not_cut_for_what_it_slept_too_long() {
    let test = TestSystem::seeded(1);
    let guest = test.system().load(guests::SLEEP_COMPONENT.as_bytes()).unwrap();
    let limits = Limits { message_timeout: 10 * SECOND, ..Limits::default() };
    test.spawn(ComponentSpec::guest("test/sleeper".parse().unwrap(), &guest).limits(limits));
    let mut sender = test.system().sender("test/host".parse().unwrap());
    let mut request = || sender.try_request("test/sleeper", &[5], Some(5 * HOUR)).unwrap();
    let (mut first, mut second) = (request(), request());
    test.run_until_idle();
    jump(&test, 5 * SECOND - NANOSECOND);
    assert_eq!(first.try_take(), None);
    jump(&test, HOUR);
    assert_eq!((first.try_take(), second.try_take()), (Some(Ok(vec![5].into())), None));
    jump(&test, HOUR);
    assert_eq!(second.try_take(), Some(Ok(vec![5].into())));
    assert_eq!(test.system().metrics("test/sleeper").unwrap().restarts, 0);
}

#[test]
fn a_long_rest_gives_no_more_than_the_burst() {
    let test = TestSystem::seeded(1);
    let number = |number| NonZeroU32::new(number).unwrap();
    let rate = Rate { per_second: number(10), burst: number(3) };
    let everyone = Grants { send: patterns(&["test/*"]), ..Grants::default() };
    let puppet = test.puppet_with("test/puppet", |spec| spec.grants(everyone).rate(rate));
    test.spawn_guest("test/echo", guests::ECHO);
    for by in [Duration::ZERO, HOUR, 9 * HOUR] {
        jump(&test, by);
        assert_eq!(puppet.send_many(&test, "test/echo", b"x", 100).0, 3, "{by:?}");
    }
}

/// What components of the test's own have seen.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: String) {
        self.0.lock().push(what);
    }

    fn take(&self) -> Vec<String> {
        mem::take(&mut *self.0.lock())
    }
}

/// Writes down what it is told and when it is asked how it is, and crashes where it is told that.
struct Diary(Log);

impl Native for Diary {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        assert_ne!(message, b"crash", "as it was told");
        self.0.add(format!("told {message:?}"));
        Ok(None)
    }

    fn check_health(&mut self, _: &mut Context<'_>) -> Health {
        self.0.add("asked".to_owned());
        Health::Healthy
    }
}

/// A clock whose date is set while it runs.
#[derive(Default)]
struct Dated {
    clock: VirtualClock,
    date: AtomicU64,
}

impl Clock for Dated {
    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn unix_nanos_at(&self, _: Duration) -> u64 {
        self.date.load(Ordering::Relaxed)
    }
}

#[test]
fn nothing_depends_on_the_date() {
    let year = 365 * 86_400_000_000_000;
    let usual = history(|step| 50 * year + step);
    let count = |what: &str| usual.iter().filter(|line| line.contains(what)).count();
    assert_eq!((count("told"), count("no response")), (19, 19), "{usual:#?}");
    assert!(count("asked") > 5 && count("restarted") > 5 && count("given up") == 1, "{usual:#?}");
    let dates = [50 * year, 60 * year, 0, 40 * year, u64::MAX];
    assert_eq!(history(|step| dates[step as usize % dates.len()]), usual);
}

/// What happens in 20 seconds, and when, while the date is set again and again.
fn history(date: impl Fn(u64) -> u64) -> Vec<String> {
    let (clock, log) = (Arc::<Dated>::default(), Log::default());
    let (events, diary) = (log.clone(), log.clone());
    let system = System::builder()
        .seeded(1, Arc::clone(&clock) as _)
        .on_event(move |event| match event {
            Event::Restarted { id } => events.add(format!("{id} restarted")),
            Event::Crashed { id, restart: None, .. } => events.add(format!("{id} given up")),
            _ => {}
        })
        .build()
        .unwrap();
    let spec = |id: &str| {
        let diary = diary.clone();
        ComponentSpec::native(id.parse().unwrap(), move || Diary(diary.clone()))
    };
    let often = Intensity { max_restarts: 3, within: 7 * SECOND };
    system.spawn(spec("test/diary").health(3 * SECOND, 1)).unwrap();
    system.spawn(spec("test/deaf")).unwrap();
    system.spawn(spec("test/fragile").intensity(often)).unwrap();
    system.spawn(spec("test/worse").intensity(Intensity { max_restarts: 2, ..often })).unwrap();
    system.suspend("test/deaf");
    let mut host = system.sender("test/host".parse().unwrap());
    let mut pending = Vec::new();
    for step in 0..200 {
        clock.date.store(date(step), Ordering::Relaxed);
        if step % 10 == 0 {
            let (number, time) = (u8::try_from(step / 10).unwrap(), SECOND * 3 / 2);
            host.send_after("test/diary", &[number], time).unwrap();
            pending.push(host.try_request("test/deaf", b"", Some(time)).unwrap());
        }
        if step % 30 == 0 {
            host.try_send("test/fragile", b"crash").unwrap();
            // It is given up in the end.
            let _ = host.try_send("test/worse", b"crash");
        }
        while system.step() {}
        clock.clock.advance(SECOND / 10);
        system.fire_timers();
        while system.step() {}
        for (number, pending) in pending.iter_mut().enumerate() {
            if let Some(outcome) = pending.try_take() {
                log.add(format!("request {number}: {}", outcome.unwrap_err()));
            }
        }
        log.add(format!("{:?}", clock.monotonic()));
    }
    log.take()
}
