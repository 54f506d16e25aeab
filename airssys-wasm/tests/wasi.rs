//! Guests wait in WASI: by the system's time, and without a worker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    ComponentSpec, CrashKind, DeadLetterReason, Event, Limits, RequestError, Status, System,
};
use airssys_wasm_testkit::{TestSystem, guests};
use parking_lot::Mutex;

const SECOND: Duration = Duration::from_secs(1);

/// A guest that sleeps, and may do so for a minute.
fn sleeper(system: &System, id: &str) -> ComponentSpec {
    let guest = system.load(guests::SLEEP_COMPONENT.as_bytes()).unwrap();
    let limits = Limits { message_timeout: Duration::from_secs(60), ..Limits::default() };
    ComponentSpec::guest(id.parse().unwrap(), &guest).limits(limits)
}

#[test]
fn who_sleeps_wakes_at_its_time_and_not_before() {
    for seed in 0..20 {
        let test = TestSystem::seeded(seed);
        test.spawn(sleeper(test.system(), "test/sleeper"));
        let mut probe = test.probe("test/probe");
        let mut first = probe.start_request("test/sleeper", &[3]).unwrap();
        let mut second = probe.start_request("test/sleeper", &[1]).unwrap();
        test.advance(3 * SECOND - Duration::from_nanos(1));
        assert_eq!(first.try_take(), None);
        test.advance(Duration::from_nanos(1));
        assert_eq!(first.try_take(), Some(Ok(vec![3].into())));
        test.advance(SECOND - Duration::from_nanos(1));
        assert_eq!(second.try_take(), None, "one message at a time");
        test.advance(Duration::from_nanos(1));
        assert_eq!(second.try_take(), Some(Ok(vec![1].into())));
        test.expect_nothing_lost();
    }
}

#[test]
fn others_run_meanwhile_and_a_system_in_which_one_sleeps_is_not_idle() {
    let test = TestSystem::seeded(1);
    test.spawn(sleeper(test.system(), "test/sleeper"));
    test.spawn_guest("test/echo", guests::ECHO);
    let mut probe = test.probe("test/probe");
    probe.send("test/sleeper", &[3]).unwrap();
    test.run_until_idle();
    assert_eq!(probe.request(&test, "test/echo", b"awake").unwrap(), b"awake");
    assert!(!test.system().wait_idle());
    test.advance(3 * SECOND);
    assert!(test.system().wait_idle());
}

#[test]
fn who_sleeps_over_its_time_limit_is_cut_there() {
    let crashes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&crashes);
    let test = TestSystem::with(1, move |builder| {
        builder.on_event(move |event| {
            if let Event::Crashed { crash, .. } = event {
                seen.lock().push((crash.kind(), crash.to_string()));
            }
        })
    });
    let limits = Limits { message_timeout: 2 * SECOND, ..Limits::default() };
    test.spawn(sleeper(test.system(), "test/sleeper").limits(limits));
    let mut probe = test.probe("test/probe");
    let mut pending = probe.start_request("test/sleeper", &[4]).unwrap();
    probe.send("test/sleeper", &[1]).unwrap();
    test.advance(2 * SECOND - Duration::from_nanos(1));
    assert_eq!(pending.try_take(), None);
    test.advance(Duration::from_nanos(1));
    assert_eq!(pending.try_take(), Some(Err(RequestError::Crashed)));
    test.advance(5 * SECOND);
    let metrics = test.system().metrics("test/sleeper").unwrap();
    assert_eq!((metrics.handled, metrics.crashed, metrics.restarts), (1, 1, 1));
    let crashes = crashes.lock();
    let text = "ran over its time limit: in handle-message: it may take 2s";
    assert_eq!(*crashes, [(CrashKind::TimedOut, text.to_owned())]);
    test.expect_nothing_lost();
}

#[test]
fn a_stop_waits_for_the_message_in_hand_for_as_long_as_draining_may_take() {
    let system = System::builder().workers(1).drain(Duration::ZERO).build().unwrap();
    system.spawn(sleeper(&system, "test/sleeper")).unwrap();
    let mut sender = system.sender("test/host".parse().unwrap());
    let pending = sender.request("test/sleeper", &[50], None).unwrap();
    while system.component("test/sleeper").unwrap().queued > 0 {
        std::thread::yield_now();
    }
    assert!(system.stop("test/sleeper"));
    assert_eq!(pending.wait(), Err(RequestError::Crashed));
    let letters = system.dead_letters();
    let [(_, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.reason, DeadLetterReason::Crashed);
    assert_eq!(system.component("test/sleeper").unwrap().status, Status::Stopped);
}

#[test]
fn many_sleep_at_once_on_one_worker() {
    let system = System::builder().workers(1).build().unwrap();
    let names: Vec<_> = (0..100).map(|number| format!("test/sleeper-{number}")).collect();
    for name in &names {
        system.spawn(sleeper(&system, name)).unwrap();
    }
    let echo = system.load(guests::guest(guests::ECHO).as_bytes()).unwrap();
    system.spawn(ComponentSpec::guest("test/echo".parse().unwrap(), &echo)).unwrap();
    let mut sender = system.sender("test/host".parse().unwrap());
    let pending: Vec<_> =
        names.iter().map(|name| sender.request(name, &[1], None).unwrap()).collect();
    for _ in 0..100 {
        assert_eq!(&system.request("test/echo", b"awake").unwrap()[..], b"awake");
    }
    for pending in pending {
        assert_eq!(&pending.wait().unwrap()[..], &[1]);
    }
    system.shutdown();
}
