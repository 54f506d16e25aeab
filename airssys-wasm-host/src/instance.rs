use std::any::Any;
use std::cell::{Ref, RefCell};
use std::fmt;
use std::sync::Arc;

use airssys_wasm_core::{
    ComponentError, ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo,
    Outbox, RequestError,
};
use pollster::block_on;
use wasmtime::Store;

use crate::bindings::BatchMessage;
use crate::callee::Callee;
use crate::core_abi::{CoreInstancePre, Loan};
use crate::exports::{Answer, Exports};
use crate::fault::{crash_in_start, failure_in};
use crate::imports::Taken;
use crate::limits::{Limits, Meter};
use crate::state::State;
use crate::time_limit::{self, OwnTime, Pace, TimeLimit, TimeLimits};
use crate::waiting::Waiting;
use crate::wasi::Wasi;
use crate::{Surroundings, WasiGrants};

/// Of how many messages a batch is expected to be at most.
const BATCH: usize = 64;

/// A component whose imports are linked: instances are made of it. Cloning shares it.
#[derive(Clone)]
pub struct InstancePre {
    pub(crate) linked: Linked,
    pub(crate) pace: Pace,
    pub(crate) counts_fuel: bool,
    pub(crate) taken: Taken,
    /// Where it imports something of WASI.
    pub(crate) grants: Option<Arc<WasiGrants>>,
}

/// What instances are made of, by the way in which they are called.
#[derive(Clone)]
pub(crate) enum Linked {
    Component(wasmtime::component::InstancePre<State>, Arc<Exports>),
    Core(CoreInstancePre),
}

impl Linked {
    fn engine(&self) -> &wasmtime::Engine {
        match self {
            Self::Component(linked, _) => linked.engine(),
            Self::Core(linked) => linked.engine(),
        }
    }

    fn takes_batches(&self) -> bool {
        match self {
            Self::Component(_, exports) => exports.takes_batches(),
            Self::Core(linked) => linked.takes_batches(),
        }
    }

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Callee> {
        match self {
            Self::Component(linked, exports) => {
                let instance = linked.instantiate(&mut *store)?;
                exports.of_instance(&instance, store).map(Callee::Component)
            }
            Self::Core(linked) => linked.instantiate(store).map(Callee::Core),
        }
    }
}

impl InstancePre {
    /// Whether calls of its instances can wait: for a time, a socket, a file, or what the host
    /// program's own imports wait for. Then each `…_async` call is a future that holds no thread
    /// meanwhile, and the others hold theirs. Where they cannot wait, both are the same.
    pub fn can_wait(&self) -> bool {
        self.taken.can_wait()
    }

    /// As [`instantiate_in`](Self::instantiate_in), in [`Surroundings::default`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn instantiate(
        &self,
        id: ComponentId,
        outbox: Box<dyn Outbox>,
        limits: Limits,
    ) -> Result<Instance, Crash> {
        self.instantiate_in(Surroundings::default(), id, outbox, limits)
    }

    /// Makes an instance with memory of its own, which knows itself as `id` and sends through
    /// `outbox`. Start functions of its core modules run here; [`init`](Instance::init) does not.
    ///
    /// # Errors
    ///
    /// A start function crashed, the instance needs more than its limits from the start, or a
    /// directory that it was granted is not there. The outbox is gone with it.
    pub fn instantiate_in(
        &self,
        surroundings: Surroundings,
        id: ComponentId,
        outbox: Box<dyn Outbox>,
        limits: Limits,
    ) -> Result<Instance, Crash> {
        if self.can_wait() {
            return block_on(self.instantiate_async(surroundings, id, outbox, limits));
        }
        let mut store = self.store(surroundings, id, outbox, &limits, None)?;
        time_limit::slice(&mut store, self.pace);
        let time = TimeLimits::new(&limits, self.pace);
        let callee = time
            .init
            .start(&mut store)
            .and_then(|()| self.linked.instantiate(&mut store))
            .map_err(|error| crash_in_start(time.init, error))?;
        let takes_batches = self.linked.takes_batches();
        Ok(Instance { store, callee, takes_batches, time, crashed: None, waiting: None })
    }

    /// A store for one instance; where it can wait, it does so by `waiting`.
    pub(crate) fn store(
        &self,
        mut surroundings: Surroundings,
        id: ComponentId,
        outbox: Box<dyn Outbox>,
        limits: &Limits,
        waiting: Option<&Arc<Waiting>>,
    ) -> Result<Store<State>, Crash> {
        let wasi = match &self.grants {
            Some(grants) => Some(Wasi::new(&id, grants, &mut surroundings, waiting.cloned())?),
            None => None,
        };
        let state = State {
            id,
            outbox: RefCell::new(outbox),
            message: None,
            meter: Meter::new(limits, surroundings.memory),
            own_time: OwnTime::default(),
            core: None,
            loan: Loan::default(),
            wasi: wasi.map(Box::new),
            extensions: surroundings.extensions,
        };
        let mut store = Store::new(self.linked.engine(), state);
        store.limiter(|state| &mut state.meter);
        if self.counts_fuel {
            // Until a limit says less.
            let filled = store.set_fuel(u64::MAX);
            filled.map_err(|error| Crash::new(CrashKind::FailedStart, error))?;
        }
        Ok(store)
    }
}

impl fmt::Debug for InstancePre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").finish_non_exhaustive()
    }
}

/// What became of one message of a batch: the guest's response, or its refusal.
pub type MessageOutcome = Result<Option<Vec<u8>>, ComponentError>;

/// One running component: its memory, which lasts from call to call, and its outbox.
///
/// A call that crashes ends the instance: each later call answers with a [`Crash`] of the same
/// kind, and nothing of the guest runs. The outbox can still be had.
pub struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) callee: Callee,
    pub(crate) takes_batches: bool,
    pub(crate) time: TimeLimits,
    /// Also set for as long as a call runs: an outbox that panics leaves it so.
    pub(crate) crashed: Option<CrashKind>,
    /// Set where its calls can wait.
    pub(crate) waiting: Option<Arc<Waiting>>,
}

impl Instance {
    /// As [`InstancePre::can_wait`].
    pub fn can_wait(&self) -> bool {
        self.waiting.is_some()
    }

    /// Calls the guest's `init`, if it exports one.
    ///
    /// # Errors
    ///
    /// The guest refused to start, or crashed.
    pub fn init(&mut self) -> Result<(), Failure> {
        if self.can_wait() {
            return block_on(self.init_async());
        }
        self.begin(self.time.init)?;
        let outcome = self.callee.init(&mut self.store);
        self.answer("init", self.time.init, outcome)
    }

    /// Hands the guest a message. Bytes that it returns are its response.
    ///
    /// # Errors
    ///
    /// The guest refused the message, or crashed.
    pub fn handle_message(
        &mut self,
        sender: &str,
        message: &[u8],
        info: &MessageInfo,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if self.can_wait() {
            return block_on(self.handle_message_async(sender, message, info.clone()));
        }
        self.begin(self.time.message)?;
        self.store.data_mut().message = Some(info.clone());
        let outcome = self.callee.handle_message(&mut self.store, sender, message);
        self.store.data_mut().message = None;
        // What most messages end with is not moved from hand to hand.
        if let Ok((Ok(None),)) = outcome {
            self.crashed = None;
            return Ok(None);
        }
        self.answer("handle-message", self.time.message, outcome)
    }

    /// Whether [`handle_messages`](Self::handle_messages) is for it: it exports `batch-handler`, and
    /// cannot wait.
    pub fn takes_batches(&self) -> bool {
        self.takes_batches
    }

    /// Hands the guest messages, each with its sender, in one call. It tells what became of each, as
    /// [`handle_message`](Self::handle_message) would. The call may take as long as so many may.
    ///
    /// # Errors
    ///
    /// The guest crashed or ended itself, with all of them in hand. It is a crash not to answer each
    /// message; so is this call where the guest does not [take batches](Self::takes_batches).
    pub fn handle_messages<'a>(
        &mut self,
        batch: impl Iterator<Item = (&'a ComponentId, &'a [u8])>,
    ) -> Result<Vec<MessageOutcome>, Failure> {
        let outbox = self.store.data_mut().outbox.get_mut();
        let mut messages = Vec::with_capacity(batch.size_hint().1.unwrap_or(0).min(BATCH));
        messages.extend(batch.map(|(sender, payload)| BatchMessage {
            sender: outbox.handle_of(sender).number(),
            payload,
        }));
        let time = self.time.message.times(u32::try_from(messages.len()).unwrap_or(u32::MAX));
        self.begin(time)?;
        let outcomes = self.callee.handle_messages(&mut self.store, &messages);
        let (outcomes,) = self.end("handle-messages", time, outcomes)?;
        if outcomes.len() != messages.len() {
            self.crashed = Some(CrashKind::Trap);
            let (told, all) = (outcomes.len(), messages.len());
            let cause =
                format!("in handle-messages: it returned {told} outcomes for {all} messages");
            return Err(Crash::new(CrashKind::Trap, cause).into());
        }
        Ok(outcomes.into_iter().map(|outcome| outcome.map_err(ComponentError::from)).collect())
    }

    /// Tells the guest how the request `info.request` ended. It does nothing where the guest
    /// exports no `callback`, or `info` has no request.
    ///
    /// # Errors
    ///
    /// The guest refused the outcome, or crashed.
    pub fn handle_callback(
        &mut self,
        outcome: Result<&[u8], &RequestError>,
        info: &MessageInfo,
    ) -> Result<(), Failure> {
        if self.can_wait() {
            return block_on(self.handle_callback_async(outcome, info.clone()));
        }
        self.begin(self.time.message)?;
        let request = info.request;
        self.store.data_mut().message = Some(info.clone());
        let answer = match request {
            Some(request) => self.callee.handle_callback(&mut self.store, request, outcome),
            None => Ok((Ok(()),)),
        };
        self.store.data_mut().message = None;
        self.answer("handle-callback", self.time.message, answer)
    }

    /// Tells the guest how a component that it monitors has ended. It does nothing where the guest
    /// exports no `exits`.
    ///
    /// # Errors
    ///
    /// The guest would not hear it, or crashed.
    pub fn handle_exit(
        &mut self,
        component: &str,
        reason: &ExitReason,
        info: &MessageInfo,
    ) -> Result<(), Failure> {
        if self.can_wait() {
            return block_on(self.handle_exit_async(component, reason, info.clone()));
        }
        self.begin(self.time.message)?;
        self.store.data_mut().message = Some(info.clone());
        let answer = self.callee.handle_exit(&mut self.store, component, reason);
        self.store.data_mut().message = None;
        self.answer("handle-exit", self.time.message, answer)
    }

    /// Asks the guest how it is. One that exports no `health` is healthy.
    ///
    /// # Errors
    ///
    /// The guest crashed or ended itself; it may take as long as for a message.
    pub fn check_health(&mut self) -> Result<Health, Failure> {
        if self.can_wait() {
            return block_on(self.check_health_async());
        }
        self.begin(self.time.message)?;
        let answer = self.callee.check(&mut self.store);
        let (status,) = self.end("check", self.time.message, answer)?;
        Ok(status.into())
    }

    /// Calls the guest's `shutdown`, if it exports one.
    ///
    /// # Errors
    ///
    /// The guest crashed.
    pub fn shutdown(&mut self) -> Result<(), Crash> {
        if self.can_wait() {
            return block_on(self.shutdown_async());
        }
        self.begin(self.time.shutdown)?;
        let outcome = self.callee.shutdown(&mut self.store);
        self.shut_down(outcome)
    }

    /// The outbox, if it is an `O`. While the reference lives nothing can be sent, as no call can be
    /// made.
    pub fn outbox<O: Outbox>(&self) -> Option<Ref<'_, O>> {
        let outbox = self.store.data().outbox.borrow();
        Ref::filter_map(outbox, |outbox| (&**outbox as &dyn Any).downcast_ref()).ok()
    }

    /// The outbox, if it is an `O`.
    pub fn outbox_mut<O: Outbox>(&mut self) -> Option<&mut O> {
        let outbox = &mut **self.store.data_mut().outbox.get_mut();
        (outbox as &mut dyn Any).downcast_mut()
    }

    fn begin(&mut self, time: TimeLimit) -> Result<(), Crash> {
        self.take_up(CrashKind::Panic)?;
        let started = time.start(&mut self.store);
        started.map_err(|error| Crash::new(CrashKind::FailedStart, error))
    }

    /// Until its call is at its end, the instance counts as lost in this way.
    pub(crate) fn take_up(&mut self, lost: CrashKind) -> Result<(), Crash> {
        if let Some(kind) = self.crashed {
            return Err(Crash::new(kind, "in an earlier call; make a new instance"));
        }
        self.crashed = Some(lost);
        Ok(())
    }

    pub(crate) fn end<T>(
        &mut self,
        call: &'static str,
        time: TimeLimit,
        outcome: wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        match outcome {
            Ok(value) => {
                self.crashed = None;
                Ok(value)
            }
            Err(error) => {
                let failure = failure_in(call, time, &error);
                self.crashed = Some(match &failure {
                    Failure::Crashed(crash) => crash.kind(),
                    _ => CrashKind::Exited,
                });
                Err(failure)
            }
        }
    }

    pub(crate) fn answer<T>(
        &mut self,
        call: &'static str,
        time: TimeLimit,
        outcome: wasmtime::Result<Answer<T>>,
    ) -> Result<T, Failure> {
        let (answer,) = self.end(call, time, outcome)?;
        answer.map_err(|refusal| Failure::Refused(refusal.into()))
    }

    pub(crate) fn shut_down(&mut self, outcome: wasmtime::Result<()>) -> Result<(), Crash> {
        match self.end("shutdown", self.time.shutdown, outcome) {
            Err(Failure::Crashed(crash)) => Err(crash),
            // It was to end.
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("id", &self.store.data().id)
            .field("crashed", &self.crashed)
            .finish_non_exhaustive()
    }
}
