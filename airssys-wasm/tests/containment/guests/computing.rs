//! Computing without end, in whatever is called.

use airssys_wasm::CrashKind::TimedOut;

use crate::hostile::{
    CBOR, Expected, Hostile, NOBODY, PAYLOAD, RESULT, SPIN, callback, exits, handler, handling,
    hostile, idle, init, shutdown,
};

pub(crate) fn guests() -> Vec<Hostile> {
    let crash = Expected::Crash(TimedOut, "in handle-message: it may take");
    let no_start = |text| Expected::NoStart(TimedOut, text);
    let between = |text| Expected::CrashBetween(TimedOut, text);
    vec![
        handling("spins", &format!("{SPIN} unreachable"), crash),
        handling(
            "writes to memory without end",
            "(loop $on
               (i32.store (i32.and (local.get $i) (i32.const 0xfffff)) (local.get $i))
               (local.set $i (i32.add (local.get $i) (i32.const 4)))
               (br $on))
             unreachable",
            crash,
        ),
        handling(
            "fills memory without end",
            "(loop $on
               (memory.fill (i32.const 0x8000) (local.get $i) (i32.const 0x8000))
               (br $on))
             unreachable",
            crash,
        ),
        handling(
            "asks for its own id without end",
            "(loop $on
               (global.set $free (global.get $arguments))
               (call $self-id (i32.const 256))
               (br $on))
             unreachable",
            crash,
        ),
        handling(
            "jumps through a table without end",
            "(loop $on (br_table $on $on (local.get $i))) unreachable",
            crash,
        ),
        hostile(
            "spins in its start function",
            &format!("{} (func $begin {SPIN}) (start $begin)", idle()),
            no_start("in start: it may take"),
        ),
        hostile(
            "spins in init",
            &(idle() + &init(&format!("{SPIN} unreachable"))),
            no_start("in init: it may take"),
        ),
        hostile(
            "spins in shutdown",
            &(idle() + &shutdown(SPIN)),
            Expected::CrashAtEnd(TimedOut, "in shutdown: it may take"),
        ),
        hostile(
            "spins in its callback",
            &(handler(&format!(
                "(call $request {NOBODY} {PAYLOAD} (i64.const 0) {RESULT})
                 (call $request (i32.const 576) (i32.const 7) {PAYLOAD} (i64.const 0) {RESULT})
                 (call $done)"
            )) + &callback(&format!("{SPIN} unreachable"))),
            between("in handle-callback: it may take"),
        ),
        hostile(
            "spins when it hears of an end",
            &(handler(&format!("(call $monitor {NOBODY} {RESULT}) (call $done)"))
                + &exits(&format!("{SPIN} unreachable"))),
            between("in handle-exit: it may take"),
        ),
        hostile(
            "spins when a refused send is told",
            &(handler(&format!("(call $send {CBOR} {PAYLOAD} {RESULT}) {SPIN} unreachable"))),
            crash,
        ),
        hostile(
            "waits for what memory never says",
            &handler("(loop $on (br_if $on (i32.eqz (i32.load (i32.const 128))))) (call $done)"),
            crash,
        ),
    ]
}
