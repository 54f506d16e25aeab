use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use airssys_wasm_core::Clock;
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::activation::Activation;
use crate::actor::Actor;
use crate::address::Address;
use crate::cell::Cell;
use crate::clock::SystemClock;
use crate::flow::Waits;
use crate::mailbox::MailboxLimits;
use crate::run_queue::{RunQueue, Task};
use crate::sleep::Sleep;
use crate::timers::Timers;
use crate::worker::Worker;

/// Runs actors: on worker threads of its own, or on the caller's in an order drawn from a seed.
///
/// Dropping it ends its threads once each has finished the message in hand. Actors are not
/// stopped by that; who wants them to end in order stops them before.
pub struct Scheduler {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
    timers: Timers,
    threads: Vec<JoinHandle<()>>,
}

/// What every cell knows of its scheduler.
pub(crate) struct Core {
    order: Order,
    stopped: AtomicBool,
    pub(crate) waits: Waits,
    pub(crate) clock: Arc<dyn Clock>,
}

enum Order {
    Workers { queue: Arc<RunQueue>, sleep: Arc<Sleep> },
    Seeded(Mutex<Seeded>),
}

struct Seeded {
    ready: Vec<Task>,
    random: SmallRng,
}

/// In a seeded order, an actor handles up to so many messages in a row.
const SEEDED_BUDGET: usize = 8;

impl Scheduler {
    /// A scheduler with this many worker threads (at least one) and one for timers, by the
    /// machine's clock.
    ///
    /// # Panics
    ///
    /// If the machine gives no more threads.
    pub fn start(workers: usize) -> Self {
        let workers = workers.max(1);
        let (queue, local) = RunQueue::new(workers);
        let (queue, sleep) = (Arc::new(queue), Arc::new(Sleep::new(workers)));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let timers = Timers::new(Arc::clone(&clock));
        let mut threads: Vec<_> = local
            .into_iter()
            .enumerate()
            .map(|(index, local)| {
                let (queue, sleep) = (Arc::clone(&queue), Arc::clone(&sleep));
                let worker = Worker { index, queue, sleep, clock: Arc::clone(&clock) };
                spawn_thread(format!("airssys-worker-{index}"), move || {
                    worker.queue.enter(local);
                    worker.run();
                })
            })
            .collect();
        let running = timers.clone();
        threads.push(spawn_thread("airssys-timers".into(), move || running.run()));
        let core = Core::new(Order::Workers { queue, sleep }, Arc::clone(&clock));
        Self { core: Arc::new(core), clock, timers, threads }
    }

    /// A scheduler without threads: [`step`](Self::step) runs one ready actor on the caller's,
    /// drawn by `seed`, and timers go off when the caller lets them
    /// ([`Timers::fire_due`]). The same seed and the same sends give the same run.
    pub fn seeded(seed: u64, clock: Arc<dyn Clock>) -> Self {
        let seeded = Seeded { ready: Vec::new(), random: SmallRng::seed_from_u64(seed) };
        let core = Core::new(Order::Seeded(Mutex::new(seeded)), Arc::clone(&clock));
        let timers = Timers::new(Arc::clone(&clock));
        Self { core: Arc::new(core), clock, timers, threads: Vec::new() }
    }

    /// Starts an actor with an empty mailbox.
    pub fn spawn<A: Actor>(&self, actor: A, limits: MailboxLimits) -> Address<A> {
        let address = self.reserve(limits);
        // A place that nobody else has seen is vacant.
        let _ = address.install(actor);
        address
    }

    /// A place for an actor to come: messages to it wait until it is
    /// [installed](Address::install).
    pub fn reserve<A: Actor>(&self, limits: MailboxLimits) -> Address<A> {
        Address { cell: Cell::vacant(limits, Arc::clone(&self.core)) }
    }

    /// The clock that the timers go by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The timers.
    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// How many worker threads it has; 0 if it is [seeded](Self::seeded).
    pub fn workers(&self) -> usize {
        match &self.core.order {
            Order::Workers { queue, .. } => queue.workers(),
            Order::Seeded(_) => 0,
        }
    }

    /// Whether it has no threads, but is [stepped](Self::step).
    pub fn is_seeded(&self) -> bool {
        matches!(self.core.order, Order::Seeded(_))
    }

    /// Runs one ready actor on this thread; false if none is ready. Where there are worker
    /// threads they do that, and there is nothing to step.
    pub fn step(&self) -> bool {
        let Order::Seeded(seeded) = &self.core.order else { return false };
        let Some((task, budget)) = seeded.lock().draw() else { return false };
        task.run(&mut Activation { worker: 0, budget, now: self.clock.monotonic() });
        true
    }

    /// Returns once no actor is ready: waits for the worker threads, or steps.
    pub fn wait_quiet(&self) {
        match &self.core.order {
            Order::Workers { queue, sleep } => {
                sleep.wait_quiet(None, || queue.has_injected());
            }
            Order::Seeded(_) => while self.step() {},
        }
    }

    /// Like [`wait_quiet`](Self::wait_quiet), for no longer than `timeout`. Says whether it is
    /// quiet.
    pub fn wait_quiet_for(&self, timeout: Duration) -> bool {
        let until = Instant::now().checked_add(timeout);
        match &self.core.order {
            Order::Workers { queue, sleep } => sleep.wait_quiet(until, || queue.has_injected()),
            Order::Seeded(seeded) => loop {
                if until.is_some_and(|until| Instant::now() >= until) {
                    return seeded.lock().ready.is_empty();
                }
                if !self.step() {
                    return true;
                }
            },
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.core.stop();
        self.timers.stop();
        let this = thread::current().id();
        for thread in self.threads.drain(..) {
            if thread.thread().id() != this && thread.join().is_err() {
                tracing::error!("a thread of the scheduler panicked");
            }
        }
        self.core.clear();
    }
}

impl Core {
    fn new(order: Order, clock: Arc<dyn Clock>) -> Self {
        Self { order, stopped: AtomicBool::new(false), waits: Waits::default(), clock }
    }

    pub(crate) fn enqueue(&self, task: Task) {
        match &self.order {
            Order::Workers { queue, sleep } => match queue.push_local(task) {
                Ok(1) => {}
                Ok(_) => sleep.wake_for_more(),
                Err(task) => {
                    queue.inject(task);
                    sleep.wake_for_injected();
                    if self.stopped.load(Ordering::SeqCst) {
                        self.clear();
                    }
                }
            },
            Order::Seeded(seeded) => seeded.lock().ready.push(task),
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Order::Workers { sleep, .. } = &self.order {
            sleep.stop();
        }
    }

    /// Drops what will not run: tasks hold the cells, and those hold this.
    fn clear(&self) {
        match &self.order {
            Order::Workers { queue, .. } => queue.clear(),
            Order::Seeded(seeded) => {
                let ready = std::mem::take(&mut seeded.lock().ready);
                drop(ready);
            }
        }
    }
}

impl Seeded {
    fn draw(&mut self) -> Option<(Task, usize)> {
        if self.ready.is_empty() {
            return None;
        }
        let at = self.random.random_range(..self.ready.len());
        let budget = self.random.random_range(1..=SEEDED_BUDGET);
        Some((self.ready.swap_remove(at), budget))
    }
}

fn spawn_thread(name: String, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::Builder::new().name(name).spawn(run).expect("the machine gives another thread")
}
