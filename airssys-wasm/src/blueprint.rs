use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::ComponentId;
use airssys_wasm_host::{Extensions, InstancePre, Limits, Random, Surroundings, Time};

use crate::member::unwinding;
use crate::native::Native;
use crate::outbox::Outbox;
use crate::running::{Launch, Running, launch_call, started};
use crate::runtime::Runtime;

/// From what a component is made, at first and after each crash.
pub(crate) enum Blueprint {
    Guest(Box<GuestBlueprint>),
    Native(NativeFactory),
}

pub(crate) struct GuestBlueprint {
    pub(crate) pre: InstancePre,
    pub(crate) limits: Limits,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) extensions: Option<ExtensionsFactory>,
}

pub(crate) type NativeFactory = Arc<dyn Fn() -> Box<dyn Native> + Send + Sync>;
pub(crate) type ExtensionsFactory = Arc<dyn Fn() -> Extensions + Send + Sync>;

impl Blueprint {
    /// How long a message may take, where that is limited.
    pub(crate) fn message_timeout(&self) -> Option<Duration> {
        match self {
            Self::Guest(guest) => Some(guest.limits.message_timeout),
            Self::Native(_) => None,
        }
    }

    /// Makes an instance and calls its `init`.
    pub(crate) fn launch(&self, id: &ComponentId, outbox: Outbox, runtime: &Runtime) -> Launch {
        let running = match self {
            Self::Native(make) => {
                Ok(Running::Native { component: make(), outbox: Box::new(outbox) })
            }
            Self::Guest(guest) => {
                let (pre, limits) = (guest.pre.clone(), guest.limits);
                let (surroundings, id) = (guest.surroundings(runtime), id.clone());
                if pre.can_wait() {
                    let outbox = Box::new(outbox.that_waits());
                    return Launch::Waits(launch_call(async move {
                        pre.instantiate_async(surroundings, id, outbox, limits).await
                    }));
                }
                let instance = pre.instantiate_in(surroundings, id, Box::new(outbox), limits);
                instance.map(|instance| Running::Guest(Box::new(instance)))
            }
        };
        Launch::Done(running.and_then(|mut running| {
            let initialised = unwinding(|| running.init(id));
            started(running, initialised)
        }))
    }
}

impl GuestBlueprint {
    fn surroundings(&self, runtime: &Runtime) -> Surroundings {
        let (clock, alarm) = (Arc::clone(&runtime.clock), Arc::clone(&runtime.alarm));
        Surroundings {
            time: Time { clock, alarm },
            random: if runtime.is_seeded { Random::Seed(runtime.random()) } else { Random::System },
            output: runtime.output.clone(),
            memory: runtime.memory.clone(),
            config: self.config.clone(),
            extensions: self.extensions.as_ref().map_or_else(Extensions::new, |make| make()),
        }
    }
}
