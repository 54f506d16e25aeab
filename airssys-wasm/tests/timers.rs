//! Messages after a while: when they come, who may, and what is left of a timer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::time::Duration;

use airssys_wasm::{
    Clock, Codec, ComponentSpec, DeadLetterReason, Grants, MailboxLimits, Rate, Right, SendError,
    TimerError, TimerId, TraceParent,
};
use airssys_wasm_testkit::{Probe, TestSystem, guests, patterns};

const NANOSECOND: Duration = Duration::from_nanos(1);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn pending(test: &TestSystem, id: &str) -> usize {
    test.system().component(id).unwrap().pending_timers
}

/// All that has come, in order.
fn received(test: &TestSystem, probe: &mut Probe) -> Vec<String> {
    test.run_until_idle();
    std::iter::from_fn(|| Some(String::from_utf8(probe.try_receive()?.message).unwrap())).collect()
}

/// Of what was refused when it went off: senders, targets, messages and details.
fn not_sent(test: &TestSystem) -> Vec<(String, String, Vec<u8>, String)> {
    let letters: Vec<_> = test
        .system()
        .dead_letters()
        .into_iter()
        .filter(|(_, letter)| letter.reason == DeadLetterReason::NotSent)
        .map(|(_, letter)| {
            let (from, to) = (letter.sender.to_string(), letter.target.to_string());
            (from, to, letter.payload.to_vec(), letter.detail.clone().unwrap())
        })
        .collect();
    assert_eq!(test.system().dead_letter_counts().not_sent, letters.len() as u64);
    letters
}

#[test]
fn a_message_comes_at_its_time_and_not_before() {
    let test = TestSystem::seeded(1);
    let puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    puppet.send_after(&test, "test/probe", b"later", ms(50)).unwrap();
    let due = test.clock().unix_nanos() + 50_000_000;
    test.advance(ms(50) - NANOSECOND);
    probe.expect_nothing(&test);
    test.advance(NANOSECOND);
    let later = probe.expect_message(&test);
    assert_eq!((later.sender.as_str(), &later.message[..]), ("test/puppet", &b"later"[..]));
    assert_eq!((later.info.sent_at, later.info.delivery), (due, 1));
    test.advance(ms(1000));
    probe.expect_nothing(&test);
    assert_eq!(pending(&test, "test/puppet"), 0);
    assert_eq!(test.system().metrics("test/puppet").unwrap().sends.accepted, 1);
}

#[test]
fn without_a_delay_it_comes_as_soon_as_possible_and_not_within_the_call() {
    let test = TestSystem::seeded(2);
    let puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    let first = puppet.send_after(&test, "test/probe", b"1", ms(0)).unwrap();
    puppet.send_after(&test, "test/probe", b"2", ms(0)).unwrap();
    probe.expect_nothing(&test);
    assert!(puppet.cancel_timer(&test, first));
    test.advance(ms(0));
    assert_eq!(received(&test, &mut probe), ["2"]);
}

#[test]
fn those_of_one_time_come_in_the_order_in_which_they_were_set() {
    for seed in 0..20 {
        let test = TestSystem::seeded(seed);
        let puppet = test.puppet("test/puppet");
        let mut probe = test.probe("test/probe");
        let set = |message: &[u8], delay| {
            puppet.send_after(&test, "test/probe", message, delay).unwrap();
        };
        for message in [b"b1", b"b2", b"b3"] {
            set(message, ms(20));
        }
        set(b"a", ms(19));
        test.advance(ms(10));
        // Due at the same time as the first three.
        set(b"b4", ms(10));
        set(b"c", ms(11));
        test.advance(ms(100));
        let expected = ["a", "b1", "b2", "b3", "b4", "c"];
        assert_eq!(received(&test, &mut probe), expected, "seed {seed}");
    }
}

#[test]
fn a_timer_is_cancelled_once_and_by_its_owner_alone() {
    let test = TestSystem::seeded(3);
    let (puppet, other) = (test.puppet("test/puppet"), test.puppet("test/other"));
    let mut probe = test.probe("test/probe");
    let set = || puppet.send_after(&test, "test/probe", b"x", ms(10)).unwrap();
    let (one, two) = (set(), set());
    assert_ne!(one, two);
    assert!(!other.cancel_timer(&test, one), "it has none");
    assert!(!puppet.cancel_timer(&test, TimerId::new(7)));
    assert!(!puppet.cancel_timer(&test, TimerId::new(u64::MAX)));
    assert!(puppet.cancel_timer(&test, one));
    assert!(!puppet.cancel_timer(&test, one), "it is cancelled");
    test.advance(ms(10));
    assert_eq!(received(&test, &mut probe), ["x"]);
    assert!(!puppet.cancel_timer(&test, two), "it has gone off");
}

#[test]
fn a_crash_ends_the_timers_and_their_names_are_not_given_again() {
    let test = TestSystem::seeded(4);
    let puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    let before = puppet.send_after(&test, "test/probe", b"before", ms(500)).unwrap();
    probe.send("test/puppet", b"t").unwrap();
    test.run_until_idle();
    assert_eq!(pending(&test, "test/puppet"), 0);
    test.advance(ms(200));
    assert_eq!(test.system().metrics("test/puppet").unwrap().restarts, 1);
    assert!(!puppet.cancel_timer(&test, before));
    let after = puppet.send_after(&test, "test/probe", b"after", ms(500)).unwrap();
    assert!(after > before);
    test.advance(ms(1000));
    assert_eq!(received(&test, &mut probe), ["after"]);
    assert_eq!(not_sent(&test), []);
}

#[test]
fn a_stop_ends_the_timers() {
    let test = TestSystem::seeded(5);
    let puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    for end in [
        |test: &TestSystem| test.system().stop("test/puppet"),
        |test: &TestSystem| test.system().remove("test/puppet"),
    ] {
        puppet.send_after(&test, "test/probe", b"x", ms(10)).unwrap();
        puppet.send_after(&test, "test/puppet", b"n", ms(10)).unwrap();
        assert!(end(&test));
        // Orders to the puppet have time-outs, of 5 s.
        assert!(test.system().next_timer() > Some(ms(1000)), "nothing is left of them");
        test.advance(ms(20));
        probe.expect_nothing(&test);
        assert_eq!(not_sent(&test), []);
        test.system().remove("test/puppet");
        test.puppet("test/puppet");
    }
}

#[test]
fn what_could_never_be_sent_is_refused_when_it_is_set() {
    let test = TestSystem::seeded(6);
    let puppet = test.puppet_with("test/puppet", |spec| {
        let grants = Grants { send: patterns(&["test/*"]), ..Grants::default() };
        spec.grants(grants)
    });
    let guest = test.guest(guests::ECHO);
    let echo = |id: &str, settings: fn(ComponentSpec) -> ComponentSpec| {
        test.spawn(settings(ComponentSpec::guest(id.parse().unwrap(), &guest)));
    };
    echo("test/small", |spec| spec.max_message_size(10));
    echo("test/json", |spec| spec.codecs([Codec::JSON, Codec::CBOR]));
    echo("test/shy", |spec| {
        spec.grants(Grants { receive: Some(patterns(&["other/*"])), ..Grants::default() })
    });
    echo("test/stopped", |spec| spec);
    test.system().stop("test/stopped");
    let cases: [(&str, &[u8], SendError); 8] = [
        ("Test/small", b"", SendError::InvalidTarget),
        ("test/**", b"", SendError::InvalidTarget),
        ("other/small", b"", SendError::NotPermitted),
        ("test/nobody", b"", SendError::NoSuchComponent),
        ("test/shy", b"", SendError::NotPermitted),
        ("test/small", b"more than ten", SendError::MessageTooLarge(10)),
        ("test/json", b"\x55x", SendError::CodecNotAccepted(vec![0x200, 0x51])),
        ("test/stopped", b"", SendError::Stopped),
    ];
    for (target, message, error) in cases {
        let set = puppet.send_after(&test, target, message, ms(10));
        assert_eq!(set, Err(TimerError::Refused(error)), "{target}");
    }
    let sends = test.system().metrics("test/puppet").unwrap().sends;
    assert_eq!((sends.accepted, sends.invalid_target, sends.not_permitted), (0, 2, 2));
    assert_eq!(pending(&test, "test/puppet"), 0);
}

#[test]
fn what_is_refused_when_it_goes_off_is_a_dead_letter() {
    let test = TestSystem::seeded(7);
    let puppet = test.puppet_with("test/puppet", |spec| {
        let grants = Grants { send: patterns(&["test/*"]), ..Grants::default() };
        let rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        spec.grants(grants).rate(rate)
    });
    let mut probe = test.probe("test/probe");
    let guest = test.guest(guests::ECHO);
    for id in ["test/full", "test/gone", "test/stopped"] {
        let limits = MailboxLimits { capacity: 1, ..MailboxLimits::default() };
        test.spawn(ComponentSpec::guest(id.parse().unwrap(), &guest).mailbox(limits));
    }
    test.system().suspend("test/full");
    probe.send("test/full", b"first").unwrap();
    let set = |target: &str, delay| {
        puppet.send_after(&test, target, target.as_bytes(), ms(delay)).unwrap();
    };
    set("test/full", 10);
    set("test/gone", 20);
    set("test/stopped", 30);
    // The first that is sent, and the second of its second.
    set("test/probe", 40);
    set("test/probe", 41);
    set("test/probe", 2000);
    test.system().remove("test/gone");
    test.system().stop("test/stopped");
    test.advance(ms(100));
    let revoked = "test/*".parse().unwrap();
    assert_eq!(test.system().revoke("test/puppet", Right::Send, &revoked), Ok(true));
    test.advance(ms(3000));
    assert_eq!(received(&test, &mut probe), ["test/probe"]);
    let letters = not_sent(&test);
    let details: Vec<(&str, &str)> =
        letters.iter().map(|(_, to, _, detail)| (to.as_str(), detail.as_str())).collect();
    let expected = [
        ("test/full", "the receiver's mailbox is full"),
        ("test/gone", "no component has this id"),
        ("test/stopped", "the receiver has stopped"),
        ("test/probe", "over the rate limit for another 999 ms"),
        ("test/probe", "no grant covers this send"),
    ];
    assert_eq!(details, expected);
    for (from, to, message, _) in &letters {
        assert_eq!((from.as_str(), to.as_bytes()), ("test/puppet", &message[..]));
    }
    assert_eq!(test.system().metrics("test/full").unwrap().accepted, 1, "the probe's");
    let sends = test.system().metrics("test/puppet").unwrap().sends;
    assert_eq!((sends.accepted, sends.mailbox_full, sends.rate_limited), (1, 1, 1));
    assert_eq!((sends.stopped, sends.no_such_component, sends.not_permitted), (1, 1, 1));
    test.expect_nothing_lost();

    // It can be sent again, as other dead letters can.
    test.system().resend_dead_letter(5).unwrap();
    assert_eq!(received(&test, &mut probe), ["test/probe"]);
}

#[test]
fn a_message_to_oneself_needs_no_grant() {
    let test = TestSystem::seeded(8);
    let puppet = test.puppet_with("test/puppet", |spec| {
        spec.grants(Grants { receive: Some(patterns(&["test/hand"])), ..Grants::default() })
    });
    let handled = || test.system().metrics("test/puppet").unwrap().handled;
    puppet.send_after(&test, "test/puppet", b"n", ms(10)).unwrap();
    let direct = puppet.send(&test, "test/puppet", b"n");
    assert_eq!(direct, Err(SendError::NotPermitted), "that is another thing");
    let before = handled();
    test.advance(ms(10));
    assert_eq!(handled(), before + 1);
    assert_eq!(not_sent(&test), []);
}

#[test]
fn there_is_a_limit_of_timers() {
    let test = TestSystem::seeded(9);
    let puppet = test.puppet("test/puppet");
    let few = test.puppet_with("test/few", |spec| spec.pending_timers(2));
    let mut probe = test.probe("test/probe");
    let many = |count| puppet.send_many_after(&test, "test/probe", b"x", ms(10), count);
    assert_eq!(many(1001), Err(TimerError::TooManyTimers(1000)));
    assert_eq!(pending(&test, "test/puppet"), 1000);
    let set = |delay| few.send_after(&test, "test/few", b"n", ms(delay));
    let first = set(20).unwrap();
    set(10).unwrap();
    assert_eq!(set(10), Err(TimerError::TooManyTimers(2)));
    let usage = test.system().quota_usage("test/few").unwrap();
    assert_eq!((usage.pending_timers, usage.max_pending_timers), (2, 2));
    assert!(few.cancel_timer(&test, first));
    set(10).unwrap();
    assert_eq!(set(10), Err(TimerError::TooManyTimers(2)));
    test.advance(ms(10));
    set(10).unwrap();
    set(10).unwrap();
    assert_eq!(received(&test, &mut probe).len(), 1000);
    assert_eq!(pending(&test, "test/puppet"), 0);
}

/// Sets a timer and cancels it, 100,000 times; traps if one cannot be set or is not there.
const RESTLESS: &str = r#"
(import "airssys:component/timers@0.1.0" "send-after"
  (func $send-after (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/timers@0.1.0" "cancel" (func $cancel (param i64) (result i32)))
(data (i32.const 512) "test/restless")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32 i32 i32) (result i32)
  (local $left i32)
  (local.set $left (i32.const 100000))
  (loop $next
    (call $send-after
      (i32.const 512) (i32.const 13) (i32.const 512) (i32.const 13) (i64.const 60000)
      (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (if (i32.eqz (call $cancel (i64.load (i32.const 264)))) (then unreachable))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $next (local.get $left)))
  (call $done))
"#;

#[test]
fn nothing_is_left_of_100_000_timers_that_were_cancelled() {
    let test = TestSystem::seeded(10);
    let guest = test.guest(RESTLESS);
    test.spawn(ComponentSpec::guest("test/restless".parse().unwrap(), &guest).pending_timers(1));
    test.system().send("test/restless", b"").unwrap();
    test.run_until_idle();
    assert_eq!(test.system().metrics("test/restless").unwrap().handled, 1);
    assert_eq!((pending(&test, "test/restless"), test.system().next_timer()), (0, None));
}

#[test]
fn a_message_of_a_timer_belongs_to_the_trace_that_set_it() {
    let test = TestSystem::seeded(11);
    let _puppet = test.puppet("test/puppet");
    let mut probe = test.probe("test/probe");
    let mut hand = test.system().sender("test/hand".parse().unwrap());
    let trace: TraceParent =
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    hand.continue_trace(Some(trace));
    let numbers = [&1_u32.to_le_bytes()[..], &10_u64.to_le_bytes()].concat();
    let order = [b"a", &numbers[..], &10_u16.to_le_bytes(), b"test/probe", b"x"].concat();
    hand.try_send("test/puppet", &order).unwrap();
    test.advance(ms(10));
    let of_message = probe.expect_message(&test).info.trace_parent.unwrap();
    assert_eq!(of_message.trace_id(), trace.trace_id());
    assert_ne!(of_message.span_id(), trace.span_id());
}

#[test]
fn a_timer_keeps_no_system_from_being_idle() {
    let test = TestSystem::seeded(12);
    let puppet = test.puppet("test/puppet");
    puppet.send_after(&test, "test/puppet", b"n", ms(10)).unwrap();
    assert!(test.system().wait_idle());
}

#[test]
fn host_programs_send_later_too() {
    let test = TestSystem::seeded(13);
    let mut probe = test.probe("test/probe");
    let mut host = test.system().sender("test/host".parse().unwrap());
    let nobody = host.send_after("test/nobody", b"", ms(1)).err();
    assert_eq!(nobody, Some(TimerError::Refused(SendError::NoSuchComponent)));
    let cancelled = host.send_after("test/probe", b"cancelled", ms(10)).unwrap();
    assert!(cancelled.cancel());
    let sent = host.send_after("test/probe", b"sent", ms(10)).unwrap();
    drop(host.send_after("test/probe", b"also sent", ms(20)).unwrap());
    drop(host);
    test.advance(ms(10));
    assert_eq!(received(&test, &mut probe), ["sent"]);
    assert!(!sent.cancel(), "it has been sent");
    test.advance(ms(10));
    assert_eq!(received(&test, &mut probe), ["also sent"]);

    let mut host = test.system().sender("test/host".parse().unwrap());
    drop(host.send_after("test/probe", b"x", ms(10)).unwrap());
    test.system().remove("test/probe");
    test.advance(ms(10));
    let expected = ("test/host".into(), "test/probe".into(), b"x".to_vec());
    let letters = not_sent(&test);
    let [(from, to, message, _)] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((from.clone(), to.clone(), message.clone()), expected);
}
