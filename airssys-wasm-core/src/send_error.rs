use std::fmt;

use thiserror::Error;

/// Why a send was not accepted. One of these is the answer to every send that fails, and then
/// nothing of it is left anywhere.
///
/// The order of judgement is fixed: a well-formed target; the sender's own grants; the target
/// exists; what the receiver takes; the sender's quota; the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// The target is not a well-formed component id.
    #[error("the target is not a well-formed component id")]
    InvalidTarget,
    /// No component has this id.
    #[error("no component has this id")]
    NoSuchComponent,
    /// No grant covers this send, on the sender's or on the receiver's side.
    #[error("no grant covers this send")]
    NotPermitted,
    /// The receiver takes only these multicodec codes.
    #[error("the receiver takes only the codecs {}", Hexadecimal(.0))]
    CodecNotAccepted(Vec<u64>),
    /// The limit, in bytes.
    #[error("the message is larger than {0} bytes")]
    MessageTooLarge(u32),
    /// Milliseconds until a send can succeed.
    #[error("over the rate limit for another {0} ms")]
    RateLimited(u64),
    /// The receiver's mailbox is full.
    #[error("the receiver's mailbox is full")]
    MailboxFull,
    /// The sender's limit of requests without an answer.
    #[error("there are {0} requests without an answer already")]
    TooManyRequests(u32),
    /// The receiver is stopping, or has stopped.
    #[error("the receiver has stopped")]
    Stopped,
    /// The sender exports no `callback`, so that no response could reach it.
    #[error("the sender exports no `callback`")]
    NoCallback,
}

/// Codes as the multicodec table has them.
struct Hexadecimal<'a>(&'a [u64]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, code) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{code:#x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_told_on_one_line() {
        let text = SendError::CodecNotAccepted(vec![0x55, 0x200]).to_string();
        assert_eq!(text, "the receiver takes only the codecs 0x55, 0x200");
    }
}
