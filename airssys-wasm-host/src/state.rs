use std::cell::RefCell;
use std::fmt;

use airssys_wasm_core::{ComponentId, MessageInfo, Outbox};

use crate::Extensions;
use crate::core_abi::{Core, Loan};
use crate::limits::Meter;
use crate::time_limit::{OwnTime, Timed};
use crate::wasi::Wasi;

/// What the store of one instance carries: the data that a [`Linker`](wasmtime::component::Linker)
/// gives to functions which guests import.
pub struct State {
    pub(crate) id: ComponentId,
    /// In a cell, so that it can be given text and bytes which still lie in the guest's memory:
    /// they borrow the store. No host function runs within another, so it is never taken twice.
    pub(crate) outbox: RefCell<Box<dyn Outbox>>,
    /// Set while a message or callback is handled.
    pub(crate) message: Option<MessageInfo>,
    pub(crate) meter: Meter,
    pub(crate) own_time: OwnTime,
    /// Where the guest is called directly, once its memory is there.
    pub(crate) core: Option<Core>,
    /// What is lent to the host's functions for the guest's call.
    pub(crate) loan: Loan,
    /// Where the guest imports something of WASI.
    pub(crate) wasi: Option<Box<Wasi>>,
    pub(crate) extensions: Extensions,
}

impl State {
    /// Whose instance it is.
    pub fn id(&self) -> &ComponentId {
        &self.id
    }

    /// What the host program gave this instance.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// What the host program gave this instance.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Only functions of WASI ask for it, and only who imports one can call it.
    pub(crate) fn wasi(&mut self) -> &mut Wasi {
        self.wasi.as_mut().expect("a guest that imports WASI is given it when it is made")
    }
}

impl Timed for State {
    fn own_time(&mut self) -> &mut OwnTime {
        &mut self.own_time
    }

    fn time_passes(&mut self) {
        self.outbox.get_mut().time_passes();
    }

    fn make_room(&mut self) -> bool {
        self.outbox.get_mut().make_room()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("id", &self.id).finish_non_exhaustive()
    }
}
