use std::collections::BTreeMap;
use std::time::Duration;

use airssys_wasm_actor::{TimerKey, Timers};
use airssys_wasm_core::{ComponentId, TimerError, TimerId, TraceParent};
use bytes::Bytes;
use parking_lot::Mutex;

/// The messages that one sender has asked to be sent later.
///
/// Whoever takes one out of the table decides what becomes of it, so each goes off once or never.
pub(crate) struct Timetable {
    pending: Mutex<Pending>,
    limit: u32,
    timers: Timers,
}

#[derive(Default)]
struct Pending {
    later: BTreeMap<TimerId, (TimerKey, Later)>,
    /// How many were ever set.
    set: u64,
}

/// A message that is to be sent.
pub(crate) struct Later {
    pub(crate) target: ComponentId,
    pub(crate) payload: Bytes,
    /// The step that asked for it.
    pub(crate) trace: TraceParent,
}

impl Timetable {
    pub(crate) fn new(limit: u32, timers: Timers) -> Self {
        Self { pending: Mutex::default(), limit, timers }
    }

    /// Keeps a message, and calls `go_off` when its time has come.
    pub(crate) fn set(
        &self,
        delay: Duration,
        later: Later,
        go_off: impl FnOnce(TimerId) + Send + 'static,
    ) -> Result<TimerId, TimerError> {
        let mut pending = self.pending.lock();
        if pending.later.len() >= self.limit as usize {
            return Err(TimerError::TooManyTimers(self.limit));
        }
        pending.set += 1;
        let id = TimerId::new(pending.set);
        // It may go off at once, and then waits for the lock: it finds its message.
        let key = self.timers.after(delay, move || go_off(id));
        pending.later.insert(id, (key, later));
        Ok(id)
    }

    /// Takes the message of a timer that goes off; none if it was cancelled.
    pub(crate) fn take(&self, id: TimerId) -> Option<Later> {
        let (_, later) = self.pending.lock().later.remove(&id)?;
        Some(later)
    }

    /// Ends a timer; false if it has gone off.
    pub(crate) fn cancel(&self, id: TimerId) -> bool {
        let cancelled = self.pending.lock().later.remove(&id);
        let Some((key, _)) = cancelled else { return false };
        self.timers.cancel(key);
        true
    }

    /// Ends all timers: their owner has crashed or stopped.
    pub(crate) fn forget_all(&self) {
        let forgotten = std::mem::take(&mut self.pending.lock().later);
        for (key, _) in forgotten.into_values() {
            self.timers.cancel(key);
        }
    }

    /// How many have not gone off.
    pub(crate) fn len(&self) -> usize {
        self.pending.lock().later.len()
    }

    /// The most of these.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
}
