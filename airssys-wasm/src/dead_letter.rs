use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use airssys_wasm_core::{ComponentId, RequestId, TraceParent};
use bytes::Bytes;

/// A message that was accepted and not handled, that its receiver refused where nobody waited for
/// the answer, or that was refused when its sender's timer went off.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Who sent it.
    pub sender: ComponentId,
    /// Whom it was sent to.
    pub target: ComponentId,
    /// Why it was not handled.
    pub reason: DeadLetterReason,
    /// What the receiver said, where it refused or crashed; why it was not sent, where a timer's
    /// message was not.
    pub detail: Option<String>,
    /// When it became a dead letter, in nanoseconds since the Unix epoch.
    pub at: u64,
    /// When it was sent, in nanoseconds since the Unix epoch.
    pub sent_at: u64,
    /// How often it had been delivered, or was about to be: 1 for the first time.
    pub delivery: u32,
    /// The message.
    pub payload: Bytes,
    /// The request that it was; its sender has been told how it ended.
    pub request: Option<RequestId>,
    /// The trace that it belongs to, and its step in it.
    pub trace_parent: TraceParent,
}

impl DeadLetter {
    /// Bytes that it takes up where it is kept.
    pub(crate) fn kept_size(&self) -> usize {
        size_of::<Self>() + self.payload.len() + self.detail.as_ref().map_or(0, String::len)
    }
}

/// Why a message became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// The receiver's handler returned an error.
    Refused,
    /// The receiver crashed with the message in hand.
    Crashed,
    /// The receiver stopped, or was given up, before it handled the message.
    Stopped,
    /// It was pushed out of a full mailbox, or did not get into it.
    Dropped,
    /// It was published, and a subscriber's mailbox had no room for it.
    Missed,
    /// It was not accepted when the timer went off that was to send it.
    NotSent,
}

impl DeadLetterReason {
    /// Its name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Crashed => "crashed",
            Self::Stopped => "stopped",
            Self::Dropped => "dropped",
            Self::Missed => "missed",
            Self::NotSent => "not-sent",
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many messages became dead letters, by reason, whether or not they are still kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetterCounts {
    /// The receiver's handler returned an error, and nobody waited for an answer.
    pub refused: u64,
    /// The receiver crashed with the message in hand.
    pub crashed: u64,
    /// The receiver stopped before it handled the message.
    pub stopped: u64,
    /// Pushed out of a full mailbox.
    pub dropped: u64,
    /// Published, and a subscriber's mailbox had no room.
    pub missed: u64,
    /// Not accepted when the timer went off that was to send them.
    pub not_sent: u64,
    /// Of all these, those that had to make room for newer ones and are not kept any more.
    pub pushed_out: u64,
}

/// The same, while it is being counted.
#[derive(Default)]
pub(crate) struct Tally {
    refused: AtomicU64,
    crashed: AtomicU64,
    stopped: AtomicU64,
    dropped: AtomicU64,
    missed: AtomicU64,
    not_sent: AtomicU64,
}

impl Tally {
    pub(crate) fn count(&self, reason: DeadLetterReason) {
        let counter = match reason {
            DeadLetterReason::Refused => &self.refused,
            DeadLetterReason::Crashed => &self.crashed,
            DeadLetterReason::Stopped => &self.stopped,
            DeadLetterReason::Dropped => &self.dropped,
            DeadLetterReason::Missed => &self.missed,
            DeadLetterReason::NotSent => &self.not_sent,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, pushed_out: u64) -> DeadLetterCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DeadLetterCounts {
            refused: read(&self.refused),
            crashed: read(&self.crashed),
            stopped: read(&self.stopped),
            dropped: read(&self.dropped),
            missed: read(&self.missed),
            not_sent: read(&self.not_sent),
            pushed_out,
        }
    }
}
