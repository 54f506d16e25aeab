//! Guests that mean harm: what they are told, that nobody else is harmed, and that nothing is lost
//! or left behind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answer;
mod attacker;
mod bystanders;
mod flood;
mod grant;
mod ledger;
mod lifecycle;
mod payload;
mod pointer;
mod rate;
mod request;
mod sender;
mod stage;
mod storm;
mod subscription;
mod target;
