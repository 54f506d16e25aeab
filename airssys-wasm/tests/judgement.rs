//! Each answer that a send can get, with its data, as a real guest sees it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::time::Duration;

use airssys_wasm::{Codec, ComponentSpec, Envelope, Grants, MailboxLimits, Rate, Right, SendError};
use airssys_wasm_testkit::{Puppet, TestSystem, guests, patterns};

fn everywhere() -> Grants {
    Grants { send: patterns(&["**"]), request: patterns(&["**"]), ..Grants::default() }
}

fn rate(per_second: u32, burst: u32) -> Rate {
    let number = |number| NonZeroU32::new(number).unwrap();
    Rate { per_second: number(per_second), burst: number(burst) }
}

fn echo(test: &TestSystem, id: &str, settings: impl FnOnce(ComponentSpec) -> ComponentSpec) {
    let guest = test.guest(guests::ECHO);
    test.spawn(settings(ComponentSpec::guest(id.parse().unwrap(), &guest)));
}

/// One who may send to anyone, with these settings.
fn sender(test: &TestSystem, settings: impl FnOnce(ComponentSpec) -> ComponentSpec) -> Puppet {
    test.puppet_with("test/sender", |spec| settings(spec.grants(everywhere())))
}

/// Has a component take no messages, and fills its mailbox. A sender that filled it itself would
/// have to wait.
fn fill(test: &TestSystem, id: &str, messages: usize) {
    test.system().suspend(id);
    let mut host = test.system().sender("test/host".parse().unwrap());
    for _ in 0..messages {
        host.try_send(id, b"").unwrap();
    }
    assert_eq!(host.try_send(id, b""), Err(SendError::MailboxFull));
}

/// A guest that makes requests and cannot be told how they ended: it responds with what
/// `send-request` returned.
const NO_CALLBACK: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(data (i32.const 512) "test/echo")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32 i32 i32) (result i32)
  (call $send-request (i32.const 512) (i32.const 9) (i32.const 0) (i32.const 0) (i64.const 0)
    (i32.const 256))
  (call $respond (i32.const 256) (i32.const 9)))
"#;

#[test]
fn each_refusal_reaches_the_guest_with_its_data() {
    let test = TestSystem::seeded(1);
    echo(&test, "test/echo", |spec| spec);
    echo(&test, "test/small", |spec| spec.max_message_size(10));
    echo(&test, "test/picky", |spec| spec.codecs([Codec::CBOR, Codec::JSON]));
    echo(&test, "test/shy", |spec| {
        spec.grants(Grants { receive: Some(patterns(&["other/*"])), ..Grants::default() })
    });
    echo(&test, "test/full", |spec| {
        spec.mailbox(MailboxLimits { capacity: 2, ..MailboxLimits::default() })
    });
    echo(&test, "test/ended", |spec| spec);
    fill(&test, "test/full", 2);
    test.system().stop("test/ended");
    let granted = ["test/*", "nobody/here"];
    let sender = test.puppet_with("test/sender", |spec| {
        let grants =
            Grants { send: patterns(&granted), request: patterns(&granted), ..everywhere() };
        spec.grants(grants).pending_requests(3)
    });
    let cbor = Envelope::wrap(Codec::CBOR, &[0xf6]);
    let cases: [(&str, &[u8], SendError); 9] = [
        ("Test/echo", b"", SendError::InvalidTarget),
        ("other/echo", b"", SendError::NotPermitted),
        ("nobody/here", b"", SendError::NoSuchComponent),
        ("test/shy", b"", SendError::NotPermitted),
        ("test/small", &[0; 11], SendError::MessageTooLarge(10)),
        ("test/picky", b"\x55raw", SendError::CodecNotAccepted(vec![0x51, 0x0200])),
        ("test/picky", b"\x80", SendError::CodecNotAccepted(vec![0x51, 0x0200])),
        ("test/full", b"", SendError::MailboxFull),
        ("test/ended", b"", SendError::Stopped),
    ];
    for (target, message, error) in &cases {
        assert_eq!(sender.send(&test, target, message), Err(error.clone()), "{target}");
        let request = sender.request(&test, target, message, Duration::ZERO);
        assert_eq!(request, Err(error.clone()), "a request to {target}");
    }
    assert_eq!(sender.send(&test, "test/picky", &cbor), Ok(()));
    assert_eq!(sender.send(&test, "test/picky", b""), Ok(()), "an empty payload has no codec");

    test.system().suspend("test/echo");
    for _ in 0..3 {
        sender.request(&test, "test/echo", b"", Duration::ZERO).unwrap();
    }
    let one_too_many = sender.request(&test, "test/echo", b"", Duration::ZERO);
    assert_eq!(one_too_many, Err(SendError::TooManyRequests(3)));

    test.system().resume("test/echo");
    test.spawn_guest("test/deaf", NO_CALLBACK);
    let mut probe = test.probe("test/probe");
    let answer = probe.request(&test, "test/deaf", b"").unwrap();
    assert_eq!((answer[0], answer[8]), (1, 9), "no-callback");
}

#[test]
fn the_first_check_that_fails_is_the_answer() {
    let test = TestSystem::seeded(2);
    echo(&test, "test/echo", |spec| {
        spec.codecs([Codec::CBOR])
            .max_message_size(20)
            .mailbox(MailboxLimits { capacity: 1, ..MailboxLimits::default() })
    });
    echo(&test, "test/other", |spec| spec);
    fill(&test, "test/echo", 1);
    let grants = Grants { send: patterns(&["test/echo", "test/other"]), ..Grants::default() };
    let sender = test.puppet_with("test/sender", |spec| spec.grants(grants).rate(rate(1, 1)));
    let cbor = |size: usize| [&[0x51], &vec![0; size - 1][..]].concat();
    let raw = |size: usize| vec![0x55; size];
    // Each message breaks all rules from its own on: the order is the contract's.
    assert_eq!(sender.send(&test, "no id", &raw(40)), Err(SendError::InvalidTarget));
    assert_eq!(sender.send(&test, "no/grant", &raw(40)), Err(SendError::NotPermitted));
    assert_eq!(sender.send(&test, "test/echo", &raw(40)), Err(SendError::MessageTooLarge(20)));
    let not_cbor = SendError::CodecNotAccepted(vec![0x51]);
    let other = || sender.send(&test, "test/other", &[]);
    assert_eq!(other(), Ok(()), "the only one for now");
    assert_eq!(sender.send(&test, "test/echo", &raw(20)), Err(not_cbor), "before the rate");
    assert_eq!(sender.send(&test, "test/echo", &cbor(20)), Err(SendError::RateLimited(1000)));
    test.advance(Duration::from_secs(1));
    assert_eq!(sender.send(&test, "test/echo", &cbor(20)), Err(SendError::MailboxFull));
}

#[test]
fn the_time_that_a_rate_limit_says_is_true_to_the_millisecond() {
    for (per_second, burst, pause) in [(10, 1, 0), (3, 2, 0), (7, 5, 20), (1000, 1, 0), (333, 4, 1)]
    {
        let test = TestSystem::seeded(3);
        echo(&test, "test/echo", |spec| spec);
        let sender = sender(&test, |spec| spec.rate(rate(per_second, burst)));
        let send = || sender.send(&test, "test/echo", b"");
        let limited_for = |wait: u64| {
            let answer = send();
            assert_eq!(answer, Err(SendError::RateLimited(wait)), "{per_second} a second");
        };
        for _ in 0..burst {
            assert_eq!(send(), Ok(()), "{per_second} a second, {burst} at once");
        }
        test.advance(Duration::from_millis(pause));
        for _ in 0..10 {
            let Err(SendError::RateLimited(wait)) = send() else { panic!("over the rate") };
            assert!(wait > 0);
            test.advance(Duration::from_millis(wait - 1));
            limited_for(1);
            test.advance(Duration::from_millis(1));
            assert_eq!(send(), Ok(()), "after {wait} ms, {per_second} a second");
        }
    }
}

#[test]
fn quota_usage_can_be_read() {
    let test = TestSystem::seeded(4);
    echo(&test, "test/echo", |spec| spec);
    let sender =
        sender(&test, |spec| spec.rate(rate(10, 5)).pending_requests(7).max_message_size(99));
    let usage = || test.system().quota_usage("test/sender").unwrap();
    assert_eq!((usage().rate, usage().available), (Some(rate(10, 5)), Some(5)));
    sender.send(&test, "test/echo", b"").unwrap();
    sender.request(&test, "test/echo", b"", Duration::ZERO).unwrap();
    assert_eq!((usage().available, usage().pending_requests), (Some(3), 1));
    assert_eq!((usage().max_pending_requests, usage().max_message_size), (7, 99));
    test.advance(Duration::from_millis(100));
    assert_eq!((usage().available, usage().pending_requests), (Some(4), 0));
    let free = test.system().quota_usage("test/echo").unwrap();
    assert_eq!((free.rate, free.available), (None, None));
}

#[test]
fn a_message_that_was_not_accepted_uses_no_quota() {
    let test = TestSystem::seeded(5);
    echo(&test, "test/full", |spec| {
        spec.mailbox(MailboxLimits { capacity: 1, ..MailboxLimits::default() })
    });
    fill(&test, "test/full", 1);
    echo(&test, "test/echo", |spec| spec);
    let sender = sender(&test, |spec| spec.rate(rate(1, 2)));
    assert_eq!(sender.send(&test, "test/echo", b""), Ok(()));
    for _ in 0..5 {
        assert_eq!(sender.send(&test, "test/full", b""), Err(SendError::MailboxFull));
        let timeout = Duration::from_secs(1);
        assert_eq!(sender.request(&test, "test/full", b"", timeout), Err(SendError::MailboxFull));
    }
    assert_eq!(test.system().quota_usage("test/sender").unwrap().available, Some(1));
}

#[test]
fn a_crash_gives_no_new_burst() {
    let test = TestSystem::seeded(6);
    echo(&test, "test/echo", |spec| spec);
    let sender = sender(&test, |spec| spec.rate(rate(1, 2)));
    assert_eq!(sender.send_many(&test, "test/echo", b"", 2), (2, Ok(())));
    test.system().send("test/sender", b"t").unwrap();
    test.advance(Duration::from_millis(500));
    assert_eq!(test.system().metrics("test/sender").unwrap().restarts, 1);
    assert_eq!(sender.send(&test, "test/echo", b""), Err(SendError::RateLimited(500)));
}

#[test]
fn what_the_sender_also_speaks_comes_first() {
    let test = TestSystem::seeded(7);
    echo(&test, "test/echo", |spec| spec.codecs([Codec::CBOR, Codec::MESSAGEPACK, Codec::JSON]));
    let guest = test.guest(SENDS_RAW);
    test.spawn(
        ComponentSpec::guest("test/sender".parse().unwrap(), &guest)
            .grants(everywhere())
            .codecs([Codec::RAW, Codec::JSON]),
    );
    let mut probe = test.probe("test/probe");
    let codes = probe.request(&test, "test/sender", b"").unwrap();
    let codes: Vec<u64> =
        codes.chunks(8).map(|code| u64::from_le_bytes(code.try_into().unwrap())).collect();
    assert_eq!(codes, [0x0200, 0x51, 0x0201]);
}

/// Sends a raw message to test/echo, and responds with the codes that are accepted there.
const SENDS_RAW: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(data (i32.const 512) "test/echo")
(data (i32.const 530) "\55raw")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32 i32 i32) (result i32)
  (call $send (i32.const 512) (i32.const 9) (i32.const 530) (i32.const 4) (i32.const 256))
  (call $respond (i32.load (i32.const 272)) (i32.mul (i32.load (i32.const 276)) (i32.const 8))))
"#;

#[test]
fn a_strict_receiver_takes_well_formed_messages_only() {
    let test = TestSystem::seeded(8);
    let codecs = [Codec::JSON, Codec::CBOR, Codec::RAW];
    echo(&test, "test/strict", |spec| spec.codecs(codecs).strict_codecs(true));
    echo(&test, "test/easy", |spec| spec.codecs(codecs));
    let sender = sender(&test, |spec| spec);
    let refused = Err(SendError::CodecNotAccepted(vec![0x0200, 0x51, 0x55]));
    let cases: [(Codec, &[u8], bool); 7] = [
        (Codec::JSON, br#"{"a": [1, null]}"#, true),
        (Codec::JSON, br#"{"a": [1, null]"#, false),
        (Codec::JSON, b"1 2", false),
        (Codec::CBOR, &[0x82, 1, 2], true),
        (Codec::CBOR, &[0x82, 1], false),
        (Codec::CBOR, &[1, 2], false),
        (Codec::RAW, &[0xff, 0xfe], true),
    ];
    for (codec, body, is_well_formed) in cases {
        let message = Envelope::wrap(codec, body);
        let expected = if is_well_formed { Ok(()) } else { refused.clone() };
        assert_eq!(sender.send(&test, "test/strict", &message), expected, "{codec} {body:x?}");
        assert_eq!(sender.send(&test, "test/easy", &message), Ok(()));
    }
    assert_eq!(sender.send(&test, "test/strict", b""), Ok(()));
}

#[test]
fn a_grant_that_is_given_or_taken_holds_from_the_next_send_on() {
    let test = TestSystem::seeded(9);
    echo(&test, "test/echo", |spec| spec);
    let sender = test.puppet_with("test/sender", |spec| spec);
    let system = test.system();
    let (echo, all) = ("test/echo".parse().unwrap(), "test/*".parse().unwrap());
    let send = || sender.send(&test, "test/echo", b"");
    assert_eq!(send(), Err(SendError::NotPermitted));

    assert_eq!(system.grant("test/sender", Right::Send, echo), Ok(true));
    assert_eq!(send(), Ok(()));
    let echo = "test/echo".parse().unwrap();
    assert_eq!(system.grant("test/sender", Right::Send, echo), Ok(false), "it has that");
    let request = || sender.request(&test, "test/echo", b"", Duration::ZERO).map(|_| ());
    assert_eq!(request(), Err(SendError::NotPermitted), "send does not imply request");

    let echo = "test/echo".parse().unwrap();
    assert_eq!(system.revoke("test/sender", Right::Send, &all), Ok(false), "not this pattern");
    assert_eq!(send(), Ok(()));
    assert_eq!(system.revoke("test/sender", Right::Send, &echo), Ok(true));
    assert_eq!(send(), Err(SendError::NotPermitted));

    let receives_from_nobody = Grants { receive: Some(patterns(&[])), ..Grants::default() };
    system.set_grants("test/sender", everywhere()).unwrap();
    assert_eq!((send(), request()), (Ok(()), Ok(())));
    system.set_grants("test/echo", receives_from_nobody).unwrap();
    assert_eq!(send(), Err(SendError::NotPermitted), "the receiver's filter counts too");
    let unknown = system.revoke("test/nobody", Right::Send, &echo).unwrap_err();
    assert!(unknown.to_string().contains("test/nobody"));
}

#[test]
fn a_grant_may_be_bound_to_a_binary() {
    let test = TestSystem::seeded(10);
    let (right, other) = (test.guest(guests::ECHO), test.guest(guests::COUNT));
    let spec = |guest| {
        ComponentSpec::guest("test/bound".parse().unwrap(), guest).granted_to(*right.digest())
    };
    let error = test.system().spawn(spec(&other)).unwrap_err().to_string();
    for digest in [right.digest(), other.digest()] {
        assert!(error.contains(&digest.to_string()), "{error}");
    }
    test.spawn(spec(&right));
}
