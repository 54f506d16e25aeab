//! Code that is hard to read, to compile or to name.

use airssys_wasm::CrashKind::Trap;
use airssys_wasm_testkit::guests::guest;

use crate::hostile::{Expected, Hostile, handler, hostile, idle, module};
use crate::sections::{HEADER, leb, section};

pub(crate) fn guests() -> Vec<Hostile> {
    let nested = |open: &str, depth: usize, close: &str| {
        format!("{}{}", open.repeat(depth), close.repeat(depth))
    };
    let functions = |count: usize| "(func (result i32) (i32.const 1))".repeat(count);
    let adds = |count: usize| format!("(i32.const 0) {}", "(i32.const 1) i32.add ".repeat(count));
    let names = "n".repeat(90_000);
    vec![
        hostile("has 5,000 functions", &(functions(5000) + &idle()), Expected::GoesOn),
        hostile(
            "has blocks in blocks",
            &handler(&format!("{} (call $done)", nested("block ", 2000, "end "))),
            Expected::GoesOn,
        ),
        hostile(
            "has loops in conditions",
            &handler(&format!(
                "{} (call $done)",
                nested("(i32.eqz (local.get $i)) if loop ", 200, "end end ")
            )),
            Expected::GoesOn,
        ),
        hostile(
            "has folded blocks in folded blocks",
            &handler(&format!("{} (call $done)", nested("(block ", 20_000, ")"))),
            Expected::GoesOn,
        ),
        module(
            "has components in components, as text",
            nested("(component ", 100_000, ")"),
            Expected::NoGuest("nesting"),
        ),
        hostile(
            "adds ten thousand numbers",
            &handler(&format!("{} drop (call $done)", adds(10_000))),
            Expected::GoesOn,
        ),
        hostile(
            "has a table of ten thousand jumps",
            &handler(&format!(
                "(block $on (br_table {} (local.get $i))) (call $done)",
                "$on ".repeat(10_000)
            )),
            Expected::GoesOn,
        ),
        hostile(
            "has 50,001 locals",
            &idle().replace("(local $i i32)", &format!("(local {})", "i64 ".repeat(50_001))),
            Expected::NoGuest("too many locals"),
        ),
        hostile(
            "has 1,001 parameters",
            &format!("(type (func (param {}))) {}", "i64 ".repeat(1001), idle()),
            Expected::NoGuest("function params size is out of bounds"),
        ),
        hostile(
            "has a function with a huge name",
            &format!(
                "(func ${names} unreachable) {}",
                handler(&format!("(call ${names}) (call $done)"))
            ),
            Expected::Crash(Trap, "`unreachable`"),
        ),
        hostile(
            "has a function whose name is lines",
            &format!(
                r#"(func $n (@name "a\0d\0ab\1b[2J\00c") unreachable) {}"#,
                handler("(call $n) (call $done)")
            ),
            Expected::Crash(Trap, "`unreachable`"),
        ),
        module(
            "imports a huge name",
            guest(&format!(r#"(import "env" "{names}" (func)) {}"#, idle())),
            Expected::NoGuest("it imports what is not provided here"),
        ),
        module(
            "imports lines",
            guest(&format!(r#"(import "e\0d\0anv" "\1b[2J" (func)) {}"#, idle())),
            Expected::NoGuest("it imports what is not provided here"),
        ),
        hostile(
            "exports 5,000 functions of an interface each",
            &((0..5_000).map(|n| format!("(func (export \"a:b/c{n}#f\"))")).collect::<String>()
                + &idle()),
            Expected::GoesOn,
        ),
        module("exports nothing", "(module)", Expected::NoGuest("does not export")),
        module(
            "handles with another type",
            guest(&idle().replace("(result i32)", "").replace("(call $done)", "")),
            Expected::NoGuest("has the wrong type"),
        ),
        module(
            "is nested components",
            nested_components(10_000),
            Expected::NoGuest("nested more than 100 deep"),
        ),
        module("is a list of lists", lists(10_000), Expected::NoGuest("")),
    ]
}

/// The binary of components in components.
fn nested_components(depth: usize) -> Vec<u8> {
    const COMPONENT: u8 = 4;
    (0..depth).fold(HEADER.to_vec(), |inner, _| [&HEADER[..], &section(COMPONENT, &inner)].concat())
}

/// The binary of a component whose types are lists, each of the one before it.
fn lists(depth: usize) -> Vec<u8> {
    const TYPES: u8 = 7;
    const U8: u8 = 0x7d;
    const LIST: u8 = 0x70;
    let mut types = leb(depth + 1);
    types.push(U8);
    for inner in 0..depth {
        types.push(LIST);
        types.extend(leb(inner));
    }
    [&HEADER[..], &section(TYPES, &types)].concat()
}
