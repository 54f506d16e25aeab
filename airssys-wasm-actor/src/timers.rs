use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airssys_wasm_core::Clock;

use crate::sync::{Condvar, Mutex};

/// What is to be done at a later time. Cloning gives another handle to the same timers.
#[derive(Clone)]
pub struct Timers {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Default)]
struct Pending {
    timers: BTreeMap<TimerKey, Action>,
    set: u64,
    stopping: bool,
}

type Action = Box<dyn FnOnce() + Send>;

/// Which timer it is, for who wants to [take it back](Timers::cancel).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    at: Duration,
    /// Those of one time go off in the order in which they were set.
    number: u64,
}

impl TimerKey {
    /// When it goes off.
    pub fn at(self) -> Duration {
        self.at
    }
}

impl Timers {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared { clock, pending: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Runs `action` once the clock's [`monotonic`](Clock::monotonic) time is `at`, or as soon
    /// as possible after. It must be short: all timers share one thread.
    pub fn at(&self, at: Duration, action: impl FnOnce() + Send + 'static) -> TimerKey {
        let mut pending = self.shared.pending.lock();
        pending.set += 1;
        let key = TimerKey { at, number: pending.set };
        if pending.stopping {
            return key;
        }
        let is_first = pending.first().is_none_or(|first| at < first.at);
        pending.timers.insert(key, Box::new(action));
        drop(pending);
        if is_first {
            self.shared.changed.notify_one();
        }
        key
    }

    /// Takes a timer back; false if it has gone off, or is about to.
    pub fn cancel(&self, key: TimerKey) -> bool {
        let cancelled = self.shared.pending.lock().timers.remove(&key);
        cancelled.is_some()
    }

    /// Runs `action` after `delay`.
    pub fn after(&self, delay: Duration, action: impl FnOnce() + Send + 'static) -> TimerKey {
        self.at(self.shared.clock.monotonic().saturating_add(delay), action)
    }

    /// When the next one goes off.
    pub fn next(&self) -> Option<Duration> {
        self.shared.pending.lock().first().map(TimerKey::at)
    }

    /// Runs the actions whose time has come, and says how many those were.
    pub fn fire_due(&self) -> usize {
        let now = self.shared.clock.monotonic();
        let mut fired = 0;
        while let Some(action) = self.pop_due(now) {
            action();
            fired += 1;
        }
        fired
    }

    /// Fires timers by the machine's clock until stopped.
    pub(crate) fn run(&self) {
        loop {
            self.fire_due();
            let mut pending = self.shared.pending.lock();
            if pending.stopping {
                return;
            }
            match pending.first().map(TimerKey::at) {
                None => self.shared.changed.wait(&mut pending),
                Some(at) => {
                    let delay = at.saturating_sub(self.shared.clock.monotonic());
                    match Instant::now().checked_add(delay) {
                        Some(until) => drop(self.shared.changed.wait_until(&mut pending, until)),
                        None => self.shared.changed.wait(&mut pending),
                    }
                }
            }
        }
    }

    /// Drops all timers and takes no more.
    pub(crate) fn stop(&self) {
        let mut pending = self.shared.pending.lock();
        pending.stopping = true;
        let dropped = std::mem::take(&mut pending.timers);
        drop(pending);
        drop(dropped);
        self.shared.changed.notify_all();
    }

    fn pop_due(&self, now: Duration) -> Option<Action> {
        let mut pending = self.shared.pending.lock();
        let first = pending.first().filter(|first| first.at <= now)?;
        pending.timers.remove(&first)
    }
}

impl Pending {
    fn first(&self) -> Option<TimerKey> {
        self.timers.first_key_value().map(|(key, _)| *key)
    }
}
