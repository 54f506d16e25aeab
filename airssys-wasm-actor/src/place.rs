use std::cell::RefCell;
use std::sync::Arc;

use crate::run_queue::Task;
use crate::sync::deque::Worker as Local;
use crate::workers::Workers;

/// A worker's place: the right to run actors, and what is queued to be run by who has it.
///
/// There are as many as there are workers, and each is with one thread at a time. So never more
/// actors compute at once than there are workers, however many threads there are.
pub(crate) struct Place {
    pub(crate) index: usize,
    pub(crate) local: Local<Task>,
}

/// The place that a thread has, and among which workers.
struct Held {
    workers: Arc<Workers>,
    place: Place,
}

#[cfg(not(loom))]
std::thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}
#[cfg(loom)]
loom::thread_local! {
    static HELD: RefCell<Option<Held>> = RefCell::new(None);
}

impl Place {
    /// Has this thread hold the place.
    pub(crate) fn hold(self, workers: &Arc<Workers>) {
        let held = Held { workers: Arc::clone(workers), place: self };
        HELD.with(|own| own.replace(Some(held)));
    }

    /// Takes the place that this thread holds.
    pub(crate) fn take() -> Option<Self> {
        HELD.with(RefCell::take).map(|held| held.place)
    }

    /// Looks at the place that this thread holds among `workers`.
    pub(crate) fn with_held<T>(workers: &Workers, look: impl FnOnce(&Self) -> T) -> Option<T> {
        HELD.with(|held| {
            let held = held.borrow();
            let held = held.as_ref().filter(|held| std::ptr::eq(&*held.workers, workers))?;
            Some(look(&held.place))
        })
    }

    /// The workers among which this thread holds a place.
    pub(crate) fn workers() -> Option<Arc<Workers>> {
        HELD.with(|held| Some(Arc::clone(&held.borrow().as_ref()?.workers)))
    }
}
