use std::time::Duration;

/// Where time comes from: the machine's clocks, or a test's own.
pub trait Clock: Send + Sync + 'static {
    /// Time since a start of the clock's choosing. It never goes back, and no change of the
    /// machine's date moves it: deadlines are counted on it.
    fn monotonic(&self) -> Duration;

    /// The date at that time of the clock, in nanoseconds since the Unix epoch: what messages are
    /// stamped with.
    fn unix_nanos_at(&self, monotonic: Duration) -> u64;

    /// The date now, in nanoseconds since the Unix epoch.
    fn unix_nanos(&self) -> u64 {
        self.unix_nanos_at(self.monotonic())
    }
}
