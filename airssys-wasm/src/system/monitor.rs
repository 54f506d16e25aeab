//! A host program is told how components end.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use airssys_wasm_core::{ComponentId, ExitReason};
use parking_lot::{Condvar, Mutex};

use super::System;
use crate::runtime::Runtime;

impl System {
    /// Has the host program be told how a component ends: each time it crashes, and when it is
    /// stopped or given up. Where there is none with this id, that is told at once.
    pub fn monitor(&self, id: &str) -> Monitor {
        let slot = Arc::<MonitorSlot>::default();
        let target = ComponentId::parse(id).ok();
        match &target {
            Some(target) => self.runtime.monitor_by_handle(&slot, target),
            None => slot.tell(ExitReason::NoSuchComponent, true),
        }
        Monitor { target, slot, runtime: Arc::downgrade(&self.runtime) }
    }
}

/// What a host program is told of one component's ends. It waits here until it is taken; if there
/// is more news meanwhile, only the newest is told. To drop this ends the monitor.
///
/// In a [seeded](crate::SystemBuilder::seeded) system nothing happens while a thread waits: there
/// it is [`try_recv`](Self::try_recv) that is of use.
pub struct Monitor {
    target: Option<ComponentId>,
    slot: Arc<MonitorSlot>,
    runtime: Weak<Runtime>,
}

impl Monitor {
    /// Waits for the next end of the component; `None` if there will be none any more.
    pub fn recv(&self) -> Option<ExitReason> {
        self.slot.wait(None)
    }

    /// The same, for at most `timeout`. `None` also where nothing came in time: then
    /// [`is_over`](Self::is_over) is false.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<ExitReason> {
        self.slot.wait(Instant::now().checked_add(timeout))
    }

    /// What has not been told yet.
    pub fn try_recv(&self) -> Option<ExitReason> {
        self.slot.news.lock().waiting.take()
    }

    /// Whether all has been told: the component was stopped or given up.
    pub fn is_over(&self) -> bool {
        self.slot.news.lock().is_over()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        if let (Some(target), Some(runtime)) = (&self.target, self.runtime.upgrade()) {
            runtime.monitors.end_handle(&self.slot, target);
        }
    }
}

/// Where a handle's news wait.
#[derive(Default)]
pub(crate) struct MonitorSlot {
    news: Mutex<News>,
    came: Condvar,
}

#[derive(Default)]
struct News {
    waiting: Option<ExitReason>,
    /// There will be no more.
    has_ended: bool,
}

impl MonitorSlot {
    pub(crate) fn tell(&self, reason: ExitReason, is_last: bool) {
        let mut news = self.news.lock();
        news.waiting = Some(reason);
        news.has_ended |= is_last;
        drop(news);
        self.came.notify_all();
    }

    fn wait(&self, until: Option<Instant>) -> Option<ExitReason> {
        let mut news = self.news.lock();
        while news.waiting.is_none() && !news.is_over() {
            match until {
                None => self.came.wait(&mut news),
                Some(until) => {
                    if self.came.wait_until(&mut news, until).timed_out() {
                        break;
                    }
                }
            }
        }
        news.waiting.take()
    }
}

impl News {
    fn is_over(&self) -> bool {
        self.has_ended && self.waiting.is_none()
    }
}
