use std::mem::size_of;

use airssys_wasm_core::{ComponentId, RequestError, RequestId, Topic, TraceParent};
use bytes::Bytes;

use crate::payload::Payload;
use crate::requester::Reply;

/// What lies in a component's mailbox.
pub(crate) enum Mail {
    Message(Box<Message>),
    Callback(Box<Callback>),
    /// There is news of this component, which is monitored: see [`Watch`](crate::watch::Watch).
    Exit(ComponentId),
}

/// A message of another component, or from outside.
pub(crate) struct Message {
    pub(crate) sender: ComponentId,
    pub(crate) payload: Payload,
    /// Nanoseconds since the Unix epoch.
    pub(crate) sent_at: u64,
    /// 1 for the first delivery.
    pub(crate) delivery: u32,
    /// Where the sender waits for a response.
    pub(crate) reply: Option<Reply>,
    pub(crate) trace_parent: TraceParent,
    /// Where it was published.
    pub(crate) topic: Option<Topic>,
}

/// How a request of the component itself ended.
pub(crate) struct Callback {
    /// To whom the request went.
    pub(crate) responder: ComponentId,
    pub(crate) request: RequestId,
    pub(crate) outcome: Result<Bytes, RequestError>,
    pub(crate) sent_at: u64,
    /// The request's.
    pub(crate) trace_parent: TraceParent,
    /// Which life of the component made the request: a later one is not told of it.
    pub(crate) life: u64,
}

impl Mail {
    /// Bytes that it takes up in a mailbox.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Message(message) => size_of::<Message>() + message.payload.memory(),
                Self::Callback(callback) => size_of::<Callback>() + callback.memory(),
                Self::Exit(_) => 0,
            }
    }
}

impl Callback {
    /// What its outcome takes of memory beside its own place.
    fn memory(&self) -> usize {
        match &self.outcome {
            Ok(response) => response.len(),
            Err(RequestError::Refused(error)) => error.message.len(),
            Err(_) => 0,
        }
    }
}
