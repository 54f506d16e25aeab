//! What is sent from where one does not expect it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airssys_wasm::{
    ComponentSpec, CrashKind, Event, Limits, MailboxLimits, RequestError, SpawnError,
};
use airssys_wasm_testkit::{TestSystem, guests};

use crate::attacker::{RESTART, all_rights, attacker, spec};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

const IMPORTS: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/topics@0.1.0" "publish"
  (func $publish-under (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe-to (param i32 i32 i32)))
(data (i32.const 512) "test/probe")
(data (i32.const 528) "test/downX")
(data (i32.const 544) "test/echo")
(data (i32.const 560) "news/eu")
(data (i32.const 576) "ninencns")
"#;

/// `$send`, `$request` and `$publish` take the place of two bytes that are sent; `$ask-down` tells
/// the probe what a send to `test/down` ends with.
const CALLS: &str = r#"
(func $send (param $at i32)
  (call $send-message (i32.const 512) (i32.const 10) (local.get $at) (i32.const 2) (i32.const 256)))
(func $request (param $at i32)
  (call $send-request
    (i32.const 544) (i32.const 9) (local.get $at) (i32.const 2) (i64.const 0) (i32.const 256)))
(func $publish (param $at i32)
  (call $publish-under (i32.const 560) (i32.const 7) (local.get $at) (i32.const 2) (i32.const 256)))
(func $subscribe
  (call $subscribe-to (i32.const 560) (i32.const 7) (i32.const 256)))
(func $ask-down
  (call $send-message (i32.const 528) (i32.const 9) (i32.const 576) (i32.const 2) (i32.const 256))
  (call $send-message (i32.const 512) (i32.const 10) (i32.const 264) (i32.const 1) (i32.const 300)))
"#;

const SAYS_IN_INIT: &str = "(i32.const 576)";
const SAYS_IN_SHUTDOWN: &str = "(i32.const 578)";
const SAYS_IN_CALLBACK: &str = "(i32.const 580)";

/// A guest with these bodies.
fn guest(test: &TestSystem, init: &str, shutdown: &str, callback: &str) -> airssys_wasm::Guest {
    test.guest(&format!(
        r#"{IMPORTS}
        (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
          {init}
          (i32.store (i32.const 0) (i32.const 0))
          (i32.const 0))
        (func (export "airssys:component/lifecycle@0.1.0#shutdown") {shutdown})
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32)
          (call $done))
        (func (export "airssys:component/callback@0.1.0#handle-callback")
          (param i64 i64 i32 i32 i32 i32 i32) (result i32)
          {callback}
          (global.set $free (global.get $arguments))
          (call $done))
        {CALLS}"#
    ))
}

fn in_all_ways(says: &str) -> String {
    format!("(call $send {says}) (call $request {says}) (call $publish {says})")
}

#[test]
fn what_is_sent_outside_of_a_handler_is_sent_as_ever() {
    for seed in 0..30 {
        let test = stage::seeded(seed);
        let bystanders = Bystanders::spawn(&test);
        let mut probe = test.probe("test/probe");
        test.spawn(spec("test/echo", guests::ECHO));
        test.spawn(spec("test/down", guests::ECHO));
        test.system().stop("test/down");
        test.spawn(attacker("test/reader", guests::PUPPET));
        probe.request(&test, "test/reader", b"bnews/*").unwrap();

        let callback =
            format!("(call $send {SAYS_IN_CALLBACK}) (call $publish {SAYS_IN_CALLBACK})");
        let shutdown = in_all_ways(SAYS_IN_SHUTDOWN) + "(call $ask-down)";
        let code = guest(&test, &in_all_ways(SAYS_IN_INIT), &shutdown, &callback);
        let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
        test.spawn(spec.grants(all_rights(&["**"])));
        test.run_until_idle();
        test.system().stop("evil/a");
        let stopped: &[u8] = &[8];
        for said in [b"ni", b"nc", b"ne", stopped] {
            let received = probe.expect_message(&test);
            assert_eq!((received.sender.as_str(), &received.message[..]), ("evil/a", said));
        }
        probe.expect_nothing(&test);
        let counted = |id| test.system().metrics(id).unwrap();
        assert_eq!(counted("test/echo").handled, 2, "one request in init, one in shutdown");
        assert_eq!(counted("test/reader").handled, 1 + 3, "the order to subscribe, and the news");
        assert_eq!(counted("evil/a").callbacks, 1, "it had ended before the second");
        assert_eq!(test.system().component("evil/a").unwrap().late_responses, 1);
        assert_eq!(test.system().dead_letter_counts(), Default::default());
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn a_systems_shutdown_ends_whatever_is_sent_in_it() {
    let test = stage::seeded(31);
    let mut probe = test.probe("test/probe");
    test.spawn(spec("test/echo", guests::ECHO));
    let code = guest(&test, "", &(in_all_ways(SAYS_IN_SHUTDOWN) + "(call $ask-down)"), "");
    let spec = |id: &str| ComponentSpec::guest(id.parse().unwrap(), &code);
    test.spawn(spec("evil/a").grants(all_rights(&["**"])));
    test.spawn(spec("test/down"));
    test.system().shutdown();
    // What started last has ended first.
    let received = std::iter::from_fn(|| probe.try_receive()).map(|it| it.message);
    assert_eq!(received.collect::<Vec<_>>(), [b"ne".to_vec(), vec![8]]);
    assert_eq!(test.system().metrics("test/echo").unwrap().handled, 1);
    expect_rest(&test);
}

#[test]
fn endless_sends_at_the_start_or_the_end_are_bounded_by_its_time() {
    let crashes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&crashes);
    let test = stage::with(32, |builder| {
        builder.on_event(move |event| {
            if let Event::Crashed { id, crash, .. } = event {
                seen.lock().unwrap().push((id.to_string(), crash.kind()));
            }
        })
    });
    let mut bystanders = Bystanders::spawn(&test);
    let mut probe = test.probe("test/probe");
    let endless = format!("(loop $on (call $send {SAYS_IN_INIT}) (br $on))");
    let short = Duration::from_micros(500);
    let limits = Limits { init_timeout: short, shutdown_timeout: short, ..Limits::default() };
    let spawn = |init: &str, shutdown: &str| {
        let code = guest(&test, init, shutdown, "");
        let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
        test.system().spawn(spec.grants(all_rights(&["**"])).limits(limits))
    };
    let mut expect_a_full_mailbox = || {
        let capacity = MailboxLimits::default().capacity as u64;
        assert_eq!(test.system().metrics("test/probe").unwrap().queued, capacity);
        for _ in 0..capacity {
            let received = probe.expect_message(&test);
            assert_eq!((received.sender.as_str(), &received.message[..]), ("evil/a", &b"ni"[..]));
        }
        probe.expect_nothing(&test);
    };
    test.system().suspend("test/probe");
    match spawn(&endless, "") {
        Err(SpawnError::Failed { crash, .. }) => assert_eq!(crash.kind(), CrashKind::TimedOut),
        other => panic!("{other:?}"),
    }
    test.run_until_idle();
    test.system().resume("test/probe");
    expect_a_full_mailbox();
    bystanders.work(&test);

    spawn("", &endless).unwrap();
    test.system().suspend("test/probe");
    test.run_until_idle();
    test.system().stop("evil/a");
    assert_eq!(*crashes.lock().unwrap(), [("evil/a".to_owned(), CrashKind::TimedOut)]);
    test.system().resume("test/probe");
    expect_a_full_mailbox();
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn no_subscription_is_made_by_an_end() {
    let test = stage::seeded(33);
    let code = guest(&test, "(call $subscribe)", "(call $subscribe)", "");
    let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
    test.spawn(spec.clone().grants(all_rights(&["**"])));
    let publisher = test.puppet("test/publisher");
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(1));
    test.system().stop("evil/a");
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(0));
    let _another_of_this_id = {
        test.system().remove("evil/a");
        test.puppet("evil/a")
    };
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(0));
    expect_rest(&test);
}

#[test]
fn a_start_that_fails_leaves_no_subscription() {
    let test = stage::seeded(34);
    let code = guest(&test, "(call $subscribe) unreachable", "", "");
    let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
    let failed = test.system().spawn(spec.grants(all_rights(&["**"])));
    assert!(matches!(failed, Err(SpawnError::Failed { .. })), "{failed:?}");
    let _another_of_this_id = test.puppet("evil/a");
    let publisher = test.puppet("test/publisher");
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(0), "it has subscribed to nothing");
    expect_rest(&test);
}

#[test]
fn a_start_function_sends_nothing() {
    let test = stage::seeded(35);
    let mut probe = test.probe("test/probe");
    let code = test.guest(&format!(
        r#"{IMPORTS}
        (start $begin)
        (func $begin (call $send {SAYS_IN_INIT}))
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32)
          (call $done))
        {CALLS}"#
    ));
    let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
    match test.system().spawn(spec.grants(all_rights(&["**"]))) {
        Err(SpawnError::Failed { crash, .. }) => assert_eq!(crash.kind(), CrashKind::Trap),
        other => panic!("{other:?}"),
    }
    probe.expect_nothing(&test);
    expect_rest(&test);
}

#[test]
fn a_guest_that_sends_while_it_is_given_or_gives_memory_back_traps_alone() {
    let send = "(call $send (i32.const 512) (i32.const 10) (i32.const 0) (i32.const 1)
                  (i32.const 256))";
    for (seed, (realloc, free)) in [(send, ""), ("", send)].into_iter().enumerate() {
        let test = stage::seeded(seed as u64);
        let bystanders = Bystanders::spawn(&test);
        let (mut probe, mut hand) = (test.probe("test/probe"), test.probe("test/hand"));
        let module = format!(
            r#"(module
              (import "airssys:component/messaging@0.1.0" "send-message"
                (func $send (param i32 i32 i32 i32 i32)))
              (memory (export "memory") 1)
              (data (i32.const 512) "test/probe")
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                {realloc}
                (i32.const 1024))
              (func (export "airssys:component/handler@0.1.0#handle-message")
                (param i32 i32 i32 i32) (result i32)
                (i64.store (i32.const 0) (i64.const 0))
                (i32.const 0))
              (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message")
                (param i32)
                {free}))"#
        );
        let code = test.system().load(module.as_bytes()).unwrap();
        let spec = ComponentSpec::guest("evil/a".parse().unwrap(), &code);
        test.spawn(spec.grants(all_rights(&["**"])));
        assert_eq!(hand.request(&test, "evil/a", b"x"), Err(RequestError::Crashed));
        probe.expect_nothing(&test);
        test.advance(RESTART);
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn a_guest_that_gives_no_memory_for_a_message_crashes_alone() {
    let places =
        ["(i32.const 0xffffffff)", "(i32.const 0x10000)", "(i32.const 0xffff)", "unreachable"];
    for (seed, place) in places.into_iter().enumerate() {
        let test = stage::seeded(seed as u64);
        let bystanders = Bystanders::spawn(&test);
        let mut hand = test.probe("test/hand");
        let module = format!(
            r#"(module
              (memory (export "memory") 1)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {place})
              (func (export "airssys:component/handler@0.1.0#handle-message")
                (param i32 i32 i32 i32) (result i32)
                (i64.store (i32.const 0) (i64.const 0))
                (i32.const 0)))"#
        );
        let code = test.system().load(module.as_bytes()).unwrap();
        test.spawn(ComponentSpec::guest("evil/a".parse().unwrap(), &code));
        assert_eq!(hand.request(&test, "evil/a", b"x"), Err(RequestError::Crashed), "{place}");
        assert_eq!(test.system().dead_letter_counts().crashed, 1);
        bystanders.expect_unharmed(&test);
        test.advance(Duration::from_secs(1));
        expect_rest(&test);
    }
}
