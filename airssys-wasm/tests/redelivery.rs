//! A message with which its receiver crashed is delivered again, as often as that is set.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use airssys_wasm::{DeadLetterReason, Intensity, MailboxLimits, Overflow, RequestError};
use airssys_wasm_testkit::{Probe, TestSystem};

/// Reports each message to `test/probe`, with the number of its delivery as a last byte, and then
/// traps at messages that begin with `t` unless this is delivery number three.
const FRAGILE: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send_message (param i32 i32 i32 i32 i32)))
(import "airssys:component/context@0.1.0" "current-message" (func $current_message (param i32)))

(data (i32.const 128) "test/probe")

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
  (result i32)
  (local $delivery i32)
  (call $current_message (i32.const 256))
  (local.set $delivery (i32.load (i32.const 296)))
  (i32.store8 (i32.add (local.get $message) (local.get $length)) (local.get $delivery))
  (call $send_message (i32.const 128) (i32.const 10)
    (local.get $message) (i32.add (local.get $length) (i32.const 1)) (i32.const 512))
  (if (i32.and
        (i32.eq (i32.load8_u (local.get $message)) (i32.const 116))
        (i32.ne (local.get $delivery) (i32.const 3)))
    (then unreachable))
  (call $done))
"#;

/// A system with a fragile component, which hears of each message so often at the most.
fn system(seed: u64, max_deliveries: u32, mailbox: MailboxLimits) -> (TestSystem, Probe) {
    let test = TestSystem::seeded(seed);
    let probe = test.probe("test/probe");
    let fragile = test.spec("test/fragile", FRAGILE).mailbox(mailbox);
    let often = Intensity { max_restarts: 100, within: Duration::from_secs(60) };
    test.spawn(fragile.max_deliveries(max_deliveries).intensity(often));
    (test, probe)
}

/// The messages that came, each with the number of its delivery.
fn reported(test: &TestSystem, probe: &mut Probe) -> Vec<(String, u8)> {
    test.advance(Duration::from_secs(300));
    let mut reported = Vec::new();
    while let Some(received) = probe.try_receive() {
        let (delivery, text) = received.message.split_last().unwrap();
        reported.push((String::from_utf8(text.to_vec()).unwrap(), *delivery));
    }
    reported
}

fn as_text(reported: &[(String, u8)]) -> Vec<(&str, u8)> {
    reported.iter().map(|(text, delivery)| (text.as_str(), *delivery)).collect()
}

#[test]
fn a_message_is_delivered_once_unless_it_is_said_otherwise() {
    let (test, mut probe) = system(1, 1, MailboxLimits::default());
    for message in [b"a", b"t", b"b"] {
        probe.send("test/fragile", message).unwrap();
    }
    let reported = reported(&test, &mut probe);
    assert_eq!(as_text(&reported), [("a", 1), ("t", 1), ("b", 1)]);
    assert_eq!(test.system().dead_letters()[0].1.reason, DeadLetterReason::Crashed);
}

#[test]
fn it_comes_again_before_all_others_until_it_is_handled() {
    for seed in 0..20 {
        let (test, mut probe) = system(seed, 5, MailboxLimits::default());
        for message in ["a", "t1", "b", "t2"] {
            probe.send("test/fragile", message.as_bytes()).unwrap();
        }
        let all =
            [("a", 1), ("t1", 1), ("t1", 2), ("t1", 3), ("b", 1), ("t2", 1), ("t2", 2), ("t2", 3)];
        assert_eq!(as_text(&reported(&test, &mut probe)), all, "seed {seed}");
        let metrics = test.system().metrics("test/fragile").unwrap();
        assert_eq!((metrics.accepted, metrics.handled, metrics.crashed), (4, 4, 0));
        assert_eq!((metrics.queued, metrics.restarts), (0, 4));
        assert!(test.system().dead_letters().is_empty());
    }
}

#[test]
fn after_the_last_delivery_it_is_a_dead_letter() {
    let (test, mut probe) = system(1, 2, MailboxLimits::default());
    let pending = probe.start_request("test/fragile", b"t").unwrap();
    probe.send("test/fragile", b"b").unwrap();
    assert_eq!(as_text(&reported(&test, &mut probe)), [("t", 1), ("t", 2), ("b", 1)]);
    let letters = test.system().dead_letters();
    let [(_, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.reason, letter.delivery), (DeadLetterReason::Crashed, 2));
    assert_eq!(pending.wait(), Err(RequestError::Crashed));
}

#[test]
fn a_requester_is_told_nothing_until_it_is_decided() {
    let (test, mut probe) = system(1, 3, MailboxLimits::default());
    let mut pending = probe.start_request("test/fragile", b"t").unwrap();
    test.run_until_idle();
    assert_eq!(pending.try_take(), None, "it crashed, and there are deliveries left");
    assert_eq!(test.system().component("test/fragile").unwrap().queued, 1);
    test.advance(Duration::from_secs(1));
    assert_eq!(pending.try_take(), Some(Ok(Default::default())));
}

#[test]
fn a_full_mailbox_keeps_it_too() {
    for overflow in [Overflow::Reject, Overflow::DropOldest, Overflow::DropNewest] {
        let mailbox = MailboxLimits { capacity: 2, overflow, ..MailboxLimits::default() };
        let (test, mut probe) = system(1, 5, mailbox);
        probe.send("test/fragile", b"t").unwrap();
        test.run_until_idle();
        let sent = [b"1", b"2", b"3"].map(|message| probe.send("test/fragile", message).is_ok());
        let expected: &[(&str, u8)] = match overflow {
            Overflow::Reject | Overflow::DropNewest => &[("t", 1), ("t", 2), ("t", 3), ("1", 1)],
            Overflow::DropOldest => &[("t", 1), ("t", 2), ("t", 3), ("3", 1)],
        };
        assert_eq!(as_text(&reported(&test, &mut probe)), expected, "{overflow:?}");
        assert_eq!(sent, [true, overflow != Overflow::Reject, overflow != Overflow::Reject]);
        test.expect_nothing_lost();
    }
}

#[test]
fn one_that_is_stopped_meanwhile_leaves_a_dead_letter() {
    let (test, mut probe) = system(1, 3, MailboxLimits::default());
    let pending = probe.start_request("test/fragile", b"t").unwrap();
    test.run_until_idle();
    assert!(test.system().stop("test/fragile"));
    let letters = test.system().dead_letters();
    let [(_, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.reason, letter.delivery), (DeadLetterReason::Stopped, 2));
    assert_eq!(pending.wait(), Err(RequestError::Stopped));
}
