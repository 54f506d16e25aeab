use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use thiserror::Error;
use wasmtime::{Store, UpdateDeadline};

use crate::ticker::TICK;
use crate::{Limits, TimeMeter};

/// In what the time of guests is counted, and for how long they compute before they make room.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// The ticks of a slice.
    Ticks(u64),
    Fuel {
        per_millisecond: u64,
    },
}

impl Pace {
    pub(crate) fn new(meter: TimeMeter, slice: Duration) -> Self {
        match meter {
            TimeMeter::WallClock => Self::Ticks(ticks(slice).max(1)),
            TimeMeter::Fuel { per_millisecond } => Self::Fuel { per_millisecond },
        }
    }

    /// How much of `elapsed` a guest was at work for that was asked after each slice: where more
    /// passed, the machine did not run it. None where that is counted in fuel.
    pub(crate) fn computed(self, elapsed: Duration) -> Duration {
        match self {
            Self::Ticks(slice) => elapsed.min(duration(slice) + TICK),
            Self::Fuel { .. } => Duration::ZERO,
        }
    }
}

/// How long a call may take, in the unit of its engine, and how much fuel it may use.
#[derive(Clone, Copy)]
pub(crate) struct TimeLimit {
    pub(crate) duration: Duration,
    budget: Budget,
    fuel: Option<NonZeroU64>,
}

#[derive(Clone, Copy)]
enum Budget {
    /// It is counted as it passes.
    Time,
    Fuel(u64),
}

impl TimeLimit {
    fn new(duration: Duration, fuel: Option<NonZeroU64>, pace: Pace) -> Self {
        let budget = match pace {
            Pace::Ticks(_) => Budget::Time,
            Pace::Fuel { per_millisecond } => {
                let fuel = duration.as_nanos().saturating_mul(per_millisecond.into()) / 1_000_000;
                Budget::Fuel(u64::try_from(fuel).unwrap_or(u64::MAX))
            }
        };
        Self { duration, budget, fuel }
    }

    /// The limit of a call for so many messages.
    pub(crate) fn times(self, messages: u32) -> Self {
        let budget = match self.budget {
            Budget::Time => Budget::Time,
            Budget::Fuel(fuel) => Budget::Fuel(fuel.saturating_mul(messages.into())),
        };
        let factor = NonZeroU64::new(messages.into()).unwrap_or(NonZeroU64::MIN);
        let fuel = self.fuel.map(|fuel| fuel.saturating_mul(factor));
        Self { duration: self.duration.saturating_mul(messages), budget, fuel }
    }

    /// The limit that a call is over which has no fuel left; none where fuel stood for its time.
    pub(crate) fn fuel_limit(self) -> Option<NonZeroU64> {
        match self.budget {
            Budget::Time => self.fuel,
            Budget::Fuel(time) => self.fuel.filter(|fuel| fuel.get() < time),
        }
    }

    /// As much fuel as the next call may use.
    fn fill<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        match (self.fuel_limit(), self.budget) {
            (Some(fuel), _) => store.set_fuel(fuel.get()),
            (None, Budget::Fuel(time)) => store.set_fuel(time),
            (None, Budget::Time) => Ok(()),
        }
    }

    /// Gives the store's next call this much time.
    pub(crate) fn start<T: Timed>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        if let Budget::Time = self.budget {
            *store.data_mut().own_time() = OwnTime::new(self.duration);
            store.set_epoch_deadline(1);
        }
        self.fill(store)
    }

    /// As [`start`](Self::start) for a call that can wait: its time is counted by who polls it.
    pub(crate) fn start_waiting<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        if let Budget::Time = self.budget {
            store.set_epoch_deadline(1);
        }
        self.fill(store)
    }
}

/// What a store carries whose guest computes in slices.
pub(crate) trait Timed {
    fn own_time(&mut self) -> &mut OwnTime;

    /// Notes that a tick has come in the middle of a call.
    fn time_passes(&mut self);

    /// Lets others run; false if the call is to end.
    fn make_room(&mut self) -> bool;
}

/// The time that a call has taken, without that in which others had their turn.
///
/// It is the machine's, but no slice counts for more than its ticks and one: where more time
/// passed, the guest was not running in it. What is left of the tick in which the call began counts
/// for nothing, which spares each call a look at the clock.
#[derive(Default)]
pub(crate) struct OwnTime {
    limit: Duration,
    used: Duration,
    slice: Option<Slice>,
}

/// What a guest computes without being asked.
struct Slice {
    began: Instant,
    ticks: u64,
}

impl OwnTime {
    fn new(limit: Duration) -> Self {
        Self { limit, used: Duration::ZERO, slice: None }
    }

    /// Counts the slice that has ended, if one has. False if there is no time left.
    fn end_slice(&mut self, now: Instant) -> bool {
        if let Some(Slice { began, ticks }) = self.slice {
            self.used += Pace::Ticks(ticks).computed(now.saturating_duration_since(began));
        }
        self.used < self.limit
    }

    /// Begins another one, and says for how many ticks.
    fn begin_slice(&mut self, slice: u64, now: Instant) -> u64 {
        let left = self.limit.saturating_sub(self.used).as_nanos() / TICK.as_nanos();
        let ticks = slice.min(u64::try_from(left).unwrap_or(u64::MAX)).max(1);
        self.slice = Some(Slice { began: now, ticks });
        ticks
    }
}

/// Has the store's guest make room for others after each slice, until it is out of time. A slice
/// also ends when the engine is nudged.
pub(crate) fn slice<T: Timed>(store: &mut Store<T>, pace: Pace) {
    let Pace::Ticks(slice) = pace else { return };
    store.epoch_deadline_callback(move |mut guest| {
        let guest = guest.data_mut();
        let now = Instant::now();
        if guest.own_time().slice.is_none() {
            guest.time_passes();
            return Ok(UpdateDeadline::Continue(guest.own_time().begin_slice(slice, now)));
        }
        if !guest.own_time().end_slice(now) {
            return Ok(UpdateDeadline::Interrupt);
        }
        if !guest.make_room() {
            return Err(Cut.into());
        }
        Ok(UpdateDeadline::Continue(guest.own_time().begin_slice(slice, Instant::now())))
    });
}

/// Has the store's guest, whose calls are futures, be pending after each slice, as if it waited.
pub(crate) fn take_turns<T: 'static>(store: &mut Store<T>, pace: Pace) -> wasmtime::Result<()> {
    match pace {
        Pace::Ticks(slice) => {
            store.epoch_deadline_async_yield_and_update(slice);
            Ok(())
        }
        Pace::Fuel { per_millisecond } => {
            store.fuel_async_yield_interval(Some(per_millisecond.max(1)))
        }
    }
}

/// A call was ended before its time was up.
#[derive(Debug, Error)]
#[error("it had to end at once")]
pub(crate) struct Cut;

/// The time limits of one instance.
#[derive(Clone, Copy)]
pub(crate) struct TimeLimits {
    pub(crate) message: TimeLimit,
    pub(crate) init: TimeLimit,
    pub(crate) shutdown: TimeLimit,
}

impl TimeLimits {
    pub(crate) fn new(limits: &Limits, pace: Pace) -> Self {
        let limit = |duration| TimeLimit::new(duration, limits.fuel_per_message, pace);
        Self {
            message: limit(limits.message_timeout),
            init: limit(limits.init_timeout),
            shutdown: limit(limits.shutdown_timeout),
        }
    }
}

fn duration(ticks: u64) -> Duration {
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// In whole ticks, rounded up.
fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts slices, each of which ends so many microseconds after it began, until none is left.
    fn slices(limit_ms: u64, slice: u64, micros_per_slice: u64) -> (u32, Duration) {
        let mut own = OwnTime::new(Duration::from_millis(limit_ms));
        let (mut now, mut count) = (Instant::now(), 0);
        own.begin_slice(slice, now);
        loop {
            now += Duration::from_micros(micros_per_slice);
            count += 1;
            if !own.end_slice(now) {
                return (count, own.used);
            }
            // Others have their turn.
            now += Duration::from_secs(1);
            own.begin_slice(slice, now);
        }
    }

    #[test]
    fn the_time_of_others_is_not_counted() {
        assert_eq!(slices(100, 1, 1000), (100, Duration::from_millis(100)));
        assert_eq!(slices(10, 5, 5000), (2, Duration::from_millis(10)));
    }

    #[test]
    fn a_slice_that_ends_early_counts_for_what_it_was() {
        assert_eq!(slices(100, 1, 500), (200, Duration::from_millis(100)));
    }

    #[test]
    fn time_in_which_the_machine_did_not_run_the_guest_is_not_its_own() {
        assert_eq!(slices(100, 1, 3_000_000), (50, Duration::from_millis(100)));
    }

    #[test]
    fn a_limit_below_a_slice_is_one_slice() {
        assert_eq!(slices(3, 10, 3000).0, 1);
        assert_eq!(slices(0, 10, 1).0, 1);
    }
}
