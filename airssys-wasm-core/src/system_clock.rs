use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Clock;

/// The machine's own clocks.
///
/// The date is read once and then moved on by the monotonic clock, so that stamps never go
/// back; a change of the machine's date shows in clocks that are made later.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
    unix_nanos_at_start: u64,
}

impl Default for SystemClock {
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), unix_nanos_at_start: nanos(since_epoch) }
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_nanos_at(&self, monotonic: Duration) -> u64 {
        self.unix_nanos_at_start.saturating_add(nanos(monotonic))
    }
}

fn nanos(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(duration.subsec_nanos()))
}
