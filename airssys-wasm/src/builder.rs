use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use airssys_wasm_actor::Scheduler;
use airssys_wasm_broker::{DeadLetters, Registry, Topics};
use airssys_wasm_core::Clock;
use airssys_wasm_host::{
    CodeCache, Engine, EngineConfig, EngineError, Imports, MemoryBudget, Output as GuestOutput,
    TimeMeter,
};
use airssys_wasm_supervisor::Policy;
use parking_lot::Mutex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use thiserror::Error;

use crate::alarm::TimersAlarm;
use crate::audit::Audit;
use crate::audit_log::AuditSettings;
use crate::dead_letter::Tally;
use crate::event::Event;
use crate::monitors::Monitors;
use crate::runtime::{Listener, Runtime};
use crate::supervision::Supervision;
use crate::system::System;

/// Settings of a [`System`] to be.
pub struct SystemBuilder {
    workers: Option<usize>,
    engine_config: EngineConfig,
    spare_threads: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) drain: Duration,
    output: Box<dyn Write + Send>,
    listeners: Vec<Listener>,
    seeded: Option<(u64, Arc<dyn Clock>)>,
    dead_letters: (usize, usize),
    audit: Option<AuditSettings>,
    engine: Option<Engine>,
    imports: Imports,
    guest_output: GuestOutput,
    memory: Option<usize>,
    supervision: Policy,
}

/// The most subscriptions of one component.
const MAX_SUBSCRIPTIONS: u32 = 1000;

/// Guests on a schedule of its own are timed by what they do: so many units of fuel are a
/// millisecond, about what a core does in that time.
const FUEL_PER_MILLISECOND: u64 = 1_000_000;

impl Default for SystemBuilder {
    fn default() -> Self {
        Self {
            workers: None,
            engine_config: EngineConfig::default(),
            spare_threads: Scheduler::SPARE_THREADS,
            request_timeout: Duration::from_secs(5),
            drain: Duration::from_secs(10),
            output: Box::new(io::stdout()),
            listeners: Vec::new(),
            seeded: None,
            dead_letters: (10_000, 64 << 20),
            audit: None,
            engine: None,
            imports: Imports::new(),
            guest_output: GuestOutput::default(),
            memory: None,
            supervision: Policy::default(),
        }
    }
}

impl SystemBuilder {
    /// How many guests compute at once; one per core unless it is said here.
    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self { workers: Some(workers), ..self }
    }

    /// After how long a guest that computes makes room for others, each time; 1 ms unless it is
    /// said here. It is counted in whole milliseconds.
    #[must_use]
    pub fn slice(mut self, slice: Duration) -> Self {
        self.engine_config.slice = slice;
        self
    }

    /// Whether guests that are one core module, by itself or with a component around it, are called
    /// directly; yes, unless it is said here. They do the same in both ways, and directly each call
    /// takes half the time.
    #[must_use]
    pub fn direct_calls(mut self, direct_calls: bool) -> Self {
        self.engine_config.direct_calls = direct_calls;
        self
    }

    /// Whether guests lie close together in memory; no, unless it is said here. With thousands of
    /// them each message takes less time then, and what goes through its memory all the time more:
    /// see [`EngineConfig::dense`].
    #[must_use]
    pub fn dense(mut self, dense: bool) -> Self {
        self.engine_config.dense = dense;
        self
    }

    /// Keeps the compiled code of guests in a folder, so that the next start takes milliseconds; it
    /// is not kept unless it is said here. A folder can serve any number of systems.
    #[must_use]
    pub fn cache(mut self, cache: CodeCache) -> Self {
        self.engine_config.cache = Some(cache);
        self
    }

    /// How many threads there may be besides one for each worker, for guests that have made room
    /// in the middle of a message; 256 unless it is said here. At this limit guests keep their
    /// place until they are done or out of time.
    #[must_use]
    pub fn spare_threads(self, spare_threads: usize) -> Self {
        Self { spare_threads, ..self }
    }

    /// How many bytes of memory all guests together may have; without a limit unless it is said here. A
    /// guest that wants more when there is no more to be had crashes.
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// How the system deals with the exits of the components and groups directly under it; one for
    /// one, 5 restarts of each within 60 s, unless it is said here.
    #[must_use]
    pub fn supervision(self, supervision: Policy) -> Self {
        Self { supervision, ..self }
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

    /// Where the lines go that guests print; standard error, marked with the component's id, unless it
    /// is said here.
    #[must_use]
    pub fn guest_output(self, guest_output: GuestOutput) -> Self {
        Self { guest_output, ..self }
    }

    /// Functions of the host program's own that guests may import, beside the contract and WASI:
    /// see [`Imports`].
    #[must_use]
    pub fn imports(self, imports: Imports) -> Self {
        Self { imports, ..self }
    }

    /// Calls `listener` for each [`Event`], on the thread where it happens, after those that were set
    /// before. It must be short, and must not wait for a component.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// How many dead letters are kept, and how many bytes of them; 10,000 and 64 MiB unless it is
    /// said here.
    #[must_use]
    pub fn dead_letters(self, max_count: usize, max_bytes: usize) -> Self {
        Self { dead_letters: (max_count, max_bytes), ..self }
    }

    /// Records refusals, and messages if that is set, in a file; none unless it is said here.
    #[must_use]
    pub fn audit(self, settings: AuditSettings) -> Self {
        Self { audit: Some(settings), ..self }
    }

    /// Uses the engine of `system`, so that guests which that one loaded can be spawned here too.
    /// Nothing else is shared. Both have to be [seeded](Self::seeded), or neither.
    #[must_use]
    pub fn engine_of(self, system: &System) -> Self {
        Self { engine: Some(system.engine().clone()), ..self }
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
    /// The WebAssembly engine cannot be set up on this machine, or the audit file not be opened.
    pub fn build(self) -> Result<System, BuildError> {
        let time_meter = match self.seeded {
            Some(_) => TimeMeter::Fuel { per_millisecond: FUEL_PER_MILLISECOND },
            None => TimeMeter::WallClock,
        };
        let engine = match self.engine {
            Some(engine) => engine,
            None => {
                let config = EngineConfig { time_meter, ..self.engine_config };
                Engine::new(config).map_err(BuildError::Engine)?
            }
        };
        let (scheduler, random) = match self.seeded {
            Some((seed, clock)) => (Scheduler::seeded(seed, clock), StdRng::seed_from_u64(seed)),
            None => {
                let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
                let workers = self.workers.unwrap_or_else(cores);
                let scheduler = Scheduler::start_with(workers, self.spare_threads);
                (scheduler, StdRng::from_rng(&mut rand::rng()))
            }
        };
        let nudged = engine.clone();
        scheduler.nudge_with(move || nudged.nudge());
        let outside = scheduler.workers();
        let (max_count, max_bytes) = self.dead_letters;
        let runtime = Runtime {
            registry: Registry::new(),
            topics: Topics::new(MAX_SUBSCRIPTIONS),
            monitors: Monitors::default(),
            audit: Audit::open(self.audit, outside)?,
            dead_letters: Mutex::new(DeadLetters::new(max_count, max_bytes)),
            outside,
            clock: Arc::clone(scheduler.clock()),
            timers: scheduler.timers().clone(),
            tally: Tally::default(),
            request_timeout: self.request_timeout,
            listeners: self.listeners,
            random: Mutex::new(random),
            closed: AtomicBool::new(false),
            alarm: Arc::new(TimersAlarm(scheduler.timers().clone())),
            output: self.guest_output,
            memory: self.memory.map(|limit| Arc::new(MemoryBudget::new(limit))),
            is_seeded: scheduler.is_seeded(),
            supervision: Supervision::new(self.supervision, scheduler.clock().monotonic()),
        };
        let output = Arc::new(Mutex::new(BufWriter::new(self.output)));
        Ok(System::new((engine, self.imports), scheduler, runtime, self.drain, output))
    }
}

/// Why a system was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The WebAssembly engine cannot be set up.
    #[error("the WebAssembly engine cannot be set up on this machine")]
    Engine(#[source] EngineError),
    /// The audit file cannot be written.
    #[error("cannot write the audit file {}: {cause}; correct `file` in [audit]", file.display())]
    Audit {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
}
