//! Core modules that would not do the same if they ran as they are: they run as components.

use airssys_wasm_core::{Failure, MessageInfo};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::{Guest, HANDLER};

/// What a crash says whose words each way has of its own: it answers from beyond its memory.
fn told(source: &[u8], wrap_core_modules: bool) -> String {
    let mut instance = Guest::started(source, wrap_core_modules).instance.unwrap();
    match instance.handle_message("test/sender", b"", MessageInfo::new(0)) {
        Err(Failure::Crashed(crash)) => crash.to_string(),
        outcome => panic!("{outcome:?}"),
    }
}

fn module(more: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (func $allocate (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "{HANDLER}#handle-message") (param i32 i32 i32 i32) (result i32) (i32.const -8))
            {more})"#
    );
    wat::parse_str(text).unwrap()
}

fn with_world(mut module: Vec<u8>, encoding: StringEncoding) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_str("package.wit", include_str!("../../wit/package.wit")).unwrap();
    let world = format!("package test:guest; world guest {{ export {HANDLER}; }}");
    let package = resolve.push_str("world.wit", &world).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    module
}

/// Otherwise a component would be compared with itself.
#[test]
fn a_core_module_runs_as_it_is_unless_it_is_wrapped() {
    let fits = [module(""), with_world(module(""), StringEncoding::UTF8)];
    for module in fits {
        assert_ne!(told(&module, false), told(&module, true));
    }
}

#[test]
fn one_with_other_strings_runs_as_a_component() {
    for encoding in [StringEncoding::UTF16, StringEncoding::CompactUTF16] {
        let module = with_world(module(""), encoding);
        assert_eq!(told(&module, false), told(&module, true), "{encoding:?}");
    }
}

#[test]
fn one_with_a_second_allocator_runs_as_a_component() {
    let module = module(r#"(export "cabi_export_realloc" (func $allocate))"#);
    assert_eq!(told(&module, false), told(&module, true));
}
