use airssys_wasm_core::{ComponentId, Crash, ExitReason, Failure, Health, MessageInfo};
use airssys_wasm_host::Instance;

use crate::mail::Callback;
use crate::native::{Context, Native};
use crate::outbox::Outbox;

/// A component's code with its memory and its outbox.
pub(crate) enum Running {
    Guest(Box<Instance<Outbox>>),
    Native { component: Box<dyn Native>, outbox: Box<Outbox> },
}

impl Running {
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
        info: MessageInfo,
        queued: usize,
    ) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Guest(instance) => instance.handle_message(sender.as_str(), message, info),
            Self::Native { component, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(&info), queued };
                component.handle_message(sender, message, &mut context).map_err(Failure::Refused)
            }
        }
    }

    pub(crate) fn handle_callback(
        &mut self,
        id: &ComponentId,
        callback: &Callback,
        info: MessageInfo,
        queued: usize,
    ) -> Result<(), Failure> {
        let outcome = callback.outcome.as_deref();
        match self {
            Self::Guest(instance) => instance.handle_callback(outcome, info),
            Self::Native { component, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(&info), queued };
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
        info: MessageInfo,
        queued: usize,
    ) -> Result<(), Failure> {
        match self {
            Self::Guest(instance) => instance.handle_exit(component.as_str(), reason, info),
            Self::Native { component: native, outbox } => {
                let mut context =
                    Context { id, outbox: &mut **outbox, message: Some(&info), queued };
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

    pub(crate) fn outbox_mut(&mut self) -> &mut Outbox {
        match self {
            Self::Guest(instance) => instance.outbox_mut(),
            Self::Native { outbox, .. } => outbox,
        }
    }
}
