//! Subscriptions without end, and publications without end.

use airssys_wasm::{DeadLetterReason, Grants, Overflow, Right, SendError, SubscribeError};
use airssys_wasm_testkit::patterns;

use crate::attacker::{all_rights, attacker, mailbox, spec};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

#[test]
fn a_thousand_subscriptions_are_the_most_and_bring_each_publication_once() {
    let test = stage::seeded(1);
    let bystanders = Bystanders::spawn(&test);
    let (evil, publisher) = (test.puppet("evil/a"), test.puppet("test/publisher"));
    let pattern = |number: u32| format!("news/*e{number}*");
    for number in 0..999 {
        assert_eq!(evil.subscribe(&test, &pattern(number)), Ok(()));
    }
    assert_eq!(evil.subscribe(&test, "news/**"), Ok(()));
    let too_many = Err(SubscribeError::TooManySubscriptions(1000));
    for number in 1000..1100 {
        assert_eq!(evil.subscribe(&test, &pattern(number)), too_many);
        assert_eq!(evil.subscribe(&test, &pattern(number - 1000)), Ok(()), "it has that");
    }
    for number in 0..999 {
        let next = pattern(number + 1000);
        assert_eq!(evil.subscribe(&test, &next), too_many);
        assert!(evil.unsubscribe(&test, &pattern(number)));
        assert!(!evil.unsubscribe(&test, &pattern(number)));
        assert_eq!(evil.subscribe(&test, &next), Ok(()));
    }
    let before = test.system().metrics("evil/a").unwrap().handled;
    assert_eq!(publisher.publish(&test, "news/e1e2e3", b"n"), Ok(1));
    assert_eq!(publisher.publish(&test, "news/e1234e1235e1236", b"n"), Ok(1), "by many patterns");
    test.run_until_idle();
    assert_eq!(test.system().metrics("evil/a").unwrap().handled, before + 2);
    test.system().stop("evil/a");
    assert_eq!(publisher.publish(&test, "news/e1234", b"n"), Ok(0));
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_pattern_wider_than_its_grant_is_refused() {
    let test = stage::seeded(2);
    let evil = test.puppet_with("evil/a", |spec| spec);
    let cases: [(&str, &[&str]); 6] = [
        ("news/eu", &["news/*", "news/e*", "news/**", "**", "*/eu", "*/*", "news/us", "news/eu/1"]),
        ("news/*", &["news/**", "**", "*/*", "*/eu", "n*/eu", "news/*/*", "newss/*", "new*/eu"]),
        ("news/e*", &["news/*", "news/*e", "news/*e*", "news/e*/*", "news/e/**"]),
        ("news/**", &["**", "*/**", "n*/**", "new*/eu", "*/eu/**"]),
        ("news/*/eu", &["news/**", "news/*/*", "news/**", "news/eu", "*/*/eu"]),
        ("other/*", &["news/eu", "other/**", "**"]),
    ];
    for (granted, wider) in cases {
        let grants = Grants { subscribe: patterns(&[granted]), ..Grants::default() };
        test.system().set_grants("evil/a", grants).unwrap();
        for pattern in wider {
            let denied = Err(SubscribeError::NotPermitted);
            assert_eq!(evil.subscribe(&test, pattern), denied, "{pattern} by {granted}");
            assert!(!evil.unsubscribe(&test, pattern));
        }
        assert_eq!(evil.subscribe(&test, granted), Ok(()));
        assert!(evil.unsubscribe(&test, granted));
    }
    let all_but_topics =
        Grants { publish: patterns(&[]), subscribe: patterns(&[]), ..all_rights(&["**"]) };
    test.system().set_grants("evil/a", all_but_topics).unwrap();
    for topic in ["news/eu", "evil/a", "airssys/stdout"] {
        assert_eq!(evil.publish(&test, topic, b""), Err(SendError::NotPermitted), "{topic}");
        assert_eq!(evil.subscribe(&test, topic), Err(SubscribeError::NotPermitted), "{topic}");
    }
    expect_rest(&test);
}

#[test]
fn a_pattern_that_covers_no_topic_brings_nothing() {
    let test = stage::seeded(3);
    let evil = test.puppet_with("evil/a", |spec| {
        spec.grants(Grants { subscribe: patterns(&["other/*"]), ..Grants::default() })
    });
    let publisher = test.puppet("test/publisher");
    // It is covered by any grant, for there is nothing in it.
    for pattern in ["*", "news", "news*"] {
        let _either_way = evil.subscribe(&test, pattern);
    }
    for topic in ["news/eu", "news/news", "a/b/c"] {
        assert_eq!(publisher.publish(&test, topic, b"t"), Ok(0), "{topic}");
    }
    expect_rest(&test);
}

#[test]
fn what_was_revoked_brings_nothing_more() {
    let test = stage::seeded(4);
    let (evil, publisher) = (test.puppet("evil/a"), test.puppet("test/publisher"));
    for pattern in ["news/*", "news/eu", "**", "*/eu"] {
        evil.subscribe(&test, pattern).unwrap();
    }
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(1));
    let all = "**".parse().unwrap();
    assert_eq!(test.system().revoke("evil/a", Right::Subscribe, &all), Ok(true));
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(0));
    assert_eq!(evil.subscribe(&test, "news/eu"), Err(SubscribeError::NotPermitted));
    let eu = "news/eu".parse().unwrap();
    test.system().grant("evil/a", Right::Subscribe, eu).unwrap();
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(1));
    assert_eq!(publisher.publish(&test, "news/us", b"n"), Ok(0), "`**` is not granted again");
    test.run_until_idle();
    expect_rest(&test);
}

/// Publishes as many times as the first byte says, each time with the number of the time.
const PUBLISHER: &str = r#"
(import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
(data (i32.const 512) "news/eu")
(global $number (mut i32) (i32.const 0))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param i32) (result i32)
  (local $left i32)
  (local.set $left (i32.load8_u (local.get $message)))
  (loop $next
    (i32.store (i32.const 600) (global.get $number))
    (call $publish
      (i32.const 512) (i32.const 7) (i32.const 600) (i32.const 4) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then unreachable))
    (global.set $number (i32.add (global.get $number) (i32.const 1)))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $next (local.get $left)))
  (call $done))
"#;

/// Subscribes to `news/*` at its start, and passes on to `test/heard` who sent what.
const READER: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(data (i32.const 512) "test/heardnews/*")
(func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
  (call $subscribe (i32.const 522) (i32.const 6) (i32.const 256))
  (i32.store (i32.const 0) (i32.load (i32.const 256)))
  (i32.const 0))
(func (export "airssys:component/lifecycle@0.1.0#shutdown"))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
  (result i32)
  ;; The sender and the message lie one behind the other.
  (memory.copy (i32.const 600) (local.get $message) (local.get $length))
  (memory.copy
    (i32.add (i32.const 600) (local.get $length)) (local.get $sender) (local.get $sender-length))
  (call $send
    (i32.const 512) (i32.const 10)
    (i32.const 600) (i32.add (local.get $length) (local.get $sender-length))
    (i32.const 256))
  (call $done))
"#;

#[test]
fn a_storm_of_publications_is_missed_by_the_slow_alone() {
    for seed in 0..30 {
        let test = stage::seeded(seed);
        let mut bystanders = Bystanders::spawn(&test);
        let mut heard = test.probe("test/heard");
        let policy = [Overflow::Reject, Overflow::DropOldest][seed as usize % 2];
        test.spawn(attacker("evil/slow", READER).mailbox(mailbox(1, policy)));
        test.spawn(attacker("test/reader", READER));
        test.spawn(attacker("test/publisher", PUBLISHER));
        test.system().suspend("evil/slow");
        let mut published = 0;
        for count in [1, 50, 7, 200, 42] {
            heard.send("test/publisher", &[count]).unwrap();
            published += u32::from(count);
            test.run_until_idle();
            bystanders.work(&test);
        }
        for number in 0..published {
            let expected = [&number.to_le_bytes()[..], b"test/publisher"].concat();
            let received = heard.expect_message(&test);
            assert_eq!((received.sender.as_str(), received.message), ("test/reader", expected));
        }
        heard.expect_nothing(&test);
        let slow = test.system().metrics("evil/slow").unwrap();
        let lost = u64::from(published - 1);
        let (missed, dropped) = if policy == Overflow::Reject { (lost, 0) } else { (0, lost) };
        assert_eq!((slow.queued, slow.missed, slow.dropped), (1, missed, dropped), "seed {seed}");
        let dead = test.system().dead_letter_counts();
        assert_eq!((dead.missed, dead.dropped), (missed, dropped), "seed {seed}");
        for (_, letter) in test.system().dead_letters() {
            let reason =
                if missed > 0 { DeadLetterReason::Missed } else { DeadLetterReason::Dropped };
            assert_eq!((letter.target.as_str(), letter.reason), ("evil/slow", reason));
            assert_eq!(letter.sender.as_str(), "test/publisher");
        }
        test.system().resume("evil/slow");
        heard.expect_message(&test);
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn subscribers_that_crash_or_spin_hold_no_publication_up() {
    const SUBSCRIBES: &str = r#"
        (import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
        (data (i32.const 512) "news/*")
        (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
          (call $subscribe (i32.const 512) (i32.const 6) (i32.const 256))
          (i32.store (i32.const 0) (i32.load (i32.const 256)))
          (i32.const 0))
        (func (export "airssys:component/lifecycle@0.1.0#shutdown"))
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32) (param $message i32) (param i32) (result i32)
          (if (i32.and (i32.load8_u (local.get $message)) (i32.const 1)) (then unreachable))
          (loop $forever (br $forever))
          unreachable)"#;
    for seed in 0..30 {
        let test = stage::seeded(seed);
        let bystanders = Bystanders::spawn(&test);
        let mut heard = test.probe("test/heard");
        let limits = airssys_wasm::Limits {
            message_timeout: std::time::Duration::from_micros(100),
            ..Default::default()
        };
        test.spawn(attacker("evil/a", SUBSCRIBES).limits(limits));
        test.spawn(attacker("test/reader", READER));
        test.spawn(spec("test/publisher", PUBLISHER).grants(all_rights(&["news/*"])));
        heard.send("test/publisher", &[40]).unwrap();
        for number in 0..40_u32 {
            assert_eq!(heard.expect_message(&test).message[..4], number.to_le_bytes());
        }
        heard.expect_nothing(&test);
        test.advance(std::time::Duration::from_secs(1));
        let evil = test.system().metrics("evil/a").unwrap();
        assert_eq!((evil.accepted, evil.crashed, evil.restarts), (40, 40, 40), "seed {seed}");
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}
