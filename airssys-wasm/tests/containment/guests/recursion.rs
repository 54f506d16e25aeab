//! Calls without end.

use airssys_wasm::CrashKind::Trap;

use crate::hostile::{
    Expected, Hostile, callback, exits, handler, handling, hostile, idle, init, shutdown,
};

const TEXT: &str = "call stack exhausted";

/// Calls itself twice, so that it is no loop.
const ENDLESS: &str = "(func $endless (call $endless) (call $endless))";

pub(crate) fn guests() -> Vec<Hostile> {
    let crash = Expected::Crash(Trap, TEXT);
    let between = Expected::CrashBetween(Trap, TEXT);
    let with = |items: &str| format!("{ENDLESS} {items}");
    vec![
        handling(
            "calls its own handler",
            "(drop (call $handler (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
             (call $done)",
            crash,
        ),
        hostile(
            "calls there and back",
            &format!(
                "(func $there (call $back) (call $back))
                 (func $back (call $there) (call $there))
                 {}",
                handler("(call $there) (call $done)")
            ),
            crash,
        ),
        hostile(
            "calls itself through a table",
            &format!(
                "(type $nothing (func))
                 (table 1 funcref)
                 (elem (i32.const 0) $again)
                 (func $again
                   (call_indirect (type $nothing) (i32.const 0))
                   (call_indirect (type $nothing) (i32.const 0)))
                 {}",
                handler("(call $again) (call $done)")
            ),
            crash,
        ),
        hostile(
            "calls itself with a thousand locals",
            &format!(
                "(func $wide (param $x i64) (result i64)
                   (local {})
                   (local.set 900 (i64.add (local.get $x) (i64.const 1)))
                   (i64.add (call $wide (local.get 900)) (local.get 900)))
                 {}",
                "i64 ".repeat(1000),
                handler("(drop (call $wide (i64.const 0))) (call $done)")
            ),
            crash,
        ),
        hostile(
            "calls itself with many results",
            &format!(
                "(func $many (result {0}) (call $many) {1} (call $many))
                 {2}",
                "i64 ".repeat(100),
                "drop ".repeat(100),
                handler(&format!("(call $many) {} (call $done)", "drop ".repeat(100)))
            ),
            crash,
        ),
        hostile(
            "calls without end in its start function",
            &with(&format!("{} (func $begin (call $endless)) (start $begin)", idle())),
            Expected::NoStart(Trap, TEXT),
        ),
        hostile(
            "calls without end in init",
            &with(&(idle() + &init("(call $endless) unreachable"))),
            Expected::NoStart(Trap, TEXT),
        ),
        hostile(
            "calls without end in shutdown",
            &with(&(idle() + &shutdown("(call $endless)"))),
            Expected::CrashAtEnd(Trap, TEXT),
        ),
        hostile(
            "calls without end in its callback",
            &with(
                &(handler(
                    "(call $request (i32.const 576) (i32.const 7) (i32.const 0) (i32.const 1)
                       (i64.const 0) (i32.const 256))
                     (call $done)",
                ) + &callback("(call $endless) unreachable")),
            ),
            between,
        ),
        hostile(
            "calls without end when it hears of an end",
            &with(
                &(handler(
                    "(call $monitor (i32.const 544) (i32.const 7) (i32.const 256)) (call $done)",
                ) + &exits("(call $endless) unreachable")),
            ),
            between,
        ),
    ]
}
