//! The audit log: records are left with it in passing, and a thread of its own writes them.

mod rotating_file;
mod writer;

use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, Thread};

use airssys_wasm_security::audit::{AuditEvent, Record};
use parking_lot::{Condvar, Mutex};

use self::rotating_file::RotatingFile;
use self::writer::{Sink, Writer};

/// Where the audit log is written, and how much of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSettings {
    /// The file. What is in it already stays, and the log goes on behind it.
    pub file: PathBuf,
    /// Whether every message is recorded, and not only what was refused.
    pub messages: bool,
    /// Whether the digests of messages are recorded.
    pub digests: bool,
    /// The file is set aside before it is larger than this, in bytes.
    pub max_bytes: u64,
    /// How many files that were set aside are kept, as `FILE.1` (the newest), `FILE.2`, ….
    pub keep: usize,
    /// How many records each thread may be ahead of the file. Further ones are lost, and counted
    /// in the log.
    pub max_pending: usize,
}

impl AuditSettings {
    /// A log of refusals in `file`: 64 MiB, and eight times as much that was set aside.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            messages: false,
            digests: false,
            max_bytes: 64 << 20,
            keep: 8,
            max_pending: 65_536,
        }
    }
}

/// A log that is open. Dropping it writes all that was recorded.
pub(crate) struct AuditLog {
    shared: Arc<Shared>,
    thread: Thread,
    /// Taken when the log is dropped.
    writer: Option<JoinHandle<()>>,
}

impl AuditLog {
    /// Opens the log for `shards` threads that record without getting in each other's way, and
    /// any number of others.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or the thread not be started.
    pub(crate) fn open(settings: AuditSettings, shards: usize) -> io::Result<Self> {
        let AuditSettings { file, max_bytes, keep, max_pending, .. } = settings;
        Self::start(RotatingFile::open(file, max_bytes, keep)?, shards, max_pending)
    }

    fn start(sink: impl Sink, shards: usize, max_pending: usize) -> io::Result<Self> {
        let shards = (0..=shards).map(|_| Shard::default()).collect();
        let shared = Arc::new(Shared { shards, max_pending, ..Shared::default() });
        let writer = Writer::new(sink, shared.clone());
        let name = String::from("airssys-audit");
        let writer = thread::Builder::new().name(name).spawn(move || writer.run())?;
        Ok(Self { shared, thread: writer.thread().clone(), writer: Some(writer) })
    }

    /// Leaves a record. It never waits for the file.
    ///
    /// Each of the threads that the log was opened for has the `shard` of its number; the one
    /// behind the last is for all others.
    pub(crate) fn record(&self, shard: usize, record: Record) {
        let Shared { shards, max_pending, asleep, .. } = &*self.shared;
        shards[shard % shards.len()].0.lock().push(record, *max_pending);
        // Relaxed: the shard's lock orders it. The writer says that it sleeps before it looks at
        // this shard a last time: either that look was before and the flag is seen here, or it
        // finds the record. To read comes first: it leaves the flag where all have it.
        if asleep.load(Ordering::Relaxed) && asleep.swap(false, Ordering::Relaxed) {
            self.thread.unpark();
        }
    }

    /// Asks for all that was recorded so far to be written now.
    pub(crate) fn flush(&self) {
        self.thread.unpark();
    }

    /// Writes all that was recorded before this call. False if the file takes nothing: then the
    /// records are kept, and tried again.
    pub(crate) fn flush_and_wait(&self) -> bool {
        let mut flushes = self.shared.flushes.lock();
        flushes.asked += 1;
        let this = flushes.asked;
        self.thread.unpark();
        while flushes.done < this {
            self.shared.flushed.wait(&mut flushes);
        }
        flushes.complete
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        self.shared.flushes.lock().closing = true;
        self.thread.unpark();
        if let Some(Err(_)) = self.writer.take().map(JoinHandle::join) {
            tracing::error!("the thread that writes the audit log has panicked");
        }
    }
}

/// What the log and its writer share.
#[derive(Default)]
struct Shared {
    /// One for each thread that the log was opened for, and one for all others.
    shards: Vec<Shard>,
    max_pending: usize,
    /// Whether the writer has to be woken by the next record.
    asleep: AtomicBool,
    flushes: Mutex<Flushes>,
    flushed: Condvar,
}

/// What one thread has recorded, on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    records: Vec<Record>,
    /// How many there was no room for.
    lost: u64,
    /// When the first of those would have been.
    lost_at: u64,
}

impl Pending {
    fn push(&mut self, record: Record, max: usize) {
        if self.records.len() < max {
            self.records.push(record);
            return;
        }
        if self.lost == 0 {
            self.lost_at = record.at;
        }
        self.lost += 1;
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.lost == 0
    }

    /// Takes all out, and leaves the room of `records`, which is empty, in exchange. The record
    /// of what was lost is the last.
    fn take(&mut self, records: &mut Vec<Record>) -> Option<Record> {
        mem::swap(&mut self.records, records);
        let lost = mem::take(&mut self.lost);
        (lost > 0).then_some(Record { at: self.lost_at, event: AuditEvent::Lost(lost) })
    }
}

/// Who waits for the writer.
#[derive(Default)]
struct Flushes {
    /// How many flushes were ever asked for.
    asked: u64,
    /// How many of those are done.
    done: u64,
    /// Whether the last one wrote all that there was.
    complete: bool,
    /// Whether this is the end.
    closing: bool,
}

#[cfg(test)]
mod tests;
