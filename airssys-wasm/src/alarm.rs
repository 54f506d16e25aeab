use std::task::Waker;
use std::time::Duration;

use airssys_wasm_actor::Timers;
use airssys_wasm_core::Alarm;

/// Wakes guests that wait for a time, by the system's timers.
pub(crate) struct TimersAlarm(pub(crate) Timers);

impl Alarm for TimersAlarm {
    fn wake_at(&self, at: Duration, waker: Waker) {
        self.0.at(at, move || waker.wake());
    }
}
