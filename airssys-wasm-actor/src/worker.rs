//! What a thread does that runs actors.

use std::sync::Arc;
use std::time::Duration;

use crate::activation::Activation;
use crate::place::Place;
use crate::run_queue::{RunQueue, Task};
use crate::workers::Workers;

/// Messages that an actor handles before it goes behind the others that want to run.
const BUDGET: usize = 64;

/// After so many tasks of its own, a worker looks first at what came from outside.
const FAIRNESS: u64 = 61;

/// How often an idle worker looks around before it sleeps: some 20 µs.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 100 };

/// While others are parked in the middle of a message, what is queued runs for so long before it
/// is their turn: about as long as a slice, so that they get half of the time at least.
const TURN: Duration = Duration::from_millis(1);

/// Runs what is ready, as long as there is a place for this thread.
pub(crate) fn run(workers: &Arc<Workers>, mut place: Option<Place>) {
    while let Some(held) = place {
        held.hold(workers);
        Worker::new(workers).run();
        place = Place::take().and_then(|place| workers.hand_off.pass_on(place));
    }
}

/// A thread that has a place.
///
/// Which place that is may change while it runs a task: see [`Workers::make_room`].
struct Worker<'a> {
    workers: &'a Workers,
    /// What each worker had begun at the last look.
    begun: Vec<u64>,
    activation: Activation<'a>,
}

impl<'a> Worker<'a> {
    fn new(workers: &'a Workers) -> Self {
        let activation = Activation::of_worker(workers.clock.as_ref());
        Self { workers, begun: vec![u64::MAX; workers.queue.workers()], activation }
    }

    /// Runs until its place is for another, or the scheduler stops.
    fn run(&mut self) {
        let Workers { sleep, hand_off, .. } = self.workers;
        let mut idle_looks = 0;
        loop {
            let goes_on = match self.find() {
                Some(task) => {
                    idle_looks = 0;
                    self.work(task)
                }
                None if hand_off.has_parked() => false,
                None => sleep.sleep(&mut idle_looks, || self.workers.has_work()),
            };
            if !goes_on || sleep.is_stopping() {
                return;
            }
        }
    }

    /// Runs `task`, and all that is queued with this worker after it. False if it is somebody
    /// else's turn before.
    fn work(&mut self, task: Task) -> bool {
        let Workers { queue, sleep, hand_off, .. } = self.workers;
        sleep.ensure_watched();
        if queue.has_injected() || self.with_place(|place| !place.local.is_empty()) {
            sleep.wake_for_more();
        }
        let mut next = Some(self.with_place(|place| Begun::begin(task, place, queue)));
        let mut tasks = 0;
        self.activation.wake();
        let began = self.activation.now();
        while let Some(Begun { task, worker }) = next.filter(|_| !sleep.is_stopping()) {
            self.activation.worker = worker;
            self.activation.budget = BUDGET;
            task.run(&mut self.activation);
            tasks += 1;
            if hand_off.has_parked() {
                self.activation.look();
                if self.activation.now().saturating_sub(began) >= TURN {
                    return false;
                }
            }
            next = self.with_place(|place| {
                let local = &place.local;
                let task = if tasks % FAIRNESS == 0 { queue.pop_injected(local) } else { None }
                    .or_else(|| local.pop())
                    .or_else(|| queue.pop_injected(local));
                task.map(|task| Begun::begin(task, place, queue))
            });
        }
        true
    }

    fn find(&mut self) -> Option<Task> {
        let Workers { queue, sleep, hand_off, .. } = self.workers;
        sleep.search(|| {
            let looks = if hand_off.has_parked() { 1 } else { LOOKS };
            for _ in 0..looks {
                let found = self.with_place(|place| {
                    place.local.pop().or_else(|| queue.pop_injected(&place.local))
                });
                let found = found.or_else(|| self.steal_surplus());
                if found.is_some() {
                    return found;
                }
                std::hint::spin_loop();
            }
            self.steal_stuck()
        })
    }

    /// From a worker that has more than its next task queued. That one it runs itself, where
    /// its memory is warm.
    fn steal_surplus(&self) -> Option<Task> {
        let queue = &self.workers.queue;
        self.with_place(|place| {
            others(place.index, queue.workers())
                .filter(|&victim| queue.queued_by(victim) > 1)
                .find_map(|victim| queue.steal_from(victim, &place.local))
        })
    }

    /// From a worker that has not begun anything since the last look, and has a task queued.
    fn steal_stuck(&mut self) -> Option<Task> {
        let (queue, begun) = (&self.workers.queue, &mut self.begun);
        held(self.workers, |place| {
            others(place.index, queue.workers())
                .filter(|&victim| {
                    let now = queue.begun_by(victim);
                    std::mem::replace(&mut begun[victim], now) == now
                })
                .find_map(|victim| queue.steal_from(victim, &place.local))
        })
    }

    fn with_place<T>(&self, look: impl FnOnce(&Place) -> T) -> T {
        held(self.workers, look)
    }
}

/// A task that is run next, and by which worker.
struct Begun {
    task: Task,
    worker: usize,
}

impl Begun {
    fn begin(task: Task, place: &Place, queue: &RunQueue) -> Self {
        queue.begin(place.index);
        Self { task, worker: place.index }
    }
}

fn held<T>(workers: &Workers, look: impl FnOnce(&Place) -> T) -> T {
    Place::with_held(workers, look).expect("a thread that runs tasks has a place")
}

fn others(index: usize, workers: usize) -> impl Iterator<Item = usize> {
    (1..workers).map(move |distance| (index + distance) % workers)
}
