//! What loads, what does not, and what is said about it.
#![allow(clippy::unwrap_used)]

mod support;

use airssys_wasm_host::{
    Component, Description, Form, Interfaces, LoadError, LoadLimits, TooMuch, component_from_core,
    inspect,
};
use support::{ECHO, ECHO_COMPONENT, guest, handler, handler_item, load};

const HANDLER: &str = "airssys:component/handler@0.1.0";
const MESSAGING: &str = "airssys:component/messaging@0.1.0";

/// The error, which is one line.
fn error_of(source: &[u8]) -> LoadError {
    let linked = Component::load(&support::engine(), source).and_then(|component| component.pre());
    let error = linked.err().unwrap();
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

#[test]
fn all_four_forms_load() {
    let engine = support::engine();
    let core = wat::parse_str(ECHO).unwrap();
    let component = component_from_core(&core).unwrap();
    let forms = [
        (Form::CoreModuleText, ECHO.as_bytes()),
        (Form::CoreModule, &core),
        (Form::ComponentText, ECHO_COMPONENT.as_bytes()),
        (Form::Component, &component),
    ];
    for (form, source) in forms {
        let loaded = Component::load(&engine, source).unwrap();
        assert_eq!(loaded.description().form, form);
        assert_eq!(loaded.description(), &inspect(source).unwrap());
        assert!(loaded.description().exports.contains(&HANDLER.to_owned()), "{form}");
    }
}

#[test]
fn text_becomes_the_same_component_as_the_binary() {
    let core = wat::parse_str(ECHO).unwrap();
    let component = component_from_core(ECHO.as_bytes()).unwrap();
    assert_eq!(component, component_from_core(&core).unwrap());
    assert_eq!(component, component_from_core(&component).unwrap());
}

#[test]
fn a_module_with_a_world_of_its_own_keeps_it() {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("package.wit", include_str!("../wit/package.wit")).unwrap();
    let package = resolve
        .push_str(
            "world.wit",
            "package my:guest;
             world guest { export airssys:component/handler@0.1.0; export extra: func() -> u32; }",
        )
        .unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let text = guest(&format!(
        r#"{} (func (export "extra") (result i32) (i32.const 1))"#,
        handler_item("(call $no-response)")
    ));
    let mut core = wat::parse_str(text).unwrap();
    let utf8 = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut core, &resolve, world, utf8).unwrap();
    Component::load(&support::engine(), &core).unwrap();
    let component = inspect(&component_from_core(&core).unwrap()).unwrap();
    assert!(component.exports.contains(&"extra".to_owned()), "{component:?}");
}

#[test]
fn optional_interfaces_are_found() {
    let Description { imports, interfaces, .. } =
        load(&guest(include_str!("guests/context.wat"))).unwrap().description().clone();
    assert_eq!(imports, [MESSAGING, "airssys:component/context@0.1.0"]);
    let expected = Interfaces { callback: true, lifecycle: true, ..Interfaces::default() };
    assert_eq!(interfaces, expected);
    assert_eq!(load(ECHO).unwrap().description().interfaces, Interfaces::default());
}

#[test]
fn a_health_check_is_found() {
    let text = guest(&format!(
        r#"{} (func (export "airssys:component/health@0.1.0#check") (result i32) (i32.const 0))"#,
        handler_item("(call $no-response)")
    ));
    assert!(load(&text).unwrap().description().interfaces.health);
}

#[test]
fn what_is_not_ours_is_inspected_too() {
    let component = inspect(
        br#"(component
              (import "wasi:cli/environment@0.2.0" (instance (export "initial-cwd" (func))))
              (component (import "inner" (func)))
              (core module (import "env" "inner" (func)))
              (import "log" (func $log (param "text" string)))
              (export "again" (func $log)))"#,
    )
    .unwrap();
    assert_eq!(component.imports, ["wasi:cli/environment@0.2.0", "log"]);
    assert_eq!(component.exports, ["again"]);
    let core = inspect(
        br#"(module (import "env" "now" (func)) (import "wasi:io/poll@0.2.0" "poll" (func))
              (memory (export "memory") 1) (func (export "run")))"#,
    )
    .unwrap();
    assert_eq!(core.form, Form::CoreModuleText);
    assert_eq!(core.imports, ["env#now", "wasi:io/poll@0.2.0"]);
    assert_eq!(core.exports, ["memory", "run"]);
}

#[test]
fn garbage_is_not_wasm() {
    for garbage in [b"".as_slice(), b"hello", b"\x7fELF\x02\x01", b"\xff\xfe", b"\0as"] {
        assert!(matches!(error_of(garbage), LoadError::NotWasm), "{garbage:?}");
    }
}

#[test]
fn a_binary_cut_anywhere_is_invalid() {
    let core = wat::parse_str(ECHO).unwrap();
    let component = component_from_core(&core).unwrap();
    for binary in [core, component] {
        for length in (4..binary.len()).step_by(13) {
            let error = error_of(&binary[..length]);
            // A cut between two sections leaves a sound binary without a handler.
            let kept = matches!(error, LoadError::MissingExport { .. });
            assert!(error.is_malformed() || kept, "{length}: {error}");
        }
    }
}

#[test]
fn a_module_that_does_not_validate_is_refused() {
    let text = handler("(i64.const 0)");
    let error = error_of(text.as_bytes());
    assert!(error.to_string().contains("type mismatch"), "{error}");
    let component = b"(component (core module (func (result i32) (i64.const 0))))";
    assert!(matches!(error_of(component), LoadError::Invalid(_)));
}

#[test]
fn bad_text_has_a_place() {
    let error = error_of(b"(module\n  (func\n    (i32.konst 1)))");
    let LoadError::BadText { line, column, message } = &error else { panic!("{error:?}") };
    assert_eq!((*line, *column), (3, 6));
    assert!(message.contains("unknown operator"), "{message}");
    assert!(error.is_malformed());
}

#[test]
fn a_missing_handler_is_named() {
    let with_memory = guest("");
    for text in ["(component)", "(module)", &with_memory] {
        let error = error_of(text.as_bytes());
        assert!(matches!(&error, LoadError::MissingExport { interface } if interface == HANDLER));
        assert!(error.to_string().contains(HANDLER), "{error}");
        assert!(error.is_foreign());
    }
}

#[test]
fn a_wrong_export_of_a_component_is_named_with_both_types() {
    let text = ECHO_COMPONENT
        .replace("(list u8))\n", "(list s8))\n")
        .replace(r#"(param "message" (list u8))"#, r#"(param "message" (list s8))"#);
    let error = error_of(text.as_bytes());
    assert!(error.is_foreign());
    let LoadError::WrongSignature { function, expected, found } = error else { panic!("{error}") };
    assert_eq!(function, "airssys:component/handler@0.1.0#handle-message");
    assert_eq!(
        expected,
        "func(string, list<u8>) -> result<option<list<u8>>, record { code: u32, message: string }>"
    );
    assert_eq!(found, expected.replacen("u8", "s8", 1));
}

#[test]
fn an_export_that_is_no_interface_is_named() {
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (instance $handler (export "other" (func $f)))
        (export "airssys:component/handler@0.1.0" (instance $handler)))"#;
    let LoadError::WrongSignature { found, .. } = error_of(text.as_bytes()) else { panic!() };
    assert_eq!(found, "no function");
}

#[test]
fn a_wrong_export_of_a_core_module_is_named_with_both_types() {
    let text = r#"(module (func (export "airssys:component/handler@0.1.0#handle-message")
                    (param i32 i64) (result i32) (i32.const 0)))"#;
    let LoadError::WrongSignature { function, expected, found } = error_of(text.as_bytes()) else {
        panic!()
    };
    assert_eq!(function, "airssys:component/handler@0.1.0#handle-message");
    assert_eq!(expected, "(func (param i32 i32 i32 i32) (result i32))");
    assert_eq!(found, "(func (param i32 i64) (result i32))");
}

#[test]
fn a_wrong_import_is_named_with_both_types() {
    let text = guest(&format!(
        r#"(import "{MESSAGING}" "send-message" (func (param i32) (result i32))) {}"#,
        handler_item("(call $no-response)")
    ));
    let LoadError::WrongSignature { function, .. } = error_of(text.as_bytes()) else { panic!() };
    assert_eq!(function, "airssys:component/messaging@0.1.0#send-message");

    let import = r#"(component
        (import "airssys:component/context@0.1.0" (instance
          (export "self-id" (func (result u64)))))"#;
    let text = ECHO_COMPONENT.replacen("(component", import, 1);
    let error = error_of(text.as_bytes());
    let LoadError::WrongSignature { expected, found, .. } = error else { panic!("{error}") };
    assert_eq!((expected.as_str(), found.as_str()), ("func() -> string", "func() -> u64"));
}

#[test]
fn all_unknown_imports_are_named_at_once() {
    let text = guest(&format!(
        r#"(import "env" "now" (func (result i64)))
           (import "wasi:io/poll@0.2.0" "poll" (func (param i32 i32 i32)))
           (import "{MESSAGING}" "send-message" (func (param i32 i32 i32 i32 i32)))
           (import "{MESSAGING}" "shout" (func))
           {}"#,
        handler_item("(call $no-response)")
    ));
    let error = error_of(text.as_bytes());
    let LoadError::UnknownImports(names) = &error else { panic!("{error}") };
    assert_eq!(
        names,
        &["env#now", "wasi:io/poll@0.2.0#poll", "airssys:component/messaging@0.1.0#shout"]
    );
    for name in names {
        assert!(error.to_string().contains(name), "{error}");
    }

    let imports = r#"(component
        (import "my:own/thing" (instance (export "f" (func)) (export "g" (func))))
        (import "airssys:component/messaging@0.1.0" (instance (export "shout" (func))))
        (import "plain" (func))
        (type $string string)
        (import "airssys:component/types@0.1.0" (instance
          (alias outer 1 $string (type $string))
          (export "id" (type (eq $string)))))"#;
    let text = ECHO_COMPONENT.replacen("(component", imports, 1);
    let error = error_of(text.as_bytes());
    let LoadError::UnknownImports(names) = &error else { panic!("{error}") };
    assert_eq!(names, &["my:own/thing", "airssys:component/messaging@0.1.0#shout", "plain"]);
}

#[test]
fn a_name_cannot_look_like_more_of_the_error() {
    let error = error_of(
        br#"(module (import "e\0d\0anv" "\1b[2J" (func))
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32) (i32.const 0)))"#,
    );
    assert!(error.to_string().contains(r": e\r\nnv#\u{1b}[2J;"), "{error}");

    let name = "n".repeat(90_000);
    let error = error_of(
        guest(&format!(
            r#"(import "env" "{name}" (func)) {}"#,
            handler_item("(call $no-response)")
        ))
        .as_bytes(),
    );
    assert!(error.to_string().len() < 2000, "{} bytes", error.to_string().len());
    let LoadError::UnknownImports(names) = error else { panic!("{error}") };
    assert_eq!(names, [format!("env#{name}")], "the whole name is there for who wants it");
}

#[test]
fn components_are_not_nested_without_end() {
    let nested = |depth: usize| {
        let text = format!("{}{}", "(component ".repeat(depth), ")".repeat(depth));
        error_of(text.as_bytes())
    };
    assert!(matches!(nested(40), LoadError::MissingExport { .. }));

    let empty = *b"\0asm\x0d\0\x01\0";
    let deep = (0..101).fold(empty.to_vec(), |inner, _| {
        let length = inner.len();
        let length = [0x80 | (length & 0x7f) as u8, (length >> 7) as u8];
        [&empty[..], &[4], &length, &inner].concat()
    });
    let error = error_of(&deep);
    assert!(error.is_malformed());
    assert!(error.to_string().contains("nested more than 100 deep"), "{error}");
}

#[test]
fn a_core_module_without_memory_cannot_be_wrapped() {
    let text = ECHO.replace(r#"(memory (export "memory") 1)"#, "(memory 1)");
    let error = error_of(text.as_bytes());
    assert!(matches!(error, LoadError::NotWrappable(_)), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn what_is_over_a_limit_is_not_compiled() {
    let load = |limits, text: &str| {
        Component::load_within(limits, &support::engine(), text.as_bytes()).map(drop)
    };
    let limits = LoadLimits::default();
    load(limits, ECHO).unwrap();

    let small = LoadLimits { size: ECHO.len() - 1, ..limits };
    let error = load(small, ECHO).unwrap_err();
    assert!(matches!(error, LoadError::TooMuch(TooMuch::Size { .. })), "{error}");
    let (size, limit) = (ECHO.len(), ECHO.len() - 1);
    assert_eq!(
        error.to_string(),
        format!(
            "it is too much to load: it has {size} bytes, and the limit is {limit}; make it \
             smaller, or raise that limit"
        )
    );

    let short = LoadLimits { function_size: 20, ..limits };
    let error = load(short, ECHO).unwrap_err();
    assert!(matches!(error, LoadError::TooMuch(TooMuch::FunctionSize { .. })), "{error}");

    let easy = LoadLimits { work: 200, ..limits };
    let error = load(easy, ECHO).unwrap_err();
    assert!(matches!(error, LoadError::TooMuch(TooMuch::Work { limit: 200 })), "{error}");
}

/// A few thousand bytes that the compiler would be busy with for minutes.
#[test]
fn loops_that_are_too_deep_are_not_compiled() {
    let depth = 2000;
    let text = guest(&format!(
        "(func (param {params}) {open} {change} {close}) {handler}",
        params = "i32 ".repeat(500),
        open = "loop ".repeat(depth),
        change = (1..500)
            .map(|local| format!("local.get {local} i32.const 1 i32.add local.set {local} "))
            .collect::<String>(),
        close = "local.get 0 br_if 0 end ".repeat(depth),
        handler = handler_item("(call $no-response)"),
    ));
    let error = error_of(text.as_bytes());
    assert!(matches!(error, LoadError::TooMuch(TooMuch::Work { .. })), "{error}");
}
