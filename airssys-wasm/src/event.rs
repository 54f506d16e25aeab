use std::fmt;
use std::time::Duration;

use airssys_wasm_core::{ComponentId, Crash, RequestId};

/// Something that a host program may want to know of.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A component's instance is no more.
    Crashed {
        /// Whose.
        id: &'a ComponentId,
        /// Why.
        crash: &'a Crash,
        /// In what time it starts again; `None`: it was given up.
        restart: Option<Duration>,
    },
    /// A component that had crashed runs again.
    Restarted {
        /// Which.
        id: &'a ComponentId,
    },
    /// A message was accepted and will not be handled (or was refused by its receiver, and
    /// nobody waits for the answer).
    DeadLetter(&'a DeadLetter),
    /// What `airssys/stdout` writes to takes no more.
    OutputClosed,
}

/// A message that was accepted and not handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Who sent it.
    pub sender: ComponentId,
    /// Whom it was sent to.
    pub target: ComponentId,
    /// Why it was not handled.
    pub reason: DeadLetterReason,
    /// What the receiver said, where it was refused or the receiver crashed.
    pub detail: Option<String>,
    /// The message's size in bytes.
    pub size: usize,
    /// The request that it was; its sender has been told how it ended.
    pub request: Option<RequestId>,
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
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Crashed => "crashed",
            Self::Stopped => "stopped",
            Self::Dropped => "dropped",
        })
    }
}
