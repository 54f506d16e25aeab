//! Guests that would not do the same if they were called directly: they run as components, or are
//! refused as components are.

use airssys_wasm_core::{Failure, MessageInfo};
use airssys_wasm_host::{Component, Limits, component_from_core};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::joined::joined;
use crate::recorder::Recorder;
use crate::{HANDLER, engine};

const CONTRACT: &str = include_str!("../../wit/package.wit");

/// Otherwise a component would be compared with itself.
#[test]
fn one_core_module_is_called_directly() {
    let module = module("");
    assert!(is_called_directly(&component_from_core(&module).unwrap()));
    assert!(is_called_directly(&with_world(module.clone(), CONTRACT, "", StringEncoding::UTF8)));
    assert!(is_called_directly(&module));
    assert!(is_called_directly(&joined(&[])));
}

#[test]
fn one_with_other_strings_runs_as_a_component() {
    for encoding in [StringEncoding::UTF16, StringEncoding::CompactUTF16] {
        let module = with_world(module(""), CONTRACT, "", encoding);
        assert!(!is_called_directly(&module), "{encoding:?}");
    }
    assert!(!is_called_directly(&joined(&[("utf8", "utf16")])));
}

#[test]
fn one_with_a_second_allocator_runs_as_a_component() {
    let module = module(r#"(export "cabi_export_realloc" (func $allocate))"#);
    assert!(!is_called_directly(&module));
    assert!(!is_called_directly(&joined(&[
        (
            "(; more ;)",
            r#"(func (export "other") (param i32 i32 i32 i32) (result i32) (i32.const 64))"#
        ),
        (r#"$main "cabi_realloc""#, r#"$main "other""#),
    ])));
}

#[test]
fn one_that_cannot_be_added_to_runs_as_a_component() {
    let module = module(r#"(func (export "airssys:host#handle-message") (param i32))"#);
    assert!(!is_called_directly(&module));
}

#[test]
fn one_that_imports_what_is_not_provided_is_refused_as_a_component_is() {
    let module = module(r#"(import "other" "function" (func))"#);
    let other = "import other: interface { function: func(); }";
    let module = with_world(module, CONTRACT, other, StringEncoding::UTF8);
    assert_eq!(refused(&module, true), refused(&module, false));
}

#[test]
fn one_that_exports_half_of_an_interface_is_refused_as_a_component_is() {
    let init =
        r#"(func (export "airssys:component/lifecycle@0.1.0#init") (result i32) unreachable)"#;
    let half = CONTRACT.replace("shutdown: func();", "");
    let export = "export airssys:component/lifecycle@0.1.0;";
    let module = with_world(module(init), &half, export, StringEncoding::UTF8);
    assert_eq!(refused(&module, true), refused(&module, false));
}

/// Whether it differs in the words for a crash that are those of direct calls.
pub(crate) fn is_called_directly(source: &[u8]) -> bool {
    told(source, true) != told(source, false)
}

/// What a crash says whose words each way has of its own: it answers from beyond its memory, if it
/// starts.
fn told(source: &[u8], direct_calls: bool) -> String {
    let linked = Component::load(&engine(direct_calls, false), source).unwrap().pre().unwrap();
    let (id, outbox) = ("test/guest".parse().unwrap(), Box::new(Recorder::new(0)));
    let mut instance = match linked.instantiate(id, outbox, Limits::default()) {
        Ok(instance) => instance,
        Err(crash) => return crash.to_string(),
    };
    match instance.handle_message("test/sender", b"", &MessageInfo::new(0)) {
        Err(Failure::Crashed(crash)) => crash.to_string(),
        outcome => panic!("{outcome:?}"),
    }
}

/// Why it cannot be loaded or linked.
pub(crate) fn refused(source: &[u8], direct_calls: bool) -> String {
    let loaded = Component::load(&engine(direct_calls, false), source);
    loaded.and_then(|component| component.pre()).unwrap_err().to_string()
}

fn module(more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {more}
            (memory (export "memory") 1)
            (func $allocate (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "{HANDLER}#handle-message") (param i32 i32 i32 i32) (result i32) (i32.const -8)))"#
    );
    wat::parse_str(text).unwrap()
}

/// Has a module say which world it was made for.
fn with_world(
    mut module: Vec<u8>,
    contract: &str,
    more: &str,
    encoding: StringEncoding,
) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_str("package.wit", contract).unwrap();
    let world = format!("package test:guest; world guest {{ export {HANDLER}; {more} }}");
    let package = resolve.push_str("world.wit", &world).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    module
}
