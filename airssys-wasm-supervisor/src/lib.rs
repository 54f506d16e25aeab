//! What to restart, when, and when to give up, for [AirsSys Wasm], an actor runtime for
//! WebAssembly components.
//!
//! Nothing here restarts anything: a [`Tree`] of groups is told what has happened, when, and a
//! random number, and answers with [`Action`]s. Whoever drives it does these, and reports what
//! came of each, in its own time.
//!
//! ```
//! use std::time::Duration;
//!
//! use airssys_wasm_supervisor::{Action, Event, ExitReason, Policy, Restart, Strategy, Tree};
//!
//! let policy = Policy { strategy: Strategy::OneForAll, ..Policy::default() };
//! let mut tree = Tree::new("shop", policy);
//! tree.add_child(&"shop", "shop/stock", Restart::Permanent)?;
//! tree.add_child(&"shop", "shop/cart", Restart::Permanent)?;
//!
//! let (now, random) = (Duration::from_secs(10), 0);
//! let actions = tree.start(&"shop", now)?;
//! let [Action::Start { child: "shop/stock", run: stock, .. }] = actions[..] else { panic!() };
//! let actions = tree.report(Event::Started(stock), now, random);
//! let [Action::Start { child: "shop/cart", run: cart, .. }] = actions[..] else { panic!() };
//! assert_eq!(tree.report(Event::Started(cart), now, random), []);
//!
//! // One crashes: the other is stopped, and then both start, in their order.
//! let actions = tree.report(Event::Exited(stock, ExitReason::Crashed), now, random);
//! assert_eq!(actions, [Action::Stop { child: "shop/cart", run: cart }]);
//! let actions = tree.report(Event::Stopped(cart), now, random);
//! let [Action::Start { child: "shop/stock", after, .. }] = actions[..] else { panic!() };
//! assert_eq!(after, Duration::from_millis(100));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rules
//!
//! A group is what Erlang/OTP calls a supervisor, and does what is documented there.
//!
//! - Children start in the order in which they were added, each when the one before it has
//!   started, and stop in the reverse order, each when the one after it has stopped.
//! - [`Restart`] says which exits of a child are followed by a restart, and [`Strategy`] which of
//!   its siblings are restarted along with it: those that had ended before too, save temporary
//!   ones, which are not started again.
//! - A group whose children are to be restarted more often than its [`Intensity`] allows stops
//!   them all and ends. For its parent that is one exit, for a normal reason: a transient group is
//!   not started again. A group that starts again starts all its children, and counts anew.
//! - A restart whose start fails counts as another crash, and is tried again. The first start of a
//!   group's children is not: if one fails, those before it are stopped, and the group has failed
//!   to start.
//! - At the root, nobody is told: it is given up, with all that is in it.
//!
//! # Where this is not OTP
//!
//! - **A one-for-one root does not give up.** Components in it have nothing to do with each other,
//!   and none may take the others down. Each direct child has a window of its own, and only that
//!   child is given up when it is exceeded, or when its first start fails: a component, or a group
//!   with all that is in it. Roots with the other strategies are as in OTP: their children stand
//!   and fall together.
//! - **Restarts wait**, the longer the more there were: see [`Backoff`]. It counts from the exit, and
//!   only what starts first in a restart of many waits.
//! - **Nothing blocks.** OTP's supervisor looks at an exit when it is done with what it is at. Here
//!   one that comes in the middle of a restart has it begin anew at once, so that nobody waits for
//!   a back-off that is void. An exit of what is about to be stopped is its stop, as there.
//! - **What is added to a running group stays** when the group starts again; OTP forgets it.
//!   Temporary children are forgotten when they end.
//! - What the operator stops in the middle of a group's restart is not started by that one.
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
