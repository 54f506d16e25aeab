//! AirsSys Wasm: an actor runtime for WebAssembly components.
//!
//! A component has an id, a bounded mailbox and private memory, and it lives by the messages
//! that it is sent. Each send is judged and answered; a crash stays with the component it
//! happened in. A host program makes a [`System`], spawns components in it, guests and
//! [native](Native) ones alike, and talks to them:
//!
//! ```
//! use airssys_wasm::{ComponentError, ComponentId, ComponentSpec, Context, Native, System};
//!
//! struct Greeter;
//!
//! impl Native for Greeter {
//!     fn handle_message(
//!         &mut self,
//!         _sender: &ComponentId,
//!         name: &[u8],
//!         _: &mut Context<'_>,
//!     ) -> Result<Option<Vec<u8>>, ComponentError> {
//!         Ok(Some([b"Hello, ", name, b"!"].concat()))
//!     }
//! }
//!
//! let system = System::builder().workers(1).build()?;
//! system.spawn(ComponentSpec::native("demo/greeter".parse()?, || Greeter))?;
//! assert_eq!(&system.request("demo/greeter", b"world")?[..], b"Hello, world!");
//! system.shutdown();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Guests come from [`System::load`]; whole systems from a [manifest], with
//! [`SystemBuilder::start`].

#![cfg_attr(doctest, doc = include_str!("../../README.md"))]

pub mod manifest;

mod alarm;
mod audit;
mod audit_log;
mod authority;
mod blueprint;
mod builder;
mod checkup;
mod codecs;
mod dead_letter;
mod event;
mod faults;
mod from_manifest;
mod guest;
mod mail;
mod member;
mod metrics;
mod monitors;
mod native;
mod outbox;
mod payload;
mod quota;
mod registration;
mod requester;
mod running;
mod runtime;
mod sender;
mod spec;
mod standard;
mod supervision;
mod system;
mod timetable;
mod watch;

pub use airssys_wasm_actor::{MailboxLimits, Overflow};
pub use airssys_wasm_codec::{Codec, Digest, Envelope};
pub use airssys_wasm_core::{
    Clock, ComponentError, ComponentId, Crash, CrashKind, ExitReason, Health, InvalidId,
    InvalidTraceParent, MessageInfo, MonitorError, RequestError, RequestId, SendError,
    SubscribeError, TimerError, TimerId, Topic, TraceParent,
};
pub use airssys_wasm_host::{
    CodeCache, Description, Extensions, Form, HostPattern, Imports,
    InvalidPattern as InvalidHostPattern, Limits, LoadError, Output as GuestOutput, Preopen, State,
    Stream, WasiGrants, inspect, wasmtime,
};
pub use airssys_wasm_security::{Grants, InvalidPattern, Pattern, PatternSet, Rate, Right};
pub use airssys_wasm_supervisor::{Backoff, GiveUp, Intensity, Policy, Restart, Strategy};
pub use audit_log::AuditSettings;
pub use builder::{BuildError, SystemBuilder};
pub use dead_letter::{DeadLetter, DeadLetterCounts, DeadLetterReason};
pub use event::Event;
pub use faults::{Fault, Faults};
pub use from_manifest::StartError;
pub use guest::Guest;
pub use metrics::{Metrics, SendCounts};
pub use native::{Context, Native};
pub use quota::QuotaUsage;
pub use registration::Status;
pub use sender::{AskError, PendingResponse, ScheduledSend, Sender};
pub use spec::ComponentSpec;
pub use system::{
    ComponentStatus, GroupError, GroupSpec, Monitor, ResendError, SpawnError, System,
    UnknownComponent,
};
