use thiserror::Error;

use crate::ComponentError;

/// How a request that was accepted ended, if not with a response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// No response came within the request's time-out.
    #[error("no response came in time")]
    TimedOut,
    /// The receiver's `handle-message` returned an error.
    #[error("refused: {0}")]
    Refused(ComponentError),
    /// The receiver trapped or broke a limit with the request in hand.
    #[error("the receiver crashed")]
    Crashed,
    /// The receiver stopped before it handled the request.
    #[error("the receiver stopped")]
    Stopped,
    /// The request was pushed out of the receiver's mailbox before it was handled.
    #[error("dropped from the receiver's mailbox")]
    Dropped,
    /// The response is larger than the requester takes.
    #[error("the response is larger than the {0} bytes that the requester takes")]
    ResponseTooLarge(u32),
}
