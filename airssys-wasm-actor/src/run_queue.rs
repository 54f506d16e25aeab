use crate::activation::Activation;
use crate::place::Place;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::deque::{Injector, Steal, Stealer, Worker as Local};

/// What the scheduler runs: an actor that has something to do.
pub(crate) trait Runnable: Send {
    /// Handles messages, as many as the activation has budget for.
    fn run(self: Box<Self>, activation: &mut Activation<'_>);
}

pub(crate) type Task = Box<dyn Runnable>;

/// The tasks that are ready: a queue for each worker, which is with its [`Place`], and one for
/// everybody else.
pub(crate) struct RunQueue {
    injector: Injector<Task>,
    lanes: Vec<Lane>,
}

/// What other workers see of a worker.
#[repr(align(128))] // two cache lines, which is what x86 fetches at once
struct Lane {
    stealer: Stealer<Task>,
    /// How many tasks it has begun. Only it writes.
    begun: AtomicU64,
}

impl RunQueue {
    /// A run queue, and the places of its workers.
    pub(crate) fn new(workers: usize) -> (Self, Vec<Place>) {
        let places: Vec<_> =
            (0..workers).map(|index| Place { index, local: Local::new_fifo() }).collect();
        let lanes = places
            .iter()
            .map(|place| Lane { stealer: place.local.stealer(), begun: AtomicU64::new(0) })
            .collect();
        (Self { injector: Injector::new(), lanes }, places)
    }

    pub(crate) fn inject(&self, task: Task) {
        self.injector.push(task);
    }

    /// Lets any worker have what is queued with one.
    pub(crate) fn share(&self, local: &Local<Task>) {
        while let Some(task) = local.pop() {
            self.injector.push(task);
        }
    }

    /// Takes some of what came from outside; what is not run at once goes to `local`.
    pub(crate) fn pop_injected(&self, local: &Local<Task>) -> Option<Task> {
        until_decided(|| self.injector.steal_batch_and_pop(local))
    }

    /// Takes half of what `victim` has queued; what is not run at once goes to `local`.
    pub(crate) fn steal_from(&self, victim: usize, local: &Local<Task>) -> Option<Task> {
        until_decided(|| self.lanes[victim].stealer.steal_batch_and_pop(local))
    }

    pub(crate) fn has_injected(&self) -> bool {
        !self.injector.is_empty()
    }

    pub(crate) fn queued_by(&self, worker: usize) -> usize {
        self.lanes[worker].stealer.len()
    }

    pub(crate) fn workers(&self) -> usize {
        self.lanes.len()
    }

    /// Notes that `worker`, whose place this thread has, begins a task.
    pub(crate) fn begin(&self, worker: usize) {
        let begun = &self.lanes[worker].begun;
        begun.store(begun.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn begun_by(&self, worker: usize) -> u64 {
        self.lanes[worker].begun.load(Ordering::Relaxed)
    }

    /// Drops what came from outside.
    pub(crate) fn clear(&self) {
        while !matches!(self.injector.steal(), Steal::Empty) {}
    }
}

fn until_decided(steal: impl Fn() -> Steal<Task>) -> Option<Task> {
    loop {
        match steal() {
            Steal::Success(task) => return Some(task),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
