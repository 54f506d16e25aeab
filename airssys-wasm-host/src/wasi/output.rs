use std::sync::Arc;

use airssys_wasm_core::ComponentId;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::{Output, Stream};

/// A longer line is shown in pieces.
const MAX_LINE_BYTES: usize = 8192;

/// The most that a guest may write at once.
const MAX_WRITE_BYTES: usize = 65_536;

/// What one guest writes to one of its streams. All that it opens of it are clones of this.
#[derive(Clone)]
pub(super) struct Printed(Arc<Mutex<Line>>);

/// The line that is not at its end yet.
struct Line {
    id: ComponentId,
    stream: Stream,
    output: Output,
    bytes: Vec<u8>,
}

impl Printed {
    pub(super) fn new(id: &ComponentId, stream: Stream, output: &Output) -> Self {
        let (id, output) = (id.clone(), output.clone());
        Self(Arc::new(Mutex::new(Line { id, stream, output, bytes: Vec::new() })))
    }
}

impl Line {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = piece.strip_suffix(b"\n");
            self.extend(ended.unwrap_or(piece));
            if ended.is_some() {
                self.show();
            }
        }
    }

    fn extend(&mut self, mut bytes: &[u8]) {
        while self.bytes.len() + bytes.len() > MAX_LINE_BYTES {
            let (now, later) = bytes.split_at(MAX_LINE_BYTES - self.bytes.len());
            self.bytes.extend_from_slice(now);
            let begun = self.bytes.split_off(self.bytes.len() - begun_character(&self.bytes));
            self.show();
            self.bytes = begun;
            bytes = later;
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn show(&mut self) {
        self.output.line(&self.id, self.stream, &String::from_utf8_lossy(&self.bytes));
        self.bytes.clear();
    }
}

/// How many of the last bytes begin a UTF-8 character that is not complete.
fn begun_character(bytes: &[u8]) -> usize {
    match std::str::from_utf8(&bytes[bytes.len().saturating_sub(3)..]) {
        Err(error) if error.error_len().is_none() => bytes.len().min(3) - error.valid_up_to(),
        _ => 0,
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            self.show();
        }
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.lock().write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(writes: &[&[u8]]) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let output = Output::new({
            let lines = Arc::clone(&lines);
            move |_, _, line| lines.lock().push(line.to_owned())
        });
        let id = ComponentId::parse("a/b").unwrap();
        let printed = Printed::new(&id, Stream::Stdout, &output);
        for write in writes {
            printed.0.lock().write(write);
        }
        drop(printed);
        lines.lock().clone()
    }

    #[test]
    fn a_line_is_shown_when_it_ends() {
        assert_eq!(lines_of(&[b"one\ntw", b"o\n", b"\n", b"three"]), ["one", "two", "", "three"]);
    }

    #[test]
    fn a_long_line_is_shown_in_pieces_of_whole_characters() {
        let text = format!("a{}", "ö".repeat(MAX_LINE_BYTES));
        let lines = lines_of(&[text.as_bytes()]);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE_BYTES));
        assert_eq!(lines.concat(), text);
    }

    #[test]
    fn what_is_not_utf_8_is_shown_all_the_same() {
        assert_eq!(lines_of(&[&[b'a', 0xff, b'b', b'\n', 0xc3]]), ["a\u{fffd}b", "\u{fffd}"]);
    }
}
