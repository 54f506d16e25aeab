//! Traps, and calls of others, where nothing of the kind is expected.

use airssys_wasm::CrashKind::{FailedStart, Trap};

use crate::hostile::{
    ECHO, Expected, Hostile, NOBODY, OK, PAYLOAD, RESULT, SELF, VICTIM, callback, exits, handler,
    hostile, idle, init, module, shutdown,
};

pub(crate) fn guests() -> Vec<Hostile> {
    let trap = "`unreachable`";
    let leave = "cannot leave component instance";
    let asks =
        handler(&format!("(call $request {ECHO} {PAYLOAD} (i64.const 0) {RESULT}) (call $done)"));
    let monitors = handler(&format!("(call $monitor {NOBODY} {RESULT}) (call $done)"));
    let send = format!("(call $send {VICTIM} {PAYLOAD} {RESULT})");
    let in_all_ways = format!(
        "{send}
         (call $request {ECHO} {PAYLOAD} (i64.const 0) {RESULT})
         (call $publish {ECHO} {PAYLOAD} {RESULT})
         (call $subscribe {ECHO} {RESULT})
         (call $after {SELF} {PAYLOAD} (i64.const 1) {RESULT})
         (call $monitor {NOBODY} {RESULT})"
    );
    let health = |body: &str| {
        format!(r#"(func (export "airssys:component/health@0.1.0#check") (result i32) {body})"#)
    };
    vec![
        hostile(
            "traps in its start function",
            &format!("{} (func $begin unreachable) (start $begin)", idle()),
            Expected::NoStart(Trap, trap),
        ),
        hostile(
            "sends in its start function",
            &format!("{} (func $begin {send}) (start $begin)", idle()),
            Expected::NoStart(Trap, "in start"),
        ),
        hostile("traps in init", &(idle() + &init("unreachable")), Expected::NoStart(Trap, trap)),
        hostile(
            "does all in init, and traps",
            &(idle() + &init(&format!("{in_all_ways} unreachable")) + &callback(OK) + &exits(OK)),
            Expected::NoStart(Trap, trap),
        ),
        hostile(
            "does all in init, and refuses to start",
            &(idle()
                + &init(&format!("{in_all_ways} (call $refuse (i32.const 1) {VICTIM})"))
                + &callback(OK)
                + &exits(OK)),
            Expected::NoStart(FailedStart, "by/victim (code 1)"),
        ),
        hostile(
            "traps in shutdown",
            &(idle() + &shutdown("unreachable")),
            Expected::CrashAtEnd(Trap, trap),
        ),
        hostile(
            "does all in shutdown, and traps",
            &(idle()
                + &shutdown(&format!("{in_all_ways} unreachable"))
                + &callback(OK)
                + &exits(OK)),
            Expected::CrashAtEnd(Trap, trap),
        ),
        hostile(
            "does all in a message, and traps",
            &(handler(&format!("{in_all_ways} unreachable")) + &callback(OK) + &exits(OK)),
            Expected::Crash(Trap, trap),
        ),
        hostile(
            "traps in its callback",
            &(asks + &callback("unreachable")),
            Expected::CrashBetween(Trap, trap),
        ),
        hostile(
            "traps when it hears of an end",
            &(monitors + &exits("unreachable")),
            Expected::CrashBetween(Trap, trap),
        ),
        hostile(
            "traps when its health is checked",
            &(idle() + &health("unreachable")),
            Expected::GoesOn,
        ),
        module(
            "traps when it gives memory back",
            given_back("unreachable"),
            Expected::Crash(Trap, trap),
        ),
        module(
            "spins when it gives memory back",
            given_back("(loop $on (br $on))"),
            Expected::Crash(airssys_wasm::CrashKind::TimedOut, "in handle-message: it may take"),
        ),
        module(
            "calls without end when it gives memory back",
            given_back("(call $post (i32.const 0)) (call $post (i32.const 0))"),
            Expected::Crash(Trap, "call stack exhausted"),
        ),
        module(
            "sends when it gives memory back",
            given_back(
                "(call $send (i32.const 512) (i32.const 9) (i32.const 0) (i32.const 0)
                   (i32.const 256))",
            ),
            Expected::Crash(Trap, leave),
        ),
    ]
}

/// A guest that gives back what it answered with like this.
fn given_back(body: &str) -> String {
    format!(
        r#"(module
          (import "airssys:component/messaging@0.1.0" "send-message"
            (func $send (param i32 i32 i32 i32 i32)))
          (memory (export "memory") 1)
          (data (i32.const 512) "by/victim")
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
          (func (export "airssys:component/handler@0.1.0#handle-message")
            (param i32 i32 i32 i32) (result i32)
            (i64.store (i32.const 0) (i64.const 0))
            (i32.const 0))
          (func $post (export "cabi_post_airssys:component/handler@0.1.0#handle-message")
            (param i32)
            {body}))"#
    )
}
