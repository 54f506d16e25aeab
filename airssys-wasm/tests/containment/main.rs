//! Hostile guests in a running system: each is contained, and what it does to itself is told.
//!
//! The guests are data, by what they attack; [`scenario`] is what all of them go through, on a
//! [seeded](seeded) system and on [threads](threaded).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod crash_log;
mod ground;
mod guests;
mod hostile;
mod neighbours;
mod scenario;
mod seeded;
mod threaded;
