//! Splits each line that it is sent into words, and sends each word to `words/count`.

use airssys::component::messaging::{SendError, send_message};
use exports::airssys::component::handler::{ComponentError, Guest};

wit_bindgen::generate!({
    path: "../../../../wit",
    world: "component",
});

struct Split;

export!(Split);

impl Guest for Split {
    fn handle_message(_sender: String, line: Vec<u8>) -> Result<Option<Vec<u8>>, ComponentError> {
        line.split(is_white_space)
            .filter(|word| !word.is_empty())
            .try_for_each(|word| send_message("words/count", word))
            .map(|()| None)
            .map_err(refusal)
    }
}

/// `[:space:]` of the C locale: unlike `u8::is_ascii_whitespace`, it has the vertical tab.
fn is_white_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn refusal(error: SendError) -> ComponentError {
    match error {
        SendError::MailboxFull => ComponentError {
            code: 1,
            message: "the line has more words than the mailbox of words/count has room for".into(),
        },
        other => ComponentError {
            code: 2,
            message: format!("words/count did not get a word: {}", name(&other)),
        },
    }
}

fn name(error: &SendError) -> &'static str {
    match error {
        SendError::InvalidTarget => "invalid-target",
        SendError::NoSuchComponent => "no-such-component",
        SendError::NotPermitted => "not-permitted",
        SendError::CodecNotAccepted(_) => "codec-not-accepted",
        SendError::MessageTooLarge(_) => "message-too-large",
        SendError::RateLimited(_) => "rate-limited",
        SendError::MailboxFull => "mailbox-full",
        SendError::TooManyRequests(_) => "too-many-requests",
        SendError::Stopped => "stopped",
        SendError::NoCallback => "no-callback",
    }
}
