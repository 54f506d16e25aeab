use std::fmt;
use std::io::{self, BufReader};
use std::sync::Arc;
use std::thread;

use airssys_wasm::{AskError, Codec, ComponentId, Envelope, SendError, Sender, System};
use crossbeam_channel::{Receiver, bounded};

use super::Happening;
use super::lines::{Line, Lines};
use super::output::Output;
use super::targets::Targets;
use super::verdict::{CLI, STDIN, Verdict};
use crate::args;
use crate::outgoing::{Kind, Outgoing};

/// What the operator sends into the system: first what the command line says, in its order, then
/// the lines of standard input.
pub(super) struct Input {
    outgoing: Vec<Outgoing>,
    stdin: Option<Stdin>,
    codec: Option<Codec>,
    output: Output,
    verdict: Arc<Verdict>,
}

/// To whom the lines of standard input go.
struct Stdin {
    target: ComponentId,
    /// The largest message that it takes, in bytes.
    limit: u64,
}

const BUFFER: usize = 256 << 10;

impl Input {
    pub(super) fn new(
        args: args::Run,
        targets: &Targets,
        output: Output,
        verdict: Arc<Verdict>,
    ) -> Self {
        let stdin = args.stdin.map(|target| Stdin { limit: targets.limit(&target), target });
        Self { outgoing: args.outgoing.0, stdin, codec: args.codec, output, verdict }
    }

    /// Starts to send, on a thread of its own: it may wait for ever. The channel that is returned
    /// closes once the command line's messages have been dealt with.
    pub(super) fn start(
        mut self,
        system: &System,
        happened: crossbeam_channel::Sender<Happening>,
    ) -> Receiver<()> {
        let (sending, sent) = bounded(0);
        let (mut cli, mut lines) = (sender(system, CLI), sender(system, STDIN));
        let verdict = Arc::clone(&self.verdict);
        let run = move || {
            self.send_outgoing(&mut cli);
            drop(sending);
            self.send_lines(&mut lines);
            // The other end is gone only where the program is ending anyway.
            let _ = happened.send(Happening::InputEnded);
        };
        if let Err(error) = thread::Builder::new().name("input".to_owned()).spawn(run) {
            verdict.fault(format_args!("cannot start a thread for the input: {error}"));
        }
        sent
    }

    fn send_outgoing(&mut self, sender: &mut Sender) {
        for Outgoing { kind, target, text } in std::mem::take(&mut self.outgoing) {
            let payload = match self.codec {
                Some(codec) => Envelope::wrap(codec, text.as_bytes()),
                None => text.into_bytes(),
            };
            let ended = match kind {
                Kind::Send => sender.send(target.as_str(), &payload).map_err(AskError::NotSent),
                Kind::Request => request(sender, &target, &payload, &self.output),
            };
            if let Err(error) = ended {
                let failure = Failure { error: &error, sender: CLI };
                self.verdict.fault(format_args!("{} {target}: {failure}", kind.option()));
            }
        }
    }

    fn send_lines(&self, sender: &mut Sender) {
        let Some(Stdin { target, limit }) = &self.stdin else { return };
        let prefix = self.codec.map(|codec| Envelope::wrap(codec, &[])).unwrap_or_default();
        let input = BufReader::with_capacity(BUFFER, io::stdin().lock());
        let mut lines = Lines::new(input, prefix, *limit);
        for number in 1_u64.. {
            let sent = match lines.next() {
                Ok(Some(Line::Whole(message))) => sender.send(target.as_str(), message),
                Ok(Some(Line::TooLong)) => {
                    let limit = u32::try_from(*limit).unwrap_or(u32::MAX);
                    Err(SendError::MessageTooLarge(limit))
                }
                Ok(None) => return,
                Err(error) => {
                    return self
                        .verdict
                        .fault(format_args!("cannot read standard input, line {number}: {error}"));
                }
            };
            match sent {
                Ok(()) => {}
                // It does not come back: what is still to come would all be refused.
                Err(SendError::Stopped) => return self.stopped(target, number),
                Err(error) => {
                    let failure = Failure { error: &AskError::NotSent(error), sender: STDIN };
                    self.verdict.fault(format_args!(
                        "{target} was not sent line {number} of standard input: {failure}"
                    ));
                }
            }
        }
    }

    fn stopped(&self, target: &ComponentId, number: u64) {
        if !self.verdict.is_stopping() {
            self.verdict.fault(format_args!(
                "{target} has stopped: standard input is not read beyond line {number}, which it \
                 was not sent"
            ));
        }
    }
}

fn sender(system: &System, name: &str) -> Sender {
    system.sender(ComponentId::parse(name).expect("a constant"))
}

fn request(
    sender: &mut Sender,
    target: &ComponentId,
    payload: &[u8],
    output: &Output,
) -> Result<(), AskError> {
    let response = sender.request(target.as_str(), payload, None)?.wait()?;
    output.answer(&response);
    Ok(())
}

fn names(codes: &[u64]) -> String {
    let name = |code: &u64| Codec::from_code(*code).map_or(code.to_string(), |it| it.to_string());
    codes.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Why a message of the operator did not get through, and what can be done.
struct Failure<'a> {
    error: &'a AskError,
    sender: &'static str,
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, sender } = self;
        match error {
            AskError::NotSent(SendError::NotPermitted) => write!(
                f,
                "its `receive` does not let {sender} in; add {sender} there, or choose another \
                 component"
            ),
            AskError::NotSent(SendError::MessageTooLarge(limit)) => write!(
                f,
                "the message is larger than {limit} bytes; send less at once, or raise its \
                 `max_message_size` and its mailbox's `max_bytes`"
            ),
            AskError::NotSent(SendError::CodecNotAccepted(codes)) => write!(
                f,
                "it takes only {}; choose a codec of these with --codec, and see that the text is \
                 well-formed in it",
                names(codes)
            ),
            _ => write!(f, "{error}"),
        }
    }
}
