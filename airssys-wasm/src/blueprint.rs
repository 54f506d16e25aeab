use std::sync::Arc;

use airssys_wasm_core::{ComponentId, Crash};
use airssys_wasm_host::{InstancePre, Limits};

use crate::native::Native;
use crate::outbox::Outbox;
use crate::running::Running;

/// From what a component is made, at first and after each crash.
pub(crate) enum Blueprint {
    Guest { pre: InstancePre<Outbox>, limits: Limits },
    Native(NativeFactory),
}

pub(crate) type NativeFactory = Arc<dyn Fn() -> Box<dyn Native> + Send + Sync>;

impl Blueprint {
    pub(crate) fn instantiate(&self, id: &ComponentId, outbox: Outbox) -> Result<Running, Crash> {
        Ok(match self {
            Self::Guest { pre, limits } => {
                Running::Guest(Box::new(pre.instantiate(id.clone(), outbox, *limits)?))
            }
            Self::Native(make) => Running::Native { component: make(), outbox: Box::new(outbox) },
        })
    }
}
