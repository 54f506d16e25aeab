use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::{Outbox as _, RequestError, RequestId, SendError};
use bytes::Bytes;
use crossbeam_channel::{Receiver, bounded};
use thiserror::Error;

use crate::outbox::Outbox;
use crate::registration::Author;
use crate::requester::{Outcome, Waiting};

/// A host program's way to send into a system, under an id of its choice.
///
/// It acts for the operator: no grant is asked of it, and all other checks hold for it as for
/// anyone.
pub struct Sender {
    outbox: Outbox,
}

impl Sender {
    pub(crate) fn new(outbox: Outbox) -> Self {
        Self { outbox }
    }

    /// Sends a message, if there is room in the mailbox.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn try_send(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        let sent = self.outbox.send_message(target, message);
        drop(self.outbox.end_turn());
        sent
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
        let sent = self.outbox.request(target, request, timeout, Waiting::Thread(outcome));
        drop(self.outbox.end_turn());
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
    pending: Receiver<Outcome>,
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
