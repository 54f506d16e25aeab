use std::fmt;
use std::time::Duration;

use airssys_wasm_core::{ComponentId, Crash, Health};
use airssys_wasm_supervisor::GiveUp;

use crate::dead_letter::DeadLetter;

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
        /// In what time it starts again; 0 where others have to stop before, and then it may be given up
        /// with them; `None`: it was given up.
        restart: Option<Duration>,
    },
    /// A component says otherwise than before how it is.
    HealthChanged {
        /// Which.
        id: &'a ComponentId,
        /// What it says; of one that crashed when it was asked, how.
        health: &'a Health,
    },
    /// A component has ended itself, and that was no fault: it called `wasi:cli/exit` with success.
    Exited {
        /// Which.
        id: &'a ComponentId,
        /// In what time it starts again; `None`: it does not.
        restart: Option<Duration>,
    },
    /// A component is not started again for a reason that is not its own: it was given up with the
    /// group that it is in.
    GivenUp {
        /// Which.
        id: &'a ComponentId,
        /// Why.
        why: &'a GiveUp,
    },
    /// A component that had crashed runs again.
    Restarted {
        /// Which.
        id: &'a ComponentId,
    },
    /// A message was accepted and will not be handled (or was refused by its receiver, or when
    /// its timer went off, and nobody waits for the answer).
    DeadLetter(&'a DeadLetter),
    /// What `airssys/stdout` writes to takes no more.
    OutputClosed,
    /// The system has ended, and its audit log could not be written to the end.
    AuditNotWritten,
}

/// On one line, as it is logged.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crashed { id, crash, restart } => {
                write!(f, "{id} {crash}")?;
                match restart {
                    Some(Duration::ZERO) => Ok(()),
                    Some(after) => write!(f, "; it starts again in {after:?}"),
                    None => f.write_str("; given up"),
                }
            }
            Self::HealthChanged { id, health } => write!(f, "{id} is {health}"),
            Self::Exited { id, restart } => {
                write!(f, "{id} has ended itself")?;
                restart.map_or(Ok(()), |after| write!(f, "; it starts again in {after:?}"))
            }
            Self::GivenUp { id, why } => write!(f, "{id} is given up: {why}"),
            Self::Restarted { id } => write!(f, "{id} runs again"),
            Self::DeadLetter(letter) => {
                let DeadLetter { sender, target, reason, detail, payload, .. } = letter;
                let size = payload.len();
                write!(f, "dead letter: {target} {reason} {size} bytes from {sender}")?;
                detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
            }
            Self::OutputClosed => f.write_str("standard output is closed"),
            Self::AuditNotWritten => f.write_str("the audit log was not written to the end"),
        }
    }
}
