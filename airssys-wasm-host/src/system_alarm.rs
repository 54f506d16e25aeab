use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use airssys_wasm_core::{Alarm, Clock, SystemClock};

use crate::tokio_runtime;

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
