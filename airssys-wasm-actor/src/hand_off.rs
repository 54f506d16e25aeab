use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::place::Place;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex};

/// How places go from thread to thread, so that an actor which takes long can be parked in the
/// middle of a message, on its own thread.
///
/// A thread without a place is *parked*, with an actor in the middle of a message, or *idle*.
/// Together these are the spare threads; how many there may be is limited. The parked get a
/// place again in the order in which they gave theirs away.
pub(crate) struct HandOff {
    state: Mutex<State>,
    /// How many are parked, to be read without the lock.
    parked: AtomicUsize,
    limit: usize,
}

#[derive(Default)]
struct State {
    parked: VecDeque<Arc<Seat>>,
    idle: Vec<Arc<Seat>>,
    /// All threads but as many as there are places.
    spare: usize,
    stopping: bool,
}

/// Where a thread without a place waits for one.
#[derive(Default)]
pub(crate) struct Seat {
    given: Mutex<Given>,
    changed: Condvar,
}

#[derive(Default)]
enum Given {
    #[default]
    Nothing,
    Place(Place),
    /// There will be none.
    Never,
}

/// Who is to have a place.
pub(crate) enum Heir {
    /// A thread that waits for it.
    Waiting(Arc<Seat>),
    /// A thread that is to be started.
    New,
}

/// The threads of a scheduler that have no worker's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpareThreads {
    /// Each with an actor in the middle of a message, that waits for its turn.
    pub parked: usize,
    /// With nothing to do. After a while they end.
    pub idle: usize,
}

/// How long a thread stays that has nothing to do.
const KEEP: Duration = Duration::from_millis(100);

impl HandOff {
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), parked: AtomicUsize::new(0), limit }
    }

    pub(crate) fn has_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn spare_threads(&self) -> SpareThreads {
        let state = self.state.lock();
        SpareThreads { parked: state.parked.len(), idle: state.idle.len() }
    }

    /// Who can take a place over: a thread that runs what is queued, if something is, or else the
    /// first of the parked. At the limit of threads only those; and nobody at the end.
    pub(crate) fn heir(&self, is_queued: bool) -> Option<Heir> {
        let mut state = self.state.lock();
        if state.stopping {
            return None;
        }
        if is_queued && let Some(idle) = state.idle.pop() {
            return Some(Heir::Waiting(idle));
        }
        if is_queued && state.spare < self.limit {
            state.spare += 1;
            return Some(Heir::New);
        }
        self.unpark(&mut state).map(Heir::Waiting)
    }

    /// Notes that no thread could be started for [`Heir::New`].
    pub(crate) fn not_started(&self) {
        self.state.lock().spare -= 1;
    }

    /// A seat to be parked in, for a thread that is about to give its place to an heir.
    pub(crate) fn park(&self) -> Arc<Seat> {
        let seat = Arc::new(Seat::default());
        self.state.lock().parked.push_back(Arc::clone(&seat));
        self.parked.fetch_add(1, Ordering::Relaxed);
        seat
    }

    /// Gives the place of the calling thread, which has no actor in hand, to the first of the
    /// parked, and waits for another. The place that it has then, if it is to go on.
    pub(crate) fn pass_on(&self, place: Place) -> Option<Place> {
        let mut state = self.state.lock();
        let Some(parked) = self.unpark(&mut state) else {
            return if state.stopping { None } else { Some(place) };
        };
        let seat = Arc::new(Seat::default());
        let stopping = state.stopping;
        if !stopping {
            state.idle.push(Arc::clone(&seat));
        }
        drop(state);
        parked.give(place);
        if stopping { None } else { self.idle(&seat) }
    }

    /// Waits for a place, for as long as a thread is kept that has none.
    fn idle(&self, seat: &Arc<Seat>) -> Option<Place> {
        if let Some(given) = seat.wait_for(KEEP) {
            return given;
        }
        let mut state = self.state.lock();
        match state.idle.iter().position(|idle| Arc::ptr_eq(idle, seat)) {
            Some(at) => {
                state.idle.remove(at);
                state.spare -= 1;
                None
            }
            // Somebody has just chosen it.
            None => {
                drop(state);
                seat.wait()
            }
        }
    }

    /// Parks nobody any more, and ends the threads that have nothing to do. The parked still get
    /// places, one after the other, as threads pass theirs on.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock();
        state.stopping = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        for seat in idle {
            seat.end();
        }
    }

    fn unpark(&self, state: &mut State) -> Option<Arc<Seat>> {
        let first = state.parked.pop_front()?;
        self.parked.fetch_sub(1, Ordering::Relaxed);
        Some(first)
    }
}

impl Seat {
    pub(crate) fn give(&self, place: Place) {
        self.set(Given::Place(place));
    }

    /// Waits for a place; `None`: there will be none.
    pub(crate) fn wait(&self) -> Option<Place> {
        let mut given = self.given.lock();
        loop {
            match std::mem::take(&mut *given) {
                Given::Nothing => self.changed.wait(&mut given),
                Given::Place(place) => return Some(place),
                Given::Never => return None,
            }
        }
    }

    /// The same, for no longer than this; `None`: it is not decided yet.
    fn wait_for(&self, time: Duration) -> Option<Option<Place>> {
        let mut given = self.given.lock();
        if matches!(*given, Given::Nothing) {
            self.changed.wait_for(&mut given, time);
        }
        match std::mem::take(&mut *given) {
            Given::Nothing => None,
            Given::Place(place) => Some(Some(place)),
            Given::Never => Some(None),
        }
    }

    fn end(&self) {
        self.set(Given::Never);
    }

    fn set(&self, what: Given) {
        *self.given.lock() = what;
        self.changed.notify_one();
    }
}
