use std::time::Duration;

use crate::{RequestId, SendError};

/// The way out of a component: every send is judged here and answered.
///
/// A component has one outbox for as long as its instance lives, and only that component uses
/// it; hence `&mut self`, and no lock.
pub trait Outbox: Send + 'static {
    /// Puts a copy of `message` into the mailbox of `target`.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the contract's order of judgement. Then nothing was sent.
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError>;

    /// Sends `request`; what the target's handler returns comes back through the sender's
    /// callback under the returned id. Without a `timeout`, the system's default holds.
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message). Then there is no request, and no callback.
    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError>;

    /// Ends a request of this component without a callback. False if there is no such request
    /// or it has been answered.
    fn cancel_request(&mut self, id: RequestId) -> bool;
}
