use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use airssys_wasm_actor::Scheduler;
use airssys_wasm_broker::Registry;
use airssys_wasm_core::Clock;
use airssys_wasm_host::{Engine, EngineConfig, EngineError, TimeMeter};
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use thiserror::Error;

use crate::event::Event;
use crate::runtime::{Listener, Runtime};
use crate::system::System;
use crate::tally::Tally;

/// Settings of a [`System`] to be.
pub struct SystemBuilder {
    workers: Option<usize>,
    pub(crate) request_timeout: Duration,
    pub(crate) drain: Duration,
    output: Box<dyn Write + Send>,
    listener: Option<Listener>,
    seeded: Option<(u64, Arc<dyn Clock>)>,
}

/// Guests on a schedule of its own are timed by what they do: so many units of fuel are a
/// millisecond, about what a core does in that time.
const FUEL_PER_MILLISECOND: u64 = 1_000_000;

impl Default for SystemBuilder {
    fn default() -> Self {
        Self {
            workers: None,
            request_timeout: Duration::from_secs(5),
            drain: Duration::from_secs(10),
            output: Box::new(io::stdout()),
            listener: None,
            seeded: None,
        }
    }
}

impl SystemBuilder {
    /// How many guests compute at once; one per core unless it is said here.
    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self { workers: Some(workers), ..self }
    }

    /// How long a request may take whose sender does not say; 5 s unless it is said here.
    #[must_use]
    pub fn request_timeout(self, request_timeout: Duration) -> Self {
        Self { request_timeout, ..self }
    }

    /// For how long mailboxes may drain at [`System::shutdown`]; 10 s unless it is said here.
    #[must_use]
    pub fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// Where `airssys/stdout` writes; standard output unless it is said here.
    #[must_use]
    pub fn output(self, output: impl Write + Send + 'static) -> Self {
        Self { output: Box::new(output), ..self }
    }

    /// Calls `listener` for each [`Event`], on the thread where it happens. It must be short,
    /// and must not wait for a component.
    #[must_use]
    pub fn on_event(self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..self }
    }

    /// Runs without threads: in an order, with request ids and back-off drawn from `seed`, on a
    /// clock of the caller's, with guests timed by what they execute. [`System::step`] runs it.
    /// For tests; see the testkit.
    #[must_use]
    pub fn seeded(self, seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self { seeded: Some((seed, clock)), ..self }
    }

    /// A system with no components but those that every system has.
    ///
    /// # Errors
    ///
    /// The WebAssembly engine cannot be set up on this machine.
    pub fn build(self) -> Result<System, BuildError> {
        let time_meter = match self.seeded {
            Some(_) => TimeMeter::Fuel { per_millisecond: FUEL_PER_MILLISECOND },
            None => TimeMeter::WallClock,
        };
        let engine = Engine::new(EngineConfig { time_meter }).map_err(BuildError)?;
        let (scheduler, random) = match self.seeded {
            Some((seed, clock)) => (Scheduler::seeded(seed, clock), StdRng::seed_from_u64(seed)),
            None => {
                let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
                let workers = self.workers.unwrap_or_else(cores);
                (Scheduler::start(workers), StdRng::from_rng(&mut rand::rng()))
            }
        };
        let runtime = Runtime {
            registry: Registry::new(),
            clock: Arc::clone(scheduler.clock()),
            timers: scheduler.timers().clone(),
            tally: Tally::default(),
            request_timeout: self.request_timeout,
            listener: self.listener,
            random: Mutex::new(random),
            closed: AtomicBool::new(false),
        };
        let output = Arc::new(Mutex::new(BufWriter::new(self.output)));
        Ok(System::new(engine, scheduler, runtime, self.drain, output))
    }
}

/// The WebAssembly engine cannot be set up on this machine.
#[derive(Debug, Error)]
#[error("the WebAssembly engine cannot be set up on this machine")]
pub struct BuildError(#[source] EngineError);
