//! Components of one core module that are put together in other ways than `wit-component` does it.

use crate::unfit::{is_called_directly, refused};

/// Each does something else than its core module by itself, or could: what, and what of
/// `joined.wat` is changed for it.
const CASES: &[(&str, &[(&str, &str)])] = &[
    ("slots are filled in another order", &[("func 0 1", "func 1 0")]),
    (
        "a slot is filled with another function",
        &[(
            r#"(export "0" (func $lowered-unsubscribe))"#,
            r#"(export "0" (func $lowered-demonitor))"#,
        )],
    ),
    (
        "slots are filled from the second on",
        &[("2 2 funcref", "3 3 funcref"), ("(elem (i32.const 0)", "(elem (i32.const 1)")],
    ),
    ("a slot is filled twice", &[("(; fixup ;)", "(elem (i32.const 0) func 1)")]),
    (
        "the slots of another instance are filled",
        &[
            ("(; before ;)", "(core instance $other (instantiate $shim))"),
            (r#"(table $shim "$imports")"#, r#"(table $other "$imports")"#),
        ],
    ),
    ("it is given another slot", &[(r#"(func $shim "0")"#, r#"(func $shim "1")"#)]),
    (
        "it is given another slot by another name",
        &[
            ("(; before ;)", r#"(core instance $other (export "0" (func $shim "1")))"#),
            (
                r#"(export "unsubscribe" (func $shim "0"))"#,
                r#"(export "unsubscribe" (func $other "0"))"#,
            ),
        ],
    ),
    ("another slot is called", &[("i32.const 0 call_indirect", "i32.const 1 call_indirect")]),
    (
        "parameters are passed in another order",
        &[("local.get 0 local.get 1 i32.const 0", "local.get 1 local.get 0 i32.const 0")],
    ),
    (
        "parameters are changed",
        &[(
            "local.get 0 local.get 1 i32.const 0",
            "local.get 0 local.get 1 i32.const 1 i32.add i32.const 0",
        )],
    ),
    ("the shim traps at its start", &[("(; shim ;)", "(elem (i32.const 2) func 0)")]),
    ("the shim has two tables", &[("(; table ;)", "(table 2 2 funcref)")]),
    ("there are not as many slots", &[("2 2 funcref", "1 1 funcref")]),
    (
        "more slots than there are are filled at first",
        &[("func 0 1)", "func 0 1 0) (elem (i32.const 0) func 0 1)")],
    ),
    ("the fixup traps at its start", &[("(; fixup ;)", "(func $trap unreachable) (start $trap)")]),
    (
        "another table is filled",
        &[
            ("(; more ;)", r#"(table (export "other") 2 2 funcref)"#),
            (r#"(table $shim "$imports")"#, r#"(table $main "other")"#),
        ],
    ),
    ("the starter traps", &[("(; starter ;)", r#"(memory 1) (data (i32.const 65536) "a")"#)]),
    (
        "it is given another import",
        &[(r#"(alias export $topics "unsubscribe""#, r#"(alias export $monitors "demonitor""#)],
    ),
    (
        "it is given a function of another module",
        &[
            (
                "(; before ;)",
                r#"(core module $other (func (export "c") (param i64) (result i32) (i32.const 0)))
                (core instance $other (instantiate $other))"#,
            ),
            ("(func $lowered-cancel)", r#"(func $other "c")"#),
        ],
    ),
    (
        "a module is counted twice",
        &[
            (
                "(; before ;)",
                r#"(alias outer 0 $main (core module $again))
                (core module $other
                    (import "airssys:component/topics@0.1.0" "unsubscribe" (func (param i32 i32) (result i32)))
                    (import "airssys:component/monitors@0.1.0" "demonitor" (func (param i32 i32) (result i32)))
                    (import "airssys:component/timers@0.1.0" "cancel" (func (param i64) (result i32)))
                    (memory (export "memory") 1)
                    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
                    (func (export "airssys:component/handler@0.1.0#handle-message")
                      (param i32 i32 i32 i32) (result i32) unreachable)
                    (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32))
                    (func (export "_initialize")))"#,
            ),
            ("(instantiate $main", "(instantiate $again"),
        ],
    ),
    (
        "there is another instance",
        &[("(; after ;)", "(core module $other) (core instance (instantiate $other))")],
    ),
    ("nothing is freed", &[("(post-return $free)", "")]),
    (
        "something else is freed",
        &[
            ("(; more ;)", r#"(func (export "other") (param i32))"#),
            (
                r#""cabi_post_airssys:component/handler@0.1.0#handle-message" (core func $free)"#,
                r#""other" (core func $free)"#,
            ),
        ],
    ),
    (
        "other memory is used",
        &[
            ("(; more ;)", r#"(memory (export "other") 1)"#),
            (r#"$main "memory""#, r#"$main "other""#),
        ],
    ),
    (
        "its strings are others for an import",
        &[("(func $demonitor) (memory", "(func $demonitor) string-encoding=utf16 (memory")],
    ),
    (
        "another function is exported",
        &[
            (
                "(; more ;)",
                r#"(func (export "other") (param i32 i32 i32 i32) (result i32) (i32.const -8))"#,
            ),
            (
                r#""airssys:component/handler@0.1.0#handle-message" (core func $answer)"#,
                r#""other" (core func $answer)"#,
            ),
        ],
    ),
    ("it is not initialised", &[("(start 0)", "")]),
    ("nothing starts it", &[(STARTED, "")]),
    ("it is started twice", &[("(; after ;)", STARTED)]),
    ("it is started before its imports are there", &[(STARTED, ""), ("(; loaded ;)", STARTED)]),
    (
        "something else is called at the end",
        &[
            ("(; more ;)", r#"(func (export "other"))"#),
            (r#"$main "_initialize""#, r#"$main "other""#),
        ],
    ),
    (
        "what needs no memory comes late",
        &[
            ("2 2 funcref", "3 3 funcref"),
            (
                "(; shim ;)",
                r#"(func (export "2") (param i64) (result i32)
                    local.get 0 i32.const 2 call_indirect (param i64) (result i32))"#,
            ),
            (
                r#"(import "" "$imports""#,
                r#"(import "" "2" (func (param i64) (result i32))) (import "" "$imports""#,
            ),
            ("func 0 1", "func 0 1 2"),
            ("(; filled ;)", r#"(export "2" (func $lowered-cancel))"#),
            (
                r#"(export "cancel" (func $lowered-cancel))"#,
                r#"(export "cancel" (func $shim "2"))"#,
            ),
        ],
    ),
    (
        "it would take batches",
        &[(
            "(; more ;)",
            r#"(func (export "airssys:component/batch-handler@0.1.0#handle-messages")
                (param i32 i32) (result i32) (i32.const -8))"#,
        )],
    ),
    ("something else is exported", &[("(; last ;)", r#"(export "more" (instance $handler))"#)]),
];

const STARTED: &str = r#"(core instance (instantiate $starter
    (with "" (instance (export "" (func $main "_initialize"))))))"#;

/// The component in `joined.wat`, with these changes.
pub(crate) fn joined(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = include_str!("joined.wat").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}

#[test]
fn one_that_is_joined_otherwise_runs_as_a_component() {
    for (what, changes) in CASES {
        assert!(!is_called_directly(&joined(changes)), "{what}");
    }
}

/// However large it is, it is not looked at for long.
#[test]
fn one_of_many_parts_runs_as_a_component() {
    let of = |count: usize, part: &str| {
        (0..count).map(|at| part.replace('N', &at.to_string())).collect::<String>()
    };
    let few = of(10, "(instance)");
    let instances = of(70, "(instance)");
    let functions = of(70, r#"(export "n-N" (func $handle-message))"#);
    let core_functions = of(70, r#"(export "N" (func $shim "0"))"#);
    let free = "(; after ;)";
    assert!(is_called_directly(&joined(&[(free, &few)])));
    for (place, more) in [
        (free, &instances),
        ("(; last ;)", &format!("(instance {functions})")),
        (free, &format!("(core instance {core_functions})")),
    ] {
        assert!(!is_called_directly(&joined(&[(place, more)])), "{more}");
    }
}

/// What is not valid or not provided, and looks as if it were.
const REFUSED: &[(&str, &[(&str, &str)])] = &[
    (
        "it calls a function that is not there, and would be with the entries",
        &[("(; more ;)", "(func i32.const 0 call 8)")],
    ),
    (
        "its handler is asynchronous",
        &[
            ("(type $handle-message (func", "(type $handle-message (func async"),
            ("(func $handle-message\n      (param", "(func $handle-message async\n      (param"),
            ("(func (param \"sender\"", "(func async (param \"sender\""),
        ],
    ),
    (
        "it imports what guests export",
        &[(
            "(; first ;)",
            r#"(import "airssys:component/lifecycle@0.1.0" (instance (export "shutdown" (func))))"#,
        )],
    ),
    (
        "it imports a function with another type",
        &[(r#"(param "id" u64) (result bool)"#, r#"(param "id" u64) (result u8)"#)],
    ),
    ("its handler has another type", &[(r#"(field "code" u32)"#, r#"(field "code" s32)"#)]),
    (
        "its handler has a name of its own",
        &[(
            r#"(export "handle-message" (func $handle-message)"#,
            r#"(export "handle" (func $handle-message)"#,
        )],
    ),
    (
        "it imports an instance with a function that is named like an interface",
        &[("(; first ;)", r#"(import "x:y/z" (instance (export "a:b/c" (func))))"#)],
    ),
    (
        "it imports an instance with the type of a function",
        &[(
            "(; first ;)",
            r#"(import "x:y/z" (instance (type $f (func)) (export "f" (type (eq $f)))))"#,
        )],
    ),
    (
        "it imports a resource",
        &[("(; first ;)", r#"(import "x:y/z" (instance (export "r" (type (sub resource)))))"#)],
    ),
];

#[test]
fn one_that_is_refused_as_a_component_is_refused() {
    for (what, changes) in REFUSED {
        let source = joined(changes);
        assert_eq!(refused(&source, true), refused(&source, false), "{what}");
    }
}

#[test]
fn one_with_a_shim_that_is_not_valid_is_refused_as_a_component_is() {
    let other = "call_indirect (param i32) (result i32))";
    let source = joined(&[("call_indirect (type $text))", other)]);
    assert_eq!(refused(&source, true), refused(&source, false));
}
