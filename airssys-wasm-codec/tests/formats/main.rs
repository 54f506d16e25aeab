//! The formats' typed helpers, and validation without a type.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod golden;
mod hostile;
mod typed;
mod values;
mod well_formed;
