//! WebAssembly components under wasmtime: load one, call its handlers, keep it within limits.
//!
//! A [`Component`] is compiled once by an [`Engine`] and makes many [`Instance`]s, each with
//! memory, limits and an [`Outbox`] of its own. There is no actor here and no queue: an instance
//! runs where it is called, until it answers, crashes or is out of time. Threads are the engine's
//! ticker, and tokio's once a guest is first given sockets, files or requests.
//!
//! ```
//! # use std::error::Error;
//! # use std::time::Duration;
//! use airssys_wasm_core::{ComponentId, MessageInfo, Outbox, RequestId, SendError};
//! use airssys_wasm_host::{Component, Engine, EngineConfig, Limits};
//!
//! struct Nowhere;
//!
//! impl Outbox for Nowhere {
//!     fn send_message(&mut self, _: &str, _: &[u8]) -> Result<(), SendError> {
//!         Err(SendError::NoSuchComponent)
//!     }
//! #   fn send_request(&mut self, _: &str, _: &[u8], _: Option<Duration>) -> Result<RequestId, SendError> {
//! #       Err(SendError::NoCallback)
//! #   }
//! #   fn cancel_request(&mut self, _: RequestId) -> bool {
//! #       false
//! #   }
//!     // … and the other two
//! }
//!
//! # fn main() -> Result<(), Box<dyn Error>> {
//! let engine = Engine::new(EngineConfig::default())?;
//! let component = Component::load(&engine, include_bytes!("../tests/guests/echo.wat"))?;
//! let id = ComponentId::parse("demo/echo")?;
//! let mut echo = component.pre()?.instantiate(id, Box::new(Nowhere), Limits::default())?;
//!
//! let info = MessageInfo::new(0);
//! let response = echo.handle_message("demo/me", b"hello", &info)?;
//! assert_eq!(response.as_deref(), Some(b"hello".as_slice()));
//! # Ok(())
//! # }
//! ```
//!
//! # WASI, and waiting
//!
//! Components may import WASI 0.2. What of it reaches out of the guest is empty or refused unless it
//! is granted: see [`WasiGrants`], [`Imports`] and [`Component::link`]. Time, chance, what the guest
//! prints and its configuration come from its [`Surroundings`].
//!
//! Most guests cannot wait, and are called synchronously. From what a component imports and was
//! granted follows whether it can: where it imports `subscribe-instant` or `subscribe-duration` of
//! `wasi:clocks` and a way to wait for them, anything of `wasi:sockets` or `wasi:http`, or
//! `wasi:filesystem` with a directory granted, or functions of the host program's own
//! [that wait](Imports::own_async). Such an instance is called with the methods that end in
//! `_async`: the call is a future, and while the guest waits it holds no thread. The other methods
//! do the same and hold the caller's thread.
//!
//! [`Outbox`]: airssys_wasm_core::Outbox

mod bindings;
mod cache;
mod callee;
mod component;
mod contract;
mod core_abi;
mod core_module;
mod description;
mod engine;
mod exports;
mod extensions;
mod fault;
mod imports;
mod instance;
mod limits;
mod load_error;
mod load_limits;
mod provided;
mod signature;
mod source;
mod state;
mod surroundings;
mod system_alarm;
mod ticker;
mod time_limit;
mod tokio_runtime;
mod waiting;
mod waiting_calls;
mod wasi;

pub use cache::CodeCache;
pub use component::Component;
pub use core_module::component_from_core;
pub use description::{Description, Interfaces, inspect};
pub use engine::{Engine, EngineConfig, EngineError, TimeMeter};
pub use extensions::Extensions;
pub use instance::{Instance, InstancePre, MessageOutcome};
pub use limits::{Limits, MemoryBudget};
pub use load_error::LoadError;
pub use load_limits::{LoadLimits, TooMuch};
pub use provided::Imports;
pub use source::Form;
pub use state::State;
pub use surroundings::{Output, Random, Stream, Surroundings, Time};
pub use wasi::{HostPattern, InvalidPattern, Preopen, WasiGrants};
/// What imports of the host program's own are written with.
pub use wasmtime;
