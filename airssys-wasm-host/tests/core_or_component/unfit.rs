//! Core modules that would not do the same if they ran as they are: they run as components, or are
//! refused as components are.

use airssys_wasm_core::{Failure, MessageInfo};
use airssys_wasm_host::Component;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::{Guest, HANDLER, engine};

const CONTRACT: &str = include_str!("../../wit/package.wit");

/// Otherwise a component would be compared with itself.
#[test]
fn a_core_module_runs_as_it_is_unless_it_is_wrapped() {
    let fits = [module(""), with_world(module(""), CONTRACT, "", StringEncoding::UTF8)];
    for module in fits {
        assert_ne!(told(&module, false), told(&module, true));
    }
}

#[test]
fn one_with_other_strings_runs_as_a_component() {
    for encoding in [StringEncoding::UTF16, StringEncoding::CompactUTF16] {
        let module = with_world(module(""), CONTRACT, "", encoding);
        assert_eq!(told(&module, false), told(&module, true), "{encoding:?}");
    }
}

#[test]
fn one_with_a_second_allocator_runs_as_a_component() {
    let module = module(r#"(export "cabi_export_realloc" (func $allocate))"#);
    assert_eq!(told(&module, false), told(&module, true));
}

#[test]
fn one_that_imports_what_is_not_provided_is_refused_as_a_component_is() {
    let module = module(r#"(import "other" "function" (func))"#);
    let other = "import other: interface { function: func(); }";
    let module = with_world(module, CONTRACT, other, StringEncoding::UTF8);
    assert_eq!(refused(&module, false), refused(&module, true));
}

#[test]
fn one_that_exports_half_of_an_interface_is_refused_as_a_component_is() {
    let init =
        r#"(func (export "airssys:component/lifecycle@0.1.0#init") (result i32) unreachable)"#;
    let half = CONTRACT.replace("shutdown: func();", "");
    let export = "export airssys:component/lifecycle@0.1.0;";
    let module = with_world(module(init), &half, export, StringEncoding::UTF8);
    assert_eq!(refused(&module, false), refused(&module, true));
}

/// What a crash says whose words each way has of its own: it answers from beyond its memory.
fn told(source: &[u8], wrap_core_modules: bool) -> String {
    let mut instance = Guest::started(source, wrap_core_modules).instance.unwrap();
    match instance.handle_message("test/sender", b"", &MessageInfo::new(0)) {
        Err(Failure::Crashed(crash)) => crash.to_string(),
        outcome => panic!("{outcome:?}"),
    }
}

/// Why it cannot be loaded or linked.
fn refused(source: &[u8], wrap_core_modules: bool) -> String {
    let loaded = Component::load(&engine(wrap_core_modules), source);
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
