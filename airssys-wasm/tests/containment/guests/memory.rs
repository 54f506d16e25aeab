//! Memory, tables and instances, without end or at once.

use airssys_wasm::CrashKind::{ResourceLimit, Trap};
use airssys_wasm_testkit::guests::guest;

use crate::hostile::{
    Expected, Hostile, callback, handler, handling, hostile, idle, init, module, shutdown,
};

const ONE_MEMORY: &str = r#"(memory (export "memory") 16)"#;

const ENDLESS: &str = "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))";

pub(crate) fn guests() -> Vec<Hostile> {
    let memory = Expected::Crash(ResourceLimit, "bytes of memory, and its limit is 25165824");
    let table = Expected::Crash(ResourceLimit, "table elements, and its limit is 262144");
    let no_start = |text| Expected::NoStart(ResourceLimit, text);
    let mut guests = vec![
        handling("grows its memory without end", &format!("{ENDLESS} (call $done)"), memory),
        handling(
            "grows its memory by 2 GiB",
            "(drop (memory.grow (i32.const 0x8000))) (call $done)",
            memory,
        ),
        handling(
            "grows its memory to 4 GiB",
            "(drop (memory.grow (i32.const 0xfff0))) (call $done)",
            memory,
        ),
        handling(
            "grows its memory beyond 4 GiB",
            "(if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))
             (call $done)",
            Expected::GoesOn,
        ),
        hostile(
            "grows its memory without end in init",
            &(idle() + &init(&format!("{ENDLESS} (i32.const 0)"))),
            no_start("in init: it wanted"),
        ),
        hostile(
            "grows its memory without end in shutdown",
            &(idle() + &shutdown(ENDLESS)),
            Expected::CrashAtEnd(ResourceLimit, "in shutdown: it wanted"),
        ),
        hostile(
            "grows its memory without end in its callback",
            &(handler(
                "(call $request (i32.const 576) (i32.const 7) (i32.const 0) (i32.const 1)
                   (i64.const 0) (i32.const 256))
                 (call $done)",
            ) + &callback(&format!("{ENDLESS} (i32.const 0)"))),
            Expected::CrashBetween(ResourceLimit, "in handle-callback: it wanted"),
        ),
        hostile(
            "grows its table without end",
            &format!(
                "(table $table 0 funcref) {}",
                handler(
                    "(loop $on
                       (br_if $on (i32.ne (i32.const -1)
                         (table.grow $table (ref.null func) (i32.const 1000)))))
                     (call $done)"
                )
            ),
            table,
        ),
        hostile(
            "grows its table at once",
            &format!(
                "(table $table 0 funcref) {}",
                handler(
                    "(drop (table.grow $table (ref.null func) (i32.const 0x7fffffff)))
                     (call $done)"
                )
            ),
            table,
        ),
        hostile(
            "has a table over the limit",
            &format!("(table 1000000 funcref) {}", idle()),
            no_start("table elements"),
        ),
        module(
            "has a memory over the limit",
            guest(&idle()).replace(ONE_MEMORY, r#"(memory (export "memory") 0x181)"#),
            no_start("bytes of memory"),
        ),
        module(
            "has a memory of 4 GiB",
            guest(&idle()).replace(ONE_MEMORY, r#"(memory (export "memory") 0x10000)"#),
            no_start("bytes of memory"),
        ),
        module(
            "has a memory of more than 4 GiB",
            guest(&idle()).replace(ONE_MEMORY, r#"(memory (export "memory") 0x10001)"#),
            Expected::NoGuest("memory size"),
        ),
        hostile(
            "has 99 memories",
            &format!("{} {}", "(memory 16)".repeat(99), idle()),
            no_start("bytes of memory"),
        ),
        hostile(
            "has 101 memories",
            &format!("{} {}", "(memory 0)".repeat(101), idle()),
            Expected::NoGuest("memories"),
        ),
        hostile(
            "has 99 tables",
            &format!("{} {}", "(table 10000 funcref)".repeat(99), idle()),
            no_start("table elements"),
        ),
        hostile(
            "has data beyond its memory",
            &format!(r#"(data (i32.const 0xffffe) "some") {}"#, idle()),
            Expected::NoStart(Trap, "out of bounds memory access"),
        ),
        hostile(
            "has elements beyond its table",
            &format!("(table 1 funcref) (elem (i32.const 1) $handler) {}", idle()),
            Expected::NoStart(Trap, "out of bounds table access"),
        ),
        hostile(
            "has a megabyte of data",
            &format!("(data (i32.const 0) \"{}\") {}", "a".repeat(1 << 20), idle()),
            Expected::GoesOn,
        ),
    ];
    guests.extend(components());
    guests
}

/// Components of many core instances.
fn components() -> [Hostile; 3] {
    const ECHO: &str =
        include_str!("../../../../airssys-wasm-host/tests/guests/echo-component.wat");
    let with = |items: String| ECHO.replacen("(component", &format!("(component {items}"), 1);
    let instances = |module: &str, count: usize| {
        with(format!(
            "(core module $many {module}) {}",
            "(core instance (instantiate $many))".repeat(count)
        ))
    };
    [
        module(
            "has 300 instances",
            instances("", 300),
            Expected::NoStart(ResourceLimit, "resource limit exceeded"),
        ),
        module(
            "has 200 instances with a memory each",
            instances("(memory 16)", 200),
            Expected::NoStart(ResourceLimit, "bytes of memory"),
        ),
        module("has 3,000 instances", instances("", 3000), Expected::NoGuest("instances")),
    ]
}
