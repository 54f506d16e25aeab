//! Guests that are one core module, called directly: the canonical ABI by hand, for the contract's
//! functions and no others. A call costs half of what it does through wasmtime's component model.
//!
//! Which guests these are, `fits.rs` finds out from the component: `anatomy.rs` says what that is put
//! together of, `joints.rs` knows the small modules by which it is joined to its imports, and
//! `types.rs` whether its types are the contract's.
//!
//! What can be told of a guest is the same in both ways: the order in which its memory is read and
//! written, when its `cabi_realloc` and `cabi_post_…` are called, and what traps. All that a guest
//! hands over is checked in `memory.rs`. While its `cabi_realloc` or a `cabi_post_…` runs it cannot
//! call its imports; and no import calls back into the guest but for memory.

mod anatomy;
mod calls;
mod entries;
mod fits;
mod hand_in;
mod imports;
mod joints;
mod layout;
mod loan;
mod lower;
mod memory;
mod types;

use std::sync::Arc;

use wasmtime::error::Context;
use wasmtime::{AsContextMut, Engine, InstancePre, Linker, Memory, Module, Store, TypedFunc};

use self::calls::Exports;
pub(crate) use self::calls::Functions;
use self::entries::add_entries;
pub(crate) use self::fits::module_within;
use self::hand_in::Call;
pub(crate) use self::loan::Loan;
use crate::state::State;

/// Old address, old size, alignment and new size to new address.
type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// What the imports of a core module need to know of the instance that calls them.
pub(crate) struct Core {
    memory: Memory,
    realloc: Realloc,
    /// Whether it may call its imports.
    may_leave: bool,
    /// How far the call is that it is entered for.
    call: Call,
}

/// A core module that was compiled.
pub(crate) struct CoreModule {
    module: Module,
    exports: Arc<Exports>,
}

/// The same, linked.
#[derive(Clone)]
pub(crate) struct CoreInstancePre {
    linked: InstancePre<State>,
    exports: Arc<Exports>,
}

impl CoreModule {
    /// Compiles a module that is [all of a component](module_within), and so valid.
    pub(crate) fn compile(engine: &crate::Engine, binary: &[u8]) -> wasmtime::Result<Self> {
        let module: Module = engine.compile(&add_entries(binary)?)?;
        let exports = Exports::find(&module).context("an export is missing")?;
        Ok(Self { module, exports: Arc::new(exports) })
    }

    pub(crate) fn link(&self) -> wasmtime::Result<CoreInstancePre> {
        let mut linker = Linker::new(self.module.engine());
        imports::link(&mut linker)?;
        hand_in::link(&mut linker)?;
        let linked = linker.instantiate_pre(&self.module)?;
        Ok(CoreInstancePre { linked, exports: Arc::clone(&self.exports) })
    }
}

impl CoreInstancePre {
    pub(crate) fn engine(&self) -> &Engine {
        self.linked.module().engine()
    }

    pub(crate) fn takes_batches(&self) -> bool {
        self.exports.takes_batches()
    }

    /// Makes the one instance of a store.
    pub(crate) fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Functions> {
        let instance = self.linked.instantiate(&mut *store)?;
        self.exports.of_instance(&instance, store)
    }
}

/// Calls a function of the guest's that may not call its imports.
fn shut_in<S: AsContextMut<Data = State>, T>(
    store: &mut S,
    call: impl FnOnce(&mut S) -> wasmtime::Result<T>,
) -> wasmtime::Result<T> {
    set_may_leave(store, false);
    let outcome = call(store);
    set_may_leave(store, true);
    outcome
}

fn set_may_leave(store: &mut impl AsContextMut<Data = State>, may_leave: bool) {
    if let Some(core) = &mut store.as_context_mut().data_mut().core {
        core.may_leave = may_leave;
    }
}
