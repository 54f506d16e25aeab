//! Pointers and lengths that lead out of a guest's memory, which is of 1 MiB: in what it calls
//! others with, and in what it answers.

use airssys_wasm::CrashKind::Trap;

use crate::hostile::{Expected, Hostile, NO_TEXT, PAYLOAD, RESULT, VICTIM, handling};

/// Where something begins and how long it is.
const PLACES: [(&str, &str); 9] = [
    ("0x100000", "1"),
    ("0xfffff", "2"),
    ("0x100001", "0"),
    ("0", "0x100001"),
    ("0", "-1"),
    ("-1", "0"),
    ("-1", "1"),
    ("-1", "-1"),
    ("0x80000000", "0x80000000"),
];

/// Where a result goes.
const RESULTS: [(&str, &str); 5] = [
    ("0x100000", "out of bounds"),
    ("0xffff8", "out of bounds"),
    ("-8", "out of bounds"),
    ("-1", "not aligned"),
    ("258", "not aligned"),
];

pub(crate) fn guests() -> Vec<Hostile> {
    let mut guests = Vec::new();
    for (at, length) in PLACES {
        let place = format!("(i32.const {at}) (i32.const {length})");
        let calls = [
            ("target", format!("(call $send {place} {PAYLOAD} {RESULT}) (call $done)")),
            ("message", format!("(call $send {VICTIM} {place} {RESULT}) (call $done)")),
            (
                "request",
                format!("(call $request {VICTIM} {place} (i64.const 0) {RESULT}) (call $done)"),
            ),
            ("topic", format!("(call $publish {place} {PAYLOAD} {RESULT}) (call $done)")),
            ("news", format!("(call $publish {VICTIM} {place} {RESULT}) (call $done)")),
            ("pattern", format!("(call $subscribe {place} {RESULT}) (call $done)")),
            (
                "timer's target",
                format!("(call $after {place} {PAYLOAD} (i64.const 0) {RESULT}) (call $done)"),
            ),
            (
                "timer's message",
                format!("(call $after {VICTIM} {place} (i64.const 0) {RESULT}) (call $done)"),
            ),
            ("monitor", format!("(call $monitor {place} {RESULT}) (call $done)")),
            ("response", format!("(call $respond {place})")),
            ("refusal", format!("(call $refuse (i32.const 1) {place})")),
        ];
        for (what, body) in calls {
            let name = format!("has a {what} at {at} of {length} bytes");
            guests.push(handling(name, &body, Expected::Crash(Trap, "out of bounds")));
        }
    }
    for (at, text) in RESULTS {
        let crash = Expected::Crash(Trap, text);
        let place = format!("(i32.const {at})");
        let send = format!("(call $send {VICTIM} {PAYLOAD} {place}) (call $done)");
        guests.push(handling(format!("wants a result at {at}"), &send, crash));
        guests.push(handling(format!("answers at {at}"), &place, crash));
    }
    let no_text = [
        (
            "sends to what is no UTF-8",
            format!("(call $send {NO_TEXT} {PAYLOAD} {RESULT}) (call $done)"),
        ),
        (
            "publishes under what is no UTF-8",
            format!("(call $publish {NO_TEXT} {PAYLOAD} {RESULT}) (call $done)"),
        ),
        (
            "subscribes to what is no UTF-8",
            format!("(call $subscribe {NO_TEXT} {RESULT}) (call $done)"),
        ),
        ("monitors what is no UTF-8", format!("(call $monitor {NO_TEXT} {RESULT}) (call $done)")),
        ("refuses with what is no UTF-8", format!("(call $refuse (i32.const 1) {NO_TEXT})")),
    ];
    let crash = Expected::Crash(Trap, "utf-8");
    guests.extend(no_text.map(|(name, body)| handling(name, &body, crash)));
    guests
}
