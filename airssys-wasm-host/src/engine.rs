use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use thiserror::Error;
use wasmtime::Config;

use crate::cache::{Code, CodeCache};
use crate::ticker::Ticker;
use crate::time_limit::Pace;

/// Compiles components and runs their instances. Cloning shares it.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    pace: Pace,
    calls_directly: bool,
    is_dense: bool,
    cache: Option<CodeCache>,
    /// None where this one counts fuel itself.
    twin: Option<Arc<Twin>>,
}

/// The engine that counts fuel beside one that does not, once it is wanted.
struct Twin {
    ticker: Ticker,
    engine: Mutex<Option<wasmtime::Engine>>,
}

/// How an [`Engine`] is set up.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// What the time limits of guests are counted in.
    pub time_meter: TimeMeter,
    /// After so long a guest that computes [makes room] for others, each time; in whole
    /// milliseconds, and at least one. It has no effect where time is counted in fuel.
    ///
    /// [makes room]: airssys_wasm_core::Outbox::make_room
    pub slice: Duration,
    /// Whether a guest that is one core module, by itself or with a component around it, is called
    /// directly, and not through wasmtime's component model. It does the same in both ways, and a call
    /// takes half the time in this one. A component with more in it is never called directly.
    ///
    /// What differs is what a call uses of its [fuel](crate::Limits::fuel_per_message), by some
    /// instructions; and the small modules that join a component to its imports, which count among
    /// its [instances](crate::Limits::instances) and tables, are not there.
    pub direct_calls: bool,
    /// Whether guests lie close together in memory: for thousands of them that compute little.
    ///
    /// Each memory of a guest has 4 GiB of addresses to itself, so that what the guest does with it
    /// needs no checks. Among a thousand guests, to find one's way in all these addresses takes a
    /// quarter of the time of a message. With this each has 1 MiB, and more where it grows; code that
    /// does nothing but go through memory takes up to twice as long.
    pub dense: bool,
    /// Where compiled code is kept, for engines to come.
    pub cache: Option<CodeCache>,
}

impl Default for EngineConfig {
    /// By the machine's time, in slices of 1 ms; guests are called directly where they can be, and do
    /// not lie close together; compiled code is not kept.
    fn default() -> Self {
        Self {
            time_meter: TimeMeter::default(),
            slice: Duration::from_millis(1),
            direct_calls: true,
            dense: false,
            cache: None,
        }
    }
}

/// What the time limits of guests are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeMeter {
    /// The machine's time, in ticks of a millisecond. A thread of the engine counts them, for as
    /// long as the engine or anything made by it lives.
    #[default]
    WallClock,
    /// Instructions, so that a guest ends at the same one in each run: for tests. Code runs
    /// slower. What a guest waits is counted apart, by the clock of its surroundings.
    Fuel {
        /// How many units of fuel (about one per instruction) stand for a millisecond.
        per_millisecond: u64,
    },
}

impl Engine {
    /// An engine, and the thread that counts its ticks.
    ///
    /// # Errors
    ///
    /// The machine is not one that code can be compiled for, or there is no thread to be had.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        let inner = wasmtime_engine(&wasmtime_config(config.time_meter, config.dense))?;
        let twin = match config.time_meter {
            TimeMeter::WallClock => {
                let ticker = Ticker::start(&inner).map_err(|error| EngineError(error.into()))?;
                Some(Arc::new(Twin { ticker, engine: Mutex::default() }))
            }
            TimeMeter::Fuel { .. } => None,
        };
        let pace = Pace::new(config.time_meter, config.slice);
        let EngineConfig { direct_calls: calls_directly, dense: is_dense, cache, .. } = config;
        Ok(Self { inner, pace, calls_directly, is_dense, cache, twin })
    }

    /// The engine for guests that are [limited in fuel](crate::Limits::fuel_per_message): it is the
    /// same for all clones of this one, made at the first call, and has no thread of its own. Code
    /// that counts fuel runs slower.
    ///
    /// Where [time is counted in fuel](TimeMeter::Fuel), it is this one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_fuel(&self) -> Result<Self, EngineError> {
        let Some(twin) = &self.twin else { return Ok(self.clone()) };
        let mut made = twin.engine.lock();
        let inner = match &*made {
            Some(engine) => engine.clone(),
            None => {
                let mut config = wasmtime_config(TimeMeter::WallClock, self.is_dense);
                let engine = wasmtime_engine(config.consume_fuel(true))?;
                twin.ticker.add(&engine);
                made.insert(engine).clone()
            }
        };
        Ok(Self { inner, cache: self.cache.clone(), twin: None, ..*self })
    }

    /// Compiles a binary, or takes what was compiled before.
    pub(crate) fn compile<C: Code>(&self, binary: &[u8]) -> wasmtime::Result<C> {
        match &self.cache {
            Some(cache) => cache.load(&self.inner, binary),
            None => C::compile(&self.inner, binary),
        }
    }

    /// Counts a tick ahead of its time: guests that have computed for a while and have no more than
    /// that left of their slice make room for others at once.
    pub fn nudge(&self) {
        self.inner.increment_epoch();
        if let Some(twin) = &self.twin
            && let Some(engine) = &*twin.engine.lock()
        {
            engine.increment_epoch();
        }
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    pub(crate) fn calls_directly(&self) -> bool {
        self.calls_directly
    }

    pub(crate) fn counts_fuel(&self) -> bool {
        self.twin.is_none()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Why there is no [`Engine`].
#[derive(Debug, Error)]
#[error("the WebAssembly engine cannot start here: {0}")]
pub struct EngineError(#[source] Box<dyn std::error::Error + Send + Sync>);

fn wasmtime_engine(config: &Config) -> Result<wasmtime::Engine, EngineError> {
    wasmtime::Engine::new(config).map_err(|error| EngineError(error.into()))
}

fn wasmtime_config(meter: TimeMeter, dense: bool) -> Config {
    let mut config = Config::new();
    config.concurrency_support(false);
    match meter {
        TimeMeter::WallClock => config.epoch_interruption(true),
        TimeMeter::Fuel { .. } => config.consume_fuel(true),
    };
    if dense {
        config.memory_reservation(1 << 20);
        config.memory_guard_size(64 << 10);
        config.memory_reservation_for_growth(1 << 20);
    }
    config
}
