//! Requests beyond number, and requests of others.

use std::time::Duration;

use airssys_wasm::{Overflow, RequestError, RequestId, SendError};
use airssys_wasm_testkit::{Probe, TestSystem, guests};

use crate::attacker::{RESTART, all_rights, attacker, mailbox};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// Makes so many requests of `test/quiet` as the message says, or until one is refused; responds
/// with how many were accepted, and the refusal. An empty message is answered with how many
/// timed out, how many ended otherwise, and the ids of all that are open, XORed. One of one byte
/// is a trap.
const FLOOD: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(data (i32.const 512) "test/quiet")
(global $timed-out (mut i32) (i32.const 0))
(global $others (mut i32) (i32.const 0))
(global $open (mut i64) (i64.const 0))
(func $toggle (param $high i64) (param $low i64)
  (global.set $open
    (i64.xor (global.get $open) (i64.add (local.get $high) (local.get $low)))))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (local $left i32) (local $accepted i32)
  (if (i32.eqz (local.get $length))
    (then
      (i32.store (i32.const 300) (global.get $timed-out))
      (i32.store (i32.const 304) (global.get $others))
      (i64.store (i32.const 308) (global.get $open))
      (return (call $respond (i32.const 300) (i32.const 16)))))
  (if (i32.eq (local.get $length) (i32.const 1)) (then unreachable))
  (local.set $left (i32.load (local.get $message)))
  (loop $next
    (call $request
      (i32.const 512) (i32.const 10) (i32.const 0) (i32.const 0) (i64.const 1000) (i32.const 256))
    (if (i32.eqz (i32.load8_u (i32.const 256)))
      (then
        (call $toggle (i64.load (i32.const 264)) (i64.load (i32.const 272)))
        (local.set $accepted (i32.add (local.get $accepted) (i32.const 1)))))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $next (local.get $left)))
  (i32.store (i32.const 300) (local.get $accepted))
  (i32.store (i32.const 304) (i32.load8_u (i32.const 264)))
  (i32.store (i32.const 308) (i32.load (i32.const 272)))
  (call $respond (i32.const 300) (i32.const 12)))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param $high i64) (param $low i64) (param $is-error i32) (param $case i32) (param i32 i32 i32)
  (result i32)
  (call $toggle (local.get $high) (local.get $low))
  (if (i32.and (local.get $is-error) (i32.eqz (local.get $case)))
    (then (global.set $timed-out (i32.add (global.get $timed-out) (i32.const 1))))
    (else (global.set $others (i32.add (global.get $others) (i32.const 1)))))
  (global.set $free (global.get $arguments))
  (call $done))
"#;

/// `too-many-requests` among the cases of `send-error`.
const TOO_MANY: u32 = 7;

fn numbers(test: &TestSystem, hand: &mut Probe, message: &[u8]) -> Vec<u32> {
    let answer = hand.request(test, "evil/flood", message).unwrap();
    answer.chunks(4).map(|number| u32::from_le_bytes(number.try_into().unwrap())).collect()
}

/// So many open requests at most, and some more are tried.
fn expect_a_flood_to_end(limit: u32) {
    let test = stage::seeded(u64::from(limit));
    let mut bystanders = Bystanders::spawn(&test);
    let quiet = mailbox(10_000_000, Overflow::Reject);
    test.spawn(attacker("test/quiet", guests::ECHO).mailbox(quiet));
    test.spawn(attacker("evil/flood", FLOOD).pending_requests(limit));
    let mut hand = test.probe("test/hand");
    test.system().suspend("test/quiet");
    let tries = limit + 1000;
    let answer = numbers(&test, &mut hand, &tries.to_le_bytes());
    assert_eq!(answer, [limit, TOO_MANY, limit]);
    let refused = test.system().metrics("evil/flood").unwrap().sends.too_many_requests;
    assert_eq!(refused, u64::from(tries - limit));
    assert_eq!(test.system().component("evil/flood").unwrap().open_requests, limit as usize);
    bystanders.work(&test);

    test.advance(Duration::from_millis(999));
    assert_eq!(numbers(&test, &mut hand, b"")[..2], [0, 0]);
    test.advance(Duration::from_millis(1));
    assert_eq!(test.system().component("evil/flood").unwrap().open_requests, 0);
    assert_eq!(numbers(&test, &mut hand, b""), [limit, 0, 0, 0], "each once");
    assert_eq!(test.system().metrics("evil/flood").unwrap().callbacks, u64::from(limit));
    test.expect_nothing_lost();
    bystanders.work(&test);

    test.system().resume("test/quiet");
    test.run_until_idle();
    assert_eq!(numbers(&test, &mut hand, b""), [limit, 0, 0, 0], "no callback is late");
    let flood = test.system().component("evil/flood").unwrap();
    assert_eq!(flood.late_responses, u64::from(limit));
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_flood_of_requests_ends_at_its_limit_and_each_times_out_once() {
    for limit in [1, 3, 1000] {
        expect_a_flood_to_end(limit);
    }
}

#[test]
fn a_hundred_thousand_open_requests_end_as_one_does() {
    expect_a_flood_to_end(100_000);
}

#[test]
fn a_crash_with_a_thousand_open_requests_leaves_none() {
    for seed in 0..30 {
        let test = stage::seeded(seed);
        let bystanders = Bystanders::spawn(&test);
        let quiet = mailbox(10_000, Overflow::Reject);
        test.spawn(attacker("test/quiet", guests::ECHO).mailbox(quiet));
        test.spawn(attacker("evil/flood", FLOOD));
        let mut hand = test.probe("test/hand");
        test.system().suspend("test/quiet");
        let (all, some) = (1000_u32.to_le_bytes(), 10_u32.to_le_bytes());
        assert_eq!(numbers(&test, &mut hand, &all)[0], 1000);
        hand.send("evil/flood", b"!").unwrap();
        test.advance(RESTART);
        assert_eq!(test.system().metrics("evil/flood").unwrap().restarts, 1);
        assert_eq!(test.system().component("evil/flood").unwrap().open_requests, 0);
        assert_eq!(numbers(&test, &mut hand, &some)[0], 10);
        test.system().resume("test/quiet");
        test.run_until_idle();
        assert_eq!(numbers(&test, &mut hand, b""), [0, 10, 0, 0], "its new life's alone");
        let flood = test.system().component("evil/flood").unwrap();
        assert_eq!(flood.late_responses, 1000, "seed {seed}");
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn nobody_cancels_a_request_that_is_not_its_own_and_open() {
    for seed in 0..10 {
        let test = stage::seeded(seed);
        let bystanders = Bystanders::spawn(&test);
        test.spawn(attacker("test/echo", guests::ECHO));
        let (victim, evil) = (test.puppet("test/victim"), test.puppet("evil/a"));
        test.system().suspend("test/echo");
        let ask = |who: &airssys_wasm_testkit::Puppet| {
            who.request(&test, "test/echo", b"hello", Duration::ZERO).unwrap()
        };
        let (theirs, own) = (ask(&victim), ask(&evil));
        let flipped = |bit: u32| {
            RequestId::from_halves(own.high() ^ (1_u64 << bit), own.low() ^ (1_u64 << (bit % 7)))
        };
        let nobodys = [RequestId::from_halves(0, 0), RequestId::from_halves(u64::MAX, u64::MAX)];
        for foreign in [theirs].into_iter().chain(nobodys).chain((0..64).map(flipped)) {
            assert!(!evil.cancel(&test, foreign), "seed {seed}: {foreign}");
        }
        let cancelled = ask(&evil);
        assert!(evil.cancel(&test, cancelled));
        assert!(!evil.cancel(&test, cancelled), "twice");
        test.system().resume("test/echo");
        test.run_until_idle();
        assert!(!evil.cancel(&test, own), "it has ended");
        assert!(!evil.cancel(&test, theirs));
        assert_eq!(victim.outcomes(&test), [(theirs, Ok(b"hello".to_vec()))], "seed {seed}");
        assert_eq!(evil.outcomes(&test), [(own, Ok(b"hello".to_vec()))], "seed {seed}");
        assert_eq!(test.system().component("evil/a").unwrap().late_responses, 1);
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn a_request_may_wait_for_ever_and_still_ends() {
    let test = stage::seeded(1);
    test.spawn(attacker("test/echo", guests::ECHO));
    let evil = test.puppet("evil/a");
    test.system().suspend("test/echo");
    let id = evil.request(&test, "test/echo", b"", Duration::MAX).unwrap();
    test.advance(Duration::from_secs(1 << 32));
    assert_eq!(evil.outcomes(&test), []);
    test.system().remove("test/echo");
    test.run_until_idle();
    assert_eq!(evil.outcomes(&test), [(id, Err(RequestError::Stopped))]);
    expect_rest(&test);
}

#[test]
fn a_request_that_was_not_accepted_is_not_open() {
    let test = stage::seeded(2);
    test.spawn(attacker("test/full", guests::ECHO).mailbox(mailbox(1, Overflow::Reject)));
    test.spawn(attacker("test/gone", guests::ECHO));
    test.system().stop("test/gone");
    test.system().suspend("test/full");
    test.system().send("test/full", b"").unwrap();
    let evil =
        test.puppet_with("evil/a", |spec| spec.grants(all_rights(&["test/*"])).pending_requests(1));
    let ask = |target| evil.request(&test, target, b"", Duration::ZERO);
    for _ in 0..100 {
        assert_eq!(ask("test/full"), Err(SendError::MailboxFull));
        assert_eq!(ask("test/gone"), Err(SendError::Stopped));
        assert_eq!(ask("test/nobody"), Err(SendError::NoSuchComponent));
        assert_eq!(test.system().component("evil/a").unwrap().open_requests, 0);
    }
    test.system().resume("test/full");
    test.run_until_idle();
    assert!(ask("test/full").is_ok(), "its one place is free");
    test.run_until_idle();
    expect_rest(&test);
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn requests_that_have_ended_leave_no_timers() {
    let test = stage::seeded(9);
    test.spawn(attacker("test/echo", guests::ECHO));
    test.system().suspend("test/echo");
    let evil = test.puppet("evil/a");
    for hours in (1..=100).rev() {
        let id = evil.request(&test, "test/echo", b"", HOUR * hours).unwrap();
        assert!(evil.cancel(&test, id));
    }
    test.system().resume("test/echo");
    // The orders to the attacker were requests too, of five seconds.
    test.advance(HOUR / 2);
    test.clock().advance(HOUR * 100);
    let fired = test.system().fire_timers();
    assert!(fired <= 1, "{fired} timers, and no request is open");
}
