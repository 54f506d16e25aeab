use std::sync::Arc;

use airssys_wasm_core::{
    ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo, Outbox, RequestError,
};

use crate::bindings::{self, Status};
use crate::callee::Callee;
use crate::fault::crash_in_start;
use crate::instance::Linked;
use crate::limits::Limits;
use crate::time_limit::{self, TimeLimit, TimeLimits};
use crate::waiting::Waiting;
use crate::{Instance, InstancePre, Surroundings};

impl InstancePre {
    /// As [`instantiate_in`](Self::instantiate_in), without holding a thread while a start function
    /// waits.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn instantiate_async(
        &self,
        surroundings: Surroundings,
        id: ComponentId,
        outbox: Box<dyn Outbox>,
        limits: Limits,
    ) -> Result<Instance, Crash> {
        let (true, Linked::Component(linked, exports)) = (self.can_wait(), &self.linked) else {
            return self.instantiate_in(surroundings, id, outbox, limits);
        };
        let time = TimeLimits::new(&limits, self.pace);
        let failed = |error| crash_in_start(time.init, error);
        let needs_tokio = self.taken.needs_tokio();
        let waiting = Arc::new(Waiting::new(surroundings.time.clone(), self.pace, needs_tokio));
        let mut store = self.store(surroundings, id, outbox, &limits, Some(&waiting))?;
        time_limit::take_turns(&mut store, self.pace).map_err(failed)?;
        time.init.start_waiting(&mut store).map_err(failed)?;
        let instance = linked.instantiate_async(&mut store);
        let instance = waiting.run(time.init.duration, instance).await.map_err(failed)?;
        let functions = exports.of_instance(&instance, &mut store).map_err(failed)?;
        let callee = Callee::Component(functions);
        let waiting = Some(waiting);
        Ok(Instance { store, callee, takes_batches: false, time, crashed: None, waiting })
    }
}

/// The same calls, each as a future that holds no thread while the guest waits. Any executor may
/// poll it, on any thread. Where the guest [cannot wait](Instance::can_wait), it is done when it
/// is polled first.
///
/// Time that the guest waits counts as its own, up to when it is woken; it is cut when its time is
/// up. To drop such a future before its end is to end the instance.
impl Instance {
    /// As [`init`](Self::init).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn init_async(&mut self) -> Result<(), Failure> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.init)?, &self.callee)
        else {
            return self.init();
        };
        let outcome = match &functions.init {
            Some(init) => {
                let call = init.call_async(&mut self.store, ());
                waiting.run(self.time.init.duration, call).await
            }
            None => Ok((Ok(()),)),
        };
        self.answer("init", self.time.init, outcome)
    }

    /// As [`handle_message`](Self::handle_message).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn handle_message_async(
        &mut self,
        sender: &str,
        message: &[u8],
        info: MessageInfo,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.message)?, &self.callee)
        else {
            return self.handle_message(sender, message, &info);
        };
        self.store.data_mut().message = Some(info);
        let call = functions.handle_message.call_async(&mut self.store, (sender, message));
        let outcome = waiting.run(self.time.message.duration, call).await;
        self.store.data_mut().message = None;
        self.answer("handle-message", self.time.message, outcome)
    }

    /// As [`handle_callback`](Self::handle_callback).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn handle_callback_async(
        &mut self,
        outcome: Result<&[u8], &RequestError>,
        info: MessageInfo,
    ) -> Result<(), Failure> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.message)?, &self.callee)
        else {
            return self.handle_callback(outcome, &info);
        };
        let answer = match (&functions.handle_callback, info.request) {
            (Some(handle_callback), Some(request)) => {
                let params = (request.into(), outcome.map_err(bindings::RequestError::from));
                self.store.data_mut().message = Some(info);
                let call = handle_callback.call_async(&mut self.store, params);
                waiting.run(self.time.message.duration, call).await
            }
            _ => Ok((Ok(()),)),
        };
        self.store.data_mut().message = None;
        self.answer("handle-callback", self.time.message, answer)
    }

    /// As [`handle_exit`](Self::handle_exit).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn handle_exit_async(
        &mut self,
        component: &str,
        reason: &ExitReason,
        info: MessageInfo,
    ) -> Result<(), Failure> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.message)?, &self.callee)
        else {
            return self.handle_exit(component, reason, &info);
        };
        let answer = match &functions.handle_exit {
            Some(handle_exit) => {
                self.store.data_mut().message = Some(info);
                let call = handle_exit.call_async(&mut self.store, (component, reason.into()));
                waiting.run(self.time.message.duration, call).await
            }
            None => Ok((Ok(()),)),
        };
        self.store.data_mut().message = None;
        self.answer("handle-exit", self.time.message, answer)
    }

    /// As [`check_health`](Self::check_health).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn check_health_async(&mut self) -> Result<Health, Failure> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.message)?, &self.callee)
        else {
            return self.check_health();
        };
        let answer = match &functions.check {
            Some(check) => {
                let call = check.call_async(&mut self.store, ());
                waiting.run(self.time.message.duration, call).await
            }
            None => Ok((Status::Healthy,)),
        };
        let (status,) = self.end("check", self.time.message, answer)?;
        Ok(status.into())
    }

    /// As [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn shutdown_async(&mut self) -> Result<(), Crash> {
        let (Some(waiting), Callee::Component(functions)) =
            (self.begin_waiting(self.time.shutdown)?, &self.callee)
        else {
            return self.shutdown();
        };
        let outcome = match &functions.shutdown {
            Some(shutdown) => {
                let call = shutdown.call_async(&mut self.store, ());
                waiting.run(self.time.shutdown.duration, call).await
            }
            None => Ok(()),
        };
        self.shut_down(outcome)
    }

    /// None where it cannot wait: then nothing has begun.
    fn begin_waiting(&mut self, time: TimeLimit) -> Result<Option<Arc<Waiting>>, Crash> {
        let Some(waiting) = self.waiting.clone() else {
            return Ok(None);
        };
        self.take_up(CrashKind::Abandoned)?;
        let started = time.start_waiting(&mut self.store);
        started.map_err(|error| Crash::new(CrashKind::FailedStart, error))?;
        Ok(Some(waiting))
    }
}
