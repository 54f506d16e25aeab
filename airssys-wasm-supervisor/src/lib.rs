//! What to restart, when, and when to give up, for [AirsSys Wasm], an actor runtime for
//! WebAssembly components.
//!
//! Nothing here restarts anything: a [`Supervisor`] is told of an exit and the time, and answers
//! with a [`Decision`].
//!
//! ```
//! use std::time::Duration;
//!
//! use airssys_wasm_supervisor::{Backoff, Decision, ExitReason, Intensity, Restart, Supervisor};
//!
//! let intensity = Intensity { max_restarts: 1, ..Intensity::default() };
//! let mut supervisor = Supervisor::new(Restart::Permanent, intensity, Backoff::default());
//!
//! let now = Duration::from_secs(10);
//! let random = 0;
//! let decision = supervisor.exited(ExitReason::Crashed, now, random);
//! assert_eq!(decision, Decision::Restart { after: Duration::from_millis(100) });
//!
//! let now = Duration::from_secs(11);
//! let decision = supervisor.exited(ExitReason::Crashed, now, random);
//! assert!(matches!(decision, Decision::GiveUp(_)));
//! ```
//!
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

mod action;
mod backoff;
mod event;
mod give_up;
mod intensity;
mod policy;
mod restart;
mod supervisor;
mod tree;
mod window;

pub use action::Action;
pub use backoff::Backoff;
pub use event::{Event, Run};
pub use give_up::GiveUp;
pub use intensity::Intensity;
pub use policy::{Policy, Strategy};
pub use restart::{ExitReason, Restart};
pub use supervisor::{Decision, Supervisor};
pub use tree::{AddError, StartError, State, Tree};
