use airssys_wasm_core::{ExitReason, RequestError, RequestId};
use wasmtime::error::Context;
use wasmtime::{AsContextMut, Instance, Module, ModuleExport, Store, TypedFunc};
use wasmtime::{WasmParams, WasmResults};

use super::layout::Layout;
use super::lower::{allocate, reserve, write};
use super::memory::{Lift, List, Memory};
use super::{Core, Realloc, shut_in};
use crate::bindings::{BatchMessage, Status};
use crate::contract::{BATCH_HANDLER, CALLBACK, EXITS, HANDLER, HEALTH, LIFECYCLE};
use crate::exports::{Answer, Outcome};
use crate::state::State;

/// Where what the host calls or uses is among a core module's exports.
pub(crate) struct Exports {
    memory: ModuleExport,
    realloc: ModuleExport,
    initialize: Option<ModuleExport>,
    handle_message: Index,
    handle_messages: Option<Index>,
    handle_callback: Option<Index>,
    handle_exit: Option<Index>,
    check: Option<Index>,
    init: Option<Index>,
    shutdown: Option<Index>,
}

/// A function of the contract's, and what frees its result.
struct Index {
    function: ModuleExport,
    free: Option<ModuleExport>,
}

/// What the host calls of one instance. Parameters and results are as the canonical ABI flattens
/// them: a list or a string is an address and a length, a variant the number of its case and as
/// many numbers as its longest payload has, and a result is the address of it.
pub(crate) struct Functions {
    memory: wasmtime::Memory,
    realloc: Realloc,
    handle_message: Export<MessageParams, u32>,
    handle_messages: Seldom<(u32, u32), u32>,
    handle_callback: Seldom<CallbackParams, u32>,
    handle_exit: Seldom<ExitParams, u32>,
    check: Seldom<(), u32>,
    init: Seldom<(), u32>,
    shutdown: Seldom<(), ()>,
}

type MessageParams = (u32, u32, u32, u32);
type CallbackParams = (u64, u64, u32, u32, u32, u32, u32);
type ExitParams = (u32, u32, u32, u32, u32);

/// What not all guests export; those that do not are not to have room for it.
type Seldom<P, R> = Option<Box<Export<P, R>>>;

struct Export<P, R> {
    function: TypedFunc<P, R>,
    free: Option<TypedFunc<R, ()>>,
}

/// Of a batch: sender and payload.
const MESSAGE_FIELDS: &[Layout] = &[Layout::U64, Layout::LIST];
const MESSAGE: Layout = Layout::record(MESSAGE_FIELDS);

impl Exports {
    pub(super) fn takes_batches(&self) -> bool {
        self.handle_messages.is_some()
    }

    /// None where one is missing that each module has.
    pub(super) fn find(module: &Module) -> Option<Self> {
        let at = |name: &str| module.get_export_index(name);
        let function = |interface: &str, function: &str| {
            let name = format!("{interface}#{function}");
            Some(Index { function: at(&name)?, free: at(&format!("cabi_post_{name}")) })
        };
        Some(Self {
            memory: at("memory")?,
            realloc: at("cabi_realloc")?,
            initialize: at("_initialize"),
            handle_message: function(HANDLER, "handle-message")?,
            handle_messages: function(BATCH_HANDLER, "handle-messages"),
            handle_callback: function(CALLBACK, "handle-callback"),
            handle_exit: function(EXITS, "handle-exit"),
            check: function(HEALTH, "check"),
            init: function(LIFECYCLE, "init"),
            shutdown: function(LIFECYCLE, "shutdown"),
        })
    }

    /// Finds them in an instance, opens its memory to what it imports, and has it initialise
    /// itself.
    pub(super) fn of_instance(
        &self,
        instance: &Instance,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Functions> {
        let memory = instance.get_module_export(&mut *store, &self.memory);
        let memory = memory.and_then(wasmtime::Extern::into_memory).context("it has no memory")?;
        let realloc: Realloc = function(instance, store, &self.realloc)?;
        store.data_mut().core = Some(Core { memory, realloc: realloc.clone(), may_leave: true });
        if let Some(initialize) = &self.initialize {
            function::<(), ()>(instance, store, initialize)?.call(&mut *store, ())?;
        }
        Ok(Functions {
            memory,
            realloc,
            handle_message: self.handle_message.of_instance(instance, store)?,
            handle_messages: optional(&self.handle_messages, instance, store)?,
            handle_callback: optional(&self.handle_callback, instance, store)?,
            handle_exit: optional(&self.handle_exit, instance, store)?,
            check: optional(&self.check, instance, store)?,
            init: optional(&self.init, instance, store)?,
            shutdown: optional(&self.shutdown, instance, store)?,
        })
    }
}

impl Index {
    fn of_instance<P: WasmParams, R: WasmParams + WasmResults>(
        &self,
        instance: &Instance,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Export<P, R>> {
        let free = self.free.as_ref().map(|free| function(instance, store, free));
        Ok(Export { free: free.transpose()?, function: function(instance, store, &self.function)? })
    }
}

fn optional<P: WasmParams, R: WasmParams + WasmResults>(
    index: &Option<Index>,
    instance: &Instance,
    store: &mut Store<State>,
) -> wasmtime::Result<Seldom<P, R>> {
    index.as_ref().map(|index| index.of_instance(instance, store).map(Box::new)).transpose()
}

fn function<P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &mut Store<State>,
    index: &ModuleExport,
) -> wasmtime::Result<TypedFunc<P, R>> {
    let export = instance.get_module_export(&mut *store, index);
    let function =
        export.and_then(wasmtime::Extern::into_func).context("it has no such function")?;
    function.typed(store)
}

impl Functions {
    pub(crate) fn init(&self, store: &mut Store<State>) -> wasmtime::Result<Answer<()>> {
        match &self.init {
            Some(init) => self.answer(store, init, ()),
            None => Ok((Ok(()),)),
        }
    }

    pub(crate) fn handle_message(
        &self,
        store: &mut Store<State>,
        sender: &str,
        message: &[u8],
    ) -> wasmtime::Result<Answer<Option<Vec<u8>>>> {
        let at_sender = self.hand_in(store, sender.as_bytes())?;
        let at_message = self.hand_in(store, message)?;
        let params = (at_sender, length(sender.as_bytes())?, at_message, length(message)?);
        self.answer(store, &self.handle_message, params)
    }

    pub(crate) fn handle_messages(
        &self,
        store: &mut Store<State>,
        messages: &[BatchMessage<'_>],
    ) -> wasmtime::Result<(Vec<Outcome>,)> {
        let Some(handle_messages) = &self.handle_messages else { return Ok((Vec::new(),)) };
        let size = messages.len() * MESSAGE.size;
        let list = reserve(&mut *store, self.memory, &self.realloc, size, MESSAGE.align as u32)?;
        for (number, message) in messages.iter().enumerate() {
            let at = list as usize + number * MESSAGE.size;
            write(&mut *store, self.memory, at, &message.sender.to_le_bytes())?;
            let payload = self.hand_in(store, message.payload)?;
            let payload = u64::from(payload) | u64::from(length(message.payload)?) << 32;
            let at = at + Layout::field(MESSAGE_FIELDS, 1);
            write(&mut *store, self.memory, at, &payload.to_le_bytes())?;
        }
        let count = u32::try_from(messages.len())?;
        let (List(outcomes),) = self.answer(store, handle_messages, (list, count))?;
        Ok((outcomes,))
    }

    pub(crate) fn handle_callback(
        &self,
        store: &mut Store<State>,
        request: RequestId,
        outcome: Result<&[u8], &RequestError>,
    ) -> wasmtime::Result<Answer<()>> {
        let Some(handle_callback) = &self.handle_callback else { return Ok((Ok(()),)) };
        let (case, payload) = match outcome {
            Ok(response) => (0, [self.hand_in(store, response)?, length(response)?, 0, 0]),
            Err(RequestError::TimedOut) => (1, [0, 0, 0, 0]),
            Err(RequestError::Refused(error)) => {
                let message = error.message.as_bytes();
                (1, [1, error.code, self.hand_in(store, message)?, length(message)?])
            }
            Err(RequestError::Crashed) => (1, [2, 0, 0, 0]),
            Err(RequestError::Stopped) => (1, [3, 0, 0, 0]),
            Err(RequestError::Dropped) => (1, [4, 0, 0, 0]),
            Err(RequestError::ResponseTooLarge(limit)) => (1, [5, *limit, 0, 0]),
        };
        let [a, b, c, d] = payload;
        self.answer(store, handle_callback, (request.high(), request.low(), case, a, b, c, d))
    }

    pub(crate) fn handle_exit(
        &self,
        store: &mut Store<State>,
        component: &str,
        reason: &ExitReason,
    ) -> wasmtime::Result<Answer<()>> {
        let Some(handle_exit) = &self.handle_exit else { return Ok((Ok(()),)) };
        let at_component = self.hand_in(store, component.as_bytes())?;
        let (case, crash) = match reason {
            ExitReason::Normal => (0, None),
            ExitReason::Crashed(crash) => (1, Some(crash)),
            ExitReason::Stopped => (2, None),
            ExitReason::GivenUp(crash) => (3, Some(crash)),
            ExitReason::NoSuchComponent => (4, None),
        };
        let (at_crash, crash_length) = match crash {
            Some(crash) => (self.hand_in(store, crash.as_bytes())?, length(crash.as_bytes())?),
            None => (0, 0),
        };
        let params = (at_component, length(component.as_bytes())?, case, at_crash, crash_length);
        self.answer(store, handle_exit, params)
    }

    pub(crate) fn check(&self, store: &mut Store<State>) -> wasmtime::Result<(Status,)> {
        match &self.check {
            Some(check) => self.answer(store, check, ()),
            None => Ok((Status::Healthy,)),
        }
    }

    pub(crate) fn shutdown(&self, store: &mut Store<State>) -> wasmtime::Result<()> {
        let Some(shutdown) = &self.shutdown else { return Ok(()) };
        shutdown.function.call(&mut *store, ())?;
        shutdown.free(store, ())
    }

    /// Hands it a list of bytes or a string, and says where that is.
    fn hand_in(&self, store: &mut Store<State>, bytes: &[u8]) -> wasmtime::Result<u32> {
        allocate(store, self.memory, &self.realloc, bytes, 1)
    }

    fn answer<P: WasmParams, T: Lift>(
        &self,
        store: &mut Store<State>,
        export: &Export<P, u32>,
        params: P,
    ) -> wasmtime::Result<(T,)> {
        let at = export.function.call(&mut *store, params)?;
        let answer = Memory::new(self.memory.data(&*store)).lift(at)?;
        export.free(store, at)?;
        Ok((answer,))
    }
}

/// As the canonical ABI has it.
fn length(bytes: &[u8]) -> wasmtime::Result<u32> {
    Ok(u32::try_from(bytes.len())?)
}

impl<P, R: WasmParams> Export<P, R> {
    fn free(&self, store: &mut Store<State>, result: R) -> wasmtime::Result<()> {
        let Some(free) = &self.free else { return Ok(()) };
        shut_in(store, |store| free.call(store.as_context_mut(), result))
    }
}
