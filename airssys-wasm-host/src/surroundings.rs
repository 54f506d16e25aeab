use std::fmt;
use std::io::Write;
use std::sync::{Arc, LazyLock};

use airssys_wasm_core::{Alarm, Clock, ComponentId, SystemClock};

use crate::Extensions;
use crate::limits::MemoryBudget;
use crate::system_alarm::SystemAlarm;

/// What one instance finds around it, beside its outbox and its limits. By default that is the
/// machine's time and chance, standard error for what it prints, and nothing else.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Time, and waiting for it.
    pub time: Time,
    /// What `wasi:random` gives.
    pub random: Random,
    /// Where the lines go that it prints, if it may.
    pub output: Output,
    /// What `wasi:config/store` holds. Of two values with one key, the last holds.
    pub config: Vec<(String, String)>,
    /// What all instances that are given the same budget share.
    pub memory: Option<Arc<MemoryBudget>>,
    /// What the host program's own imports find in [`State`](crate::State).
    pub extensions: Extensions,
}

/// A clock, and the alarm that goes by it.
#[derive(Clone)]
pub struct Time {
    /// What `wasi:clocks` tell, and what waiting counts by.
    pub clock: Arc<dyn Clock>,
    /// Wakes guests that wait for a time.
    pub alarm: Arc<dyn Alarm>,
}

/// What `wasi:random` draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Random {
    /// The operating system.
    #[default]
    System,
    /// This seed: the same numbers each time, which anyone who has the seed can tell. For tests.
    Seed(u64),
}

/// Which of a guest's streams a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// Takes the lines that guests print, without their newline. It is called where the guest runs,
/// and holds it up for as long as it takes.
#[derive(Clone)]
pub struct Output(Arc<TakeLine>);

type TakeLine = dyn Fn(&ComponentId, Stream, &str) + Send + Sync;

impl Default for Time {
    /// The machine's. Who waits is woken by a timer of tokio's.
    fn default() -> Self {
        static SYSTEM: LazyLock<Time> = LazyLock::new(|| {
            let clock = Arc::new(SystemClock::default());
            Time { clock: clock.clone(), alarm: Arc::new(SystemAlarm(clock)) }
        });
        SYSTEM.clone()
    }
}

impl Output {
    /// Gives each line to `line`.
    pub fn new(line: impl Fn(&ComponentId, Stream, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(line))
    }

    pub(crate) fn line(&self, component: &ComponentId, stream: Stream, line: &str) {
        (self.0)(component, stream, line);
    }
}

impl Default for Output {
    /// Standard error, each line behind the component's id and the stream's name.
    fn default() -> Self {
        static STDERR: LazyLock<Output> = LazyLock::new(|| {
            Output::new(|component, stream, line| {
                // There is no one to tell that standard error is closed.
                let _ = writeln!(std::io::stderr(), "{component} {stream}: {line}");
            })
        });
        STDERR.clone()
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        })
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Time").field("now", &self.clock.monotonic()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Output").finish_non_exhaustive()
    }
}
