use airssys_wasm_core::{ExitReason, RequestError, RequestId};
use wasmtime::error::Context;
use wasmtime::{AsContextMut, Instance, Module, ModuleExport, Store, TypedFunc};
use wasmtime::{WasmParams, WasmResults};

use super::hand_in::Call;
use super::loan::{Lent, call_with};
use super::lower::allocate;
use super::memory::{Lift, Memory};
use super::{Core, Realloc, entries, set_may_leave, shut_in};
use crate::bindings::{BatchMessage, Status};
use crate::contract::{CALLBACK, EXITS, HEALTH, LIFECYCLE};
use crate::exports::{Answer, Outcome};
use crate::state::State;

/// Where what the host calls or uses is among a core module's exports.
pub(crate) struct Exports {
    memory: ModuleExport,
    realloc: ModuleExport,
    initialize: Option<ModuleExport>,
    handle_message: ModuleExport,
    handle_messages: Option<ModuleExport>,
    handle_response: Option<ModuleExport>,
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
    handle_message: TypedFunc<u32, ()>,
    handle_messages: SeldomEntry<u32>,
    handle_response: SeldomEntry<(u64, u64, u32)>,
    handle_callback: Seldom<CallbackParams, u32>,
    handle_exit: Seldom<ExitParams, u32>,
    check: Seldom<(), u32>,
    init: Seldom<(), u32>,
    shutdown: Seldom<(), ()>,
}

type CallbackParams = (u64, u64, u32, u32, u32, u32, u32);
type ExitParams = (u32, u32, u32, u32, u32);

/// What not all guests export; those that do not are not to have room for it.
type Seldom<P, R> = Option<Box<Export<P, R>>>;
type SeldomEntry<P> = Option<Box<TypedFunc<P, ()>>>;

struct Export<P, R> {
    function: TypedFunc<P, R>,
    free: Option<TypedFunc<R, ()>>,
}

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
            handle_message: at(entries::HANDLE_MESSAGE)?,
            handle_messages: at(entries::HANDLE_MESSAGES),
            handle_response: at(entries::HANDLE_RESPONSE),
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
        let call = Call::default();
        store.data_mut().core = Some(Core { memory, realloc, may_leave: true, call });
        if let Some(initialize) = &self.initialize {
            function::<(), ()>(instance, store, initialize)?.call(&mut *store, ())?;
        }
        Ok(Functions {
            memory,
            handle_message: function(instance, store, &self.handle_message)?,
            handle_messages: entry(&self.handle_messages, instance, store)?,
            handle_response: entry(&self.handle_response, instance, store)?,
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

fn entry<P: WasmParams>(
    index: &Option<ModuleExport>,
    instance: &Instance,
    store: &mut Store<State>,
) -> wasmtime::Result<SeldomEntry<P>> {
    index.as_ref().map(|index| function(instance, store, index).map(Box::new)).transpose()
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
        let arguments = Lent::Arguments(&[sender.as_bytes(), message]);
        let sender = length(sender.as_bytes())?;
        let mut outcomes = enter(store, arguments, &self.handle_message, sender)?;
        Ok((outcomes.pop().unwrap_or(Ok(None)),))
    }

    pub(crate) fn handle_messages(
        &self,
        store: &mut Store<State>,
        messages: &[BatchMessage<'_>],
    ) -> wasmtime::Result<(Vec<Outcome>,)> {
        let Some(handle_messages) = &self.handle_messages else { return Ok((Vec::new(),)) };
        let count = u32::try_from(messages.len())?;
        Ok((enter(store, Lent::Messages(messages), handle_messages, count)?,))
    }

    pub(crate) fn handle_callback(
        &self,
        store: &mut Store<State>,
        request: RequestId,
        outcome: Result<&[u8], &RequestError>,
    ) -> wasmtime::Result<Answer<()>> {
        let Some(handle_callback) = &self.handle_callback else { return Ok((Ok(()),)) };
        let error = match outcome {
            Ok(response) => return self.handle_response(store, request, response),
            Err(RequestError::TimedOut) => [0, 0, 0, 0],
            Err(RequestError::Refused(error)) => {
                let message = error.message.as_bytes();
                [1, error.code, hand_in(store, message)?, length(message)?]
            }
            Err(RequestError::Crashed) => [2, 0, 0, 0],
            Err(RequestError::Stopped) => [3, 0, 0, 0],
            Err(RequestError::Dropped) => [4, 0, 0, 0],
            Err(RequestError::ResponseTooLarge(limit)) => [5, *limit, 0, 0],
        };
        let ([a, b, c, d], is_error) = (error, 1);
        self.answer(store, handle_callback, (request.high(), request.low(), is_error, a, b, c, d))
    }

    fn handle_response(
        &self,
        store: &mut Store<State>,
        request: RequestId,
        response: &[u8],
    ) -> wasmtime::Result<Answer<()>> {
        let Some(handle_response) = &self.handle_response else { return Ok((Ok(()),)) };
        let params = (request.high(), request.low(), length(response)?);
        let mut outcomes = enter(store, Lent::Arguments(&[response]), handle_response, params)?;
        Ok((outcomes.pop().map_or(Ok(()), |outcome| outcome.map(drop)),))
    }

    pub(crate) fn handle_exit(
        &self,
        store: &mut Store<State>,
        component: &str,
        reason: &ExitReason,
    ) -> wasmtime::Result<Answer<()>> {
        let Some(handle_exit) = &self.handle_exit else { return Ok((Ok(()),)) };
        let at_component = hand_in(store, component.as_bytes())?;
        let (case, crash) = match reason {
            ExitReason::Normal => (0, None),
            ExitReason::Crashed(crash) => (1, Some(crash)),
            ExitReason::Stopped => (2, None),
            ExitReason::GivenUp(crash) => (3, Some(crash)),
            ExitReason::NoSuchComponent => (4, None),
        };
        let (at_crash, crash_length) = match crash {
            Some(crash) => (hand_in(store, crash.as_bytes())?, length(crash.as_bytes())?),
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

/// Calls a function by its entry, for which it is lent what it takes. Until it has all of that, it
/// may not call its imports.
fn enter<P: WasmParams>(
    store: &mut Store<State>,
    lent: Lent<'_>,
    entry: &TypedFunc<P, ()>,
    params: P,
) -> wasmtime::Result<Vec<Outcome>> {
    if let Some(core) = &mut store.data_mut().core {
        core.may_leave = false;
        core.call = Call::default();
    }
    call_with(store, lent, entry, params)?;
    set_may_leave(store, true);
    let core = store.data_mut().core.as_mut();
    Ok(core.map(|core| std::mem::take(&mut core.call.outcomes)).unwrap_or_default())
}

/// Hands a guest a list of bytes or a string, and says where that is.
fn hand_in(store: &mut Store<State>, bytes: &[u8]) -> wasmtime::Result<u32> {
    allocate(store, bytes, 1)
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
