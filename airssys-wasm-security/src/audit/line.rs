use std::io;
use std::time::{Duration, SystemTime};

use airssys_wasm_core::{SendError, TraceParent};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use super::{
    Attempt, AttemptKind, AuditEvent, Change, DeadLetter, DeniedBy, GrantChange, Record, Refusal,
};

/// Of the table in the module's documentation. A new key leaves it as it is.
const VERSION: u8 = 1;

pub(super) fn write(record: &Record, out: &mut Vec<u8>) {
    let mut json = serde_json::Serializer::with_formatter(&mut *out, Ascii);
    Line(record).serialize(&mut json).expect("a Vec takes all, and all keys are texts");
    out.push(b'\n');
}

struct Line<'a>(&'a Record);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Record { at, event }) = self;
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(*at);
        let time = humantime::format_rfc3339_nanos(time);
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("v", &VERSION)?;
        line.serialize_entry("time", &format_args!("{time}"))?;
        match event {
            AuditEvent::Sent(attempt) => write_attempt(&mut line, attempt)?,
            AuditEvent::DeadLetter(letter) => write_dead_letter(&mut line, letter)?,
            AuditEvent::Grant(change) => write_grant(&mut line, change)?,
            AuditEvent::Lost(records) => {
                line.serialize_entry("event", "lost")?;
                line.serialize_entry("records", records)?;
            }
        }
        line.end()
    }
}

fn write_attempt<L: SerializeMap>(line: &mut L, attempt: &Attempt) -> Result<(), L::Error> {
    line.serialize_entry("event", attempt.kind.name())?;
    line.serialize_entry("from", attempt.sender.as_str())?;
    line.serialize_entry("to", attempt.target.as_str())?;
    if attempt.target.is_truncated() {
        line.serialize_entry("to_truncated", &true)?;
    }
    if let Some(topic) = &attempt.topic {
        line.serialize_entry("topic", topic.as_str())?;
    }
    line.serialize_entry("bytes", &attempt.size)?;
    match &attempt.outcome {
        Ok(()) => line.serialize_entry("outcome", "accepted")?,
        Err(refusal) => write_refusal(line, refusal)?,
    }
    write_trace(line, attempt.trace)?;
    if let Some(span) = attempt.parent_span {
        line.serialize_entry("parent_span", &format_args!("{span:016x}"))?;
    }
    if let Some(digest) = &attempt.digest {
        line.serialize_entry("digest", digest)?;
    }
    Ok(())
}

fn write_refusal<L: SerializeMap>(line: &mut L, refusal: &Refusal) -> Result<(), L::Error> {
    line.serialize_entry("outcome", name_of(&refusal.error))?;
    match &refusal.error {
        SendError::CodecNotAccepted(accepts) => line.serialize_entry("accepts", accepts)?,
        SendError::MessageTooLarge(limit) => line.serialize_entry("limit_bytes", limit)?,
        SendError::RateLimited(wait) => line.serialize_entry("retry_after_ms", wait)?,
        SendError::TooManyRequests(limit) => line.serialize_entry("limit", limit)?,
        SendError::InvalidTarget
        | SendError::NoSuchComponent
        | SendError::NotPermitted
        | SendError::MailboxFull
        | SendError::Stopped
        | SendError::NoCallback => {}
    }
    if let Some(denied_by) = refusal.denied_by {
        line.serialize_entry("denied_by", denied_by.name())?;
    }
    let Some(codecs) = &refusal.codecs else {
        return Ok(());
    };
    if let Some(codec) = codecs.offered {
        line.serialize_entry("codec", &codec)?;
    }
    line.serialize_entry("in_common", &codecs.in_common)
}

fn write_dead_letter<L: SerializeMap>(line: &mut L, letter: &DeadLetter) -> Result<(), L::Error> {
    line.serialize_entry("event", "dead-letter")?;
    line.serialize_entry("from", letter.sender.as_str())?;
    line.serialize_entry("to", letter.target.as_str())?;
    line.serialize_entry("bytes", &letter.size)?;
    line.serialize_entry("reason", letter.reason)?;
    line.serialize_entry("delivery", &letter.delivery)?;
    write_trace(line, letter.trace)
}

fn write_grant<L: SerializeMap>(line: &mut L, grant: &GrantChange) -> Result<(), L::Error> {
    line.serialize_entry("event", "grant")?;
    line.serialize_entry("component", grant.component.as_str())?;
    line.serialize_entry("change", grant.change.name())?;
    line.serialize_entry("right", grant.right.key())?;
    line.serialize_entry("pattern", grant.pattern.as_str())
}

fn write_trace<L: SerializeMap>(line: &mut L, trace: Option<TraceParent>) -> Result<(), L::Error> {
    let Some(trace) = trace else {
        return Ok(());
    };
    line.serialize_entry("trace_parent", &format_args!("{trace}"))
}

impl AttemptKind {
    fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Request => "request",
            Self::Publication => "publication",
        }
    }
}

impl DeniedBy {
    fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }
}

impl Change {
    fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Revoked => "revoked",
        }
    }
}

/// The contract's name.
fn name_of(error: &SendError) -> &'static str {
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

/// Escapes what is not printable ASCII. A hostile text then neither moves a terminal's cursor nor
/// looks like another's name.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        // What JSON itself wants escaped is not in a fragment.
        let mut rest = fragment;
        while let Some(at) = rest.bytes().position(|byte| !(b' '..=b'~').contains(&byte)) {
            let (plain, foreign) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = foreign.chars();
            if let Some(character) = characters.next() {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}
