//! Systems that share an engine, so that each guest is compiled once for all seeds and tests.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use airssys_wasm::{Guest, SystemBuilder};
use airssys_wasm_testkit::TestSystem;

static FIRST: LazyLock<TestSystem> = LazyLock::new(|| TestSystem::seeded(0));
static GUESTS: LazyLock<Mutex<HashMap<&'static str, Guest>>> = LazyLock::new(Mutex::default);

pub(crate) fn seeded(seed: u64) -> TestSystem {
    with(seed, |builder| builder)
}

pub(crate) fn with(seed: u64, settings: impl FnOnce(SystemBuilder) -> SystemBuilder) -> TestSystem {
    TestSystem::with(seed, |builder| settings(builder.engine_of(FIRST.system())))
}

/// The guest of these items, for any system of here.
pub(crate) fn guest(items: &'static str) -> Guest {
    let mut guests = GUESTS.lock().unwrap();
    guests.entry(items).or_insert_with(|| FIRST.guest(items)).clone()
}
