//! Components are told how others end: of what, in which order, and who may know.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Weak};
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, ExitReason, Grants, Intensity,
    MailboxLimits, Monitor, MonitorError, Native, Overflow, RequestError, Restart, Right,
};
use airssys_wasm_testkit::{Probe, Puppet, TestSystem, guests, patterns};
use parking_lot::Mutex;

/// How a guest ends that executes `unreachable`.
const TRAPPED: &str =
    "trapped: in handle-message: wasm trap: wasm `unreachable` instruction executed";

fn crashed() -> ExitReason {
    ExitReason::Crashed(TRAPPED.to_owned())
}

fn given_up() -> ExitReason {
    ExitReason::GivenUp(TRAPPED.to_owned())
}

/// A guest that traps at each message, so many times before it is given up.
fn fragile(test: &TestSystem, id: &str, max_restarts: u32) {
    let guest = test.guest(guests::TRAP);
    let intensity = Intensity { max_restarts, within: Duration::from_secs(600) };
    test.spawn(ComponentSpec::guest(id.parse().unwrap(), &guest).intensity(intensity));
}

/// Has it crash, and waits for the restart if there is one.
fn crash(test: &TestSystem, id: &str) {
    test.system().send(id, b"").unwrap();
    test.advance(Duration::from_secs(10));
}

/// What a puppet was told, of components that are called `test/target`.
fn told(test: &TestSystem, puppet: &Puppet) -> Vec<ExitReason> {
    let exits = puppet.exits(test).into_iter();
    exits.inspect(|(id, _)| assert_eq!(id, "test/target")).map(|(_, reason)| reason).collect()
}

fn monitors(test: &TestSystem, id: &str) -> u32 {
    test.system().quota_usage(id).unwrap().monitors
}

#[test]
fn each_crash_is_told_and_the_last_ends_the_monitor() {
    let test = TestSystem::seeded(1);
    let watcher = test.puppet("test/watcher");
    fragile(&test, "test/target", 2);
    watcher.monitor(&test, "test/target").unwrap();
    watcher.monitor(&test, "test/target").unwrap();
    assert_eq!(monitors(&test, "test/watcher"), 1);
    for expected in [crashed(), crashed(), given_up()] {
        assert_eq!(told(&test, &watcher), []);
        crash(&test, "test/target");
        assert_eq!(told(&test, &watcher), [expected]);
    }
    assert_eq!(monitors(&test, "test/watcher"), 0);
    assert!(!watcher.demonitor(&test, "test/target"));
    test.system().remove("test/target");
    assert_eq!(told(&test, &watcher), []);
    assert_eq!(test.system().metrics("test/watcher").unwrap().exits, 3);
    test.expect_nothing_lost();
}

#[test]
fn one_that_does_not_start_again_is_given_up() {
    let test = TestSystem::seeded(2);
    let watcher = test.puppet("test/watcher");
    let guest = test.guest(guests::TRAP);
    let spec = ComponentSpec::guest("test/target".parse().unwrap(), &guest);
    test.spawn(spec.restart(Restart::Temporary));
    watcher.monitor(&test, "test/target").unwrap();
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), [given_up()]);
}

#[test]
fn one_that_ends_itself_ends_normally_whether_or_not_it_starts_again() {
    let test = TestSystem::seeded(17);
    let watcher = test.puppet("test/watcher");
    let guest = test.system().load(include_bytes!("guests/exits.wat")).unwrap();
    let spec =
        |restart| ComponentSpec::guest("test/target".parse().unwrap(), &guest).restart(restart);
    test.spawn(spec(Restart::Permanent));
    watcher.monitor(&test, "test/target").unwrap();
    for _ in 0..2 {
        crash(&test, "test/target");
        assert_eq!(told(&test, &watcher), [ExitReason::Normal]);
        assert_eq!(monitors(&test, "test/watcher"), 1, "it runs again");
    }
    test.system().remove("test/target");
    assert_eq!(told(&test, &watcher), [ExitReason::Stopped]);

    test.spawn(spec(Restart::Transient));
    watcher.monitor(&test, "test/target").unwrap();
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), [ExitReason::Normal]);
    assert_eq!(monitors(&test, "test/watcher"), 0);
}

#[test]
fn a_stop_is_told_once() {
    let test = TestSystem::seeded(3);
    let watcher = test.puppet("test/watcher");
    let ends: [fn(&TestSystem) -> bool; 2] =
        [|test| test.system().stop("test/target"), |test| test.system().remove("test/target")];
    for end in ends {
        test.spawn_guest("test/target", guests::ECHO);
        watcher.monitor(&test, "test/target").unwrap();
        assert!(end(&test));
        assert_eq!(told(&test, &watcher), [ExitReason::Stopped]);
        assert_eq!(monitors(&test, "test/watcher"), 0);
        test.system().remove("test/target");
        // Another component of that id is another one.
        test.spawn_guest("test/target", guests::ECHO);
        test.system().remove("test/target");
        assert_eq!(told(&test, &watcher), []);
    }
}

#[test]
fn what_has_ended_or_never_was_is_told_at_once() {
    let test = TestSystem::seeded(4);
    let watcher = test.puppet("test/watcher");
    let monitor = || {
        watcher.monitor(&test, "test/target").unwrap();
        test.run_until_idle();
        assert_eq!(monitors(&test, "test/watcher"), 0);
        told(&test, &watcher)
    };
    assert_eq!(monitor(), [ExitReason::NoSuchComponent]);
    test.spawn_guest("test/target", guests::ECHO);
    test.system().stop("test/target");
    assert_eq!(monitor(), [ExitReason::Stopped]);
    fragile(&test, "test/target", 0);
    crash(&test, "test/target");
    assert_eq!(monitor(), [ExitReason::GivenUp("before it was monitored".to_owned())]);
}

#[test]
fn nobody_learns_of_those_whom_it_may_not_reach() {
    let test = TestSystem::seeded(5);
    let watcher = test.puppet_with("test/watcher", |spec| {
        let (send, request) = (patterns(&["test/a*"]), patterns(&["test/b*"]));
        spec.grants(Grants { send, request, ..Grants::default() })
    });
    test.spawn_guest("test/a", guests::ECHO);
    test.spawn_guest("test/c", guests::ECHO);
    for (target, outcome) in [
        ("test/a", Ok(())),
        ("test/a-nobody", Ok(())),
        ("test/b-nobody", Ok(())),
        ("test/c", Err(MonitorError::NotPermitted)),
        ("test/nobody", Err(MonitorError::NotPermitted)),
        ("test/watcher", Err(MonitorError::NotPermitted)),
        ("Test/a", Err(MonitorError::InvalidTarget)),
        ("test/*", Err(MonitorError::InvalidTarget)),
    ] {
        assert_eq!(watcher.monitor(&test, target), outcome, "{target}");
    }
    test.run_until_idle();
    let mut told = watcher.exits(&test);
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let none = |id: &str| (id.to_owned(), ExitReason::NoSuchComponent);
    assert_eq!(told, [none("test/a-nobody"), none("test/b-nobody")]);
}

#[test]
fn a_grant_that_was_revoked_tells_nothing_more() {
    let test = TestSystem::seeded(6);
    let watcher = test.puppet("test/watcher");
    fragile(&test, "test/target", 9);
    watcher.monitor(&test, "test/target").unwrap();
    let all = "**".parse().unwrap();
    let revoke = |right| test.system().revoke("test/watcher", right, &all).unwrap();
    assert!(revoke(Right::Send));
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), [crashed()], "it may request still");
    assert!(revoke(Right::Request));
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), []);
    assert!(test.system().grant("test/watcher", Right::Send, all.clone()).unwrap());
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), [crashed()], "the monitor has lasted");
    assert!(revoke(Right::Send));
    test.system().stop("test/target");
    assert_eq!(told(&test, &watcher), []);
    assert_eq!(monitors(&test, "test/watcher"), 0);
}

#[test]
fn one_without_a_handler_cannot_monitor() {
    let test = TestSystem::seeded(7);
    // Responds with the first 12 bytes of the result.
    test.spawn_guest(
        "test/deaf",
        r#"
        (import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32) (param $message i32) (param $length i32) (result i32)
          (call $monitor (local.get $message) (local.get $length) (i32.const 256))
          (call $respond (i32.const 256) (i32.const 12)))
        "#,
    );
    let mut probe = test.probe("test/probe");
    let result = probe.request(&test, "test/deaf", b"test/probe").unwrap();
    assert_eq!((result[0], result[4]), (1, 3), "no-handler");
}

/// Passes on to `test/heard` what it is sent, and the ids of those who have ended.
const HEARS: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(data (i32.const 512) "test/heardtest/target")
(func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
  (call $monitor (i32.const 522) (i32.const 11) (i32.const 256))
  (i32.store (i32.const 0) (i32.load (i32.const 256)))
  (i32.const 0))
(func (export "airssys:component/lifecycle@0.1.0#shutdown"))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (call $send
    (i32.const 512) (i32.const 10) (local.get $message) (local.get $length) (i32.const 256))
  (if (i32.eqz (local.get $length)) (then unreachable))
  (call $done))
(func (export "airssys:component/exits@0.1.0#handle-exit")
  (param $id i32) (param $length i32) (param $reason i32) (param i32 i32) (result i32)
  (call $send
    (i32.const 512) (i32.const 10) (local.get $id) (local.get $length) (i32.const 256))
  (if (i32.eq (local.get $reason) (i32.const 2)) (then unreachable))
  (if (i32.eq (local.get $reason) (i32.const 3))
    (then (return (call $refuse (i32.const 7) (i32.const 512) (i32.const 4)))))
  (call $done))
"#;

fn heard(test: &TestSystem, probe: &mut Probe) -> Vec<String> {
    test.run_until_idle();
    std::iter::from_fn(|| Some(String::from_utf8(probe.try_receive()?.message).unwrap())).collect()
}

#[test]
fn news_comes_in_its_turn_and_has_a_place_of_its_own() {
    for policy in [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
        let test = TestSystem::seeded(8);
        let mut probe = test.probe("test/heard");
        fragile(&test, "test/target", 9);
        let guest = test.guest(HEARS);
        let mailbox = MailboxLimits { capacity: 2, max_bytes: 1 << 20, overflow: policy };
        let send = patterns(&["test/*"]);
        test.spawn(
            ComponentSpec::guest("test/hears".parse().unwrap(), &guest)
                .grants(Grants { send, ..Grants::default() })
                .mailbox(mailbox),
        );
        test.system().suspend("test/hears");
        test.run_until_idle();
        probe.send("test/hears", b"before").unwrap();
        crash(&test, "test/target");
        probe.send("test/hears", b"after").unwrap();
        // Only the newest of these is told, at the place of the first.
        crash(&test, "test/target");
        crash(&test, "test/target");
        test.system().resume("test/hears");
        let expected = ["before", "test/target", "after"];
        assert_eq!(heard(&test, &mut probe), expected, "{policy:?}");
        assert_eq!(test.system().metrics("test/hears").unwrap().accepted, 2);
        assert_eq!(test.system().dead_letter_counts().crashed, 3, "the target's own");
        test.expect_nothing_lost();
    }
}

#[test]
fn a_crash_over_the_news_is_a_crash_and_a_refusal_is_none() {
    let test = TestSystem::seeded(9);
    let mut probe = test.probe("test/heard");
    fragile(&test, "test/target", 0);
    let guest = test.guest(HEARS);
    let send = patterns(&["test/*"]);
    let spec = ComponentSpec::guest("test/hears".parse().unwrap(), &guest)
        .grants(Grants { send, ..Grants::default() });
    test.spawn(spec);
    crash(&test, "test/target");
    assert_eq!(heard(&test, &mut probe), ["test/target"], "it refuses to hear of `given-up`");
    assert_eq!(test.system().metrics("test/hears").unwrap().restarts, 0);

    test.system().remove("test/hears");
    test.spawn_guest("test/target", guests::ECHO);
    test.spawn_guest("test/hears", HEARS);
    test.system().stop("test/target");
    test.run_until_idle();
    assert_eq!(heard(&test, &mut probe), ["test/target"], "it crashes over `stopped`");
    test.system().remove("test/target");
    test.advance(Duration::from_millis(100));
    assert_eq!(test.system().metrics("test/hears").unwrap().restarts, 1);
    assert_eq!(heard(&test, &mut probe), ["test/target"], "its `init` has monitored again");
}

#[test]
fn the_monitors_of_one_that_crashes_end() {
    let test = TestSystem::seeded(10);
    let watcher = test.puppet("test/watcher");
    fragile(&test, "test/target", 9);
    watcher.monitor(&test, "test/target").unwrap();
    test.system().suspend("test/watcher");
    test.run_until_idle();
    // The watcher crashes before it comes to the news.
    test.system().send("test/watcher", b"t").unwrap();
    crash(&test, "test/target");
    test.system().resume("test/watcher");
    test.advance(Duration::from_secs(1));
    assert_eq!(test.system().metrics("test/watcher").unwrap().restarts, 1);
    assert_eq!((told(&test, &watcher), monitors(&test, "test/watcher")), (vec![], 0));
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), []);
    watcher.monitor(&test, "test/target").unwrap();
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), [crashed()]);
}

#[test]
fn after_demonitor_nothing_is_told_not_even_what_is_queued() {
    let test = TestSystem::seeded(11);
    let watcher = test.puppet("test/watcher");
    fragile(&test, "test/target", 9);
    watcher.monitor(&test, "test/target").unwrap();
    test.system().suspend("test/watcher");
    test.run_until_idle();
    let mut hand = test.system().sender("test/hand".parse().unwrap());
    let demonitor = hand.try_request("test/watcher", b"vtest/target", None).unwrap();
    test.system().send("test/target", b"").unwrap();
    test.run_until_idle();
    test.system().resume("test/watcher");
    test.run_until_idle();
    assert_eq!(demonitor.wait().unwrap()[..], [1]);
    assert_eq!(told(&test, &watcher), []);
    test.advance(Duration::from_secs(10));
    crash(&test, "test/target");
    assert_eq!(told(&test, &watcher), []);
    assert!(!watcher.demonitor(&test, "test/target"));
    assert!(!watcher.demonitor(&test, "Not/an-id"));
}

#[test]
fn there_is_a_limit_of_monitors() {
    let test = TestSystem::seeded(12);
    let watcher = test.puppet_with("test/watcher", |spec| {
        spec.grants(Grants { send: patterns(&["**"]), ..Grants::default() }).monitors(2)
    });
    for id in ["test/a", "test/b", "test/c"] {
        test.spawn_guest(id, guests::ECHO);
    }
    watcher.monitor(&test, "test/a").unwrap();
    watcher.monitor(&test, "test/b").unwrap();
    let too_many = Err(MonitorError::TooManyMonitors(2));
    assert_eq!(watcher.monitor(&test, "test/c"), too_many);
    assert_eq!(watcher.monitor(&test, "test/a"), Ok(()), "it has that");
    assert!(watcher.demonitor(&test, "test/a"));
    watcher.monitor(&test, "test/c").unwrap();
    assert_eq!(watcher.monitor(&test, "test/a"), too_many);
    test.system().stop("test/c");
    test.run_until_idle();
    watcher.monitor(&test, "test/a").unwrap();
    let usage = test.system().quota_usage("test/watcher").unwrap();
    assert_eq!((usage.monitors, usage.max_monitors), (2, 2));
}

/// Monitors the message's id and ends that, 100,000 times or until it is refused. Responds with
/// how often it could.
const RESTLESS: &str = r#"
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(import "airssys:component/monitors@0.1.0" "demonitor"
  (func $demonitor (param i32 i32) (result i32)))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $target i32) (param $length i32) (result i32)
  (local $times i32)
  (block $refused
    (loop $next
      (call $monitor (local.get $target) (local.get $length) (i32.const 256))
      (br_if $refused (i32.load8_u (i32.const 256)))
      (if (i32.eqz (call $demonitor (local.get $target) (local.get $length))) (then unreachable))
      (local.set $times (i32.add (local.get $times) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $times) (i32.const 100000)))))
  (i32.store (i32.const 300) (local.get $times))
  (call $respond (i32.const 300) (i32.const 4)))
(func (export "airssys:component/exits@0.1.0#handle-exit")
  (param i32 i32 i32 i32 i32) (result i32)
  unreachable)
"#;

#[test]
fn nothing_is_left_of_100_000_monitors_that_were_ended() {
    let test = TestSystem::seeded(13);
    test.spawn_guest("test/restless", RESTLESS);
    test.spawn_guest("test/target", guests::ECHO);
    let mut probe = test.probe("test/probe");
    let mut times = |target: &[u8]| -> Result<u32, RequestError> {
        let response = probe.request(&test, "test/restless", target)?;
        Ok(u32::from_le_bytes(response.try_into().unwrap()))
    };
    assert_eq!(times(b"test/target"), Ok(100_000));
    // Each of these leaves a notice in the mailbox: there are as many as monitors, no more.
    assert_eq!(times(b"test/nobody"), Ok(1000));
    test.run_until_idle();
    assert_eq!(times(b"test/nobody"), Ok(1000), "they have been thrown away");
    assert_eq!(monitors(&test, "test/restless"), 0);
    assert_eq!(test.system().metrics("test/restless").unwrap().exits, 0);
}

/// Monitors `test/target` from its start on, and keeps what it hears.
struct Watcher(Arc<Mutex<Vec<ExitReason>>>);

impl Native for Watcher {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        context.monitor("test/target").unwrap();
        Ok(())
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        assert!(context.demonitor("test/target"));
        Ok(None)
    }

    fn handle_exit(
        &mut self,
        component: &ComponentId,
        reason: &ExitReason,
        context: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        assert_eq!((component.as_str(), context.id().as_str()), ("test/target", "test/watcher"));
        assert_eq!(context.message().unwrap().request, None);
        self.0.lock().push(reason.clone());
        Ok(())
    }
}

#[test]
fn native_components_monitor_too() {
    let test = TestSystem::seeded(14);
    let heard = Arc::default();
    let hears = Arc::clone(&heard);
    fragile(&test, "test/target", 9);
    let watcher =
        ComponentSpec::native("test/watcher".parse().unwrap(), move || Watcher(Arc::clone(&hears)));
    let grants = Grants { request: patterns(&["test/target"]), ..Grants::default() };
    test.spawn(watcher.grants(grants));
    crash(&test, "test/target");
    crash(&test, "test/target");
    assert_eq!(*heard.lock(), [crashed(), crashed()]);
    test.system().send("test/watcher", b"").unwrap();
    test.run_until_idle();
    crash(&test, "test/target");
    assert_eq!(heard.lock().len(), 2);
}

/// Fails to start, and is monitored by the host program just before.
struct Fails(Weak<TestSystem>, Arc<Mutex<Option<Monitor>>>);

impl Native for Fails {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        let monitor = self.0.upgrade().unwrap().system().monitor(context.id().as_str());
        assert_eq!(monitor.try_recv(), None, "it is there");
        *self.1.lock() = Some(monitor);
        Err(ComponentError::new(1, "no"))
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        Ok(None)
    }
}

#[test]
fn one_that_fails_to_start_has_stopped() {
    let test = Arc::new(TestSystem::seeded(16));
    let (weak, monitor) = (Arc::downgrade(&test), Arc::default());
    let monitors = Arc::clone(&monitor);
    let spec = ComponentSpec::native("test/target".parse().unwrap(), move || {
        Fails(Weak::clone(&weak), Arc::clone(&monitors))
    });
    test.system().spawn(spec).unwrap_err();
    assert_eq!(monitor.lock().as_ref().unwrap().recv(), Some(ExitReason::Stopped));
}

#[test]
fn a_host_program_is_told_too() {
    let test = TestSystem::seeded(15);
    fragile(&test, "test/target", 2);
    let monitor = test.system().monitor("test/target");
    let dropped = test.system().monitor("test/target");
    drop(dropped);
    assert_eq!((monitor.try_recv(), monitor.is_over()), (None, false));
    crash(&test, "test/target");
    assert_eq!((monitor.try_recv(), monitor.try_recv()), (Some(crashed()), None));
    crash(&test, "test/target");
    crash(&test, "test/target");
    assert!(!monitor.is_over(), "there is something to be told");
    assert_eq!(monitor.recv(), Some(given_up()), "the newest alone");
    assert_eq!((monitor.recv(), monitor.is_over()), (None, true));
    for id in ["test/nobody", "Not/an-id"] {
        let monitor = test.system().monitor(id);
        assert_eq!(monitor.recv(), Some(ExitReason::NoSuchComponent));
        assert_eq!((monitor.recv(), monitor.recv_timeout(Duration::ZERO)), (None, None));
    }
    test.spawn_guest("test/echo", guests::ECHO);
    let monitor = test.system().monitor("test/echo");
    assert_eq!(monitor.recv_timeout(Duration::ZERO), None);
    test.system().shutdown();
    assert_eq!(monitor.recv(), Some(ExitReason::Stopped));
}
