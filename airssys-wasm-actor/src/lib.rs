//! Actors in plain Rust: bounded mailboxes, flow control and a scheduler of its own.
//!
//! An [`Actor`] handles one message at a time and shares nothing. It lives in a [`Scheduler`],
//! whose worker threads run whichever actors have mail; others reach it through its
//! [`Address`], and a send that its mailbox cannot take hands the message back.
//!
//! ```
//! use airssys_wasm_actor::{Actor, Context, MailboxLimits, Scheduler};
//!
//! struct Sum(u64);
//!
//! impl Actor for Sum {
//!     type Message = u64;
//!
//!     fn handle(&mut self, number: u64, _: &mut Context<'_, Self>) {
//!         self.0 += number;
//!     }
//! }
//!
//! let scheduler = Scheduler::start(2);
//! let sum = scheduler.spawn(Sum(0), MailboxLimits::default());
//! for number in 1..=100 {
//!     sum.send(number)?;
//! }
//! scheduler.wait_quiet();
//! let (answer, total) = std::sync::mpsc::channel();
//! sum.command(move |sum, _| answer.send(sum.0).expect("the receiver is below"))?;
//! assert_eq!(total.recv()?, 5050);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Scheduler::seeded`] runs the same actors on the caller's thread, in an order drawn from a
//! seed: that is how whatever races is tested.

mod activation;
mod actor;
mod address;
mod body;
mod cell;
mod context;
mod flow;
mod hand_off;
mod mailbox;
mod place;
#[cfg(all(test, loom))]
mod proofs;
mod run_queue;
mod sampling;
mod scheduler;
mod sleep;
mod sync;
mod timers;
mod worker;
mod workers;

pub use airssys_wasm_core::SystemClock;

pub use actor::{Actor, Exit};
pub use address::{Address, Sent, Stopped, TrySendError};
pub use context::Context;
pub use hand_off::SpareThreads;
pub use mailbox::{MailboxLimits, Overflow};
pub use scheduler::Scheduler;
pub use timers::{TimerKey, Timers};
