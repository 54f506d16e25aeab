//! Texts that are no ids, as targets, topics and patterns.

use std::time::Duration;

use airssys_wasm::{SendError, SubscribeError};
use airssys_wasm_testkit::guests;

use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// Neither ids nor patterns. Most are close to `test/echo`, which there is.
const MALFORMED: [&str; 50] = [
    "",
    "/",
    "//",
    "///////",
    "/test/echo",
    "test/echo/",
    "test//echo",
    "a/b/c/d/e/f/g/h/i",
    ".",
    "..",
    "./test/echo",
    "../test/echo",
    "test/./echo",
    "test/../test/echo",
    "test/echo/.",
    "test/.echo",
    "test/-echo",
    "test/_echo",
    " test/echo",
    "test/echo ",
    "test /echo",
    "test/ec ho",
    "Test/echo",
    "test/Echo",
    "test/echO",
    "TEST/ECHO",
    "\0",
    "test/echo\0",
    "\0test/echo",
    "test/echo\n",
    "test/echo\r\n",
    "test/\techo",
    "test/echo\u{7f}",
    "test/echo\u{1b}[2J",
    "test\u{2215}echo",  // a division slash
    "test\u{2044}echo",  // a fraction slash
    "test\u{ff0f}echo",  // a full-width slash
    "test/ech\u{43e}",   // a Cyrillic o
    "t\u{435}st/echo",   // a Cyrillic e
    "test/\u{ff45}cho",  // a full-width e
    "test/e\u{301}cho",  // a combining acute
    "test/ech\u{f6}",    // a precomposed one
    "\u{feff}test/echo", // a byte order mark
    "test/echo\u{200b}", // a space of no width
    "\u{202e}ohce/tset", // right to left
    "test/ech\u{ba}",    // a masculine ordinal
    "test\\echo",
    "test/%65cho",
    "test/echo?x=1",
    "test/echo#1",
];

fn too_long() -> Vec<String> {
    let segment = "a".repeat(63);
    vec![
        format!("test/{segment}a"),
        format!("{segment}a/echo"),
        [segment.as_str(); 4].join("/") + "a",
        "test/".to_owned() + &"echo/".repeat(60) + "echo",
        "a".repeat(65_535),
        "a/".repeat(32_767),
        "/".repeat(65_535),
        "\u{ff45}".repeat(21_845),
    ]
}

#[test]
fn a_malformed_text_is_no_target_no_topic_and_no_pattern() {
    let test = stage::seeded(1);
    let bystanders = Bystanders::spawn(&test);
    test.spawn_guest("test/echo", guests::ECHO);
    let attacker = test.puppet("evil/a");
    let too_long = too_long();
    let malformed: Vec<&str> =
        MALFORMED.into_iter().chain(too_long.iter().map(String::as_str)).collect();
    for text in &malformed {
        let shown: String = text.chars().take(40).collect();
        let invalid = Err(SendError::InvalidTarget);
        assert_eq!(attacker.send(&test, text, b"x"), invalid, "{shown:?}");
        let request = attacker.request(&test, text, b"x", Duration::ZERO).map(|_| ());
        assert_eq!(request, invalid, "{shown:?}");
        assert_eq!(attacker.publish(&test, text, b"x").map(|_| ()), invalid, "{shown:?}");
        let subscribed = attacker.subscribe(&test, text);
        assert_eq!(subscribed, Err(SubscribeError::InvalidPattern), "{shown:?}");
        assert!(!attacker.unsubscribe(&test, text), "{shown:?}");
    }
    let counted = test.system().metrics("evil/a").unwrap();
    assert_eq!(counted.sends.invalid_target, 3 * malformed.len() as u64);
    assert_eq!((counted.sends.accepted, counted.restarts), (0, 0));
    assert_eq!(test.system().metrics("test/echo").unwrap().accepted, 0);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_pattern_is_no_target_and_no_topic() {
    let test = stage::seeded(2);
    test.spawn_guest("test/echo", guests::ECHO);
    let attacker = test.puppet("evil/a");
    for text in ["test", "*", "**", "test/*", "test/**", "*/echo", "test/ech*", "test/e*o"] {
        let invalid = Err(SendError::InvalidTarget);
        assert_eq!(attacker.send(&test, text, b""), invalid, "{text}");
        assert_eq!(attacker.publish(&test, text, b"").map(|_| ()), invalid, "{text}");
    }
    for text in ["***", "test/***", "**/echo", "test/**/echo", "t**t/echo", "test/*\u{2215}*"] {
        let invalid = Err(SubscribeError::InvalidPattern);
        assert_eq!(attacker.subscribe(&test, text), invalid, "{text}");
    }
    assert_eq!(test.system().metrics("test/echo").unwrap().accepted, 0);
    expect_rest(&test);
}
