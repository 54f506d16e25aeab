//! A component that reminds `demo/bell` of whatever it is sent, a minute later.

/// The component: here as text, elsewhere as a binary that a compiler has made.
pub const REMINDER: &[u8] = include_bytes!("reminder.wat");

/// The testkit's page is about this component: its snippets run as tests of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../../airssys-wasm-testkit/README.md")]
pub struct Page;
