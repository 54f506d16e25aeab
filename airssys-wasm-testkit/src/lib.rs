//! For tests of components, and of systems of them: guests from text, probes, and a system on
//! the test's own thread, with a clock and an order of events that the test owns.
//!
//! ```
//! use airssys_wasm_testkit::{TestSystem, guests};
//!
//! let test = TestSystem::seeded(1);
//! test.spawn_guest("demo/echo", guests::ECHO);
//! let mut probe = test.probe("demo/probe");
//! assert_eq!(probe.request(&test, "demo/echo", b"hello").unwrap(), b"hello");
//! ```
//!
//! The same seed gives the same run; a test of an order [tries many](each_seed). The crate's
//! [README](https://github.com/airssys/airssys-wasm/tree/main/airssys-wasm-testkit) goes through
//! it all, from a first test to faults.

pub mod guests;

mod accounts;
mod clock;
mod expectations;
#[cfg(unix)]
mod failing_file;
mod fault_injector;
mod journal;
mod probe;
mod puppet;
mod seeds;
mod situation;
mod test_system;

use airssys_wasm::PatternSet;

pub use accounts::expect_nothing_lost;
pub use airssys_wasm;
pub use clock::VirtualClock;
#[cfg(unix)]
pub use failing_file::FailingFile;
pub use fault_injector::FaultInjector;
pub use probe::{Probe, Received};
pub use puppet::{Outcome, Puppet};
pub use seeds::each_seed;
pub use test_system::TestSystem;

/// The set of these patterns, for grants.
///
/// # Panics
///
/// If one is malformed; the message says which.
pub fn patterns(patterns: &[&str]) -> PatternSet {
    match PatternSet::parse(patterns.iter().copied()) {
        Ok(patterns) => patterns,
        Err(error) => panic!("{patterns:?}: {error}"),
    }
}

/// A component's binary, of the text of a core module or component.
///
/// # Panics
///
/// If the text is neither; the message says where and why.
pub fn component(text: &str) -> Vec<u8> {
    match airssys_wasm_host::component_from_core(text.as_bytes()) {
        Ok(binary) => binary,
        Err(error) => panic!("no component can be made from this text: {error}"),
    }
}
