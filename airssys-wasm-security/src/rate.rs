use std::num::NonZeroU32;
use std::time::Duration;

use thiserror::Error;

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// How many times a second, in the long run.
    pub per_second: NonZeroU32,
    /// How many times at once, after a rest.
    pub burst: NonZeroU32,
}

/// Holds one sender to a [`Rate`], over a time that is given.
///
/// In any span of time `t`, no more than `burst + t * per_second` are accepted, and it is exact:
/// nothing is rounded but the stated wait, which is rounded up to the next nanosecond.
///
/// ```
/// # use std::num::NonZeroU32;
/// # use std::time::Duration;
/// # use airssys_wasm_security::{Rate, RateLimiter, TooSoon};
/// let rate = Rate { per_second: NonZeroU32::MIN.saturating_add(3), burst: NonZeroU32::MIN };
/// let mut limiter = RateLimiter::new(rate);
///
/// let now = Duration::from_secs(10);
/// limiter.take(now)?;
/// let too_soon = limiter.take(now).expect_err("there are four a second, one at a time");
/// assert_eq!(too_soon.milliseconds(), 250);
/// limiter.take(now + too_soon.wait)?;
/// # Ok::<(), TooSoon>(())
/// ```
///
/// This is the Generic Cell Rate Algorithm in its form of virtual scheduling, as the ATM Forum's
/// Traffic Management Specification 4.0 (af-tm-0056) and ITU-T I.371 have it.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    rate: Rate,
    /// When the next one is due if they come evenly, in [`Ticks`]: GCRA's theoretical arrival
    /// time. Each one moves it by [`INTERVAL`], and it may be a burst's intervals ahead of now.
    due: Ticks,
}

/// Time in units of 1 / `per_second` nanoseconds, so that the interval is a whole number whatever
/// the rate. A `Duration` has under 2^94 nanoseconds and a rate under 2^32: it always fits.
type Ticks = u128;

/// From one to the next, if they come evenly: a second's nanoseconds.
const INTERVAL: Ticks = 1_000_000_000;

impl RateLimiter {
    /// A limiter at rest.
    pub fn new(rate: Rate) -> Self {
        Self { rate, due: 0 }
    }

    /// Whether one more may be sent `now`. It counts nothing.
    ///
    /// `now` is the time since any fixed start. Where it goes back, what was counted stays
    /// counted, and the wait is as much longer.
    ///
    /// # Errors
    ///
    /// If not, with the time after which it may.
    #[inline]
    pub fn check(&self, now: Duration) -> Result<(), TooSoon> {
        let early = self.due.saturating_sub(self.ticks(now) + self.tolerance());
        if early == 0 { Ok(()) } else { Err(TooSoon { wait: self.duration(early) }) }
    }

    /// Counts one that was sent `now`, whether or not that was too soon.
    #[inline]
    pub fn count(&mut self, now: Duration) {
        self.due = self.due.max(self.ticks(now)) + INTERVAL;
    }

    /// [Counts](Self::count) one more if it may be sent `now`.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check). Then it is not counted.
    #[inline]
    pub fn take(&mut self, now: Duration) -> Result<(), TooSoon> {
        self.check(now)?;
        self.count(now);
        Ok(())
    }

    /// Takes back one that was counted, and not sent after all.
    #[inline]
    pub fn give_back(&mut self) {
        self.due = self.due.saturating_sub(INTERVAL);
    }

    /// How many may be sent `now`, one right after the other.
    pub fn available(&self, now: Duration) -> u32 {
        let pending = self.due.saturating_sub(self.ticks(now)).div_ceil(INTERVAL);
        let burst = self.rate.burst.get();
        burst.saturating_sub(u32::try_from(pending).unwrap_or(u32::MAX))
    }

    /// The rate that it holds to.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    fn ticks(&self, time: Duration) -> Ticks {
        time.as_nanos() * Ticks::from(self.rate.per_second.get())
    }

    /// How far ahead of its due time one may come.
    fn tolerance(&self) -> Ticks {
        Ticks::from(self.rate.burst.get() - 1) * INTERVAL
    }

    fn duration(&self, ticks: Ticks) -> Duration {
        let nanos = ticks.div_ceil(Ticks::from(self.rate.per_second.get()));
        Duration::from_nanos_u128(nanos.min(Duration::MAX.as_nanos()))
    }
}

/// Over the rate: nothing may be sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("over the rate limit for another {wait:?}")]
pub struct TooSoon {
    /// After this time one may be sent, and not a nanosecond before.
    pub wait: Duration,
}

impl TooSoon {
    /// The wait in milliseconds, rounded up: a send succeeds after so many, and not after one
    /// less.
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
