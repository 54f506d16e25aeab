use airssys_wasm_core as core;
use wasmtime::component::types::{self, ComponentItem};
use wasmtime::component::{
    ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower, TypedFunc,
};
use wasmtime::{Engine, Store};

use crate::LoadError;
use crate::bindings::{BatchMessage, ComponentError, ExitReason, RequestError, RequestId, Status};
use crate::contract::{
    BATCH_HANDLER, CALLBACK, Contract, EXITS, EXPORTS, HANDLER, HEALTH, LIFECYCLE,
};
use crate::signature::Signature;
use crate::state::State;

/// What a function that may refuse gives back.
pub(crate) type Answer<T> = (Result<T, ComponentError>,);

/// What became of one message of a batch.
pub(crate) type Outcome = Result<Option<Vec<u8>>, ComponentError>;

type HandleMessage = TypedFunc<(&'static str, &'static [u8]), Answer<Option<Vec<u8>>>>;
type HandleMessages = TypedFunc<(&'static [BatchMessage<'static>],), (Vec<Outcome>,)>;
type HandleCallback = TypedFunc<(RequestId, Result<&'static [u8], RequestError>), Answer<()>>;
type HandleExit = TypedFunc<(&'static str, ExitReason), Answer<()>>;

/// Where the functions that the host calls are among a component's exports.
pub(crate) struct Exports {
    handle_message: ComponentExportIndex,
    handle_messages: Option<ComponentExportIndex>,
    handle_callback: Option<ComponentExportIndex>,
    handle_exit: Option<ComponentExportIndex>,
    check: Option<ComponentExportIndex>,
    init: Option<ComponentExportIndex>,
    shutdown: Option<ComponentExportIndex>,
}

/// These functions of one instance. Their parameters are borrowed: a typed function is
/// covariant in them.
pub(crate) struct Functions {
    pub(crate) handle_message: HandleMessage,
    handle_messages: Option<HandleMessages>,
    pub(crate) handle_callback: Option<HandleCallback>,
    pub(crate) handle_exit: Option<HandleExit>,
    pub(crate) check: Option<TypedFunc<(), (Status,)>>,
    pub(crate) init: Option<TypedFunc<(), Answer<()>>>,
    pub(crate) shutdown: Option<TypedFunc<(), ()>>,
}

impl Exports {
    /// Finds them, and checks the types of all functions in interfaces of the contract.
    pub(crate) fn find(component: &wasmtime::component::Component) -> Result<Self, LoadError> {
        let ty = component.component_type();
        for interface in EXPORTS {
            if let Some(export) = ty.get_export(component.engine(), interface) {
                check_interface(component.engine(), interface, &export.ty)?;
            }
        }
        let index = |interface: &str, function: &str| {
            ty.get_export(component.engine(), interface)?;
            let interface = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&interface), function)
        };
        let handle_message = index(HANDLER, "handle-message")
            .ok_or_else(|| LoadError::MissingExport { interface: HANDLER.into() })?;
        Ok(Self {
            handle_message,
            handle_messages: index(BATCH_HANDLER, "handle-messages"),
            handle_callback: index(CALLBACK, "handle-callback"),
            handle_exit: index(EXITS, "handle-exit"),
            check: index(HEALTH, "check"),
            init: index(LIFECYCLE, "init"),
            shutdown: index(LIFECYCLE, "shutdown"),
        })
    }

    pub(crate) fn takes_batches(&self) -> bool {
        self.handle_messages.is_some()
    }

    pub(crate) fn of_instance<T: 'static>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Functions> {
        Ok(Functions {
            handle_message: instance.get_typed_func(&mut *store, self.handle_message)?,
            handle_messages: optional(instance, store, self.handle_messages)?,
            handle_callback: optional(instance, store, self.handle_callback)?,
            handle_exit: optional(instance, store, self.handle_exit)?,
            check: optional(instance, store, self.check)?,
            init: optional(instance, store, self.init)?,
            shutdown: optional(instance, store, self.shutdown)?,
        })
    }
}

impl Functions {
    pub(crate) fn init(&self, store: &mut Store<State>) -> wasmtime::Result<Answer<()>> {
        match &self.init {
            Some(init) => init.call(store, ()),
            None => Ok((Ok(()),)),
        }
    }

    pub(crate) fn handle_message(
        &self,
        store: &mut Store<State>,
        sender: &str,
        message: &[u8],
    ) -> wasmtime::Result<Answer<Option<Vec<u8>>>> {
        self.handle_message.call(store, (sender, message))
    }

    pub(crate) fn handle_messages(
        &self,
        store: &mut Store<State>,
        messages: &[BatchMessage<'_>],
    ) -> wasmtime::Result<(Vec<Outcome>,)> {
        match &self.handle_messages {
            Some(handle_messages) => handle_messages.call(store, (messages,)),
            None => Ok((Vec::new(),)),
        }
    }

    pub(crate) fn handle_callback(
        &self,
        store: &mut Store<State>,
        request: core::RequestId,
        outcome: Result<&[u8], &core::RequestError>,
    ) -> wasmtime::Result<Answer<()>> {
        match &self.handle_callback {
            Some(handle_callback) => {
                handle_callback.call(store, (request.into(), outcome.map_err(RequestError::from)))
            }
            None => Ok((Ok(()),)),
        }
    }

    pub(crate) fn handle_exit(
        &self,
        store: &mut Store<State>,
        component: &str,
        reason: &core::ExitReason,
    ) -> wasmtime::Result<Answer<()>> {
        match &self.handle_exit {
            Some(handle_exit) => handle_exit.call(store, (component, reason.into())),
            None => Ok((Ok(()),)),
        }
    }

    pub(crate) fn check(&self, store: &mut Store<State>) -> wasmtime::Result<(Status,)> {
        match &self.check {
            Some(check) => check.call(store, ()),
            None => Ok((Status::Healthy,)),
        }
    }

    pub(crate) fn shutdown(&self, store: &mut Store<State>) -> wasmtime::Result<()> {
        match &self.shutdown {
            Some(shutdown) => shutdown.call(store, ()),
            None => Ok(()),
        }
    }
}

fn optional<T: 'static, P, R>(
    instance: &Instance,
    store: &mut Store<T>,
    index: Option<ComponentExportIndex>,
) -> wasmtime::Result<Option<TypedFunc<P, R>>>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    index.map(|index| instance.get_typed_func(store, index)).transpose()
}

/// Every function of the contract's interface must be there, with the contract's type.
fn check_interface(
    engine: &Engine,
    interface: &str,
    found: &ComponentItem,
) -> Result<(), LoadError> {
    let contract = Contract::get();
    for function in contract.functions(interface).into_iter().flatten() {
        let expected = Signature::expected(contract.resolve(), function);
        let found = function_of(engine, found, &function.name);
        let found = found.as_ref().map(Signature::found);
        if found.as_ref() != Some(&expected) {
            return Err(LoadError::WrongSignature {
                function: format!("{interface}#{}", function.name),
                expected: expected.into_text(),
                found: found.map_or_else(|| "no function".into(), Signature::into_text),
            });
        }
    }
    Ok(())
}

fn function_of(
    engine: &Engine,
    interface: &ComponentItem,
    name: &str,
) -> Option<types::ComponentFunc> {
    let ComponentItem::ComponentInstance(interface) = interface else {
        return None;
    };
    match interface.get_export(engine, name)?.ty {
        ComponentItem::ComponentFunc(function) => Some(function),
        _ => None,
    }
}
