use std::cell::{Ref, RefCell};
use std::fmt;
use std::sync::Arc;

use airssys_wasm_core::{
    ComponentId, Crash, CrashKind, ExitReason, Failure, MessageInfo, Outbox, RequestError,
};
use wasmtime::Store;

use crate::bindings;
use crate::exports::{Answer, Exports, Functions};
use crate::fault::{crash_in, crash_in_start};
use crate::imports::State;
use crate::limits::{Limits, Meter};
use crate::time_limit::{self, OwnTime, Pace, TimeLimit, TimeLimits};

/// A component whose imports are linked: instances are made of it. Cloning shares it.
pub struct InstancePre<O: Outbox> {
    linked: wasmtime::component::InstancePre<State<O>>,
    exports: Arc<Exports>,
    pace: Pace,
}

impl<O: Outbox> InstancePre<O> {
    pub(crate) fn new(
        linked: wasmtime::component::InstancePre<State<O>>,
        exports: Arc<Exports>,
        pace: Pace,
    ) -> Self {
        Self { linked, exports, pace }
    }

    /// Makes an instance with memory of its own, which knows itself as `id` and sends through
    /// `outbox`. Start functions of its core modules run here; [`init`](Instance::init) does not.
    ///
    /// # Errors
    ///
    /// A start function crashed, or the instance needs more than its limits from the start. The
    /// outbox is gone with it.
    pub fn instantiate(
        &self,
        id: ComponentId,
        outbox: O,
        limits: Limits,
    ) -> Result<Instance<O>, Crash> {
        let state = State {
            id,
            outbox: RefCell::new(outbox),
            message: None,
            meter: Meter::new(&limits),
            own_time: OwnTime::default(),
        };
        let mut store = Store::new(self.linked.engine(), state);
        store.limiter(|state| &mut state.meter);
        time_limit::slice(&mut store, self.pace);
        let time = TimeLimits::new(&limits, self.pace);
        let functions = time
            .init
            .start(&mut store)
            .and_then(|()| self.linked.instantiate(&mut store))
            .and_then(|instance| self.exports.of_instance(&instance, &mut store))
            .map_err(|error| crash_in_start(limits.init_timeout, error))?;
        Ok(Instance { store, functions, time, crashed: None })
    }
}

impl<O: Outbox> Clone for InstancePre<O> {
    fn clone(&self) -> Self {
        Self { linked: self.linked.clone(), exports: Arc::clone(&self.exports), pace: self.pace }
    }
}

impl<O: Outbox> fmt::Debug for InstancePre<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").finish_non_exhaustive()
    }
}

/// One running component: its memory, which lasts from call to call, and its outbox.
///
/// A call that crashes ends the instance: each later call answers with a [`Crash`] of the same
/// kind, and nothing of the guest runs. The outbox can still be had.
pub struct Instance<O: Outbox> {
    store: Store<State<O>>,
    functions: Functions,
    time: TimeLimits,
    /// Also set for as long as a call runs: an outbox that panics leaves it so.
    crashed: Option<CrashKind>,
}

impl<O: Outbox> Instance<O> {
    /// Calls the guest's `init`, if it exports one.
    ///
    /// # Errors
    ///
    /// The guest refused to start, or crashed.
    pub fn init(&mut self) -> Result<(), Failure> {
        self.begin(self.time.init)?;
        let outcome = match &self.functions.init {
            Some(init) => init.call(&mut self.store, ()),
            None => Ok((Ok(()),)),
        };
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
        info: MessageInfo,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.begin(self.time.message)?;
        self.store.data_mut().message = Some(info);
        let outcome = self.functions.handle_message.call(&mut self.store, (sender, message));
        self.store.data_mut().message = None;
        self.answer("handle-message", self.time.message, outcome)
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
        info: MessageInfo,
    ) -> Result<(), Failure> {
        self.begin(self.time.message)?;
        let answer = match (&self.functions.handle_callback, info.request) {
            (Some(handle_callback), Some(request)) => {
                let params = (request.into(), outcome.map_err(bindings::RequestError::from));
                self.store.data_mut().message = Some(info);
                handle_callback.call(&mut self.store, params)
            }
            _ => Ok((Ok(()),)),
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
        info: MessageInfo,
    ) -> Result<(), Failure> {
        self.begin(self.time.message)?;
        let answer = match &self.functions.handle_exit {
            Some(handle_exit) => {
                self.store.data_mut().message = Some(info);
                handle_exit.call(&mut self.store, (component, reason.into()))
            }
            None => Ok((Ok(()),)),
        };
        self.store.data_mut().message = None;
        self.answer("handle-exit", self.time.message, answer)
    }

    /// Calls the guest's `shutdown`, if it exports one.
    ///
    /// # Errors
    ///
    /// The guest crashed.
    pub fn shutdown(&mut self) -> Result<(), Crash> {
        self.begin(self.time.shutdown)?;
        let outcome = match &self.functions.shutdown {
            Some(shutdown) => shutdown.call(&mut self.store, ()),
            None => Ok(()),
        };
        self.end("shutdown", self.time.shutdown, outcome)
    }

    /// The outbox. While the reference lives nothing can be sent, as no call can be made.
    pub fn outbox(&self) -> Ref<'_, O> {
        self.store.data().outbox.borrow()
    }

    /// The outbox.
    pub fn outbox_mut(&mut self) -> &mut O {
        self.store.data_mut().outbox.get_mut()
    }

    /// Drops the instance but for its outbox.
    pub fn into_outbox(self) -> O {
        self.store.into_data().outbox.into_inner()
    }

    fn begin(&mut self, time: TimeLimit) -> Result<(), Crash> {
        if let Some(kind) = self.crashed {
            return Err(Crash::new(kind, "in an earlier call; make a new instance"));
        }
        self.crashed = Some(CrashKind::Panic);
        let started = time.start(&mut self.store);
        started.map_err(|error| Crash::new(CrashKind::FailedStart, error))
    }

    fn end<T>(
        &mut self,
        call: &'static str,
        time: TimeLimit,
        outcome: wasmtime::Result<T>,
    ) -> Result<T, Crash> {
        match outcome {
            Ok(value) => {
                self.crashed = None;
                Ok(value)
            }
            Err(error) => {
                let crash = crash_in(call, time.duration, &error);
                self.crashed = Some(crash.kind());
                Err(crash)
            }
        }
    }

    fn answer<T>(
        &mut self,
        call: &'static str,
        time: TimeLimit,
        outcome: wasmtime::Result<Answer<T>>,
    ) -> Result<T, Failure> {
        let (answer,) = self.end(call, time, outcome)?;
        answer.map_err(|refusal| Failure::Refused(refusal.into()))
    }
}

impl<O: Outbox> fmt::Debug for Instance<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("id", &self.store.data().id)
            .field("crashed", &self.crashed)
            .finish_non_exhaustive()
    }
}
