use std::time::Duration;

/// One time that an actor is run, on the thread that runs it.
pub(crate) struct Activation {
    /// Which worker.
    pub(crate) worker: usize,
    /// Messages that the actor may handle before it goes behind the others.
    pub(crate) budget: usize,
    /// The time, on the scheduler's clock, when the last activation of this worker ended or, if
    /// it did something else since, when this one began: one look at the clock serves both.
    pub(crate) now: Duration,
}
