use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use airssys_wasm_actor::Address;
use airssys_wasm_core::{ComponentId, Health};
use parking_lot::Mutex;

use crate::authority::Authority;
use crate::codecs::Codecs;
use crate::member::Member;
use crate::metrics::{Counters, Metrics, SendCounters};
use crate::quota::{Quota, QuotaUsage};
use crate::requester::Requester;
use crate::runtime::Runtime;
use crate::timetable::Timetable;
use crate::watch::Watch;

/// What the system knows of one component, and other components see of it.
pub(crate) struct Registration {
    pub(crate) author: Arc<Author>,
    pub(crate) address: Address<Member>,
    /// The largest message that it takes, in bytes.
    pub(crate) max_message_size: u32,
    /// For how long its `shutdown` may run.
    pub(crate) shutdown_timeout: Duration,
    pub(crate) counters: Counters,
    /// What it has last said of itself, since it started.
    pub(crate) health: Mutex<Option<Health>>,
    status: AtomicU8,
    /// Whether the operator is about to stop it.
    is_dismissed: AtomicBool,
}

/// One who sends: a component, or the host program under a name.
pub(crate) struct Author {
    pub(crate) id: ComponentId,
    pub(crate) authority: Authority,
    pub(crate) quota: Quota,
    /// What it speaks, where it declares that.
    pub(crate) codecs: Option<Arc<Codecs>>,
    pub(crate) requester: Arc<Requester>,
    /// Whether there is anybody to tell how a request ended.
    pub(crate) takes_callbacks: bool,
    pub(crate) timetable: Timetable,
    pub(crate) watch: Watch,
    /// Whether there is anybody to tell how others end.
    pub(crate) takes_exits: bool,
    pub(crate) sends: SendCounters,
    /// Those of its timers: another thread counts them.
    pub(crate) timer_sends: OnceLock<Box<SendCounters>>,
    pub(crate) leave: Leave,
}

/// Whether the code of a component may go on with what it is at.
#[derive(Default)]
pub(crate) struct Leave(AtomicU8);

impl Leave {
    const CUT: u8 = 1;
    const LAST_CALL: u8 = 2;

    /// Has the message in hand end with the slice.
    pub(crate) fn cut(&self) {
        let ordering = Ordering::Relaxed;
        // The last call has a time limit of its own.
        let _ = self.0.compare_exchange(0, Self::CUT, ordering, ordering);
    }

    /// Notes that there will be no message any more, only `shutdown`.
    pub(crate) fn last_call(&self) {
        self.0.store(Self::LAST_CALL, Ordering::Relaxed);
    }

    /// Notes that another life begins.
    pub(crate) fn renew(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::CUT
    }
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
            quota: Quota::new(u32::MAX, None),
            codecs: None,
            requester: Requester::new(None, u32::MAX, u32::MAX, clock, timers.clone()),
            takes_callbacks: true,
            timetable: Timetable::new(u32::MAX, timers),
            watch: Watch::new(0, None),
            takes_exits: false,
            sends: SendCounters::default(),
            timer_sends: OnceLock::new(),
            leave: Leave::default(),
        }
    }

    /// Forgets what it has asked for: it has crashed or stopped, and its state is lost.
    pub(crate) fn forget_all(&self, runtime: &Runtime) {
        self.requester.forget_all();
        self.timetable.forget_all();
        runtime.monitors.forget(self);
    }

    /// Whether it is the host program, not a component.
    pub(crate) fn is_outside(&self) -> bool {
        self.authority.is_operator()
    }
}

impl Registration {
    pub(crate) fn new(
        author: Arc<Author>,
        address: Address<Member>,
        max_message_size: u32,
        shutdown_timeout: Duration,
    ) -> Arc<Self> {
        Arc::new(Self {
            author,
            address,
            max_message_size,
            shutdown_timeout,
            counters: Counters::default(),
            health: Mutex::default(),
            status: AtomicU8::new(Status::Starting as u8),
            is_dismissed: AtomicBool::new(false),
        })
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

    /// Notes that the operator is about to stop it: no supervisor decides about it any more.
    pub(crate) fn dismiss(&self) {
        self.is_dismissed.store(true, Ordering::Release);
    }

    pub(crate) fn is_dismissed(&self) -> bool {
        self.is_dismissed.load(Ordering::Acquire)
    }

    /// Whether it will never handle a message again.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status(), Status::Stopped | Status::GivenUp)
    }

    /// Whether nothing is queued or in hand there, and none of its requests is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.address.is_idle() && self.author.requester.in_use() == 0
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let Self { address, counters, .. } = self;
        let counted = counters.metrics();
        let not_well = counted.refused + counted.crashed + counters.turned_away.get();
        Metrics {
            accepted: address.accepted(),
            queued: address.queued() as u64,
            handled: address.handled().saturating_sub(not_well),
            handling_time: address.busy(),
            sends: self.author.sends.counts_with(self.author.timer_sends.get().map(Box::as_ref)),
            ..counted
        }
    }

    pub(crate) fn quota_usage(&self, runtime: &Runtime) -> QuotaUsage {
        let Author { quota, requester, timetable, watch, .. } = &*self.author;
        let rate = quota.rate_at(runtime.clock.monotonic());
        QuotaUsage {
            rate: rate.map(|(rate, _)| rate),
            available: rate.map(|(_, available)| available),
            max_message_size: quota.max_message_size,
            pending_requests: u32::try_from(requester.in_use()).unwrap_or(u32::MAX),
            max_pending_requests: requester.limit(),
            pending_timers: u32::try_from(timetable.len()).unwrap_or(u32::MAX),
            max_pending_timers: timetable.limit(),
            monitors: u32::try_from(watch.len()).unwrap_or(u32::MAX),
            max_monitors: watch.limit(),
        }
    }
}
