//! Modules that nobody wrote.

use std::sync::LazyLock;

use airssys_wasm_testkit::component;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use wasm_smith::{Config, InstructionKind, InstructionKinds, Module};

use crate::sections::{core_modules, with_core_module};
use crate::trial::{percent, try_seeds};

#[test]
fn any_module_loads_or_does_not() {
    try_seeds(percent(20), |seed| module(seed, Config::default()));
}

#[test]
fn any_module_of_the_contracts_shape_harms_nobody() {
    let counts = try_seeds(percent(30), |seed| module(seed, of_shape(&CORE_MODULE, seed)));
    counts.expect_at_least(50, 0);
}

#[test]
fn any_handler_harms_nobody() {
    let counts = try_seeds(percent(50), |seed| {
        with_core_module(&COMPONENT, HANDLER_AT, &module(seed, of_shape(&HANDLER, seed)))
    });
    counts.expect_at_least(50, 1);
    counts.expect_senders(10);
}

/// Bytes that a module is drawn from.
const BYTES: usize = 4096;

fn module(seed: u64, config: Config) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut bytes = vec![0; random.random_range(64..BYTES)];
    random.fill_bytes(&mut bytes);
    let module = Module::new(config, &mut arbitrary::Unstructured::new(&bytes));
    module.unwrap().to_bytes()
}

/// What this engine takes, with just these imports and exports. Every other one has no instruction
/// that traps, so that it comes to its end; half of them have few kinds of instructions, so that
/// they call others more often.
fn of_shape(shape: &[u8], seed: u64) -> Config {
    use InstructionKind::{Control, Memory, NumericInt, Parametric, Table, Variable};
    let few = InstructionKinds::new(&[Control, Memory, NumericInt, Parametric, Table, Variable]);
    Config {
        module_shape: Some(shape.to_owned()),
        allowed_instructions: if seed % 8 < 4 { few } else { InstructionKinds::all() },
        disallow_traps: seed % 4 < 2,
        max_funcs: 5,
        max_memories: 1,
        max_table_elements: 1000,
        exceptions_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        threads_enabled: false,
        ..Config::default()
    }
}

/// Imports and exports of a core module; what is in it counts for nothing.
static CORE_MODULE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    first_core_module(
        r#"(component (core module
          (import "airssys:component/messaging@0.1.0" "send-message"
            (func (param i32 i32 i32 i32 i32)))
          (import "airssys:component/context@0.1.0" "self-id" (func (param i32)))
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
          (func (export "airssys:component/handler@0.1.0#handle-message")
            (param i32 i32 i32 i32) (result i32)
            unreachable)))"#,
    )
});

/// Of the core modules of [`COMPONENT`], which has all that it needs, the handler.
const HANDLER_AT: usize = 2;

static HANDLER: LazyLock<Vec<u8>> =
    LazyLock::new(|| core_modules(&COMPONENT)[HANDLER_AT].to_owned());

static COMPONENT: LazyLock<Vec<u8>> = LazyLock::new(|| component(include_str!("handler.wat")));

fn first_core_module(text: &str) -> Vec<u8> {
    core_modules(&component(text))[0].to_owned()
}
