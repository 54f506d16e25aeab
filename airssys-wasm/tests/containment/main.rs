//! Hostile guests in a running system: each is contained, and what it does to itself is told.
//!
//! The guests are data, by what they attack; [`scenario`] is what all of them go through, on a
//! [seeded](seeded) system and on [threads](threaded).
//!
//! `AIRSSYS_MODULES` says how many random binaries are tried, `AIRSSYS_SEED` from which seed on, and
//! `AIRSSYS_GUEST` which guests, by a part of their names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod broken;
mod crash_log;
mod ground;
mod guests;
mod hostile;
mod neighbours;
mod random;
mod scenario;
mod sections;
mod seeded;
mod threaded;
mod told;
mod trial;
