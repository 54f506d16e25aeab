//! Messages that are queued come to a guest together, where it exports `batch-handler`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::time::Duration;

use airssys_wasm::{
    ComponentSpec, DeadLetterReason, Grants, Intensity, Limits, PatternSet, RequestError,
};
use airssys_wasm_testkit::{Probe, TestSystem, each_seed};

const BATCHER: &str = include_str!("guests/batcher.wat");

/// Plays in systems of many seeds, in which the guest is called directly and through wasmtime's component model.
fn played(
    settings: impl Fn(ComponentSpec) -> ComponentSpec,
    play: impl Fn(&TestSystem, &mut Probe),
) {
    each_seed(16, |seed| {
        let test = TestSystem::with(seed, |builder| builder.direct_calls(seed % 2 == 1));
        let mut probe = test.probe("test/probe");
        let often = Intensity { max_restarts: 100, within: Duration::from_secs(60) };
        test.spawn(settings(test.spec("test/batcher", BATCHER).intensity(often)));
        play(&test, &mut probe);
        test.expect_nothing_lost();
    });
}

fn plainly(spec: ComponentSpec) -> ComponentSpec {
    spec
}

/// How each message came, and the message.
fn came(test: &TestSystem, probe: &mut Probe) -> Vec<(char, String)> {
    test.advance(Duration::from_secs(300));
    let came = std::iter::from_fn(|| probe.try_receive()).map(|received| {
        let text = String::from_utf8(received.message.to_vec()).unwrap();
        (text.chars().next().unwrap(), text[1..].to_owned())
    });
    came.collect()
}

fn send_all(probe: &mut Probe, messages: &[&str]) {
    for message in messages {
        probe.send("test/batcher", message.as_bytes()).unwrap();
    }
}

fn texts(came: &[(char, String)]) -> Vec<&str> {
    came.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn what_is_queued_comes_together_and_in_order() {
    let messages = ["a", "b", "c", "d", "e1", "f", "g"];
    let most = Cell::new(0);
    played(plainly, |test, probe| {
        send_all(probe, &messages);
        let came = came(test, probe);
        assert_eq!(texts(&came), messages);
        let how: String = came.iter().map(|(how, _)| *how).collect();
        for part in how.split_inclusive(['1', 'a']) {
            assert!(part.len() <= 8, "{how}");
        }
        most.set(most.get().max(how.chars().filter(|how| *how != '1').count()));
        assert_eq!(test.system().dead_letters().len(), 1);
    });
    assert!(most.get() >= 4, "they come together");
}

#[test]
fn one_alone_comes_alone() {
    played(plainly, |test, probe| {
        for message in ["a", "b"] {
            probe.send("test/batcher", message.as_bytes()).unwrap();
            assert_eq!(came(test, probe), [('1', message.to_owned())]);
        }
    });
}

#[test]
fn each_request_of_a_batch_has_its_own_answer() {
    played(plainly, |test, probe| {
        let requests = ["r1", "e", "x", "r2"]
            .map(|request| probe.start_request("test/batcher", request.as_bytes()).unwrap());
        test.run_until_idle();
        let answers = requests.map(|mut request| request.try_take().unwrap());
        assert_eq!(answers[0].as_deref(), Ok(b"r1".as_slice()));
        assert!(matches!(&answers[1], Err(RequestError::Refused(error)) if error.code == 7));
        assert_eq!(answers[2].as_deref(), Ok(b"".as_slice()));
        assert_eq!(answers[3].as_deref(), Ok(b"r2".as_slice()));
    });
}

#[test]
fn a_trap_costs_what_was_in_hand_and_not_one_more() {
    played(plainly, |test, probe| {
        let messages = ["a", "b", "t", "c", "d", "e2", "f", "g", "h"];
        send_all(probe, &messages);
        let came = came(test, probe);
        // What the guest had reported when it trapped is not taken back.
        let mut lost: Vec<String> = Vec::new();
        for (_, letter) in test.system().dead_letters() {
            let text = String::from_utf8(letter.payload.to_vec()).unwrap();
            match letter.reason {
                DeadLetterReason::Refused => assert_eq!(text, "e2"),
                _ => lost.push(text),
            }
        }
        assert!(lost.contains(&"t".to_owned()) && lost.len() <= 8, "{lost:?}");
        let at = |text: &str| messages.iter().position(|message| *message == text).unwrap();
        let (first, last) = (at(&lost[0]), at(lost.last().unwrap()));
        assert_eq!(last - first + 1, lost.len(), "{lost:?} came together");
        for message in messages {
            let reported = came.iter().any(|(_, text)| text == message);
            assert!(reported || at(message) > at("t") && lost.iter().any(|text| text == message));
        }
    });
}

#[test]
fn where_messages_come_again_only_the_guilty_is_lost() {
    let twice = |spec: ComponentSpec| spec.max_deliveries(2);
    played(twice, |test, probe| {
        let messages = ["a", "b", "t", "c", "d", "f"];
        send_all(probe, &messages);
        let came = came(test, probe);
        let letters = test.system().dead_letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(&letters[0].1.payload[..], b"t");
        assert_eq!(letters[0].1.delivery, 2);
        // In the end, all come in their order; those that come again come alone.
        let mut last = texts(&came);
        last.reverse();
        let mut seen = Vec::new();
        for text in last {
            if !seen.contains(&text) {
                seen.push(text);
            }
        }
        seen.reverse();
        assert_eq!(seen, messages);
        let again = came
            .iter()
            .enumerate()
            .filter(|(at, (_, text))| texts(&came[..*at]).contains(&text.as_str()));
        for (_, (how, text)) in again {
            assert_eq!(*how, '1', "{text}");
        }
    });
}

#[test]
fn an_outcome_too_few_is_a_crash() {
    let crashed = Cell::new(0);
    played(plainly, |test, probe| {
        send_all(probe, &["a", "n", "b", "c"]);
        came(test, probe);
        let letters = test.system().dead_letters();
        for (_, letter) in &letters {
            assert_eq!(letter.reason, DeadLetterReason::Crashed);
            let detail = letter.detail.as_deref().unwrap();
            assert!(detail.contains("outcomes for"), "{detail}");
        }
        crashed.set(crashed.get() + letters.len());
    });
    assert!(crashed.get() > 0);
}

#[test]
fn a_batch_is_of_64_kib_at_most() {
    played(plainly, |test, probe| {
        let large = "x".repeat(30 << 10);
        for _ in 0..6 {
            probe.send("test/batcher", large.as_bytes()).unwrap();
        }
        let came = came(test, probe);
        assert_eq!(came.len(), 6);
        assert!(came.iter().all(|(how, _)| ['1', 'a', 'b'].contains(how)), "{came:?}");
    });
}

#[test]
fn publications_come_alone() {
    const SUBSCRIBER: &str = r#"
        (import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
    "#;
    const INIT: &str = r#"
        (data (i32.const 160) "test/topic")
        (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
          (call $subscribe (i32.const 160) (i32.const 10) (i32.const 256))
          (i64.store (i32.const 0) (i64.const 0))
          (i32.const 0))
        (func (export "airssys:component/lifecycle@0.1.0#shutdown"))
    "#;
    let guest = [SUBSCRIBER, BATCHER, INIT].concat();
    each_seed(10, |seed| {
        let test = TestSystem::seeded(seed);
        let mut probe = test.probe("test/probe");
        let all = PatternSet::parse(["test/**"]).unwrap();
        let grants = Grants { send: all.clone(), subscribe: all, ..Grants::default() };
        test.spawn(test.spec("test/batcher", &guest).grants(grants));
        let mut publisher = test.system().sender("test/publisher".parse().unwrap());
        for message in ["a", "b", "c", "d"] {
            assert_eq!(publisher.publish("test/topic", message.as_bytes()), Ok(1));
        }
        let came = came(&test, &mut probe);
        assert_eq!(texts(&came), ["a", "b", "c", "d"]);
        assert!(came.iter().all(|(how, _)| *how == '1'));
    });
}

#[test]
fn a_batch_may_take_as_long_as_its_messages() {
    let limited = |spec: ComponentSpec| {
        let message_timeout = Duration::from_millis(25);
        spec.limits(Limits { message_timeout, ..Limits::default() })
    };
    played(limited, |test, probe| {
        send_all(probe, &["s1", "s2", "s3", "s4"]);
        assert_eq!(texts(&came(test, probe)), ["s1", "s2", "s3", "s4"]);
        assert_eq!(test.system().dead_letters().len(), 0);
    });
}

#[test]
fn a_sender_is_a_handle_that_can_be_sent_to() {
    let answered = Cell::new(0);
    played(plainly, |test, probe| {
        send_all(probe, &["h1", "h2", "h3"]);
        let came = came(test, probe);
        // What it sent by handle came to the probe as it was.
        let by_handle = came.iter().filter(|(how, _)| *how == 'h').count();
        let in_batches = came.iter().filter(|(how, _)| ['a', 'b', 'c'].contains(how)).count();
        assert_eq!(by_handle, in_batches);
        answered.set(answered.get() + by_handle);
    });
    assert!(answered.get() > 0);
}
