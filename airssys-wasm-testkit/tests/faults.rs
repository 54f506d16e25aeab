//! Faults that a test has happen to components of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airssys_wasm::{AuditSettings, Event, RequestError, SendError, SpawnError, Status};
use airssys_wasm_testkit::{FailingFile, FaultInjector, TestSystem, guests};

/// A guest that counts, and what has things go wrong in it.
fn counter(test: &TestSystem) -> FaultInjector {
    let faults = FaultInjector::new();
    test.spawn(test.spec("test/count", guests::COUNT).faults(faults.clone()));
    faults
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn the_nth_message_traps_and_memory_is_gone() {
    let test = TestSystem::seeded(1);
    let faults = counter(&test);
    let mut probe = test.probe("test/probe");
    let mut count = || probe.request(&test, "test/count", b"");
    let before = [count().unwrap(), count().unwrap()];
    faults.trap_at(3);
    count().unwrap();
    count().unwrap();
    assert_eq!(count(), Err(RequestError::Crashed));
    assert_eq!(
        test.expect_crash("test/count").split("; it starts").next(),
        Some("test/count trapped: the test wanted it")
    );
    test.expect_restart("test/count");
    assert_eq!([count().unwrap(), count().unwrap()], before, "it counts from the beginning");
    test.expect_nothing_lost();
}

#[test]
fn a_trap_costs_as_many_deliveries_as_it_may() {
    let test = TestSystem::seeded(1);
    let faults = FaultInjector::new();
    let echo = test.spec("test/echo", guests::ECHO).max_deliveries(2);
    test.spawn(echo.faults(faults.clone()));
    let mut probe = test.probe("test/probe");
    faults.trap_at(1);
    let mut pending = probe.start_request("test/echo", b"again").unwrap();
    test.expect_crash("test/echo");
    test.expect_restart("test/echo");
    test.run_until_idle();
    assert_eq!(pending.try_take().unwrap().unwrap(), b"again"[..]);
}

#[test]
fn a_start_can_fail_at_first_and_after_a_crash() {
    let test = TestSystem::seeded(1);
    let faults = counter(&test);
    faults.refuse_starts(2);
    faults.trap_at(1);
    let mut probe = test.probe("test/probe");
    probe.send("test/count", b"").unwrap();
    let crashes = [(); 3].map(|()| {
        test.expect_crash("test/count");
        test.advance(Duration::from_secs(1));
    });
    assert_eq!(crashes.len(), 3);
    assert_eq!(test.system().component("test/count").unwrap().status, Status::Running);
    probe.request(&test, "test/count", b"").unwrap();

    faults.refuse_starts(1);
    let refused = test.spec("test/other", guests::COUNT).faults(faults);
    let refused = test.system().spawn(refused);
    assert!(matches!(refused, Err(SpawnError::Failed { .. })), "{refused:?}");
}

#[test]
fn a_slow_component_holds_nobody_else_up() {
    let test = TestSystem::seeded(1);
    let faults = counter(&test);
    test.spawn_guest("test/echo", guests::ECHO);
    let mut probe = test.probe("test/probe");
    faults.delay(80 * MILLISECOND);
    let mut slow = probe.start_request("test/count", b"").unwrap();
    assert_eq!(probe.request(&test, "test/echo", b"meanwhile").unwrap(), b"meanwhile");
    test.advance(79 * MILLISECOND);
    assert!(slow.try_take().is_none());
    test.advance(MILLISECOND);
    slow.try_take().unwrap().unwrap();

    let mut one_by_one = [(); 2].map(|()| probe.start_request("test/count", b"").unwrap());
    test.advance(80 * MILLISECOND);
    let answered = one_by_one.each_mut().map(|pending| pending.try_take().is_some());
    assert_eq!(answered, [true, false]);
    test.advance(80 * MILLISECOND);
    one_by_one[1].try_take().unwrap().unwrap();

    faults.delay(Duration::ZERO);
    probe.request(&test, "test/count", b"").unwrap();
}

#[test]
fn a_component_that_is_too_slow_is_out_of_time() {
    let test = TestSystem::seeded(1);
    let faults = counter(&test);
    let mut probe = test.probe("test/probe");
    faults.delay(100 * MILLISECOND);
    let mut pending = probe.start_request("test/count", b"").unwrap();
    test.advance(99 * MILLISECOND);
    assert!(pending.try_take().is_none());
    test.advance(MILLISECOND);
    assert_eq!(pending.try_take(), Some(Err(RequestError::Crashed)));
    let crash = test.expect_crash("test/count");
    let expected = "test/count ran over its time limit: in handle-message: it may take 100ms";
    assert!(crash.starts_with(expected), "{crash}");
}

#[test]
fn a_stop_does_not_wait_for_time_that_stands_still() {
    let test = TestSystem::seeded(1);
    let faults = counter(&test);
    let mut probe = test.probe("test/probe");
    faults.delay(80 * MILLISECOND);
    probe.send("test/count", b"in hand").unwrap();
    probe.send("test/count", b"left").unwrap();
    test.run_until_idle();
    assert!(test.system().stop("test/count"));
    let metrics = test.system().metrics("test/count").unwrap();
    assert_eq!((metrics.crashed, metrics.stopped), (1, 1));
    test.expect_nothing_lost();
}

#[test]
fn a_slow_guest_that_waits_by_itself_does_both() {
    let test = TestSystem::seeded(1);
    let faults = FaultInjector::new();
    let limits = airssys_wasm::Limits {
        message_timeout: Duration::from_secs(5),
        ..airssys_wasm::Limits::default()
    };
    let sleep = test.component("test/sleep", guests::SLEEP_COMPONENT).limits(limits);
    test.spawn(sleep.faults(faults.clone()));
    let mut probe = test.probe("test/probe");
    faults.delay(Duration::from_secs(2));
    let mut pending = probe.start_request("test/sleep", &[1]).unwrap();
    test.advance(Duration::from_millis(2999));
    assert!(pending.try_take().is_none());
    test.advance(MILLISECOND);
    pending.try_take().unwrap().unwrap();
}

#[test]
fn a_mailbox_can_be_filled() {
    let test = TestSystem::seeded(1);
    test.spawn_guest("test/echo", guests::ECHO);
    let sender = test.puppet("test/sender");
    let queued = test.fill_mailbox("test/echo", b"first");
    assert!(queued > 0);
    assert_eq!(test.system().component("test/echo").unwrap().queued, queued);
    assert!(test.system().suspend("test/echo"));
    assert_eq!(sender.send(&test, "test/echo", b"late"), Err(SendError::MailboxFull));
    assert!(test.system().resume("test/echo"));
    test.run_until_idle();
    assert_eq!(sender.send(&test, "test/echo", b"now"), Ok(()));
}

#[test]
fn an_audit_file_can_fail_and_recover() {
    let folder = tempfile::tempdir().unwrap();
    let file = FailingFile::new(folder.path().join("audit.jsonl"));
    let records = || fs::read_to_string(file.path()).unwrap().lines().count();
    let refused_sends = |test: &TestSystem| {
        let sender = test.puppet("test/sender");
        assert_eq!(sender.send(test, "test/nobody", b""), Err(SendError::NoSuchComponent));
    };
    let unwritten = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&unwritten);
    let test = TestSystem::with(1, |builder| {
        builder.audit(AuditSettings::new(file.path())).on_event(move |event| {
            noted.fetch_or(matches!(event, Event::AuditNotWritten), Ordering::Relaxed);
        })
    });
    file.fail().unwrap();
    refused_sends(&test);
    test.shutdown();
    assert!(unwritten.load(Ordering::Relaxed), "the host program is told");
    file.recover().unwrap();
    assert_eq!(records(), 0);

    let test = TestSystem::with(1, |builder| builder.audit(AuditSettings::new(file.path())));
    file.fail().unwrap();
    refused_sends(&test);
    file.recover().unwrap();
    test.shutdown();
    assert_eq!(records(), 1, "what could not be written is, once it can");
}
