use airssys_wasm_core::{ExitReason, RequestError, RequestId};
use wasmtime::Store;

use crate::bindings::{BatchMessage, Status};
use crate::exports::{Answer, Outcome};
use crate::state::State;
use crate::{core_abi, exports};

/// The functions of one instance, by the way in which they are called. Those that the guest does
/// not export do nothing.
pub(crate) enum Callee {
    Component(exports::Functions),
    Core(core_abi::Functions),
}

impl Callee {
    pub(crate) fn init(&self, store: &mut Store<State>) -> wasmtime::Result<Answer<()>> {
        match self {
            Self::Component(component) => component.init(store),
            Self::Core(core) => core.init(store),
        }
    }

    pub(crate) fn handle_message(
        &self,
        store: &mut Store<State>,
        sender: &str,
        message: &[u8],
    ) -> wasmtime::Result<Answer<Option<Vec<u8>>>> {
        match self {
            Self::Component(component) => component.handle_message(store, sender, message),
            Self::Core(core) => core.handle_message(store, sender, message),
        }
    }

    pub(crate) fn handle_messages(
        &self,
        store: &mut Store<State>,
        messages: &[BatchMessage<'_>],
    ) -> wasmtime::Result<(Vec<Outcome>,)> {
        match self {
            Self::Component(component) => component.handle_messages(store, messages),
            Self::Core(core) => core.handle_messages(store, messages),
        }
    }

    pub(crate) fn handle_callback(
        &self,
        store: &mut Store<State>,
        request: RequestId,
        outcome: Result<&[u8], &RequestError>,
    ) -> wasmtime::Result<Answer<()>> {
        match self {
            Self::Component(component) => component.handle_callback(store, request, outcome),
            Self::Core(core) => core.handle_callback(store, request, outcome),
        }
    }

    pub(crate) fn handle_exit(
        &self,
        store: &mut Store<State>,
        component: &str,
        reason: &ExitReason,
    ) -> wasmtime::Result<Answer<()>> {
        match self {
            Self::Component(instance) => instance.handle_exit(store, component, reason),
            Self::Core(core) => core.handle_exit(store, component, reason),
        }
    }

    pub(crate) fn check(&self, store: &mut Store<State>) -> wasmtime::Result<(Status,)> {
        match self {
            Self::Component(component) => component.check(store),
            Self::Core(core) => core.check(store),
        }
    }

    pub(crate) fn shutdown(&self, store: &mut Store<State>) -> wasmtime::Result<()> {
        match self {
            Self::Component(component) => component.shutdown(store),
            Self::Core(core) => core.shutdown(store),
        }
    }
}
