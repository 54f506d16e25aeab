use std::task::Waker;
use std::time::Duration;

/// Wakes whoever waits for a time to come: a timer thread, or a test that moves the time itself.
pub trait Alarm: Send + Sync + 'static {
    /// Wakes `waker` once [`Clock::monotonic`](crate::Clock::monotonic), of the clock that comes
    /// with this alarm, has reached `at`; at once where it has. Waking more often or too early
    /// does no harm.
    ///
    /// No lock may be held that the clock needs while the waker is woken: it reads the clock.
    fn wake_at(&self, at: Duration, waker: Waker);
}
