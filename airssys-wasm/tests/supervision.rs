//! Components are restarted together, in groups and groups of groups.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    Backoff, ComponentError, ComponentId, ComponentSpec, Context, Event, GroupError, GroupSpec,
    Intensity, Native, Policy, RequestError, Restart, SendError, SpawnError, Status, Strategy,
};
use airssys_wasm_testkit::{TestSystem, guests};
use parking_lot::Mutex;

/// What has happened, in its order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: &str, id: &ComponentId) {
        self.0.lock().push(format!("{what} {}", id.as_str().trim_start_matches("test/")));
    }

    /// What was added since it was last asked.
    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock()).join(", ")
    }
}

/// Logs its starts and stops, and crashes at each message.
struct Fragile(Log);

impl Native for Fragile {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        self.0.add("start", context.id());
        Ok(())
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        assert_ne!(message, b"crash", "as it was told");
        Ok(Some(message.to_vec()))
    }

    fn shutdown(&mut self, context: &mut Context<'_>) {
        self.0.add("stop", context.id());
    }
}

/// A policy with this strategy, and so many restarts within a minute after 1 s each.
fn policy(strategy: Strategy, max_restarts: u32) -> Policy {
    let backoff = Backoff { initial: Duration::from_secs(1), max: Duration::from_secs(1) };
    Policy { strategy, intensity: Intensity { max_restarts, ..Intensity::default() }, backoff }
}

/// A system that logs, under this policy.
fn system(policy: Policy) -> (TestSystem, Log) {
    let log = Log::default();
    let events = log.clone();
    let test = TestSystem::with(1, move |builder| {
        builder.supervision(policy).on_event(move |event| {
            if let Event::GivenUp { id, .. } | Event::Crashed { id, restart: None, .. } = event {
                events.add("give up", id);
            }
        })
    });
    (test, log)
}

fn spawn(
    test: &TestSystem,
    log: &Log,
    name: &str,
    settings: impl Fn(ComponentSpec) -> ComponentSpec,
) {
    let (id, log) = (format!("test/{name}").parse().unwrap(), log.clone());
    test.spawn(settings(ComponentSpec::native(id, move || Fragile(log.clone()))));
}

fn crash(test: &TestSystem, name: &str) {
    test.system().send(&format!("test/{name}"), b"crash").unwrap();
    test.advance(Duration::from_secs(2));
}

#[test]
fn one_for_one_restarts_the_one() {
    let (test, log) = system(policy(Strategy::OneForOne, 5));
    for name in ["a", "b", "c"] {
        spawn(&test, &log, name, |spec| spec);
    }
    log.take();
    crash(&test, "b");
    assert_eq!(log.take(), "start b");
}

#[test]
fn one_for_all_stops_the_others_in_reverse_and_starts_all_in_order() {
    let (test, log) = system(policy(Strategy::OneForAll, 5));
    for name in ["a", "b", "c"] {
        spawn(&test, &log, name, |spec| spec);
    }
    log.take();
    crash(&test, "b");
    assert_eq!(log.take(), "stop c, stop a, start a, start b, start c");
}

#[test]
fn rest_for_one_restarts_those_that_started_after() {
    let (test, log) = system(policy(Strategy::RestForOne, 5));
    for name in ["a", "b", "c", "d"] {
        spawn(&test, &log, name, |spec| spec);
    }
    log.take();
    crash(&test, "b");
    assert_eq!(log.take(), "stop d, stop c, start b, start c, start d");
}

#[test]
fn mail_waits_for_those_that_are_restarted_with_others() {
    let (test, log) = system(policy(Strategy::OneForAll, 5));
    for name in ["a", "b"] {
        spawn(&test, &log, name, |spec| spec);
    }
    let mut probe = test.probe("test/probe");
    test.system().send("test/b", b"crash").unwrap();
    test.run_until_idle();
    let mut pending = probe.start_request("test/a", b"still there").unwrap();
    test.run_until_idle();
    assert_eq!(pending.try_take(), None);
    assert_eq!(test.system().component("test/a").unwrap().status, Status::Restarting);
    test.advance(Duration::from_secs(1));
    assert_eq!(&pending.wait().unwrap()[..], b"still there");
    assert!(test.system().dead_letters().len() == 1, "only the message that crashed it");
    test.expect_nothing_lost();
}

#[test]
fn a_group_that_fails_too_often_is_restarted_by_the_one_above_and_then_given_up() {
    let (test, log) = system(policy(Strategy::OneForOne, 1));
    let group = GroupSpec::new(policy(Strategy::OneForAll, 1));
    test.system().add_group("pair", group).unwrap();
    spawn(&test, &log, "alone", |spec| spec);
    for name in ["a", "b"] {
        spawn(&test, &log, name, |spec| spec.group("pair"));
    }
    log.take();
    crash(&test, "a");
    assert_eq!(log.take(), "stop b, start a, start b", "the group does that itself");
    crash(&test, "b");
    assert_eq!(log.take(), "stop a, start a, start b", "the system starts the group again");
    crash(&test, "a");
    assert_eq!(log.take(), "stop b, start a, start b", "the group counts anew");
    crash(&test, "a");
    let log = log.take();
    assert!(log.starts_with("stop b"), "{log}");
    for name in ["a", "b"] {
        assert!(log.contains(&format!("give up {name}")), "{log}");
        let status = test.system().component(&format!("test/{name}")).unwrap().status;
        assert_eq!(status, Status::GivenUp);
    }
    assert_eq!(test.system().component("test/alone").unwrap().status, Status::Running);
    assert_eq!(test.system().send("test/b", b"x"), Err(SendError::Stopped));
    test.expect_nothing_lost();
}

#[test]
fn groups_are_in_groups() {
    let (test, log) = system(policy(Strategy::OneForOne, 5));
    test.system().add_group("outer", GroupSpec::new(policy(Strategy::RestForOne, 5))).unwrap();
    let inner = GroupSpec::new(policy(Strategy::OneForOne, 0)).parent("outer");
    spawn(&test, &log, "first", |spec| spec.group("outer"));
    test.system().add_group("inner", inner).unwrap();
    for name in ["a", "b"] {
        spawn(&test, &log, name, |spec| spec.group("inner"));
    }
    spawn(&test, &log, "last", |spec| spec.group("outer"));
    log.take();
    // No restart is allowed to the inner group: it ends, and the outer one restarts it and the rest.
    crash(&test, "a");
    assert_eq!(log.take(), "stop b, stop last, start a, start b, start last");
}

#[test]
fn a_temporary_component_goes_down_with_its_group_and_does_not_come_back() {
    let (test, log) = system(policy(Strategy::OneForAll, 5));
    spawn(&test, &log, "a", |spec| spec);
    spawn(&test, &log, "b", |spec| spec.restart(Restart::Temporary));
    log.take();
    crash(&test, "a");
    assert_eq!(log.take(), "stop b, start a");
    assert_eq!(test.system().component("test/b").unwrap().status, Status::Stopped);
}

#[test]
fn who_waits_for_an_answer_of_one_that_is_given_up_with_its_group_is_told() {
    let (test, log) = system(policy(Strategy::OneForAll, 0));
    for name in ["a", "b"] {
        spawn(&test, &log, name, |spec| spec);
    }
    let mut probe = test.probe("other/probe");
    test.system().suspend("test/b");
    test.run_until_idle();
    let pending = probe.start_request("test/b", b"x").unwrap();
    crash(&test, "a");
    assert_eq!(pending.wait(), Err(RequestError::Stopped));
}

#[test]
fn what_is_stopped_by_hand_does_not_come_back_with_the_others() {
    let (test, log) = system(policy(Strategy::OneForAll, 5));
    for name in ["a", "b", "c"] {
        spawn(&test, &log, name, |spec| spec);
    }
    test.system().stop("test/b");
    log.take();
    crash(&test, "a");
    assert_eq!(log.take(), "stop c, start a, start c");
    spawn(&test, &log, "b", |spec| spec);
    assert_eq!(log.take(), "start b");
    crash(&test, "b");
    assert_eq!(log.take(), "stop c, stop a, start a, start c, start b", "it is the last now");
}

#[test]
fn a_guest_that_spins_while_its_group_restarts_is_waited_for() {
    let (test, log) = system(policy(Strategy::OneForAll, 5));
    spawn(&test, &log, "a", |spec| spec);
    test.spawn(test.spec("test/spin", guests::SPIN));
    test.system().send("test/spin", b"x").unwrap();
    crash(&test, "a");
    for name in ["test/a", "test/spin"] {
        assert_eq!(test.system().component(name).unwrap().status, Status::Running, "{name}");
    }
}

#[test]
fn a_group_that_there_is_not_is_an_error() {
    let (test, log) = system(Policy::default());
    let nowhere = GroupSpec::default().parent("nowhere");
    assert_eq!(
        test.system().add_group("x", nowhere),
        Err(GroupError::NoSuchParent("nowhere".into()))
    );
    test.system().add_group("x", GroupSpec::default()).unwrap();
    assert_eq!(
        test.system().add_group("x", GroupSpec::default()),
        Err(GroupError::DuplicateName("x".into()))
    );
    let id: ComponentId = "test/a".parse().unwrap();
    let spec = ComponentSpec::native(id, move || Fragile(log.clone())).group("y");
    let error = test.system().spawn(spec).unwrap_err();
    assert!(matches!(error, SpawnError::NoSuchGroup { .. }), "{error}");
    assert_eq!(test.system().component("test/a"), None);
}
