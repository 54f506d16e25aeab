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
