use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use airssys_wasm_actor::Address;
use airssys_wasm_core::ComponentId;
use airssys_wasm_security::{Grants, PatternSet};

use crate::member::Member;
use crate::requester::Requester;
use crate::runtime::Runtime;

/// What the system knows of one component, and other components see of it.
pub(crate) struct Registration {
    pub(crate) author: Arc<Author>,
    pub(crate) address: Address<Member>,
    /// From whom it takes messages; `None`: from anyone.
    pub(crate) receive: Option<PatternSet>,
    /// The largest message that it takes, in bytes.
    pub(crate) max_message_size: u32,
    status: AtomicU8,
}

/// One who sends: a component, or the host program under a name.
pub(crate) struct Author {
    pub(crate) id: ComponentId,
    pub(crate) authority: Authority,
    /// The largest message that it may send, in bytes.
    pub(crate) max_message_size: u32,
    pub(crate) requester: Arc<Requester>,
    /// Whether there is anybody to tell how a request ended.
    pub(crate) takes_callbacks: bool,
}

/// By what right one sends.
pub(crate) enum Authority {
    /// For the operator: to anyone.
    Operator,
    /// As far as it was granted.
    Granted(Grants),
}

/// What a component is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Status {
    /// Its `init` has not returned.
    Starting,
    /// It handles messages.
    Running,
    /// It crashed, and starts again in a while.
    Restarting,
    /// It was stopped.
    Stopped,
    /// It crashed too often, or may not start again.
    GivenUp,
}

const STATUSES: [Status; 5] =
    [Status::Starting, Status::Running, Status::Restarting, Status::Stopped, Status::GivenUp];

impl Author {
    /// The host program, under the name `id`.
    pub(crate) fn outside(id: ComponentId, runtime: &Runtime) -> Self {
        let (clock, timers) = (Arc::clone(&runtime.clock), runtime.timers.clone());
        Self {
            id,
            authority: Authority::Operator,
            max_message_size: u32::MAX,
            requester: Requester::new(None, u32::MAX, u32::MAX, clock, timers),
            takes_callbacks: true,
        }
    }

    /// Whether it is the host program, not a component.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.authority, Authority::Operator)
    }
}

impl Registration {
    pub(crate) fn new(
        author: Arc<Author>,
        address: Address<Member>,
        receive: Option<PatternSet>,
        max_message_size: u32,
    ) -> Arc<Self> {
        let status = AtomicU8::new(Status::Starting as u8);
        Arc::new(Self { author, address, receive, max_message_size, status })
    }

    pub(crate) fn id(&self) -> &ComponentId {
        &self.author.id
    }

    pub(crate) fn status(&self) -> Status {
        STATUSES[usize::from(self.status.load(Ordering::Acquire))]
    }

    pub(crate) fn set_status(&self, status: Status) {
        self.status.store(status as u8, Ordering::Release);
    }

    /// Whether it will never handle a message again.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status(), Status::Stopped | Status::GivenUp)
    }

    /// Whether nothing is queued or in hand there, and none of its requests is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.address.is_idle() && self.author.requester.in_use() == 0
    }
}
