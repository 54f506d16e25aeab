use std::time::{Duration, UNIX_EPOCH};

use airssys_wasm::DeadLetter;
use multibase::Base;
use serde::{Deserialize, Serialize};

/// The version of the file's lines.
const VERSION: u32 = 1;

/// A line of the file: one dead letter.
#[derive(Serialize, Deserialize)]
pub(super) struct Letter {
    /// The version of this line.
    v: u32,
    /// The order in which they died, from 1.
    pub(super) number: u64,
    /// When it became a dead letter, by RFC 3339.
    pub(super) time: String,
    /// When it was sent, by RFC 3339.
    sent_at: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    pub(super) delivery: u32,
    pub(super) bytes: usize,
    /// The message, in multibase's base64.
    payload: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    trace_parent: String,
}

impl Letter {
    pub(super) fn new(number: u64, letter: &DeadLetter) -> Self {
        Self {
            v: VERSION,
            number,
            time: time(letter.at),
            sent_at: time(letter.sent_at),
            from: letter.sender.to_string(),
            to: letter.target.to_string(),
            reason: letter.reason.to_string(),
            detail: letter.detail.clone(),
            delivery: letter.delivery,
            bytes: letter.payload.len(),
            payload: multibase::encode(Base::Base64, &letter.payload),
            request: letter.request.map(|request| request.to_string()),
            trace_parent: letter.trace_parent.to_string(),
        }
    }

    /// Whether this program knows what is in it.
    pub(super) fn is_readable(&self) -> bool {
        self.v == VERSION
    }

    /// The message; none if the text is not what bytes are written as.
    pub(super) fn payload(&self) -> Option<Vec<u8>> {
        multibase::decode(&self.payload).ok().map(|(_, bytes)| bytes)
    }
}

fn time(unix_nanos: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(unix_nanos)).to_string()
}
