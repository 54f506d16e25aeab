use crate::{RequestId, Topic, TraceParent};

/// What a component can learn about the message in its hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// When it was sent, in nanoseconds since the Unix epoch. While its sender is busy, that is known
    /// to some milliseconds, and does not tell in which order two senders sent.
    pub sent_at: u64,
    /// Set where the sender waits for a response; in a callback, the answered request.
    pub request: Option<RequestId>,
    /// 1 for the first delivery.
    pub delivery: u32,
    /// The trace that the message belongs to, and its step in it.
    pub trace_parent: Option<TraceParent>,
    /// Set where the message was published, and not sent to this component alone.
    pub topic: Option<Topic>,
}

impl MessageInfo {
    /// Of a plain message at its first delivery, sent at this time in nanoseconds since the Unix
    /// epoch.
    pub fn new(sent_at: u64) -> Self {
        Self { sent_at, request: None, delivery: 1, trace_parent: None, topic: None }
    }
}
