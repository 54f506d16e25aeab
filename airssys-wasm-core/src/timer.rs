use thiserror::Error;

use crate::SendError;

/// The name of a timer among all that its component ever set: it is never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(u64);

impl TimerId {
    /// The id with this number: what a guest hands in is looked up, not trusted.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Why a timer was not set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimerError {
    /// The message could not be sent, now or later.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// The limit of timers of one component that have not gone off.
    #[error("there are {0} timers that have not gone off")]
    TooManyTimers(u32),
}
