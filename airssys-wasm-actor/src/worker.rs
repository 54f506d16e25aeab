use std::sync::Arc;

use airssys_wasm_core::Clock;

use crate::activation::Activation;
use crate::run_queue::{RunQueue, Task};
use crate::sleep::Sleep;

/// Messages that an actor handles before it goes behind the others that want to run.
const BUDGET: usize = 64;

/// After so many tasks of its own, a worker looks first at what came from outside.
const FAIRNESS: u64 = 61;

/// How often an idle worker looks around before it sleeps: some 20 µs.
const LOOKS: u32 = 100;

/// A thread that runs what is ready.
pub(crate) struct Worker {
    pub(crate) index: usize,
    pub(crate) queue: Arc<RunQueue>,
    pub(crate) sleep: Arc<Sleep>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Worker {
    /// Runs until the scheduler stops.
    pub(crate) fn run(&self) {
        let mut idle_looks = 0;
        let mut stuck = Stuck::new(self.queue.workers());
        loop {
            match self.find(&mut stuck) {
                Some(task) => {
                    idle_looks = 0;
                    self.work(task);
                }
                None => {
                    if !self.sleep.sleep(&mut idle_looks, || self.queue.has_injected()) {
                        return;
                    }
                }
            }
        }
    }

    /// Runs `task`, and all that is queued with this worker after it.
    fn work(&self, task: Task) {
        self.sleep.ensure_watched();
        if self.queue.has_injected() || self.queue.queued_by(self.index) > 0 {
            self.sleep.wake_for_more();
        }
        let mut next = Some(task);
        let mut since_injected = 0;
        let mut activation =
            Activation { worker: self.index, budget: BUDGET, now: self.clock.monotonic() };
        while let Some(task) = next.filter(|_| !self.sleep.is_stopping()) {
            self.queue.begin(self.index);
            activation.budget = BUDGET;
            task.run(&mut activation);
            since_injected += 1;
            next = if since_injected % FAIRNESS == 0 { self.queue.pop_injected() } else { None }
                .or_else(|| self.queue.pop_local())
                .or_else(|| self.queue.pop_injected());
        }
    }

    fn find(&self, stuck: &mut Stuck) -> Option<Task> {
        self.sleep.search(|| {
            for _ in 0..LOOKS {
                let found = self.queue.pop_injected().or_else(|| self.steal_surplus());
                if found.is_some() {
                    return found;
                }
                std::hint::spin_loop();
            }
            self.steal_stuck(stuck)
        })
    }

    /// From a worker that has more than its next task queued. That one it runs itself, where
    /// its memory is warm.
    fn steal_surplus(&self) -> Option<Task> {
        self.others()
            .filter(|&victim| self.queue.queued_by(victim) > 1)
            .find_map(|victim| self.queue.steal_from(victim))
    }

    /// From a worker that has not begun anything since the last look, and has a task queued.
    fn steal_stuck(&self, stuck: &mut Stuck) -> Option<Task> {
        self.others()
            .filter(|&victim| stuck.is(victim, self.queue.begun_by(victim)))
            .find_map(|victim| self.queue.steal_from(victim))
    }

    fn others(&self) -> impl Iterator<Item = usize> + '_ {
        let workers = self.queue.workers();
        (1..workers).map(move |distance| (self.index + distance) % workers)
    }
}

/// What each worker had begun at the last look.
struct Stuck(Vec<u64>);

impl Stuck {
    fn new(workers: usize) -> Self {
        Self(vec![u64::MAX; workers])
    }

    fn is(&mut self, worker: usize, begun: u64) -> bool {
        std::mem::replace(&mut self.0[worker], begun) == begun
    }
}
