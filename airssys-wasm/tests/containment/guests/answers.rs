//! Answers that are none, and answers of all sizes.

use airssys_wasm::CrashKind::{FailedStart, Trap};

use crate::hostile::{
    ECHO, Expected, Hostile, NOBODY, PAYLOAD, RESULT, callback, exits, handler, handling, hostile,
    idle, init,
};

pub(crate) fn guests() -> Vec<Hostile> {
    let no_case = Expected::Crash(Trap, "discriminant");
    let asks =
        handler(&format!("(call $request {ECHO} {PAYLOAD} (i64.const 0) {RESULT}) (call $done)"));
    let monitors = handler(&format!("(call $monitor {NOBODY} {RESULT}) (call $done)"));
    let no_answer = "(i32.store8 (i32.const 0) (i32.const 0xff)) (i32.const 0)";
    vec![
        handling("answers with a case that there is not", no_answer, no_case),
        handling(
            "answers with an option that is none",
            "(drop (call $done)) (i32.store8 (i32.const 4) (i32.const 2)) (i32.const 0)",
            no_case,
        ),
        hostile(
            "answers a callback with a case that there is not",
            &(asks.clone() + &callback(no_answer)),
            Expected::CrashBetween(Trap, "discriminant"),
        ),
        hostile(
            "answers an end with a case that there is not",
            &(monitors + &exits(no_answer)),
            Expected::CrashBetween(Trap, "discriminant"),
        ),
        hostile(
            "answers init with a case that there is not",
            &(idle() + &init(no_answer)),
            Expected::NoStart(Trap, "discriminant"),
        ),
        handling(
            "responds with all its memory",
            "(call $respond (i32.const 0) (i32.const 0x100000))",
            Expected::GoesOn,
        ),
        handling(
            "responds with more than anyone takes",
            "(if (i32.lt_u (memory.size) (i32.const 0x30))
               (then (drop (memory.grow (i32.sub (i32.const 0x30) (memory.size))))))
             (call $respond (i32.const 0) (i32.const 0x300000))",
            Expected::GoesOn,
        ),
        handling(
            "responds from where it has been grown to nothing",
            "(call $respond (i32.const 0x100000) (i32.const 0))",
            Expected::GoesOn,
        ),
        handling(
            "refuses with a huge text",
            "(if (i32.lt_u (memory.size) (i32.const 0x180))
               (then (drop (memory.grow (i32.sub (i32.const 0x180) (memory.size))))))
             (memory.fill (i32.const 0x100000) (i32.const 0x61) (i32.const 0x1700000))
             (call $refuse (i32.const -1) (i32.const 0x100000) (i32.const 0x1700000))",
            Expected::GoesOn,
        ),
        handling(
            "refuses with control characters",
            "(i64.store (i32.const 64) (i64.const 0x0a0d1b5b324a0007))
             (call $refuse (i32.const 0) (i32.const 64) (i32.const 8))",
            Expected::GoesOn,
        ),
        hostile(
            "refuses what it asked for with a huge text",
            &(asks
                + &callback(
                    "(memory.fill (i32.const 0x8000) (i32.const 0x61) (i32.const 0xf8000))
                     (call $refuse (i32.const 1) (i32.const 0x8000) (i32.const 0xf8000))",
                )),
            Expected::GoesOn,
        ),
        hostile(
            "refuses to start with a huge text",
            &(idle()
                + &init(
                    "(memory.fill (i32.const 0x8000) (i32.const 0x61) (i32.const 0xf8000))
                     (call $refuse (i32.const 1) (i32.const 0x8000) (i32.const 0xf8000))",
                )),
            Expected::NoStart(FailedStart, "aaaa"),
        ),
        hostile(
            "refuses to start with control characters",
            &(idle()
                + &init(
                    "(i64.store (i32.const 64) (i64.const 0x0a0d1b5b324a0007))
                     (call $refuse (i32.const 0) (i32.const 64) (i32.const 8))",
                )),
            Expected::NoStart(FailedStart, "code 0"),
        ),
    ]
}
