//! Ids, messages, outcomes and the traits at the seams of [AirsSys Wasm], an actor runtime
//! for WebAssembly components.
//!
//! The other crates of the workspace know each other only through what is here, and what is
//! here knows no async runtime, no WebAssembly engine and no serialization format.
//!
//! ```
//! use airssys_wasm_core::ComponentId;
//!
//! let id: ComponentId = "shop/cart".parse()?;
//! assert_eq!(id.namespace(), "shop");
//! assert!("Shop/cart".parse::<ComponentId>().is_err());
//! # Ok::<(), airssys_wasm_core::InvalidId>(())
//! ```
//!
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

mod alarm;
mod clock;
mod component_error;
mod component_id;
mod crash;
mod failure;
mod handle;
mod health;
mod message;
mod monitor;
mod outbox;
mod request_error;
mod request_id;
mod send_error;
mod subscribe_error;
mod system_clock;
mod timer;
mod topic;
mod trace_parent;

pub use alarm::Alarm;
pub use clock::Clock;
pub use component_error::ComponentError;
pub use component_id::{ComponentId, InvalidId, MAX_ID_BYTES, is_segment_byte, segment_fault};
pub use crash::{Crash, CrashKind};
pub use failure::Failure;
pub use handle::Handle;
pub use health::Health;
pub use message::MessageInfo;
pub use monitor::{ExitReason, MonitorError};
pub use outbox::Outbox;
pub use request_error::RequestError;
pub use request_id::RequestId;
pub use send_error::SendError;
pub use subscribe_error::SubscribeError;
pub use system_clock::SystemClock;
pub use timer::{TimerError, TimerId};
pub use topic::Topic;
pub use trace_parent::{InvalidTraceParent, TraceParent};
