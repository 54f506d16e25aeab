//! What a test is told where something did not come: what came instead.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use airssys_wasm::{DeadLetterReason, Grants, Restart};
use airssys_wasm_testkit::{TestSystem, each_seed, guests};

/// What a test that fails so says.
fn failure(test: impl FnOnce()) -> String {
    let panic: Box<dyn Any + Send> = catch_unwind(AssertUnwindSafe(test)).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap()
}

#[test]
fn a_message_that_does_not_come_is_told_with_what_happened_instead() {
    let test = TestSystem::seeded(3);
    let mut probe = test.probe("test/probe");
    test.spawn_guest("test/trap", guests::TRAP);
    probe.send("test/trap", b"hello").unwrap();
    let said = failure(|| drop(probe.expect_message(&test)));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "test/probe was sent nothing (seed 3):", "{said}");
    assert!(lines.iter().any(|line| line.starts_with("- test/trap trapped: in handle-message")));
    assert!(lines.contains(&"- test/trap: it is Restarting"), "{said}");
    assert!(lines.iter().any(|line| line.starts_with("- dead letter: test/trap")), "{said}");
    assert!(lines.last().unwrap().starts_with("- the next timer or time-out is in "), "{said}");
}

#[test]
fn a_send_that_was_refused_is_told() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    let relay = test.spec("test/relay", &guests::forward_to("test/probe"));
    test.spawn(relay.grants(Grants::default()).restart(Restart::Temporary));
    probe.send("test/relay", b"hello").unwrap();
    let said = failure(|| drop(probe.expect_message(&test)));
    let remark = "- test/relay: it is GivenUp, 1 of its sends not permitted";
    assert!(said.lines().any(|line| line == remark), "{said}");
    assert!(said.ends_with("- no timer or time-out is set"), "{said}");
}

#[test]
fn another_message_is_shown() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    test.spawn_guest("test/relay", &guests::forward_to("test/probe"));
    let mut send = |message: &[u8]| probe.send("test/relay", message).unwrap();
    send(b"one");
    send(b"tw\0");
    send(&[b'x'; 300]);
    probe.expect(&test, "test/relay", b"one");
    let said = failure(|| drop(probe.expect(&test, "test/relay", b"two")));
    let expected = r#"test/probe expected "two" from test/relay, and was sent "tw\x00" from test/relay (seed 1)"#;
    assert!(said.starts_with(expected), "{said}");
    let said = failure(|| probe.expect_nothing(&test));
    let expected = format!("\"{}\"… and 100 more bytes from test/relay", "x".repeat(200));
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn an_answer_that_waits_for_time_is_told_when_that_is() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    test.spawn(test.component("test/sleep", guests::SLEEP_COMPONENT));
    let said = failure(|| drop(probe.request(&test, "test/sleep", &[1])));
    assert!(said.starts_with("test/sleep has not answered test/probe"), "{said}");
    assert!(said.contains("the next timer or time-out is in 100ms: `advance`"), "{said}");
}

#[test]
fn crashes_restarts_and_dead_letters_can_be_expected() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    test.spawn_guest("test/trap", guests::TRAP);
    test.spawn_guest("test/echo", guests::ECHO);
    for _ in 0..2 {
        probe.send("test/trap", b"hello").unwrap();
        assert!(test.expect_crash("test/trap").starts_with("test/trap trapped: in handle-message"));
        let letter = test.expect_dead_letter("test/trap");
        assert_eq!((letter.reason, &*letter.payload), (DeadLetterReason::Crashed, &b"hello"[..]));
        test.expect_restart("test/trap");
    }
    let nothing_crashed = failure(|| drop(test.expect_crash("test/trap")));
    assert!(nothing_crashed.starts_with("test/trap has not crashed"), "{nothing_crashed}");
    let none_dead = failure(|| drop(test.expect_dead_letter("test/echo")));
    assert!(none_dead.starts_with("no message to test/echo has become"), "{none_dead}");
    let none_restarted = failure(|| test.expect_restart("test/echo"));
    assert!(none_restarted.starts_with("test/echo has not started again"), "{none_restarted}");
}

#[test]
fn an_answer_can_be_expected_and_what_came_instead_is_told() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    test.spawn_guest("test/echo", guests::ECHO);
    test.spawn_guest("test/trap", guests::TRAP);
    probe.expect_answer(&test, "test/echo", b"one", b"one");
    test.expect_no_crash();
    let said = failure(|| probe.expect_answer(&test, "test/echo", b"one", b"two"));
    let expected =
        r#"test/probe expected "two" from test/echo, and got "one" from test/echo (seed 1)"#;
    assert!(said.starts_with(expected), "{said}");
    let said = failure(|| probe.expect_answer(&test, "test/trap", b"one", b"two"));
    assert!(said.starts_with(r#"test/probe expected "two" from test/trap, and got none: "#));
    assert!(said.contains("\n- test/trap trapped: in handle-message"), "{said}");
    let said = failure(|| test.expect_no_crash());
    assert!(said.starts_with("test/trap trapped: in handle-message"), "{said}");
    test.expect_no_crash();
}

#[test]
fn a_clock_that_nobody_moves_stands_still() {
    let test = TestSystem::seeded(1);
    let mut sender = test.system().sender("test/host".parse().unwrap());
    let mut probe = test.probe("test/probe");
    sender.send_after("test/probe", b"late", Duration::from_secs(3600)).unwrap();
    probe.expect_nothing(&test);
    test.advance(Duration::from_secs(3599));
    probe.expect_nothing(&test);
    test.advance(Duration::from_secs(1));
    probe.expect(&test, "test/host", b"late");
}

#[test]
fn each_seed_is_tried_up_to_the_one_that_fails() {
    let mut tried = Vec::new();
    let said = failure(|| {
        each_seed(10, |seed| {
            tried.push(seed);
            assert!(seed < 3, "{}", format!("this is {seed}"));
        });
    });
    assert_eq!((tried, said.as_str()), (vec![0, 1, 2, 3], "this is 3"));
}
