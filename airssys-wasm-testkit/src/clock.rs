use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm_core::Clock;

/// A clock that stands still until the test moves it. It starts at 1 January 2000, 0:00 UTC.
#[derive(Debug, Default)]
pub struct VirtualClock {
    nanos: AtomicU64,
}

const START: u64 = 946_684_800_000_000_000;

impl VirtualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }

    fn unix_nanos_at(&self, monotonic: Duration) -> u64 {
        START + u64::try_from(monotonic.as_nanos()).unwrap_or(u64::MAX - START)
    }
}
