use std::time::Duration;

use wasmtime::Store;

use crate::ticker::TICK;
use crate::{Limits, TimeMeter};

/// How long a call may take, in the unit of its engine's meter.
#[derive(Clone, Copy)]
pub(crate) struct TimeLimit {
    pub(crate) duration: Duration,
    budget: Budget,
}

#[derive(Clone, Copy)]
enum Budget {
    Ticks(u64),
    Fuel(u64),
}

/// Far enough that the engine's count of ticks, to which it is added, does not overflow.
const MAX_TICKS: u64 = u64::MAX / 2;

impl TimeLimit {
    fn new(duration: Duration, meter: TimeMeter) -> Self {
        let budget = match meter {
            // The tick that is under way counts for nothing.
            TimeMeter::WallClock => {
                let ticks = duration.as_nanos().div_ceil(TICK.as_nanos()) + 1;
                Budget::Ticks(u64::try_from(ticks).unwrap_or(MAX_TICKS).min(MAX_TICKS))
            }
            TimeMeter::Fuel { per_millisecond } => {
                let fuel = duration.as_nanos().saturating_mul(per_millisecond.into()) / 1_000_000;
                Budget::Fuel(u64::try_from(fuel).unwrap_or(u64::MAX))
            }
        };
        Self { duration, budget }
    }

    /// Gives the store's next call this much time.
    pub(crate) fn start<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        match self.budget {
            Budget::Ticks(ticks) => store.set_epoch_deadline(ticks),
            Budget::Fuel(fuel) => store.set_fuel(fuel)?,
        }
        Ok(())
    }

    /// As [`start`](Self::start) for a call that can wait: it ends its ticks itself, beginning
    /// with the first.
    pub(crate) fn start_waiting<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        match self.budget {
            Budget::Ticks(_) => store.set_epoch_deadline(1),
            Budget::Fuel(fuel) => store.set_fuel(fuel)?,
        }
        Ok(())
    }
}

/// The time limits of one instance.
#[derive(Clone, Copy)]
pub(crate) struct TimeLimits {
    pub(crate) message: TimeLimit,
    pub(crate) init: TimeLimit,
    pub(crate) shutdown: TimeLimit,
}

impl TimeLimits {
    pub(crate) fn new(limits: &Limits, meter: TimeMeter) -> Self {
        Self {
            message: TimeLimit::new(limits.message_timeout, meter),
            init: TimeLimit::new(limits.init_timeout, meter),
            shutdown: TimeLimit::new(limits.shutdown_timeout, meter),
        }
    }
}
