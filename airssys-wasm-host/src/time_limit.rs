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
    /// Of the first slice.
    Ticks(u64),
    Fuel(u64),
}

impl TimeLimit {
    fn new(duration: Duration, fuel: Option<NonZeroU64>, pace: Pace) -> Self {
        let budget = match pace {
            Pace::Ticks(slice) => Budget::Ticks(slice.min(ticks(duration))),
            Pace::Fuel { per_millisecond } => {
                let fuel = duration.as_nanos().saturating_mul(per_millisecond.into()) / 1_000_000;
                Budget::Fuel(u64::try_from(fuel).unwrap_or(u64::MAX))
            }
        };
        Self { duration, budget, fuel }
    }

    /// The limit that a call is over which has no fuel left; none where fuel stood for its time.
    pub(crate) fn fuel_limit(self) -> Option<NonZeroU64> {
        match self.budget {
            Budget::Ticks(_) => self.fuel,
            Budget::Fuel(time) => self.fuel.filter(|fuel| fuel.get() < time),
        }
    }

    /// As much fuel as the next call may use.
    fn fill<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        match (self.fuel_limit(), self.budget) {
            (Some(fuel), _) => store.set_fuel(fuel.get()),
            (None, Budget::Fuel(time)) => store.set_fuel(time),
            (None, Budget::Ticks(_)) => Ok(()),
        }
    }

    /// Gives the store's next call this much time.
    pub(crate) fn start<T: Timed>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        if let Budget::Ticks(ticks) = self.budget {
            store.data_mut().own_time().begin(self.duration, ticks);
            // The tick that is under way counts for nothing.
            store.set_epoch_deadline(ticks + 1);
        }
        self.fill(store)
    }

    /// As [`start`](Self::start) for a call that can wait: its time is counted by who polls it.
    pub(crate) fn start_waiting<T>(self, store: &mut Store<T>) -> wasmtime::Result<()> {
        if let Budget::Ticks(ticks) = self.budget {
            store.set_epoch_deadline(ticks);
        }
        self.fill(store)
    }
}

/// What a store carries whose guest computes in slices.
pub(crate) trait Timed {
    fn own_time(&mut self) -> &mut OwnTime;

    /// Lets others run; false if the call is to end.
    fn make_room(&mut self) -> bool;
}

/// The time that a call has taken, without that in which others had their turn.
///
/// It is the machine's, but no slice counts for more than its ticks and one: where more time
/// passed, the guest was not running in it.
#[derive(Default)]
pub(crate) struct OwnTime {
    limit: Duration,
    used: Duration,
    slice: Slice,
}

/// What a guest computes without being asked.
#[derive(Default)]
struct Slice {
    ticks: u64,
    /// When it began; none for the first of a call, which spares each call a look at the clock.
    began: Option<Instant>,
}

impl OwnTime {
    fn begin(&mut self, limit: Duration, ticks: u64) {
        *self = Self { limit, used: Duration::ZERO, slice: Slice { ticks, began: None } };
    }

    /// Counts the slice that has ended. False if there is no time left.
    fn end_slice(&mut self, now: Instant) -> bool {
        let Slice { ticks, began } = self.slice;
        self.used += match began {
            None => duration(ticks),
            Some(began) => Pace::Ticks(ticks).computed(now.saturating_duration_since(began)),
        };
        self.used < self.limit
    }

    /// Begins another one, and says for how many ticks.
    fn begin_slice(&mut self, slice: u64, now: Instant) -> u64 {
        let left = self.limit.saturating_sub(self.used).as_nanos() / TICK.as_nanos();
        let ticks = slice.min(u64::try_from(left).unwrap_or(u64::MAX)).max(1);
        self.slice = Slice { ticks, began: Some(now) };
        ticks
    }
}

/// Has the store's guest make room for others after each slice, until it is out of time.
pub(crate) fn slice<T: Timed>(store: &mut Store<T>, pace: Pace) {
    let Pace::Ticks(slice) = pace else { return };
    store.epoch_deadline_callback(move |mut guest| {
        let guest = guest.data_mut();
        if !guest.own_time().end_slice(Instant::now()) {
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
        let pace = Pace::Ticks(slice);
        let limit = TimeLimit::new(Duration::from_millis(limit_ms), None, pace);
        let Budget::Ticks(first) = limit.budget else { panic!("a pace of ticks") };
        let (mut own, mut now, mut count) = (OwnTime::default(), Instant::now(), 0);
        own.begin(limit.duration, first);
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
    fn a_slice_that_began_within_a_tick_counts_for_what_it_was() {
        let (count, used) = slices(100, 1, 500);
        assert_eq!((count, used), (199, Duration::from_millis(100)));
    }

    #[test]
    fn time_in_which_the_machine_did_not_run_the_guest_is_not_its_own() {
        let (count, used) = slices(100, 1, 3_000_000);
        assert_eq!((count, used), (51, Duration::from_millis(101)));
    }

    #[test]
    fn a_limit_below_a_slice_is_one_slice() {
        assert_eq!(slices(3, 10, 3000).0, 1);
        assert_eq!(slices(0, 10, 1).0, 1);
    }
}
