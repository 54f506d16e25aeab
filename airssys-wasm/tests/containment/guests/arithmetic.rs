//! Instructions that trap.

use airssys_wasm::CrashKind::Trap;

use crate::hostile::{Expected, Hostile, handler, hostile};

pub(crate) fn guests() -> Vec<Hostile> {
    let items = "
        (type $nothing (func))
        (type $number (func (result i32)))
        (table $table 4 4 funcref)
        (elem (i32.const 0) $one)
        (elem $passive func $one)
        (data $passive-data \"some\")
        (func $one (result i32) (i32.const 1))";
    let bodies = [
        ("is unreachable", "unreachable", "`unreachable`"),
        (
            "divides by zero",
            "(i32.div_s (local.get $length) (i32.const 0))",
            "integer divide by zero",
        ),
        (
            "takes the rest by zero",
            "(i32.wrap_i64 (i64.rem_u (i64.const 1) (i64.const 0)))",
            "integer divide by zero",
        ),
        (
            "divides the least number by minus one",
            "(i32.div_s (i32.const 0x80000000) (i32.const -1))",
            "integer overflow",
        ),
        (
            "makes no number an integer",
            "(i32.trunc_f32_s (f32.const nan))",
            "invalid conversion to integer",
        ),
        (
            "makes too large a number an integer",
            "(i32.trunc_f64_u (f64.const 1e300))",
            "integer overflow",
        ),
        (
            "calls a function of another type",
            "(call_indirect (type $nothing) (i32.const 0)) (i32.const 0)",
            "indirect call type mismatch",
        ),
        (
            "calls what is no function",
            "(call_indirect (type $number) (i32.const 1))",
            "uninitialized element",
        ),
        (
            "calls beyond its table",
            "(call_indirect (type $number) (i32.const 4))",
            "out of bounds table access",
        ),
        (
            "calls far beyond its table",
            "(call_indirect (type $number) (i32.const -1))",
            "out of bounds table access",
        ),
        (
            "reads beyond its memory",
            "(i32.load (i32.const 0xffffd))",
            "out of bounds memory access",
        ),
        (
            "reads beyond 4 GiB",
            "(i32.load offset=0xffffffff (i32.const -1))",
            "out of bounds memory access",
        ),
        (
            "writes beyond its memory",
            "(i64.store (i32.const 0x100000) (i64.const -1)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "writes below its memory",
            "(i64.store (i32.const -8) (i64.const -1)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "fills beyond its memory",
            "(memory.fill (i32.const 0xfffff) (i32.const 1) (i32.const 2)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "fills 4 GiB",
            "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "copies from beyond its memory",
            "(memory.copy (i32.const 0) (i32.const -1) (i32.const 2)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "copies to beyond its memory",
            "(memory.copy (i32.const 0x100000) (i32.const 0) (i32.const 1)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "initialises memory from beyond its data",
            "(memory.init $passive-data (i32.const 0) (i32.const 3) (i32.const 2)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "initialises memory from data that it dropped",
            "(data.drop $passive-data)
             (memory.init $passive-data (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)",
            "out of bounds memory access",
        ),
        (
            "initialises beyond its table",
            "(table.init $table $passive (i32.const 4) (i32.const 0) (i32.const 1)) (i32.const 0)",
            "out of bounds table access",
        ),
        (
            "copies from beyond its table",
            "(table.copy (i32.const 0) (i32.const 1) (i32.const 4)) (i32.const 0)",
            "out of bounds table access",
        ),
        (
            "fills beyond its table",
            "(table.fill $table (i32.const 3) (ref.null func) (i32.const 2)) (i32.const 0)",
            "out of bounds table access",
        ),
        (
            "takes an element beyond its table",
            "(drop (table.get $table (i32.const 4))) (i32.const 0)",
            "out of bounds table access",
        ),
    ];
    let guest = |(name, body, text)| {
        hostile(name, &format!("{items} {}", handler(body)), Expected::Crash(Trap, text))
    };
    bodies.map(guest).into()
}
