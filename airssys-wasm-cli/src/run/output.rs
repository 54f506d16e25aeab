use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use super::Happening;
use super::verdict::Verdict;

/// Standard output, for `airssys/stdout` and the answers to `--request` together: an answer does
/// not come in the middle of a line.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Shared>>);

struct Shared {
    stdout: io::Stdout,
    /// What was written last is no newline.
    within_line: bool,
    /// Answers that wait for the end of the line.
    held: Vec<u8>,
    /// It has failed, and that is known.
    failed: bool,
    verdict: Arc<Verdict>,
    happened: Sender<Happening>,
}

impl Output {
    pub(super) fn new(verdict: Arc<Verdict>, happened: Sender<Happening>) -> Self {
        Self(Arc::new(Mutex::new(Shared {
            stdout: io::stdout(),
            within_line: false,
            held: Vec::new(),
            failed: false,
            verdict,
            happened,
        })))
    }

    /// Writes an answer on a line of its own.
    pub(super) fn answer(&self, answer: &[u8]) {
        let mut shared = self.shared();
        shared.held.extend_from_slice(answer);
        shared.held.push(b'\n');
        if !shared.within_line {
            shared.release();
        }
    }

    /// Writes what is left.
    pub(super) fn finish(&self) {
        self.shared().release();
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = self.shared();
        let until = match shared.held.is_empty() {
            true => bytes.len(),
            false => bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1),
        };
        let bytes = &bytes[..until];
        let written = shared.stdout.write_all(bytes);
        shared.watch(written)?;
        shared.within_line = bytes.last().is_some_and(|&last| last != b'\n');
        if !shared.within_line {
            shared.release();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut shared = self.shared();
        let flushed = shared.stdout.flush();
        shared.watch(flushed)
    }
}

impl Shared {
    fn release(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let answers = mem::take(&mut self.held);
        let written = self.stdout.write_all(&answers).and_then(|()| self.stdout.flush());
        // The failure has been seen to.
        let _ = self.watch(written);
    }

    /// Sees to the first failure: a reader who went away ends the run, all else is a fault.
    fn watch(&mut self, written: io::Result<()>) -> io::Result<()> {
        let Err(error) = written else { return Ok(()) };
        if mem::replace(&mut self.failed, true) {
            return Err(error);
        }
        if error.kind() == ErrorKind::BrokenPipe {
            self.verdict.output_closed();
            // The other end is gone only where the program is ending anyway.
            let _ = self.happened.send(Happening::OutputClosed);
        } else {
            self.verdict.fault(format_args!(
                "cannot write to standard output: {error}; what is printed from here on is lost"
            ));
        }
        Err(error)
    }
}
