use std::io;
use std::sync::{Arc, OnceLock};

use airssys_wasm_core::Clock;

use crate::hand_off::{HandOff, Heir, Seat, SpareThreads};
use crate::place::Place;
use crate::run_queue::{RunQueue, Task};
use crate::sleep::Sleep;
use crate::sync::Mutex;
use crate::sync::thread::{self, JoinHandle};
use crate::worker;

/// Asks actors that take long to make room.
pub(crate) type Nudge = Box<dyn Fn() + Send + Sync>;

/// Threads that run what is ready, and what they share.
pub(crate) struct Workers {
    pub(crate) queue: RunQueue,
    pub(crate) sleep: Sleep,
    pub(crate) hand_off: HandOff,
    pub(crate) clock: Arc<dyn Clock>,
    nudge: OnceLock<Nudge>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Workers {
    /// Without threads, and the places that these are to have.
    pub(crate) fn new(
        workers: usize,
        spare_threads: usize,
        clock: Arc<dyn Clock>,
    ) -> (Arc<Self>, Vec<Place>) {
        let (queue, places) = RunQueue::new(workers);
        let (sleep, hand_off) = (Sleep::new(workers), HandOff::new(spare_threads));
        let threads = Mutex::default();
        (Arc::new(Self { queue, sleep, hand_off, clock, nudge: OnceLock::new(), threads }), places)
    }

    /// Starts a thread for each of `places`.
    pub(crate) fn start(self: &Arc<Self>, places: Vec<Place>) -> io::Result<()> {
        places.into_iter().try_for_each(|place| {
            let seat = self.start_thread()?;
            seat.give(place);
            Ok(())
        })
    }

    /// Queues what has become ready.
    pub(crate) fn enqueue(&self, task: Task) {
        let mut task = Some(task);
        let queued = Place::with_held(self, |place| {
            if let Some(task) = task.take() {
                place.local.push(task);
            }
            place.local.len()
        });
        match queued {
            Some(1) => {}
            Some(_) => self.sleep.wake_for_more(),
            None => task.into_iter().for_each(|task| self.inject(task)),
        }
    }

    /// Has actors that take long be asked like this to make room when something is injected and no
    /// worker is free. Who sets it first has it.
    pub(crate) fn nudge_with(&self, nudge: Nudge) {
        // A scheduler is set up by one.
        drop(self.nudge.set(nudge));
    }

    fn inject(&self, task: Task) {
        let is_first = !self.queue.has_injected();
        self.queue.inject(task);
        self.sleep.wake_for_injected();
        if is_first
            && !self.sleep.has_sleepers()
            && let Some(nudge) = self.nudge.get()
        {
            nudge();
        }
        if self.sleep.is_stopping() {
            self.clear();
        }
    }

    /// Has the calling thread, in the middle of a task, give its place to others that have
    /// something to do, and wait for its turn.
    pub(crate) fn make_room(self: &Arc<Self>) {
        let queued_here = Place::with_held(self, |place| !place.local.is_empty()).unwrap_or(false);
        let is_queued = queued_here || self.queue.has_injected();
        if !is_queued && !self.hand_off.has_parked() {
            return;
        }
        if self.sleep.has_sleepers() {
            // There is a place to spare: its thread takes over what waits here.
            Place::with_held(self, |place| self.queue.share(&place.local));
            return self.sleep.wake_for_injected();
        }
        let Some(heir) = self.hand_off.heir(is_queued) else { return };
        let heir = match heir {
            Heir::Waiting(seat) => seat,
            Heir::New => match self.start_thread() {
                Ok(seat) => seat,
                Err(error) => {
                    tracing::warn!("no thread for others while an actor takes long: {error}");
                    return self.hand_off.not_started();
                }
            },
        };
        let Some(place) = Place::take() else { return };
        let seat = self.hand_off.park();
        heir.give(place);
        // Whoever has just fallen asleep, or is about to, has a place for this thread.
        self.sleep.wake_for_injected();
        if let Some(place) = seat.wait() {
            place.hold(self);
        }
    }

    /// Whether threads that have a place should not sleep.
    pub(crate) fn has_work(&self) -> bool {
        self.queue.has_injected() || self.hand_off.has_parked()
    }

    pub(crate) fn spare_threads(&self) -> SpareThreads {
        self.hand_off.spare_threads()
    }

    /// Ends the threads, once each has finished the task in hand.
    pub(crate) fn stop(&self) {
        // In this order: a thread that comes back from its work finds that there is none to wait for.
        self.hand_off.stop();
        self.sleep.stop();
        let this = thread::current().id();
        // One that ends may have started another.
        let next = || self.threads.lock().pop();
        while let Some(thread) = next() {
            if thread.thread().id() != this && thread.join().is_err() {
                tracing::error!("a thread of the scheduler panicked");
            }
        }
    }

    /// Drops what will not run: tasks hold the cells, and those hold this.
    pub(crate) fn clear(&self) {
        self.queue.clear();
    }

    /// Starts a thread, and says where it waits for its place.
    fn start_thread(self: &Arc<Self>) -> io::Result<Arc<Seat>> {
        let seat = Arc::new(Seat::default());
        let (workers, waits) = (Arc::clone(self), Arc::clone(&seat));
        let mut threads = self.threads.lock();
        threads.retain(|thread| !thread.is_finished());
        let name = format!("airssys-worker-{}", threads.len());
        threads.push(thread::Builder::new().name(name).spawn(move || {
            worker::run(&workers, waits.wait());
        })?);
        Ok(seat)
    }
}
