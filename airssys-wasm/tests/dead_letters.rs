//! What was accepted and not handled: it is kept, and can be sent again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use airssys_wasm::{
    Clock, ComponentSpec, DeadLetterReason, MailboxLimits, Overflow, ResendError, SendError,
};
use airssys_wasm_testkit::{TestSystem, guests};

fn spawn(test: &TestSystem, id: &str, items: &str) {
    let guest = test.guest(items);
    test.spawn(ComponentSpec::guest(id.parse().unwrap(), &guest));
}

#[test]
fn a_dead_letter_tells_what_when_who_and_why() {
    let test = TestSystem::seeded(1);
    spawn(&test, "test/refuse", guests::REFUSE);
    let sender = test.puppet("test/sender");
    let sent_at = test.clock().unix_nanos();
    sender.send(&test, "test/refuse", b"no thanks").unwrap();
    test.clock().advance(Duration::from_secs(3));
    test.run_until_idle();
    let letters = test.system().dead_letters();
    let [(1, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.sender.as_str(), letter.target.as_str()), ("test/sender", "test/refuse"));
    assert_eq!(
        (letter.reason, &letter.payload[..]),
        (DeadLetterReason::Refused, &b"no thanks"[..])
    );
    assert!(letter.detail.as_ref().unwrap().contains("no thanks"));
    assert_eq!(letter.sent_at, sent_at);
    assert!(letter.at >= sent_at && letter.at <= test.clock().unix_nanos());
    assert_eq!((letter.delivery, letter.request), (1, None));
    assert_eq!(test.system().dead_letter(1).as_ref(), Some(letter));
    assert_eq!(test.system().dead_letter(2), None);
}

#[test]
fn a_dead_letter_is_sent_again_by_its_sender_once() {
    let test = TestSystem::seeded(2);
    let guest = test.guest(guests::PUPPET);
    let full = MailboxLimits { capacity: 1, overflow: Overflow::DropNewest, ..Default::default() };
    test.spawn(ComponentSpec::guest("test/target".parse().unwrap(), &guest).mailbox(full));
    test.system().suspend("test/target");
    let sender = test.puppet("test/sender");
    test.system().send("test/target", b"n1").unwrap();
    sender.send(&test, "test/target", b"n2").unwrap();
    assert_eq!(test.system().dead_letters().len(), 1);
    let before = test.system().dead_letter(1).unwrap();

    // There is no room, and the mailbox drops what comes last.
    test.system().resend_dead_letter(1).unwrap();
    let again = test.system().dead_letters();
    let [(2, letter)] = again.as_slice() else { panic!("{again:?}") };
    assert_eq!((letter.delivery, &letter.sender), (2, &before.sender));
    assert_eq!(letter.trace_parent.trace_id(), before.trace_parent.trace_id());

    test.system().resume("test/target");
    test.run_until_idle();
    let gone = test.system().resend_dead_letter(1);
    assert_eq!(gone, Err(ResendError::NoSuchLetter(1)));
    test.system().resend_dead_letter(2).unwrap();
    test.run_until_idle();
    assert_eq!(test.system().dead_letters(), []);
    assert_eq!(test.system().metrics("test/target").unwrap().handled, 2);
}

#[test]
fn what_is_not_accepted_again_is_still_kept() {
    let test = TestSystem::seeded(3);
    spawn(&test, "test/refuse", guests::REFUSE);
    for message in [b"1", b"2", b"3"] {
        test.system().send("test/refuse", message).unwrap();
    }
    test.run_until_idle();
    let before = test.system().dead_letters();
    test.system().remove("test/refuse");
    let error = test.system().resend_dead_letter(2);
    assert_eq!(error, Err(ResendError::NotSent(SendError::NoSuchComponent)));
    assert_eq!(test.system().dead_letters(), before, "in its old place");
    assert_eq!(&test.system().take_dead_letter(2).unwrap().payload[..], b"2");
    assert_eq!(test.system().take_dead_letter(2), None);
    assert_eq!(test.system().dead_letters().len(), 2);
}

#[test]
fn the_oldest_make_room_and_are_counted() {
    let test = TestSystem::with(4, |builder| builder.dead_letters(3, 1 << 20));
    spawn(&test, "test/refuse", guests::REFUSE);
    for number in 0..5_u8 {
        test.system().send("test/refuse", &[number]).unwrap();
    }
    test.run_until_idle();
    let numbers: Vec<u64> =
        test.system().dead_letters().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [3, 4, 5]);
    let counts = test.system().dead_letter_counts();
    assert_eq!((counts.refused, counts.pushed_out), (5, 2));

    let small = TestSystem::with(5, |builder| builder.dead_letters(100, 4096));
    spawn(&small, "test/refuse", guests::REFUSE);
    for _ in 0..10 {
        small.system().send("test/refuse", &[0; 1000]).unwrap();
    }
    small.run_until_idle();
    let kept = small.system().dead_letters().len();
    assert!((1..4).contains(&kept), "{kept} of 1,000 bytes in 4,096");
    assert_eq!(small.system().dead_letter_counts().pushed_out, 10 - kept as u64);
}

#[test]
fn an_outcome_that_the_requester_refuses_is_a_dead_letter() {
    let test = TestSystem::seeded(6);
    spawn(&test, "test/echo", guests::ECHO);
    // A requester whose callback refuses with code 7.
    spawn_requester(&test);
    test.system().send("test/requester", b"x").unwrap();
    test.run_until_idle();
    let letters = test.system().dead_letters();
    let [(_, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.sender.as_str(), letter.target.as_str()), ("test/echo", "test/requester"));
    assert_eq!((letter.reason, &letter.payload[..]), (DeadLetterReason::Refused, &b"echo"[..]));
    assert!(letter.request.is_some());
}

fn spawn_requester(test: &TestSystem) {
    test.spawn_guest(
        "test/requester",
        r#"
        (import "airssys:component/messaging@0.1.0" "send-request"
          (func $send-request (param i32 i32 i32 i32 i64 i32)))
        (data (i32.const 512) "test/echo")
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32)
          (call $send-request (i32.const 512) (i32.const 9) (i32.const 517) (i32.const 4)
            (i64.const 0) (i32.const 256))
          (call $done))
        (func (export "airssys:component/callback@0.1.0#handle-callback")
          (param i64 i64 i32 i32 i32 i32 i32) (result i32)
          (call $refuse (i32.const 7) (i32.const 517) (i32.const 4)))
        "#,
    );
}

#[test]
fn what_is_left_at_the_end_can_be_read_after_it() {
    let test = TestSystem::with(7, |builder| builder.drain(Duration::ZERO));
    spawn(&test, "test/echo", guests::ECHO);
    test.system().suspend("test/echo");
    test.system().send("test/echo", b"left").unwrap();
    test.system().shutdown();
    let letters = test.system().dead_letters();
    let [(1, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.reason, &letter.payload[..]), (DeadLetterReason::Stopped, &b"left"[..]));
    let late = test.system().resend_dead_letter(1);
    assert_eq!(late, Err(ResendError::NotSent(SendError::Stopped)));
}
