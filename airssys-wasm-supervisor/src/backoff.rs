use std::time::Duration;

/// How long to wait before a restart: longer each time, and never the same for all.
///
/// The *n*-th restart, counted from 0, waits for `initial` · 2ⁿ and at most `max`, less a random
/// part of up to a tenth of that, so that components which crashed together do not all come back
/// at one instant, not even when they wait for `max`.
///
/// ```
/// # use airssys_wasm_supervisor::Backoff;
/// # use std::time::Duration;
/// let backoff = Backoff::default();
/// assert_eq!(backoff.delay(0, 0), Duration::from_millis(100));
/// assert_eq!(backoff.delay(3, 0), Duration::from_millis(800));
/// assert_eq!(backoff.delay(3, u64::MAX), Duration::from_millis(720));
/// assert_eq!(backoff.delay(30, 0), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Backoff {
    /// Before the first restart.
    pub initial: Duration,
    /// Never more than this.
    pub max: Duration,
}

impl Backoff {
    /// What to wait before restart number `attempt`, counted from 0. `random` is any evenly
    /// distributed number: the part that is taken off is `random` / 2⁶⁴ of a tenth.
    pub fn delay(&self, attempt: u32, random: u64) -> Duration {
        // 2⁶³ ns are 292 years.
        let doublings = attempt.min(63);
        let doubled = (0..doublings).fold(self.initial, |delay, _| delay.saturating_mul(2));
        let longest = doubled.min(self.max);
        let part = random as f64 / u64::MAX as f64;
        longest.saturating_sub((longest / 10).mul_f64(part))
    }
}

impl Default for Backoff {
    /// From 100 ms to 60 s.
    fn default() -> Self {
        Self { initial: Duration::from_millis(100), max: Duration::from_secs(60) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_is_within_a_tenth_below_its_doubled_initial_and_max(
            initial in 0..=u64::MAX, max in 0..=u64::MAX, attempt: u32, random: u64
        ) {
            let from_nanos = Duration::from_nanos;
            let backoff = Backoff { initial: from_nanos(initial), max: from_nanos(max) };
            let delay = backoff.delay(attempt, random).as_nanos();
            let longest = (u128::from(initial) << attempt.min(63)).min(u128::from(max));
            prop_assert!(delay <= longest, "{} {}", delay, longest);
            prop_assert!(delay >= longest - longest / 10, "{} {}", delay, longest);
        }

        #[test]
        fn extremes_do_not_overflow(attempt: u32, random: u64) {
            let backoff = Backoff { initial: Duration::MAX, max: Duration::MAX };
            prop_assert!(backoff.delay(attempt, random) >= Duration::MAX / 10 * 8);
        }

        #[test]
        fn a_later_restart_does_not_wait_less(attempt in 0..70u32, random: u64) {
            let backoff = Backoff::default();
            prop_assert!(backoff.delay(attempt, random) <= backoff.delay(attempt + 1, random));
        }
    }

    #[test]
    fn max_holds_for_the_first_restart_too() {
        let backoff = Backoff { initial: Duration::from_secs(2), max: Duration::from_secs(1) };
        assert_eq!(backoff.delay(0, 0), Duration::from_secs(1));
    }
}
