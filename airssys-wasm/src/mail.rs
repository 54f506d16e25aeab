use std::cell::RefCell;
use std::mem::size_of;

use airssys_wasm_core::{ComponentId, MessageInfo, RequestError, RequestId, Topic, TraceParent};

use crate::payload::{Content, Payload};
use crate::requester::{Outcome, Reply};

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
    /// As the receiver can learn it. Each message has its step in a trace.
    pub(crate) info: MessageInfo,
    /// Where the sender waits for a response.
    pub(crate) reply: Option<Reply>,
}

/// How a request of the component itself ended.
pub(crate) struct Callback {
    /// To whom the request went.
    pub(crate) responder: ComponentId,
    pub(crate) request: RequestId,
    pub(crate) outcome: Result<Payload, RequestError>,
    pub(crate) sent_at: u64,
    /// The request's.
    pub(crate) trace_parent: TraceParent,
    /// Which life of the component made the request: a later one is not told of it.
    pub(crate) life: u64,
}

thread_local! {
    /// What this thread has emptied, for its next messages and callbacks. A message keeps the id of
    /// its last sender, which often is the next one too: ids that threads share are dear to clone and
    /// drop.
    static EMPTY_MESSAGES: Empty<Message> = const { Empty::new() };
    static EMPTY_CALLBACKS: Empty<Callback> = const { Empty::new() };
}

/// Envelopes of what was handled.
struct Empty<T>(RefCell<Vec<Box<T>>>);

impl<T> Empty<T> {
    /// How many a thread keeps: as many as there are messages in a batch.
    const KEPT: usize = 64;

    const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    fn take(&self) -> Option<Box<T>> {
        self.0.borrow_mut().pop()
    }

    fn keep(&self, envelope: Box<T>) {
        let mut empty = self.0.borrow_mut();
        if empty.len() < Self::KEPT {
            empty.push(envelope);
        }
    }
}

impl Message {
    /// Puts a message into an envelope. It is written where it stays: to build it first and to move
    /// it then takes longer.
    pub(crate) fn new(
        sender: &ComponentId,
        payload: Content<'_>,
        sent_at: u64,
        delivery: u32,
        reply: Option<Reply>,
        trace_parent: TraceParent,
        topic: Option<Topic>,
    ) -> Box<Self> {
        let (request, trace_parent) = (reply.as_ref().map(Reply::id), Some(trace_parent));
        let empty = EMPTY_MESSAGES.try_with(Empty::take).ok().flatten();
        let Some(mut message) = empty else {
            let (sender, payload) = (sender.clone(), payload.to_payload());
            let info = MessageInfo { sent_at, request, delivery, trace_parent, topic };
            return Box::new(Self { sender, payload, info, reply });
        };
        if message.sender != *sender {
            message.sender = sender.clone();
        }
        payload.write_to(&mut message.payload);
        let info = &mut message.info;
        (info.sent_at, info.delivery, info.trace_parent) = (sent_at, delivery, trace_parent);
        (info.request, info.topic) = (request, topic);
        message.reply = reply;
        message
    }

    /// Gives the envelope of a message back that was handled.
    pub(crate) fn recycle(mut self: Box<Self>) {
        self.payload.clear();
        self.info.topic = None;
        // At the end of a thread there is nothing to keep it for.
        let _ = EMPTY_MESSAGES.try_with(|empty| empty.keep(self));
    }

    pub(crate) fn trace_parent(&self) -> TraceParent {
        self.info.trace_parent.expect("each message has its step in a trace")
    }
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
    /// Puts what became of a request into an envelope.
    pub(crate) fn new(
        responder: ComponentId,
        request: RequestId,
        outcome: Outcome,
        sent_at: u64,
        trace_parent: TraceParent,
        life: u64,
    ) -> Box<Self> {
        let outcome = outcome.map(Payload::from);
        let callback = Self { responder, request, outcome, sent_at, trace_parent, life };
        match EMPTY_CALLBACKS.try_with(Empty::take).ok().flatten() {
            Some(mut envelope) => {
                *envelope = callback;
                envelope
            }
            None => Box::new(callback),
        }
    }

    /// Gives the envelope back when its requester has been told.
    pub(crate) fn recycle(mut self: Box<Self>) {
        if let Ok(payload) = &mut self.outcome {
            payload.clear();
            let _ = EMPTY_CALLBACKS.try_with(|empty| empty.keep(self));
        }
    }

    /// What its outcome takes of memory beside its own place.
    fn memory(&self) -> usize {
        match &self.outcome {
            Ok(response) => response.memory(),
            Err(RequestError::Refused(error)) => error.message.len(),
            Err(_) => 0,
        }
    }
}
