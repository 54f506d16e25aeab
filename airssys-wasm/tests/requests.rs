//! Requests between guests: each ends once, and in every way that it can.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentSpec, Grants, MailboxLimits, Overflow, PatternSet, RequestError,
    SendError,
};
use airssys_wasm_testkit::{TestSystem, guests};

const NO_TIMEOUT: Duration = Duration::ZERO;

fn spawn(
    test: &TestSystem,
    id: &str,
    items: &str,
    settings: impl FnOnce(ComponentSpec) -> ComponentSpec,
) {
    let guest = test.guest(items);
    test.spawn(settings(ComponentSpec::guest(id.parse().unwrap(), &guest)));
}

fn everywhere() -> Grants {
    let patterns = PatternSet::parse(["**"]).unwrap();
    Grants { send: patterns.clone(), request: patterns, ..Grants::default() }
}

#[test]
fn a_response_comes_to_the_callback() {
    let test = TestSystem::seeded(1);
    let a = test.puppet("test/a");
    test.spawn_guest("test/echo", guests::ECHO);
    let id = a.request(&test, "test/echo", b"hello", NO_TIMEOUT).unwrap();
    assert_eq!(id.to_string().as_bytes()[14], b'4', "a version 4 UUID: {id}");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(id, Ok(b"hello".to_vec()))]);
    assert_eq!(a.outcomes(&test), [], "once");
}

#[test]
fn no_response_is_an_empty_one() {
    let test = TestSystem::seeded(2);
    let (a, _b) = (test.puppet("test/a"), test.puppet("test/b"));
    let id = a.request(&test, "test/b", b"n", NO_TIMEOUT).unwrap();
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(id, Ok(vec![]))]);
}

#[test]
fn a_refusal_comes_with_its_code_and_text() {
    let test = TestSystem::seeded(3);
    let a = test.puppet("test/a");
    test.spawn_guest("test/refuse", guests::REFUSE);
    let id = a.request(&test, "test/refuse", b"not today", NO_TIMEOUT).unwrap();
    test.run_until_idle();
    let refusal = RequestError::Refused(ComponentError::new(7, "not today"));
    assert_eq!(a.outcomes(&test), [(id, Err(refusal))]);
    assert_eq!(test.system().dead_letter_counts(), Default::default(), "the requester knows");
}

#[test]
fn a_request_times_out_and_a_late_response_is_dropped_and_counted() {
    let test = TestSystem::seeded(4);
    let a = test.puppet("test/a");
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    let short = a.request(&test, "test/echo", b"", Duration::from_secs(1)).unwrap();
    let default = a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    test.advance(Duration::from_millis(999));
    assert_eq!(a.outcomes(&test), []);
    test.advance(Duration::from_millis(1));
    assert_eq!(a.outcomes(&test), [(short, Err(RequestError::TimedOut))]);
    test.advance(Duration::from_millis(3_999));
    assert_eq!(a.outcomes(&test), []);
    test.advance(Duration::from_millis(1));
    assert_eq!(a.outcomes(&test), [(default, Err(RequestError::TimedOut))], "5 s, by default");

    test.system().resume("test/echo");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), []);
    assert_eq!(test.system().component("test/a").unwrap().late_responses, 2);
}

#[test]
fn a_crash_of_the_receiver_ends_the_request_in_its_hand_only() {
    let test = TestSystem::seeded(5);
    let (a, _b) = (test.puppet("test/a"), test.puppet("test/b"));
    test.system().suspend("test/b");
    let crashing = a.request(&test, "test/b", b"t", NO_TIMEOUT).unwrap();
    let next = a.request(&test, "test/b", b"e!", NO_TIMEOUT).unwrap();
    test.system().resume("test/b");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(crashing, Err(RequestError::Crashed))]);
    test.advance(Duration::from_secs(1));
    assert_eq!(a.outcomes(&test), [(next, Ok(b"!".to_vec()))], "after the restart");
}

#[test]
fn a_receiver_that_stops_ends_what_is_queued() {
    let test = TestSystem::seeded(6);
    let a = test.puppet("test/a");
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    let id = a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    assert!(test.system().stop("test/echo"));
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(id, Err(RequestError::Stopped))]);
    let next = a.request(&test, "test/echo", b"", NO_TIMEOUT);
    assert_eq!(next, Err(SendError::Stopped));
}

#[test]
fn a_request_that_is_pushed_out_of_the_mailbox_is_dropped() {
    let test = TestSystem::seeded(7);
    let a = test.puppet("test/a");
    let limits =
        MailboxLimits { capacity: 1, overflow: Overflow::DropOldest, ..MailboxLimits::default() };
    spawn(&test, "test/echo", guests::ECHO, |spec| spec.mailbox(limits));
    test.system().suspend("test/echo");
    let pushed_out = a.request(&test, "test/echo", b"1", NO_TIMEOUT).unwrap();
    let kept =
        test.system().sender("test/hand".parse().unwrap()).try_request("test/echo", b"2", None);
    let mut kept = kept.unwrap();
    // Flow control keeps `a` waiting for the receiver that it filled, so its callback comes
    // once that one goes on.
    test.system().resume("test/echo");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(pushed_out, Err(RequestError::Dropped))]);
    assert_eq!(&kept.try_take().unwrap().unwrap()[..], b"2");
    assert_eq!(test.system().dead_letter_counts().dropped, 1);
}

#[test]
fn a_response_over_the_requesters_limit_says_the_limit() {
    let test = TestSystem::seeded(8);
    let a = test.puppet_with("test/a", |spec| spec.grants(everywhere()).max_message_size(200));
    let twice = r#"(func (export "airssys:component/handler@0.1.0#handle-message")
        (param i32 i32) (param $message i32) (param $length i32) (result i32)
        (call $respond (i32.const 0) (i32.const 201)))"#;
    test.spawn_guest("test/large", twice);
    let id = a.request(&test, "test/large", b"", NO_TIMEOUT).unwrap();
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), [(id, Err(RequestError::ResponseTooLarge(200)))]);
}

#[test]
fn a_cancelled_request_has_no_callback() {
    let test = TestSystem::seeded(9);
    let (a, b) = (test.puppet("test/a"), test.puppet("test/b"));
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    let id = a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    assert!(!b.cancel(&test, id), "it is not b's");
    assert!(a.cancel(&test, id));
    assert!(!a.cancel(&test, id), "it has ended");
    test.system().resume("test/echo");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), []);
    assert_eq!(test.system().component("test/a").unwrap().late_responses, 1);
}

#[test]
fn a_requester_that_restarts_has_lost_its_requests() {
    let test = TestSystem::seeded(10);
    let a = test.puppet("test/a");
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    let mut hand = test.system().sender("test/hand".parse().unwrap());
    hand.try_send("test/a", b"t").unwrap();
    test.advance(Duration::from_secs(1));
    assert_eq!(test.system().component("test/a").unwrap().open_requests, 0);
    test.system().resume("test/echo");
    test.run_until_idle();
    assert_eq!(a.outcomes(&test), []);
    assert_eq!(test.system().component("test/a").unwrap().late_responses, 1);
}

#[test]
fn a_callback_that_is_queued_behind_a_crash_is_not_given_to_the_next_life() {
    let test = TestSystem::seeded(11);
    let a = test.puppet("test/a");
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    test.system().suspend("test/a");
    test.run_until_idle();
    let mut hand = test.system().sender("test/hand".parse().unwrap());
    hand.try_send("test/a", b"t").unwrap();
    test.system().resume("test/echo");
    test.run_until_idle();
    assert_eq!(test.system().component("test/a").unwrap().open_requests, 0, "answered");
    test.system().resume("test/a");
    test.advance(Duration::from_secs(1));
    assert_eq!(a.outcomes(&test), []);
    assert_eq!(test.system().component("test/a").unwrap().late_responses, 1);
}

#[test]
fn the_limit_of_open_requests_is_told() {
    let test = TestSystem::seeded(12);
    let a = test.puppet_with("test/a", |spec| spec.grants(everywhere()).pending_requests(2));
    test.spawn_guest("test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    for _ in 0..2 {
        a.request(&test, "test/echo", b"", NO_TIMEOUT).unwrap();
    }
    let third = a.request(&test, "test/echo", b"", NO_TIMEOUT);
    assert_eq!(third, Err(SendError::TooManyRequests(2)));
    test.system().resume("test/echo");
    test.run_until_idle();
    assert!(a.request(&test, "test/echo", b"", NO_TIMEOUT).is_ok(), "two have ended");
}

#[test]
fn who_exports_no_callback_cannot_make_requests() {
    let test = TestSystem::seeded(13);
    test.spawn_guest("test/echo", guests::ECHO);
    let asks = r#"(import "airssys:component/messaging@0.1.0" "send-request"
          (func $request (param i32 i32 i32 i32 i64 i32)))
        (data (i32.const 512) "test/echo")
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32)
          (call $request
            (i32.const 512) (i32.const 9) (i32.const 0) (i32.const 0) (i64.const 0)
            (i32.const 256))
          (call $respond (i32.const 256) (i32.const 24)))"#;
    test.spawn_guest("test/mute", asks);
    let response = test.probe("test/probe").request(&test, "test/mute", b"").unwrap();
    assert_eq!((response[0], response[8]), (1, 9), "no-callback");
}

/// Makes its next request in the callback of the last, until it has made as many as it was told.
const ASKER: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(data (i32.const 512) "test/echo")
(global $left (mut i32) (i32.const 0))
(func $next
  (if (i32.eqz (global.get $left)) (then (return)))
  (global.set $left (i32.sub (global.get $left) (i32.const 1)))
  (call $request
    (i32.const 512) (i32.const 9) (i32.const 512) (i32.const 9) (i64.const 0) (i32.const 256))
  (if (i32.load8_u (i32.const 256)) (then unreachable)))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param i32) (result i32)
  (global.set $left (i32.load (local.get $message)))
  (call $next)
  (call $done))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64) (param $is-error i32) (param i32 i32 i32 i32) (result i32)
  (if (local.get $is-error) (then unreachable))
  (global.set $free (global.get $arguments))
  (call $next)
  (call $done))
"#;

#[test]
fn the_table_is_empty_after_a_million_requests() {
    let test = TestSystem::seeded(14);
    test.spawn_guest("test/echo", guests::ECHO);
    test.spawn_guest("test/asker", ASKER);
    let mut probe = test.probe("test/probe");
    probe.send("test/asker", &1_000_000_u32.to_le_bytes()).unwrap();
    test.run_until_idle();
    assert!(test.system().wait_idle());
    let asker = test.system().component("test/asker").unwrap();
    assert_eq!((asker.open_requests, asker.late_responses), (0, 0));
    assert_eq!(test.system().dead_letter_counts(), Default::default());
}

#[test]
fn requests_end_once_in_every_schedule() {
    for seed in 0..100 {
        let test = TestSystem::seeded(seed);
        let a = test.puppet("test/a");
        let _b = test.puppet("test/b");
        let mut asked = Vec::new();
        for order in [&b"e1"[..], b"t", b"n", b"fno", b"e2", b"t", b"e3"] {
            match a.request(&test, "test/b", order, Duration::from_millis(500)) {
                Ok(id) => asked.push(id),
                Err(error) => panic!("seed {seed}: {error}"),
            }
            if seed % 3 == 0 {
                test.step();
            }
        }
        test.advance(Duration::from_secs(10));
        let mut ended: Vec<_> = a.outcomes(&test).into_iter().map(|(id, _)| id).collect();
        ended.sort();
        asked.sort();
        assert_eq!(ended, asked, "seed {seed}");
        assert_eq!(test.system().component("test/a").unwrap().open_requests, 0, "seed {seed}");
    }
}
