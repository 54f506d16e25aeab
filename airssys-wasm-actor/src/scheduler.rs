use std::sync::Arc;
use std::time::{Duration, Instant};

use airssys_wasm_core::{Clock, SystemClock};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::activation::Activation;
use crate::actor::Actor;
use crate::address::Address;
use crate::cell::Cell;
use crate::flow::Waits;
use crate::hand_off::SpareThreads;
use crate::mailbox::MailboxLimits;
use crate::place::Place;
use crate::run_queue::Task;
use crate::sync::Mutex;
use crate::sync::thread::{self, JoinHandle};
use crate::timers::Timers;
use crate::workers::Workers;

/// Runs actors: on worker threads of its own, or on the caller's in an order drawn from a seed.
///
/// Dropping it ends its threads once each has finished the message in hand. Actors are not
/// stopped by that; who wants them to end in order stops them before.
pub struct Scheduler {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
    timers: Timers,
    timer_thread: Option<JoinHandle<()>>,
}

/// What every cell knows of its scheduler.
pub(crate) struct Core {
    order: Order,
    pub(crate) waits: Waits,
}

enum Order {
    Workers(Arc<Workers>),
    Seeded(Mutex<Seeded>),
}

struct Seeded {
    ready: Vec<Task>,
    random: SmallRng,
}

/// In a seeded order, an actor handles up to so many messages in a row.
const SEEDED_BUDGET: usize = 8;

impl Scheduler {
    /// How many spare threads there may be, unless it is said otherwise.
    pub const SPARE_THREADS: usize = 256;

    /// A scheduler with this many workers (at least one) and a thread for timers, by the
    /// machine's clock. For actors that [make room](Self::make_room) there are up to
    /// [`SPARE_THREADS`](Self::SPARE_THREADS) more threads.
    ///
    /// # Panics
    ///
    /// If the machine gives no more threads.
    pub fn start(workers: usize) -> Self {
        Self::start_with(workers, Self::SPARE_THREADS)
    }

    /// The same, with another limit of spare threads.
    ///
    /// # Panics
    ///
    /// If the machine gives no more threads.
    pub fn start_with(workers: usize, spare_threads: usize) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let timers = Timers::new(Arc::clone(&clock));
        let (workers, places) = Workers::new(workers.max(1), spare_threads, Arc::clone(&clock));
        let running = timers.clone();
        let timer_thread = thread::Builder::new()
            .name("airssys-timers".into())
            .spawn(move || running.run())
            .and_then(|thread| workers.start(places).map(|()| thread))
            .expect("the machine gives another thread");
        let core = Arc::new(Core::new(Order::Workers(workers)));
        Self { core, clock, timers, timer_thread: Some(timer_thread) }
    }

    /// A scheduler without threads: [`step`](Self::step) runs one ready actor on the caller's,
    /// drawn by `seed`, and timers go off when the caller lets them
    /// ([`Timers::fire_due`]). The same seed and the same sends give the same run.
    pub fn seeded(seed: u64, clock: Arc<dyn Clock>) -> Self {
        let seeded = Seeded { ready: Vec::new(), random: SmallRng::seed_from_u64(seed) };
        let core = Core::new(Order::Seeded(Mutex::new(seeded)));
        let timers = Timers::new(Arc::clone(&clock));
        Self { core: Arc::new(core), clock, timers, timer_thread: None }
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
            Order::Workers(workers) => workers.queue.workers(),
            Order::Seeded(_) => 0,
        }
    }

    /// The threads that it has besides one for each worker, and one for timers.
    pub fn spare_threads(&self) -> SpareThreads {
        match &self.core.order {
            Order::Workers(workers) => workers.spare_threads(),
            Order::Seeded(_) => SpareThreads::default(),
        }
    }

    /// For an actor that has been at one message for a while: lets others run that want to, and
    /// returns when it is this one's turn again.
    ///
    /// It is parked where it stands, on its own thread, and another thread takes its worker's
    /// place: so as many actors run as before. Where nobody else has anything to do, where there
    /// are as many threads as there may be, and on a thread that is no worker, it returns at once.
    pub fn make_room() {
        if let Some(workers) = Place::workers() {
            workers.make_room();
        }
    }

    /// Has `nudge` be called when something becomes ready from outside and no worker is free: it is
    /// to have actors that take long [make room](Self::make_room) soon. The first one that is set
    /// holds. A scheduler without threads calls none.
    pub fn nudge_with(&self, nudge: impl Fn() + Send + Sync + 'static) {
        if let Order::Workers(workers) = &self.core.order {
            workers.nudge_with(Box::new(nudge));
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
        task.run(&mut Activation::stepped(self.clock.as_ref(), budget));
        true
    }

    /// Returns once no actor is ready: waits for the worker threads, or steps.
    pub fn wait_quiet(&self) {
        match &self.core.order {
            Order::Workers(workers) => {
                workers.sleep.wait_quiet(None, || workers.has_work());
            }
            Order::Seeded(_) => while self.step() {},
        }
    }

    /// Like [`wait_quiet`](Self::wait_quiet), for no longer than `timeout`. Says whether it is
    /// quiet.
    pub fn wait_quiet_for(&self, timeout: Duration) -> bool {
        let until = Instant::now().checked_add(timeout);
        match &self.core.order {
            Order::Workers(workers) => workers.sleep.wait_quiet(until, || workers.has_work()),
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
        if let Order::Workers(workers) = &self.core.order {
            workers.stop();
        }
        self.timers.stop();
        let this = thread::current().id();
        if let Some(thread) = self.timer_thread.take()
            && thread.thread().id() != this
            && thread.join().is_err()
        {
            tracing::error!("the thread of the timers panicked");
        }
        self.core.clear();
    }
}

impl Core {
    fn new(order: Order) -> Self {
        Self { order, waits: Waits::default() }
    }

    pub(crate) fn enqueue(&self, task: Task) {
        match &self.order {
            Order::Workers(workers) => workers.enqueue(task),
            Order::Seeded(seeded) => seeded.lock().ready.push(task),
        }
    }

    /// Drops what will not run: tasks hold the cells, and those hold this.
    fn clear(&self) {
        match &self.order {
            Order::Workers(workers) => workers.clear(),
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
