//! Grants, quotas and audit records, as pure decisions and data, for [AirsSys Wasm], an actor
//! runtime for WebAssembly components.
//!
//! A component asks in its manifest, its operator grants, and what is not granted is refused:
//!
//! ```
//! use airssys_wasm_core::ComponentId;
//! use airssys_wasm_security::{Grants, PatternSet};
//!
//! let asked = Grants { send: PatternSet::parse(["shop/*"])?, ..Grants::default() };
//! let granted = Grants { send: PatternSet::parse(["shop/cart-*"])?, ..Grants::default() };
//! assert!(granted.exceeds(&asked).is_empty());
//!
//! assert!(granted.may_send(&ComponentId::parse("shop/cart-eu")?));
//! assert!(!granted.may_send(&ComponentId::parse("shop/stock")?));
//! assert!(!granted.may_request(&ComponentId::parse("shop/cart-eu")?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [AirsSys Wasm]: https://github.com/airssys/airssys-wasm

pub mod audit;

mod binding;
mod grants;
mod pattern;
mod pattern_set;
mod rate;
mod right;

pub use binding::{Binding, Unbound};
pub use grants::{Excess, Grants};
pub use pattern::{InvalidPattern, Pattern};
pub use pattern_set::PatternSet;
pub use rate::{Rate, RateLimiter, TooSoon};
pub use right::Right;
