//! Messages between guests: what arrives, in which order, and what the sender is told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use airssys_wasm::{Clock, ComponentSpec, Grants, Limits, MailboxLimits, Overflow, SendError};
use airssys_wasm_testkit::{TestSystem, guests, patterns};

fn mailbox(capacity: usize, overflow: Overflow) -> MailboxLimits {
    MailboxLimits { capacity, overflow, ..MailboxLimits::default() }
}

fn echo(test: &TestSystem, id: &str, settings: impl FnOnce(ComponentSpec) -> ComponentSpec) {
    let guest = test.guest(guests::ECHO);
    test.spawn(settings(ComponentSpec::guest(id.parse().unwrap(), &guest)));
}

#[test]
fn a_guest_sends_to_a_guest_with_its_true_id_and_time() {
    let test = TestSystem::seeded(1);
    let (a, b) = (test.puppet("test/a"), test.puppet("test/b"));
    test.clock().advance(Duration::from_secs(5));
    assert_eq!(a.send(&test, "test/b", b"i"), Ok(()));
    test.run_until_idle();
    let (info, own_id) = b.context(&test);
    let info = info.expect("it is in a handler");
    assert_eq!(own_id, "test/b");
    assert_eq!(info.sent_at, test.clock().unix_nanos());
    assert_eq!(info.delivery, 1);
    assert!(info.request.is_some(), "orders are requests");

    let mut probe = test.probe("test/probe");
    assert_eq!(a.send(&test, "test/probe", b"hello"), Ok(()));
    let received = probe.expect_message(&test);
    assert_eq!((received.sender.as_str(), &received.message[..]), ("test/a", &b"hello"[..]));
}

#[test]
fn messages_of_one_sender_stay_in_order_in_every_schedule() {
    for seed in 0..50 {
        let test = TestSystem::seeded(seed);
        let mut probe = test.probe("test/probe");
        let senders = [test.puppet("test/a"), test.puppet("test/b")];
        for number in 0..20_u8 {
            for (at, sender) in senders.iter().enumerate() {
                assert_eq!(sender.send(&test, "test/probe", &[at as u8, number]), Ok(()));
            }
        }
        test.run_until_idle();
        let mut next = [0, 0];
        while let Some(received) = probe.try_receive() {
            let [sender, number] = received.message[..] else { panic!("two bytes") };
            assert_eq!(number, next[usize::from(sender)], "seed {seed}");
            next[usize::from(sender)] += 1;
        }
        assert_eq!(next, [20, 20], "seed {seed}");
    }
}

#[test]
fn each_send_that_fails_says_why() {
    let test = TestSystem::seeded(2);
    echo(&test, "test/picky", |spec| {
        spec.max_message_size(100)
            .grants(Grants { receive: Some(patterns(&["other/*"])), ..Grants::default() })
    });
    echo(&test, "test/small", |spec| spec.max_message_size(100));
    echo(&test, "test/hidden", |spec| spec);
    let a = test.puppet_with("test/a", |spec| {
        spec.grants(Grants {
            send: patterns(&["test/picky", "test/small", "test/gone", "gone/*", "test/stopped"]),
            ..Grants::default()
        })
    });
    echo(&test, "test/stopped", |spec| spec);
    assert!(test.system().stop("test/stopped"));

    let cases = [
        ("Test/Small", 1, SendError::InvalidTarget),
        ("", 1, SendError::InvalidTarget),
        ("test/../test", 1, SendError::InvalidTarget),
        ("test/hidden", 1, SendError::NotPermitted),
        ("nowhere/at-all", 1, SendError::NotPermitted),
        ("test/gone", 1, SendError::NoSuchComponent),
        ("test/picky", 101, SendError::NotPermitted),
        ("test/small", 101, SendError::MessageTooLarge(100)),
        ("test/stopped", 1, SendError::Stopped),
    ];
    for (target, size, error) in cases {
        assert_eq!(a.send(&test, target, &vec![0; size]), Err(error), "{target}");
    }
    assert_eq!(a.send(&test, "test/small", &[0; 100]), Ok(()));
    let request = a.request(&test, "test/small", b"", Duration::ZERO);
    assert_eq!(request, Err(SendError::NotPermitted), "send does not imply request");
}

#[test]
fn a_senders_own_limit_holds_for_what_it_sends() {
    let test = TestSystem::seeded(3);
    echo(&test, "test/echo", |spec| spec);
    let everywhere = || Grants { send: patterns(&["**"]), ..Grants::default() };
    let a = test.puppet_with("test/a", |spec| spec.max_message_size(50).grants(everywhere()));
    assert_eq!(a.send(&test, "test/echo", &[0; 30]), Ok(()));
    let order_that_makes_51_bytes = guests::guest(
        r#"(import "airssys:component/messaging@0.1.0" "send-message"
             (func $send (param i32 i32 i32 i32 i32)))
           (data (i32.const 512) "test/echo")
           (func (export "airssys:component/handler@0.1.0#handle-message")
             (param i32 i32 i32 i32) (result i32)
             (call $send (i32.const 512) (i32.const 9) (i32.const 0) (i32.const 51) (i32.const 256))
             (call $respond (i32.const 256) (i32.const 24)))"#,
    );
    let guest = test.system().load(order_that_makes_51_bytes.as_bytes()).unwrap();
    let spec = ComponentSpec::guest("test/big".parse().unwrap(), &guest);
    test.spawn(spec.max_message_size(50).grants(everywhere()));
    let response = test.probe("test/probe").request(&test, "test/big", b"").unwrap();
    assert_eq!((response[0], response[8], response[16]), (1, 4, 50), "message-too-large(50)");
}

#[test]
fn a_full_mailbox_is_told_within_one_handler_and_loses_nothing() {
    let test = TestSystem::seeded(4);
    echo(&test, "test/slow", |spec| spec.mailbox(mailbox(10, Overflow::Reject)));
    let a = test.puppet("test/a");
    assert!(test.system().suspend("test/slow"));
    let (accepted, last) = a.send_many(&test, "test/slow", b"x", 100);
    assert_eq!((accepted, last), (10, Err(SendError::MailboxFull)));
    assert_eq!(test.system().component("test/slow").unwrap().queued, 10);
    assert!(test.system().resume("test/slow"));
    test.run_until_idle();
    assert!(test.system().wait_idle());
    assert_eq!(test.system().dead_letter_counts(), Default::default());
}

#[test]
fn a_policy_that_drops_makes_dead_letters() {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let test = TestSystem::seeded(5);
        echo(&test, "test/slow", |spec| spec.mailbox(mailbox(10, overflow)));
        let a = test.puppet("test/a");
        assert!(test.system().suspend("test/slow"));
        assert_eq!(a.send_many(&test, "test/slow", b"x", 25), (25, Ok(())));
        assert_eq!(test.system().dead_letter_counts().dropped, 15, "{overflow:?}");
        assert_eq!(test.system().component("test/slow").unwrap().queued, 10);
    }
}

#[test]
fn a_mailbox_is_also_full_in_bytes() {
    let test = TestSystem::seeded(6);
    let limits = MailboxLimits { max_bytes: 10_000, ..MailboxLimits::default() };
    echo(&test, "test/slow", |spec| spec.mailbox(limits));
    let a = test.puppet("test/a");
    assert!(test.system().suspend("test/slow"));
    let too_large = a.send(&test, "test/slow", &[0; 10_001]);
    assert_eq!(too_large, Err(SendError::MessageTooLarge(10_000)), "it could never fit");
    let (accepted, last) = a.send_many(&test, "test/slow", &[0; 1000], 100);
    assert_eq!(last, Err(SendError::MailboxFull));
    assert!((8..=10).contains(&accepted), "{accepted}");
}

/// A guest that passes each message on to `test/NEXT`, and refuses it if that fails.
fn relay(next: &str) -> String {
    let length = "test/".len() + next.len();
    format!(
        r#"(import "airssys:component/messaging@0.1.0" "send-message"
             (func $send (param i32 i32 i32 i32 i32)))
           (data (i32.const 512) "test/{next}")
           (func (export "airssys:component/handler@0.1.0#handle-message")
             (param i32 i32) (param $message i32) (param $length i32) (result i32)
             (call $send
               (i32.const 512) (i32.const {length})
               (local.get $message) (local.get $length) (i32.const 256))
             (if (i32.load8_u (i32.const 256))
               (then (return (call $refuse (i32.const 1) (i32.const 0) (i32.const 0)))))
             (call $done))"#
    )
}

#[test]
fn a_pipeline_with_mailboxes_of_ten_loses_nothing_in_any_schedule() {
    for seed in 0..30 {
        let test = TestSystem::seeded(seed);
        let stages = ["s1", "s2", "s3", "s4"];
        for (stage, next) in stages.iter().zip(["s2", "s3", "s4", "end"]) {
            let guest = test.guest(&relay(next));
            let spec = ComponentSpec::guest(format!("test/{stage}").parse().unwrap(), &guest);
            let grants = Grants { send: patterns(&["test/*"]), ..Grants::default() };
            test.spawn(spec.grants(grants).mailbox(mailbox(10, Overflow::Reject)));
        }
        let guest = test.guest(guests::COUNT);
        let end = ComponentSpec::guest("test/end".parse().unwrap(), &guest);
        test.spawn(end.mailbox(mailbox(10, Overflow::Reject)));
        let mut probe = test.probe("test/probe");
        for _ in 0..300 {
            while probe.send("test/s1", b"x") == Err(SendError::MailboxFull) {
                assert!(test.step(), "seed {seed}: stalled");
            }
        }
        test.run_until_idle();
        let count = probe.request(&test, "test/end", b"").unwrap();
        assert_eq!(count, 301_u32.to_le_bytes(), "seed {seed}");
        assert_eq!(test.system().dead_letter_counts(), Default::default(), "seed {seed}");
    }
}

#[test]
fn guests_in_a_circle_never_stall() {
    for seed in 0..30 {
        let test = TestSystem::seeded(seed);
        for (stage, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
            let guest = test.guest(&relay(next));
            let spec = ComponentSpec::guest(format!("test/{stage}").parse().unwrap(), &guest);
            let grants = Grants { send: patterns(&["test/*"]), ..Grants::default() };
            test.spawn(spec.grants(grants).mailbox(mailbox(4, Overflow::Reject)));
        }
        let mut probe = test.probe("test/probe");
        let mut tokens = 0;
        while tokens < 6 {
            if probe.send("test/a", b"token").is_ok() {
                tokens += 1;
            } else {
                assert!(test.step(), "seed {seed}: stalled");
            }
        }
        for _ in 0..1_000 {
            let lost = test.system().dead_letter_counts().refused;
            assert!(test.step() || lost == 6, "seed {seed}: stalled with {} tokens", 6 - lost);
        }
    }
}

/// A guest that sends as many messages as the first byte of each message says, and refuses it if
/// one of those fails.
const BURST: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(data (i32.const 512) "test/slow")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param i32) (result i32)
  (local $left i32)
  (local.set $left (i32.load8_u (local.get $message)))
  (loop $next
    (call $send
      (i32.const 512) (i32.const 9) (local.get $message) (i32.const 1) (i32.const 256))
    (if (i32.load8_u (i32.const 256))
      (then (return (call $refuse (i32.const 1) (i32.const 0) (i32.const 0)))))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $next (local.get $left)))
  (call $done))
"#;

#[test]
fn turns_of_up_to_half_a_mailbox_always_find_room() {
    for seed in 0..30 {
        let test = TestSystem::seeded(seed);
        echo(&test, "test/slow", |spec| spec.mailbox(mailbox(100, Overflow::Reject)));
        test.spawn_guest("test/burst", BURST);
        let mut probe = test.probe("test/probe");
        let mut size = seed;
        for _ in 0..300 {
            size = size
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let count = if size >> 60 == 0 { 50 } else { 1 + (size >> 33) as u8 % 9 };
            while probe.send("test/burst", &[count]).is_err() {
                assert!(test.step(), "seed {seed}: stalled");
            }
            test.step();
        }
        test.run_until_idle();
        assert_eq!(test.system().dead_letter_counts().refused, 0, "seed {seed}");
    }
}

#[test]
fn a_turn_of_more_than_a_mailbox_is_refused() {
    let test = TestSystem::seeded(7);
    echo(&test, "test/slow", |spec| spec.mailbox(mailbox(100, Overflow::Reject)));
    test.spawn_guest("test/burst", BURST);
    let mut probe = test.probe("test/probe");
    probe.send("test/burst", &[101]).unwrap();
    test.run_until_idle();
    assert_eq!(test.system().dead_letter_counts().refused, 1);
}

#[test]
fn a_crash_of_the_receiver_stays_with_the_receiver() {
    let test = TestSystem::seeded(8);
    let (a, _b) = (test.puppet("test/a"), test.puppet("test/b"));
    for _ in 0..3 {
        assert_eq!(a.send(&test, "test/b", b"t"), Ok(()));
    }
    test.run_until_idle();
    assert_eq!(test.system().dead_letter_counts().crashed, 1, "the one in hand");
    assert_eq!(test.system().component("test/b").unwrap().queued, 2, "the mailbox is kept");
    assert_eq!(a.send(&test, "test/a", b"n"), Ok(()));
}

#[test]
fn a_spinning_guest_is_cut_by_its_time_limit() {
    let test = TestSystem::seeded(9);
    let guest = test.guest(guests::SPIN);
    let limits = Limits { message_timeout: Duration::from_millis(1), ..Limits::default() };
    test.spawn(ComponentSpec::guest("test/spin".parse().unwrap(), &guest).limits(limits));
    let outcome = test.probe("test/probe").request(&test, "test/spin", b"");
    assert_eq!(outcome, Err(airssys_wasm::RequestError::Crashed));
}
