//! Grants and their patterns, as pure decisions, for [AirsSys Wasm], an actor runtime for
//! WebAssembly components.
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

mod grants;
mod pattern;
mod pattern_set;

pub use grants::{Excess, Grants, Right};
pub use pattern::{InvalidPattern, Pattern};
pub use pattern_set::PatternSet;
