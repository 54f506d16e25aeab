use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use airssys_wasm_core::{Alarm, Clock};

use crate::tokio_runtime;

/// The machine's clocks.
pub(crate) struct SystemClock {
    start: Instant,
    unix_at_start: Duration,
}

impl Default for SystemClock {
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self { start: Instant::now(), unix_at_start: since_epoch.unwrap_or_default() }
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_nanos_at(&self, monotonic: Duration) -> u64 {
        u64::try_from((self.unix_at_start + monotonic).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Timers of tokio's, one task for each.
pub(crate) struct SystemAlarm(pub(crate) Arc<SystemClock>);

impl Alarm for SystemAlarm {
    fn wake_at(&self, at: Duration, waker: Waker) {
        let wait = at.saturating_sub(self.0.monotonic());
        let wake = async move {
            tokio::time::sleep(wait).await;
            waker.wake();
        };
        drop(tokio_runtime::handle().spawn(wake));
    }
}
