//! What other actor systems take for the same messages, one program for each of them.
//!
//! Each prints a line of JSON for each figure: the system, what was measured, on how many cores,
//! and the nanoseconds of one message in each sample.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod figures;
mod rival;
mod runtime;
mod token;

pub use figures::Figures;
pub use rival::{Rival, measure};
pub use runtime::tokio_runtime;
pub use token::Token;
