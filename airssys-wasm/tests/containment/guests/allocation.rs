//! Memory for what the host gives a guest, that is not where or what it should be.

use airssys_wasm::CrashKind::{ResourceLimit, TimedOut, Trap};

use crate::hostile::{Expected, Hostile, module};

pub(crate) fn guests() -> Vec<Hostile> {
    let outside = Expected::Crash(Trap, "beyond end of memory");
    let guest = |name: &str, body: &str, expected| module(name, allocating(body), expected);
    vec![
        guest("gives the last byte there could be", "(i32.const -1)", outside),
        guest("gives the end of its memory", "(i32.const 0x10000)", outside),
        guest("gives the last byte of its memory", "(i32.const 0xffff)", outside),
        guest("gives what wraps around", "(i32.sub (i32.const 0) (local.get $size))", outside),
        guest("gives the same place for all", "(i32.const 1024)", Expected::GoesOn),
        guest("gives the place of its answer", "(i32.const 0)", Expected::GoesOn),
        guest(
            "gives places that overlap",
            "(global.set $next (i32.add (global.get $next) (i32.const 1)))
             (i32.add (i32.const 1024)
               (i32.mul (local.get $align) (i32.and (global.get $next) (i32.const 15))))",
            Expected::GoesOn,
        ),
        guest(
            "gives places that are not aligned",
            "(i32.add (i32.const 1024) (i32.ne (local.get $align) (i32.const 1)))",
            Expected::Crash(Trap, "not aligned"),
        ),
        guest("traps when asked for memory", "unreachable", Expected::Crash(Trap, "`unreachable`")),
        guest(
            "spins when asked for memory",
            "(loop $on (br $on)) unreachable",
            Expected::Crash(TimedOut, "in handle-message: it may take"),
        ),
        guest(
            "calls without end when asked for memory",
            "(drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
             (call $realloc (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
            Expected::Crash(Trap, "call stack exhausted"),
        ),
        guest(
            "grows its memory when asked for some",
            "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 10)) (i32.const -1))))
             (i32.const 0)",
            Expected::Crash(ResourceLimit, "bytes of memory"),
        ),
        guest(
            "sends when asked for memory",
            "(call $send (i32.const 512) (i32.const 7) (i32.const 0) (i32.const 0)
               (i32.const 256))
             (i32.const 1024)",
            Expected::Crash(Trap, "cannot leave component instance"),
        ),
    ]
}

/// A guest that is given memory like this, and sends what nobody takes: of that the host tells it
/// in a list of numbers.
fn allocating(body: &str) -> String {
    format!(
        r#"(module
          (import "airssys:component/messaging@0.1.0" "send-message"
            (func $send (param i32 i32 i32 i32 i32)))
          (memory (export "memory") 1)
          (data (i32.const 512) "by/cbor")
          (global $next (mut i32) (i32.const 0))
          (func $realloc (export "cabi_realloc")
            (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
            (result i32)
            {body})
          (func (export "airssys:component/handler@0.1.0#handle-message")
            (param i32 i32 i32 i32) (result i32)
            (i32.store8 (i32.const 32) (i32.const 1))
            (call $send (i32.const 512) (i32.const 7) (i32.const 32) (i32.const 1)
              (i32.const 256))
            (i64.store (i32.const 0) (i64.const 0))
            (i32.const 0)))"#
    )
}
