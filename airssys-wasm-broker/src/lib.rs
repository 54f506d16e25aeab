//! Registry, routes, open requests, dead letters and topics of [AirsSys Wasm], an actor runtime
//! for WebAssembly components.
//!
//! Nothing here does I/O, starts a thread or reads a clock. [`Registry`] and [`Topics`] are
//! shared; each sender has [`Routes`], [`Handles`] and [`OpenRequests`] of its own, without a lock,
//! and [`DeadLetters`] leaves the lock to its owner.
//!
//! ```
//! use airssys_wasm_broker::{Registry, Routes};
//! use airssys_wasm_core::ComponentId;
//!
//! let registry = Registry::new();
//! registry.insert(ComponentId::parse("shop/cart")?, "the cart's mailbox").expect("it is new");
//!
//! let mut routes = Routes::new(64);
//! for _ in 0..1000 {
//!     // Before the registry is read: see `Registry`.
//!     let generation = registry.generation();
//!     let resolve = |target: &str| registry.get(target).ok_or("nobody");
//!     let route = routes.route("shop/cart", generation, resolve);
//!     assert_eq!(route, Ok(&mut "the cart's mailbox"));
//! }
//! # Ok::<(), airssys_wasm_core::InvalidId>(())
//! ```
//!
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

mod dead_letters;
mod handles;
mod open_requests;
mod registry;
mod routes;
mod topics;

pub use dead_letters::DeadLetters;
pub use handles::Handles;
pub use open_requests::{OpenRequests, TooMany};
pub use registry::{Registry, Taken};
pub use routes::Routes;
pub use topics::{TooManySubscriptions, Topics};
