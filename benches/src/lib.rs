//! What the end-to-end benchmarks are made of. See `README.md` for what they show.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod bare;
pub mod guests;
pub mod memory;
pub mod ratios;
pub mod rig;
pub mod token;
