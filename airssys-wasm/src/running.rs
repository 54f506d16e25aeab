use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};

use airssys_wasm_actor as actor;
use airssys_wasm_core::{
    ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo, RequestError,
    TraceParent,
};
use airssys_wasm_host::{Instance, MessageOutcome};
use bytes::Bytes;

use crate::mail::Callback;
use crate::member::{MAX_DETAIL, Member};
use crate::native::{Context, Native};
use crate::outbox::Outbox;

/// A component's code with its memory and its outbox.
pub(crate) enum Running {
    Guest(Box<Instance>),
    Native { component: Box<dyn Native>, outbox: Box<Outbox> },
}

/// A call of a guest that waits in the middle of it. It holds no thread meanwhile.
pub(crate) type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A handler's call: at its end it hands the instance back, with what it said.
pub(crate) type HandlerCall<T> = Call<(Running, Result<T, Failure>)>;

/// Code that is being made to run: its `init` has returned, or waits.
pub(crate) enum Launch {
    Done(Result<Running, Crash>),
    Waits(Call<Result<Running, Crash>>),
}

impl Launch {
    /// Waits on this thread until it is done. Where the time does not pass meanwhile, it fails
    /// instead.
    pub(crate) fn finish_here(self, time_stands_still: bool) -> Result<Running, Crash> {
        match self {
            Self::Done(launched) => launched,
            Self::Waits(mut call) if time_stands_still => {
                match call.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
                    Poll::Ready(launched) => launched,
                    Poll::Pending => Err(Crash::new(
                        CrashKind::FailedStart,
                        "it waits in its start, and the test's clock stands still until that is over",
                    )),
                }
            }
            Self::Waits(call) => pollster::block_on(call),
        }
    }
}

impl Running {
    /// The instance, if its calls can wait: then they are made by [`message_call`] and the like.
    pub(crate) fn into_waiting(self) -> Result<Box<Instance>, Self> {
        match self {
            Self::Guest(instance) if instance.can_wait() => Ok(instance),
            other => Err(other),
        }
    }

    /// Begins a call, as a step of this trace if it is one. When a native component sends, nobody
    /// knows how long it has been at work.
    pub(crate) fn begin_turn(
        &mut self,
        context: &actor::Context<'_, Member>,
        trace: Option<TraceParent>,
    ) {
        let began = match self {
            Self::Guest(_) => context.began(),
            Self::Native { .. } => None,
        };
        self.outbox_mut().begin_turn(context.worker(), began, trace);
    }

    pub(crate) fn init(&mut self, id: &ComponentId) -> Result<(), Failure> {
        match self {
            Self::Guest(instance) => instance.init(),
            Self::Native { component, outbox } => component
                .init(&mut Context { id, outbox: &mut **outbox, message: None, queued: 0 })
                .map_err(Failure::Refused),
        }
    }

    pub(crate) fn handle_message(
        &mut self,
        id: &ComponentId,
        sender: &ComponentId,
        message: &[u8],
        info: &MessageInfo,
        queued: usize,
    ) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Guest(instance) => instance.handle_message(sender.as_str(), message, info),
            Self::Native { component, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(info), queued };
                component.handle_message(sender, message, &mut context).map_err(Failure::Refused)
            }
        }
    }

    pub(crate) fn takes_batches(&self) -> bool {
        matches!(self, Self::Guest(instance) if instance.takes_batches())
    }

    /// Of a guest that [takes batches](Self::takes_batches).
    pub(crate) fn handle_messages<'a>(
        &mut self,
        messages: impl Iterator<Item = (&'a ComponentId, &'a [u8])>,
    ) -> Result<Vec<MessageOutcome>, Failure> {
        match self {
            Self::Guest(instance) => instance.handle_messages(messages),
            Self::Native { .. } => Ok(Vec::new()),
        }
    }

    pub(crate) fn handle_callback(
        &mut self,
        id: &ComponentId,
        callback: &Callback,
        info: &MessageInfo,
        queued: usize,
    ) -> Result<(), Failure> {
        let outcome = callback.outcome.as_deref();
        match self {
            Self::Guest(instance) => instance.handle_callback(outcome, info),
            Self::Native { component, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(info), queued };
                component
                    .handle_callback(callback.request, outcome, &mut context)
                    .map_err(Failure::Refused)
            }
        }
    }

    pub(crate) fn handle_exit(
        &mut self,
        id: &ComponentId,
        component: &ComponentId,
        reason: &ExitReason,
        info: &MessageInfo,
        queued: usize,
    ) -> Result<(), Failure> {
        match self {
            Self::Guest(instance) => instance.handle_exit(component.as_str(), reason, info),
            Self::Native { component: native, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(info), queued };
                native.handle_exit(component, reason, &mut context).map_err(Failure::Refused)
            }
        }
    }

    pub(crate) fn check_health(
        &mut self,
        id: &ComponentId,
        queued: usize,
    ) -> Result<Health, Failure> {
        match self {
            Self::Guest(instance) => instance.check_health(),
            Self::Native { component, outbox } => {
                let mut context = Context { id, outbox: &mut **outbox, message: None, queued };
                Ok(component.check_health(&mut context))
            }
        }
    }

    pub(crate) fn shutdown(&mut self, id: &ComponentId) -> Result<(), Crash> {
        match self {
            Self::Guest(instance) => instance.shutdown(),
            Self::Native { component, outbox } => {
                component.shutdown(&mut Context {
                    id,
                    outbox: &mut **outbox,
                    message: None,
                    queued: 0,
                });
                Ok(())
            }
        }
    }

    /// Whether its last call took long, or may have.
    pub(crate) fn took_long(&mut self) -> bool {
        matches!(self, Self::Native { .. }) || self.outbox_mut().took_long()
    }

    pub(crate) fn outbox_mut(&mut self) -> &mut Outbox {
        match self {
            Self::Guest(instance) => {
                instance.outbox_mut().expect("each instance is made with this one")
            }
            Self::Native { outbox, .. } => outbox,
        }
    }
}

/// Makes an instance that can wait, and calls its `init`.
pub(crate) fn launch_call(
    instance: impl Future<Output = Result<Instance, Crash>> + Send + 'static,
) -> Call<Result<Running, Crash>> {
    Box::pin(async move {
        let mut instance = Box::new(instance.await?);
        let initialised = instance.init_async().await;
        started(Running::Guest(instance), initialised)
    })
}

/// As [`Running::handle_message`], of a guest that can wait.
pub(crate) fn message_call(
    mut instance: Box<Instance>,
    sender: ComponentId,
    message: Bytes,
    info: MessageInfo,
) -> HandlerCall<Option<Vec<u8>>> {
    Box::pin(async move {
        let handled = instance.handle_message_async(sender.as_str(), &message, info).await;
        (Running::Guest(instance), handled)
    })
}

/// As [`Running::handle_callback`], of a guest that can wait.
pub(crate) fn callback_call(
    mut instance: Box<Instance>,
    outcome: Result<Bytes, RequestError>,
    info: MessageInfo,
) -> HandlerCall<()> {
    Box::pin(async move {
        let handled = instance.handle_callback_async(outcome.as_deref(), info).await;
        (Running::Guest(instance), handled)
    })
}

/// As [`Running::handle_exit`], of a guest that can wait.
pub(crate) fn exit_call(
    mut instance: Box<Instance>,
    component: ComponentId,
    reason: ExitReason,
    info: MessageInfo,
) -> HandlerCall<()> {
    Box::pin(async move {
        let handled = instance.handle_exit_async(component.as_str(), &reason, info).await;
        (Running::Guest(instance), handled)
    })
}

/// As [`Running::check_health`], of a guest that can wait.
pub(crate) fn health_call(mut instance: Box<Instance>) -> HandlerCall<Health> {
    Box::pin(async move {
        let checked = instance.check_health_async().await;
        (Running::Guest(instance), checked)
    })
}

/// As [`Running::shutdown`], of a guest that can wait.
pub(crate) fn shutdown_call(mut instance: Box<Instance>) -> Call<(Running, Result<(), Crash>)> {
    Box::pin(async move {
        let ended = instance.shutdown_async().await;
        (Running::Guest(instance), ended)
    })
}

/// What became of a start whose `init` ended so.
pub(crate) fn started(
    running: Running,
    initialised: Result<(), Failure>,
) -> Result<Running, Crash> {
    match initialised {
        Ok(()) => Ok(running),
        Err(Failure::Crashed(crash)) => Err(crash),
        Err(Failure::Exited) => Err(Crash::new(CrashKind::Exited, "in init")),
        Err(Failure::Refused(error)) => {
            Err(Crash::new(CrashKind::FailedStart, error.shortened(MAX_DETAIL)))
        }
    }
}
