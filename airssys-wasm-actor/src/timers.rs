use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airssys_wasm_core::Clock;
use parking_lot::{Condvar, Mutex};

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
    heap: BinaryHeap<Reverse<Timer>>,
    set: u64,
    stopping: bool,
}

struct Timer {
    at: Duration,
    /// Those of one time go off in the order in which they were set.
    number: u64,
    action: Box<dyn FnOnce() + Send>,
}

impl Timers {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared { clock, pending: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Runs `action` once the clock's [`monotonic`](Clock::monotonic) time is `at`, or as soon
    /// as possible after. It must be short: all timers share one thread.
    pub fn at(&self, at: Duration, action: impl FnOnce() + Send + 'static) {
        let mut pending = self.shared.pending.lock();
        if pending.stopping {
            return;
        }
        let is_first = pending.heap.peek().is_none_or(|Reverse(first)| at < first.at);
        pending.set += 1;
        let number = pending.set;
        pending.heap.push(Reverse(Timer { at, number, action: Box::new(action) }));
        drop(pending);
        if is_first {
            self.shared.changed.notify_one();
        }
    }

    /// Runs `action` after `delay`.
    pub fn after(&self, delay: Duration, action: impl FnOnce() + Send + 'static) {
        self.at(self.shared.clock.monotonic().saturating_add(delay), action);
    }

    /// When the next one goes off.
    pub fn next(&self) -> Option<Duration> {
        self.shared.pending.lock().heap.peek().map(|Reverse(timer)| timer.at)
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
            match pending.heap.peek().map(|Reverse(timer)| timer.at) {
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
        let dropped = std::mem::take(&mut pending.heap);
        drop(pending);
        drop(dropped);
        self.shared.changed.notify_all();
    }

    fn pop_due(&self, now: Duration) -> Option<Box<dyn FnOnce() + Send>> {
        let mut pending = self.shared.pending.lock();
        if pending.heap.peek().is_some_and(|Reverse(timer)| timer.at <= now) {
            pending.heap.pop().map(|Reverse(timer)| timer.action)
        } else {
            None
        }
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
