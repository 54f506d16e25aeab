use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use airssys_wasm_security::audit::Record;

use super::Shared;

/// While records come, the writer looks for them this often.
const LOOK: Duration = Duration::from_millis(5);
/// While the file takes nothing, it is tried again this often.
const RETRY: Duration = Duration::from_millis(250);
/// So much text is gathered before it is written.
const CHUNK: usize = 64 << 10;
/// Room for so many records is kept in silence.
const ROOM: usize = 1024;

/// Where lines go.
pub(super) trait Sink: Send + 'static {
    /// Appends the first of these lines, at least one, and returns their length in bytes.
    ///
    /// # Errors
    ///
    /// If none could be appended. None is then in part, either.
    fn append(&mut self, lines: &[u8]) -> io::Result<usize>;
}

/// What the log's own thread does: takes the records out of the shards, and writes their lines.
pub(super) struct Writer<S> {
    sink: S,
    shared: Arc<Shared>,
    /// Goes around the shards: empty, with room for what the next one gets.
    spare: Vec<Record>,
    /// Taken from the shards, in order, and not in `text` yet.
    records: VecDeque<Record>,
    /// Lines, of which those from `unwritten` on are not in the sink.
    text: Vec<u8>,
    unwritten: usize,
    /// Whether the last attempt to write has failed.
    failing: bool,
}

impl<S: Sink> Writer<S> {
    pub(super) fn new(sink: S, shared: Arc<Shared>) -> Self {
        Self {
            sink,
            shared,
            spare: Vec::new(),
            records: VecDeque::new(),
            text: Vec::new(),
            unwritten: 0,
            failing: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let (asked, closing) = {
                let flushes = self.shared.flushes.lock();
                (flushes.asked, flushes.closing)
            };
            let found = self.look();
            self.answer(asked);
            if closing {
                return self.close();
            }
            self.rest(found);
        }
    }

    /// Writes what there is, and says whether there was something new. What could not be written
    /// is kept, and nothing more taken from the shards: there it is counted.
    fn look(&mut self) -> bool {
        if !self.write() {
            return false;
        }
        self.collect();
        let found = !self.records.is_empty();
        self.write();
        found
    }

    /// Takes all records from all shards, in the order of their time.
    fn collect(&mut self) {
        for shard in &self.shared.shards {
            let lost = shard.0.lock().take(&mut self.spare);
            self.records.extend(self.spare.drain(..));
            self.records.extend(lost);
        }
        // Each shard's are in order but for a few: that is what this sort is fastest with.
        self.records.make_contiguous().sort_by_key(|record| record.at);
    }

    /// Writes all that was taken. False if the sink takes no more.
    fn write(&mut self) -> bool {
        loop {
            while self.unwritten < self.text.len() {
                match self.sink.append(&self.text[self.unwritten..]) {
                    Ok(bytes) => self.unwritten += bytes,
                    Err(error) => {
                        self.fail(&error);
                        return false;
                    }
                }
                self.recover();
            }
            self.unwritten = 0;
            self.text.clear();
            while self.text.len() < CHUNK
                && let Some(record) = self.records.pop_front()
            {
                record.write_json(&mut self.text);
            }
            if self.text.is_empty() {
                return true;
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        if !self.failing {
            tracing::error!("the audit log cannot be written, and is tried again: {error}");
        }
        self.failing = true;
    }

    fn recover(&mut self) {
        if self.failing {
            tracing::info!("the audit log is written again");
        }
        self.failing = false;
    }

    /// Tells those who wait for the first `asked` flushes.
    fn answer(&self, asked: u64) {
        let mut flushes = self.shared.flushes.lock();
        flushes.done = asked;
        flushes.complete = !self.failing;
        self.shared.flushed.notify_all();
    }

    /// Until it is time for the next look.
    fn rest(&mut self, found: bool) {
        if self.failing {
            return thread::park_timeout(RETRY);
        }
        if found {
            return thread::park_timeout(LOOK);
        }
        self.spare.shrink_to(ROOM);
        self.records.shrink_to(ROOM);
        // Relaxed, and before the shards are looked at: see `AuditLog::record`.
        self.shared.asleep.store(true, Ordering::Relaxed);
        if self.shared.shards.iter().all(|shard| shard.0.lock().is_empty()) {
            thread::park();
        }
        self.shared.asleep.store(false, Ordering::Relaxed);
    }

    /// Nothing more will be written.
    fn close(mut self) {
        if !self.failing {
            return;
        }
        self.collect();
        let text = &self.text[self.unwritten..];
        let lines = text.iter().filter(|&&byte| byte == b'\n').count() + self.records.len();
        tracing::error!("records of the audit log that are lost at its end: {lines}");
    }
}

/// Nobody waits for a writer that is gone, whatever became of it.
impl<S> Drop for Writer<S> {
    fn drop(&mut self) {
        let mut flushes = self.shared.flushes.lock();
        flushes.done = u64::MAX;
        flushes.complete = false;
        self.shared.flushed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use airssys_wasm_security::audit::AuditEvent;

    use super::*;
    use crate::audit_log::Shard;

    struct Nowhere;

    impl Sink for Nowhere {
        fn append(&mut self, lines: &[u8]) -> io::Result<usize> {
            Ok(lines.len())
        }
    }

    #[test]
    fn a_record_that_comes_after_the_last_look_is_not_slept_over() {
        let shared = Arc::new(Shared { shards: vec![Shard::default()], ..Shared::default() });
        let mut writer = Writer::new(Nowhere, shared.clone());
        assert!(!writer.look());
        // Whoever leaves it does not see the writer asleep, and wakes nobody.
        shared.shards[0].0.lock().push(Record { at: 0, event: AuditEvent::Lost(1) }, 1);
        let (awake, rested) = mpsc::channel();
        thread::spawn(move || {
            writer.rest(false);
            awake.send(()).unwrap();
        });
        assert_eq!(rested.recv_timeout(Duration::from_secs(60)), Ok(()));
    }
}
