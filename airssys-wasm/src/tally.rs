use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::DeadLetterReason;

/// How many messages became dead letters, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeadLetterCounts {
    /// The receiver's handler returned an error, and nobody waited for an answer.
    pub refused: u64,
    /// The receiver crashed with the message in hand.
    pub crashed: u64,
    /// The receiver stopped before it handled the message.
    pub stopped: u64,
    /// Pushed out of a full mailbox.
    pub dropped: u64,
}

/// The same, while it is being counted.
#[derive(Default)]
pub(crate) struct Tally {
    refused: AtomicU64,
    crashed: AtomicU64,
    stopped: AtomicU64,
    dropped: AtomicU64,
}

impl Tally {
    pub(crate) fn count(&self, reason: DeadLetterReason) {
        let counter = match reason {
            DeadLetterReason::Refused => &self.refused,
            DeadLetterReason::Crashed => &self.crashed,
            DeadLetterReason::Stopped => &self.stopped,
            DeadLetterReason::Dropped => &self.dropped,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> DeadLetterCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DeadLetterCounts {
            refused: read(&self.refused),
            crashed: read(&self.crashed),
            stopped: read(&self.stopped),
            dropped: read(&self.dropped),
        }
    }
}
