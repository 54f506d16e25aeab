//! Messages, requests, news, timers and monitors without end, and in others' names.

use airssys_wasm::CrashKind::TimedOut;

use crate::hostile::{
    ALL_NEWS, CBOR, ECHO, Expected, FORGED, HOST, Hostile, LOG, NEWS, NOBODY, OK, PAYLOAD, RESULT,
    SELF, STDOUT, VICTIM, callback, exits, handler, handling, hostile,
};

pub(crate) fn guests() -> Vec<Hostile> {
    let mut guests = endless();
    guests.extend(storms());
    guests.extend(forged());
    guests
}

/// Each does the same again and again within one message.
fn endless() -> Vec<Hostile> {
    let send = |to: &str| format!("(call $send {to} {PAYLOAD} {RESULT})");
    let request = |to: &str| format!("(call $request {to} {PAYLOAD} (i64.const 0) {RESULT})");
    let monitor = |to: &str| format!("(call $monitor {to} {RESULT})");
    let after = |to: &str, delay: &str| {
        format!("(call $after {to} {PAYLOAD} (i64.const {delay}) {RESULT})")
    };
    // A pattern or an id that is new each time: eight letters at 700.
    let renewed = "(i64.store (i32.const 702)
           (i64.or (i64.const 0x6161616161616161)
             (i64.and (i64.extend_i32_u (local.get $i)) (i64.const 0x0707070707070707))))
         (local.set $i (i32.add (local.get $i) (i32.const 0x1010101)))
         (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (i32.store16 (i32.const 700) (i32.const 0x2f61))";
    let new = "(i32.const 700) (i32.const 10)";
    let calls = [
        ("sends to itself", send(SELF)),
        ("sends to a neighbour", send(VICTIM)),
        ("sends to nobody", send(NOBODY)),
        ("sends to one who does not take it", send(CBOR)),
        ("sends to the log", send(LOG)),
        ("sends to standard output", send(STDOUT)),
        ("requests of itself", request(SELF)),
        ("requests of a neighbour", request(ECHO)),
        ("requests of nobody", request(NOBODY)),
        ("publishes to nobody", format!("(call $publish {NEWS} {PAYLOAD} {RESULT})")),
        (
            "publishes to itself",
            format!(
                "(call $subscribe {ALL_NEWS} {RESULT}) (call $publish {NEWS} {PAYLOAD} {RESULT})"
            ),
        ),
        ("subscribes to ever new topics", format!("{renewed} (call $subscribe {new} {RESULT})")),
        ("sets timers for the end of time", after(VICTIM, "-1")),
        ("sets timers for now", after(VICTIM, "0")),
        ("sets timers for itself", after(SELF, "1")),
        ("monitors itself", monitor(SELF)),
        ("monitors ever new ids", format!("{renewed} {}", monitor(new))),
        ("monitors and forgets", format!("{} (drop (call $demonitor {VICTIM}))", monitor(VICTIM))),
    ];
    let crash = Expected::Crash(TimedOut, "in handle-message: it may take");
    let guest = |(name, call): (&str, String)| {
        // Refusals bring text and lists: room for them is found again.
        let body = format!(
            "(loop $on (global.set $free (global.get $arguments)) {call} (br $on)) unreachable"
        );
        let items = handler(&body) + &callback(OK) + &exits(OK);
        hostile(format!("{name} without end"), &items, crash)
    };
    calls.map(guest).into()
}

/// Each message brings more of them, for ever.
fn storms() -> Vec<Hostile> {
    let both =
        |call: &str| handler(&format!("{call} (call $done)")) + &callback(&format!("{call} {OK}"));
    let send = format!("(call $send {SELF} {PAYLOAD} {RESULT})");
    let request = |to: &str| format!("(call $request {to} {PAYLOAD} (i64.const 0) {RESULT})");
    let after =
        |delay: &str| format!("(call $after {SELF} {PAYLOAD} (i64.const {delay}) {RESULT})");
    let monitor = |to: &str| format!("(call $monitor {to} {RESULT})");
    let storms = [
        ("a storm of messages", both(&send)),
        ("a storm of messages that doubles", both(&send.repeat(2))),
        ("a storm of requests of a neighbour", both(&request(ECHO))),
        ("a storm of requests of itself", both(&request(SELF))),
        (
            "a storm of news",
            both(&format!(
                "(call $subscribe {ALL_NEWS} {RESULT}) {}",
                format!("(call $publish {NEWS} {PAYLOAD} {RESULT})").repeat(2)
            )),
        ),
        ("a storm of timers for now", both(&after("0").repeat(2))),
        ("a storm of timers for soon", both(&after("1").repeat(2))),
        ("a storm of exits", both(&monitor(NOBODY)) + &exits(&format!("{} {OK}", monitor(NOBODY)))),
    ];
    storms.map(|(name, items)| hostile(name, &items, Expected::GoesOn)).into()
}

/// Ids that are not the guest's own, and names that are not for it.
fn forged() -> Vec<Hostile> {
    let refused = |call: &str, case: u8| {
        format!(
            "{call}
             (if (i32.ne (i32.load8_u (i32.const 256)) (i32.const 1)) (then unreachable))
             (if (i32.ne (i32.load8_u (i32.const 264)) (i32.const {case})) (then unreachable))"
        )
    };
    let send = |to: &str, message: &str| format!("(call $send {to} {message} {RESULT})");
    let slashes = "(memory.fill (i32.const 0x8000) (i32.const 0x2f) (i32.const 0x8000))";
    let letters = "(memory.fill (i32.const 0x8000) (i32.const 0x61) (i32.const 0x8000))";
    let long = "(i32.const 0x8000) (i32.const 0x8000)";
    let everything = "(i32.const 0x8000) (i32.const 0xf8000)";
    let too_long = "(i32.const 0) (i32.const 0x100001)";
    let bodies = [
        (
            "cancels the requests of others",
            "(loop $on
               (if (call $cancel-request
                     (i64.extend_i32_u (local.get $i)) (i64.const 0x8000000000000000))
                 (then unreachable))
               (br_if $on (i32.lt_u
                 (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))"
                .to_owned(),
        ),
        (
            "cancels the timers of others",
            "(loop $on
               (if (call $cancel-timer (i64.extend_i32_u (local.get $i))) (then unreachable))
               (br_if $on (i32.lt_u
                 (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))"
                .to_owned(),
        ),
        (
            "forgets the monitors of others",
            format!("(if (call $demonitor {SELF}) (then unreachable))"),
        ),
        ("sends to the host", refused(&send(HOST, PAYLOAD), 1)),
        ("sends to what might be the runtime's own", refused(&send(FORGED, PAYLOAD), 1)),
        ("sends to one who does not take it", refused(&send(CBOR, PAYLOAD), 3)),
        ("sends to 32,768 slashes", slashes.to_owned() + &refused(&send(long, PAYLOAD), 0)),
        ("sends to 32,768 letters", letters.to_owned() + &refused(&send(long, PAYLOAD), 0)),
        ("sends to nearly all its memory", refused(&send(everything, PAYLOAD), 0)),
        (
            "publishes under 32,768 slashes",
            slashes.to_owned() + &refused(&format!("(call $publish {long} {PAYLOAD} {RESULT})"), 0),
        ),
        ("sends too much", grown(&refused(&send(VICTIM, too_long), 4))),
    ];
    bodies
        .map(|(name, body)| handling(name, &format!("{body} (call $done)"), Expected::GoesOn))
        .into()
}

/// The same with one page more of memory.
fn grown(body: &str) -> String {
    format!("(drop (memory.grow (i32.const 1))) {body}")
}
