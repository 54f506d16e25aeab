use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_deque::{Injector, Steal, Stealer, Worker};

use crate::activation::Activation;

/// What the scheduler runs: an actor that has something to do.
pub(crate) trait Runnable: Send {
    /// Handles messages, as many as the activation has budget for.
    fn run(self: Box<Self>, activation: &mut Activation);
}

pub(crate) type Task = Box<dyn Runnable>;

/// The tasks that are ready: a queue for each worker, and one for everybody else.
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

thread_local! {
    /// The queue of the worker that this thread is, and the run queue to which it belongs.
    static LOCAL: RefCell<Option<(*const RunQueue, Worker<Task>)>> = const { RefCell::new(None) };
}

impl RunQueue {
    /// A run queue, and the local queues of its workers.
    pub(crate) fn new(workers: usize) -> (Self, Vec<Worker<Task>>) {
        let local: Vec<_> = (0..workers).map(|_| Worker::new_fifo()).collect();
        let lanes = local
            .iter()
            .map(|queue| Lane { stealer: queue.stealer(), begun: AtomicU64::new(0) })
            .collect();
        (Self { injector: Injector::new(), lanes }, local)
    }

    /// Makes this thread the worker with this queue.
    pub(crate) fn enter(&self, queue: Worker<Task>) {
        LOCAL.set(Some((std::ptr::from_ref(self), queue)));
    }

    /// Queues `task` with the worker that this thread is, if it is one. Answers with how many
    /// that worker has then, or with the task.
    pub(crate) fn push_local(&self, task: Task) -> Result<usize, Task> {
        LOCAL.with_borrow(|local| match local {
            Some((of, queue)) if std::ptr::eq(*of, self) => {
                queue.push(task);
                Ok(queue.len())
            }
            _ => Err(task),
        })
    }

    pub(crate) fn inject(&self, task: Task) {
        self.injector.push(task);
    }

    pub(crate) fn pop_local(&self) -> Option<Task> {
        LOCAL.with_borrow(|local| local.as_ref()?.1.pop())
    }

    /// Takes some of what came from outside.
    pub(crate) fn pop_injected(&self) -> Option<Task> {
        self.steal(|queue| self.injector.steal_batch_and_pop(queue))
    }

    /// Takes half of what `victim` has queued.
    pub(crate) fn steal_from(&self, victim: usize) -> Option<Task> {
        self.steal(|queue| self.lanes[victim].stealer.steal_batch_and_pop(queue))
    }

    fn steal(&self, steal: impl Fn(&Worker<Task>) -> Steal<Task>) -> Option<Task> {
        LOCAL.with_borrow(|local| {
            let (_, queue) = local.as_ref()?;
            loop {
                match steal(queue) {
                    Steal::Success(task) => return Some(task),
                    Steal::Empty => return None,
                    Steal::Retry => {}
                }
            }
        })
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

    /// Notes that `worker`, which this thread is, begins a task.
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
