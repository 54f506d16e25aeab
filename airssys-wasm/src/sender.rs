use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::{
    ComponentId, Outbox as _, RequestError, RequestId, SendError, TimerError, TimerId, TraceParent,
};
use bytes::Bytes;
use crossbeam_channel::{Receiver, bounded};
use thiserror::Error;

use crate::outbox::Outbox;
use crate::registration::Author;
use crate::requester::Waiting;
use crate::runtime::Runtime;

/// A host program's way to send into a system, under an id of its choice.
///
/// It acts for the operator: no grant is asked of it, and all other checks hold for it as for
/// anyone.
pub struct Sender {
    outbox: Outbox,
    trace: Option<TraceParent>,
}

impl Sender {
    pub(crate) fn new(runtime: &Arc<Runtime>, author: Arc<Author>) -> Self {
        let outbox = Outbox::new(Arc::clone(runtime), author);
        Self { outbox, trace: None }
    }

    /// From now on sends as a part of this trace; `None`: each send begins a trace of its own.
    pub fn continue_trace(&mut self, parent: Option<TraceParent>) {
        self.trace = parent;
    }

    /// Sends a message, if there is room in the mailbox.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn try_send(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.turn(|outbox| outbox.send_message(target, message))
    }

    /// Publishes a message, and says how many subscribers took it.
    ///
    /// # Errors
    ///
    /// The first check of the sender's own that fails.
    pub fn publish(&mut self, topic: &str, message: &[u8]) -> Result<u32, SendError> {
        self.turn(|outbox| outbox.publish(topic, message))
    }

    /// Sends a message, and waits while there is no room in the mailbox.
    ///
    /// # Errors
    ///
    /// The first check that fails; never [`SendError::MailboxFull`].
    pub fn send(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.waiting(target, |sender| sender.try_send(target, message))
    }

    /// Sends a request, if there is room in the mailbox. Without a `timeout`, the system's
    /// default holds.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn try_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<PendingResponse, SendError> {
        let (outcome, pending) = bounded(1);
        let thread = |_: &ComponentId| Waiting::Thread(outcome);
        let sent = self.turn(|outbox| outbox.request(target, request, timeout, thread));
        let author = Arc::clone(self.outbox.author());
        Ok(PendingResponse { id: sent?, pending, author })
    }

    /// Sends a request, and waits while there is no room in the mailbox.
    ///
    /// # Errors
    ///
    /// The first check that fails; never [`SendError::MailboxFull`].
    pub fn request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<PendingResponse, SendError> {
        self.waiting(target, |sender| sender.try_request(target, request, timeout))
    }

    /// Sends a message once `delay` has passed, also if this sender is gone by then. What is
    /// refused then becomes a dead letter; what has not been sent when the system ends is not.
    ///
    /// # Errors
    ///
    /// [`TimerError::Refused`], where the message could not be sent later either.
    pub fn send_after(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<ScheduledSend, TimerError> {
        let id = self.turn(|outbox| outbox.send_after(target, message, delay))?;
        Ok(ScheduledSend { id, author: Arc::clone(self.outbox.author()) })
    }

    /// Sends something as a turn of its own.
    fn turn<T>(&mut self, send: impl FnOnce(&mut Outbox) -> T) -> T {
        self.outbox.continue_trace(self.trace);
        let sent = send(&mut self.outbox);
        drop(self.outbox.end_turn());
        sent
    }

    fn waiting<T>(
        &mut self,
        target: &str,
        mut send: impl FnMut(&mut Self) -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        loop {
            match send(self) {
                Err(SendError::MailboxFull) => {}
                outcome => return outcome,
            }
            match self.outbox.address(target) {
                Some(address) => address.wait_for_room(),
                None => return Err(SendError::NoSuchComponent),
            }
        }
    }
}

/// The response to come to one request.
pub struct PendingResponse {
    id: RequestId,
    pending: Receiver<Result<Bytes, RequestError>>,
    author: Arc<Author>,
}

impl PendingResponse {
    /// The request's id.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Waits for the request to end.
    ///
    /// # Errors
    ///
    /// How it ended, if not with a response.
    pub fn wait(self) -> Result<Bytes, RequestError> {
        self.pending.recv().unwrap_or(Err(RequestError::Stopped))
    }

    /// How the request ended, once it has.
    pub fn try_take(&mut self) -> Option<Result<Bytes, RequestError>> {
        self.pending.try_recv().ok()
    }

    /// Ends the request; false if it has ended.
    pub fn cancel(self) -> bool {
        self.author.requester.cancel(self.id)
    }
}

/// A message to be sent later. To drop this changes nothing.
pub struct ScheduledSend {
    id: TimerId,
    author: Arc<Author>,
}

impl ScheduledSend {
    /// Has it not be sent; false if it has been.
    pub fn cancel(self) -> bool {
        self.author.timetable.cancel(self.id)
    }
}

/// Why a request of a host program got no response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// It was not accepted.
    #[error(transparent)]
    NotSent(#[from] SendError),
    /// It was accepted, and ended otherwise.
    #[error(transparent)]
    NotAnswered(#[from] RequestError),
}
