//! Guests that do what they must not: each crashes alone, and says why on one line.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use airssys_wasm_core::CrashKind;
use airssys_wasm_host::Limits;
use support::{Recorder, crash, guest, handler, handler_item, id, info, start};

/// The one line that a handler's crash is reported with.
fn trap_of(text: &str) -> String {
    let mut guest = start(text);
    let crash = crash(guest.handle_message("a/b", b"message", &info()));
    assert_eq!(crash.kind(), CrashKind::Trap);
    let line = crash.to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn unreachable() {
    assert_eq!(
        trap_of(&handler("unreachable")),
        "trapped: in handle-message: wasm trap: wasm `unreachable` instruction executed"
    );
}

#[test]
fn a_function_whose_name_is_no_name() {
    let of = |name: &str| {
        let function = format!(r#"(func $f (@name "{name}") unreachable)"#);
        trap_of(&guest(&format!("{function} {}", handler_item("(call $f) (call $no-response)"))))
    };
    let line = of(r"a\0d\0ab\1b[2J\00");
    assert!(line.ends_with(r"(at `a\r b\u{1b}[2J\u{0}`)"), "{line}");
    let line = of(&"é".repeat(40_000));
    assert!(line.ends_with(&format!("(at `{}`)", "é".repeat(100))), "{line}");
}

#[test]
fn endless_recursion() {
    let text = guest(&format!(
        "(func $again (call $again) (call $again)) {}",
        handler_item("(call $again) (call $no-response)")
    ));
    assert!(trap_of(&text).contains("call stack exhausted"));
}

#[test]
fn a_response_outside_of_memory() {
    for (at, length) in [("0", "65537"), ("65536", "1"), ("-1", "1"), ("16", "-1")] {
        let text = handler(&format!("(call $respond (i32.const {at}) (i32.const {length}))"));
        assert!(trap_of(&text).contains("out of bounds"), "{at} {length}");
    }
}

#[test]
fn a_result_outside_of_memory() {
    for at in ["65532", "-4"] {
        let line = trap_of(&handler(&format!("(i32.const {at})")));
        assert!(line.contains("out of bounds"), "{line}");
    }
}

#[test]
fn a_misaligned_result() {
    assert!(trap_of(&handler("(i32.const 2)")).contains("not aligned"));
}

#[test]
fn an_impossible_discriminant() {
    for at in [0, 4] {
        let text = handler(&format!(
            "(drop (call $no-response)) (i32.store8 (i32.const {at}) (i32.const 2)) (i32.const 0)"
        ));
        let line = trap_of(&text);
        assert!(line.contains("discriminant"), "{line}");
    }
}

#[test]
fn a_refusal_that_is_not_utf_8() {
    let text = handler(
        "(i32.store8 (i32.const 256) (i32.const 0xff))
         (call $refuse (i32.const 1) (i32.const 256) (i32.const 1))",
    );
    let line = trap_of(&text);
    assert!(line.contains("utf-8"), "{line}");
}

/// A handler that sends from and to these places in its memory.
fn sends(target: &str, message: &str) -> String {
    let import = r#"(import "airssys:component/messaging@0.1.0" "send-message"
                      (func $send-message (param i32 i32 i32 i32 i32)))"#;
    let body = format!(
        "(i32.store8 (i32.const 256) (i32.const 0xff))
         (call $send-message {target} {message} (i32.const 512))
         (call $no-response)"
    );
    guest(&format!("{import} {}", handler_item(&body)))
}

#[test]
fn a_target_that_is_not_utf_8() {
    let line = trap_of(&sends("(i32.const 256) (i32.const 1)", "(i32.const 0) (i32.const 0)"));
    assert!(line.contains("utf-8"), "{line}");
}

#[test]
fn a_target_outside_of_memory() {
    let line = trap_of(&sends("(i32.const 65530) (i32.const 9)", "(i32.const 0) (i32.const 0)"));
    assert!(line.contains("out of bounds"), "{line}");
}

#[test]
fn a_message_outside_of_memory() {
    let line = trap_of(&sends("(i32.const 0) (i32.const 0)", "(i32.const 0) (i32.const -1)"));
    assert!(line.contains("out of bounds"), "{line}");
}

#[test]
fn an_allocation_outside_of_memory() {
    let text = support::ECHO.replace("(i32.const 1024))\n", "(i32.const 65530))\n");
    let line = trap_of(&text);
    assert!(line.contains("beyond end of memory"), "{line}");
}

#[test]
fn nothing_runs_after_a_crash() {
    let mut guest = start(&handler("unreachable"));
    crash(guest.handle_message("a/b", b"", &info()));
    let again = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(again.kind(), CrashKind::Trap);
    assert_eq!(again.to_string(), "trapped: in an earlier call; make a new instance");
    crash(guest.init());
    crash(guest.handle_callback(Ok(b""), &info()));
    assert!(guest.shutdown().is_err());
    guest.outbox_mut::<support::Recorder>().unwrap().sent.clear();
    drop(guest);
}

#[test]
fn a_start_function_that_traps() {
    let text =
        guest(&format!("{} (func $start unreachable) (start $start)", handler_item("unreachable")));
    let crash = support::try_start(&support::engine(), &text, Limits::default()).err().unwrap();
    assert_eq!(crash.kind(), CrashKind::Trap);
    assert!(crash.to_string().starts_with("trapped: in start: wasm trap:"), "{crash}");
}

#[test]
fn an_outbox_that_panics_ends_the_instance() {
    let component = support::load(&guest(include_str!("guests/sender.wat"))).unwrap();
    let panicking = Recorder {
        at_message: Some(Box::new(|| panic!("the outbox is broken"))),
        ..Recorder::default()
    };
    let mut guest = component
        .pre()
        .unwrap()
        .instantiate(id("a/b"), Box::new(panicking), Limits::default())
        .unwrap();
    let call = AssertUnwindSafe(|| guest.handle_message("a/b", b"", &info()));
    assert!(catch_unwind(call).is_err());
    let again = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(again.kind(), CrashKind::Panic);
    drop(guest);
}
