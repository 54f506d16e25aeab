//! Audit records and their lines of JSON: who sent what to whom, what was refused, and why.
//!
//! A log has one object a line. Keys that do not apply are left out, and none is ever null. A
//! line is ASCII alone: every other character of a text is escaped, so that a text reads as what
//! it is and none can pass for another. The bytes of a payload are never in it.
//!
//! | key | in | value |
//! | --- | --- | --- |
//! | `v` | all | the version of this table: 1 |
//! | `time` | all | RFC 3339, in UTC, with nanoseconds |
//! | `event` | all | `message`, `request`, `publication`: somebody wanted to send one; `dead-letter`: one was accepted and not handled; `grant`: a grant was changed; `lost`: the log could not keep up |
//! | `from` | sends, `dead-letter` | the sender's id |
//! | `to` | sends, `dead-letter` | the target's id, or the topic; where the sender named what is no id, that text, at most 255 bytes of it |
//! | `topic` | `publication` | the topic, in the record of one subscriber's copy; a publication that was refused as a whole has its topic in `to` |
//! | `to_truncated` | sends | true where `to` is only the beginning of what was named |
//! | `bytes` | sends, `dead-letter` | the size of the payload |
//! | `outcome` | sends | `accepted`, or the refusal: `invalid-target`, `no-such-component`, `not-permitted`, `codec-not-accepted`, `message-too-large`, `rate-limited`, `mailbox-full`, `too-many-requests`, `stopped`, `no-callback` |
//! | `denied_by` | `not-permitted` | `sender`: no grant of the sender covers the target; `receiver`: the receiver's filter does not let it in. The sender itself is not told which |
//! | `accepts` | `codec-not-accepted` | the multicodec codes that the receiver takes |
//! | `codec` | `codec-not-accepted` | the payload's own code, where it has one |
//! | `in_common` | `codec-not-accepted` | which of those that the receiver takes the sender speaks too |
//! | `limit_bytes` | `message-too-large` | the largest payload that is taken |
//! | `retry_after_ms` | `rate-limited` | milliseconds until a send can succeed |
//! | `limit` | `too-many-requests` | the most requests without an answer |
//! | `reason` | `dead-letter` | why it was not handled |
//! | `delivery` | `dead-letter` | which delivery of it was the last: 1 is the first |
//! | `trace_parent` | sends, `dead-letter` | the message's W3C `traceparent`, where it is traced |
//! | `parent_span` | sends | the step of the trace that led to this one: 16 hexadecimal digits |
//! | `digest` | sends | the payload's digest, where the log is to have it |
//! | `component` | `grant` | whose grant it is |
//! | `change` | `grant` | `granted` or `revoked` |
//! | `right` | `grant` | `send`, `request`, `receive`, `publish` or `subscribe` |
//! | `pattern` | `grant` | the pattern that was granted or revoked |
//! | `records` | `lost` | how many records are missing here |

mod attempt;
mod line;

use airssys_wasm_core::{ComponentId, TraceParent};

pub use self::attempt::{Attempt, AttemptKind, Codecs, DeniedBy, OtherText, Refusal, Target};
use crate::{Pattern, Right};

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Nanoseconds since the Unix epoch.
    pub at: u64,
    /// What happened.
    pub event: AuditEvent,
}

// A worker may hold a great many, and copies each.
const _: () = assert!(size_of::<Record>() <= 144);

impl Record {
    /// Appends the record's line of JSON, with the newline.
    ///
    /// ```
    /// # use airssys_wasm_security::audit::{AuditEvent, Record};
    /// let mut out = Vec::new();
    /// Record { at: 1_700_000_000_000_000_001, event: AuditEvent::Lost(7) }.write_json(&mut out);
    /// let time = "2023-11-14T22:13:20.000000001Z";
    /// let line = format!("{{\"v\":1,\"time\":\"{time}\",\"event\":\"lost\",\"records\":7}}\n");
    /// assert_eq!(String::from_utf8(out), Ok(line));
    /// ```
    pub fn write_json(&self, out: &mut Vec<u8>) {
        line::write(self, out);
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// Somebody wanted to send, and was let or refused.
    Sent(Attempt),
    /// A message was accepted and not handled.
    DeadLetter(DeadLetter),
    /// A grant was changed while the system ran.
    Grant(GrantChange),
    /// So many records could not be kept.
    Lost(u64),
}

/// A message that was accepted and not handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Who sent it.
    pub sender: ComponentId,
    /// Whom it was sent to.
    pub target: ComponentId,
    /// Why it was not handled.
    pub reason: &'static str,
    /// Which delivery was the last; 1 is the first.
    pub delivery: u32,
    /// The payload's size in bytes.
    pub size: u32,
    /// The message's place in a trace.
    pub trace: Option<TraceParent>,
}

/// A grant that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChange {
    /// Whose grant it is.
    pub component: ComponentId,
    /// The right.
    pub right: Right,
    /// The pattern.
    pub pattern: Pattern,
    /// What was done with it.
    pub change: Change,
}

/// What was done with a pattern of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was granted.
    Granted,
    /// It was taken back.
    Revoked,
}

#[cfg(test)]
mod tests;
