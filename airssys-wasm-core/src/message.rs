use crate::RequestId;

/// What a component can learn about the message in its hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// When it was sent, in nanoseconds since the Unix epoch.
    pub sent_at: u64,
    /// Set where the sender waits for a response; in a callback, the answered request.
    pub request: Option<RequestId>,
    /// 1 for the first delivery.
    pub delivery: u32,
    /// W3C `traceparent`, where the message belongs to a trace.
    pub trace_parent: Option<String>,
}
