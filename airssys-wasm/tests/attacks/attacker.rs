//! How those who attack are set up.

use std::time::Duration;

use airssys_wasm::{Backoff, ComponentSpec, Grants, Intensity, MailboxLimits, Overflow};
use airssys_wasm_testkit::patterns;

use crate::stage;

/// These patterns for all that a component may do of its own.
pub(crate) fn all_rights(over: &[&str]) -> Grants {
    Grants {
        send: patterns(over),
        request: patterns(over),
        publish: patterns(over),
        subscribe: patterns(over),
        receive: None,
    }
}

pub(crate) fn mailbox(capacity: usize, overflow: Overflow) -> MailboxLimits {
    MailboxLimits { capacity, max_bytes: 1 << 30, overflow }
}

/// A component without grants.
pub(crate) fn spec(id: &str, items: &'static str) -> ComponentSpec {
    ComponentSpec::guest(id.parse().unwrap(), &stage::guest(items))
}

/// A component that may do anything to anyone, and may crash as often as it likes.
pub(crate) fn attacker(id: &str, items: &'static str) -> ComponentSpec {
    spec(id, items)
        .grants(all_rights(&["**"]))
        .intensity(Intensity { max_restarts: u32::MAX, within: Duration::from_secs(1) })
        .backoff(Backoff { initial: Duration::from_millis(1), max: Duration::from_millis(1) })
}

/// Long enough that a component which crashed runs again.
pub(crate) const RESTART: Duration = Duration::from_millis(2);
