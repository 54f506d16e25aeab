use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use airssys_wasm_core::ComponentId;
use airssys_wasm_security::audit::{Attempt, AttemptKind};
use tempfile::TempDir;

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// A record at `at`, with a number in it to tell it by.
fn numbered(at: u64, number: u32) -> Record {
    let attempt = Attempt {
        kind: AttemptKind::Message,
        sender: ComponentId::parse("a/b").unwrap(),
        target: ComponentId::parse("a/c").unwrap().into(),
        topic: None,
        size: number,
        outcome: Ok(()),
        trace: None,
        parent_span: None,
        digest: None,
    };
    Record { at, event: AuditEvent::Sent(attempt) }
}

fn settings(dir: &TempDir) -> AuditSettings {
    AuditSettings::new(dir.path().join("audit.jsonl"))
}

/// What a line is about.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Number(u64),
    Lost(u64),
}

use Line::{Lost, Number};

fn lines(text: &str) -> Vec<Line> {
    let line = |line| match (value_of(line, r#""bytes":"#), value_of(line, r#""records":"#)) {
        (Some(number), None) => Number(number),
        (None, Some(records)) => Lost(records),
        _ => panic!("this is no whole line: {line}"),
    };
    text.lines().map(line).collect()
}

/// The number that `key` has in a line that is whole.
fn value_of(line: &str, key: &str) -> Option<u64> {
    let fields = line.strip_prefix(r#"{"v":1,"time":"#)?.strip_suffix('}')?;
    let (_, value) = fields.split_once(key)?;
    value.split(',').next()?.parse().ok()
}

fn lines_of(path: &Path) -> Vec<Line> {
    lines(&fs::read_to_string(path).unwrap())
}

/// A sink that a test reads, and that fails where the test says so.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    text: String,
    full: bool,
    /// How many lines are taken at a time, where that is not all.
    at_a_time: Option<usize>,
}

impl Memory {
    fn set_full(&self, full: bool) {
        self.0.lock().full = full;
    }

    fn lines(&self) -> Vec<Line> {
        lines(&self.0.lock().text)
    }
}

impl Sink for Memory {
    fn append(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut disk = self.0.lock();
        if disk.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let text = std::str::from_utf8(text).unwrap();
        let at_a_time = disk.at_a_time.unwrap_or(usize::MAX);
        let taken: String = text.split_inclusive('\n').take(at_a_time).collect();
        disk.text.push_str(&taken);
        Ok(taken.len())
    }
}

#[test]
fn all_shards_records_come_in_the_order_of_their_time() {
    let sink = Memory::default();
    sink.0.lock().at_a_time = Some(1);
    let log = AuditLog::start(sink.clone(), 2, 8).unwrap();
    sink.set_full(true);
    // The first is taken and waits; the others come into one look.
    log.record(0, numbered(0, 0));
    assert!(!log.flush_and_wait());
    for (shard, at) in [(2, 3), (0, 4), (1, 1), (0, 6), (2, 5), (1, 2)] {
        log.record(shard, numbered(u64::from(at), at));
    }
    sink.set_full(false);
    assert!(log.flush_and_wait());
    assert_eq!(sink.lines(), [0, 1, 2, 3, 4, 5, 6].map(Number));
}

#[test]
fn records_of_one_time_keep_their_order() {
    let sink = Memory::default();
    let log = AuditLog::start(sink.clone(), 0, 100).unwrap();
    sink.set_full(true);
    log.record(0, numbered(0, 0));
    assert!(!log.flush_and_wait());
    for number in 0..90 {
        log.record(0, numbered(u64::from(number % 3), number));
    }
    sink.set_full(false);
    drop(log);
    let by_time = (0..3).flat_map(|at| (0..30).map(move |nth| Number(3 * nth + at)));
    assert!(sink.lines().into_iter().skip(1).eq(by_time));
}

#[test]
fn a_shard_that_there_is_not_is_one_that_there_is() {
    let sink = Memory::default();
    let log = AuditLog::start(sink.clone(), 2, 8).unwrap();
    log.record(usize::MAX, numbered(0, 7));
    assert!(log.flush_and_wait());
    assert_eq!(sink.lines(), [Number(7)]);
}

#[test]
fn a_record_after_silence_wakes_the_writer() {
    /// Tells of what it gets.
    struct Told(mpsc::Sender<Vec<Line>>);

    impl Sink for Told {
        fn append(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.send(lines(std::str::from_utf8(text).unwrap())).unwrap();
            Ok(text.len())
        }
    }

    let (told, written) = mpsc::channel();
    let log = AuditLog::start(Told(told), 1, 8).unwrap();
    for number in 0..1000 {
        while !log.shared.asleep.load(Ordering::Relaxed) {
            log.flush();
            thread::yield_now();
        }
        // Nobody asks for a flush any more: were the wake-up lost, nothing would come, ever.
        log.record(0, numbered(0, number));
        assert_eq!(written.recv_timeout(LONG), Ok(vec![Number(number.into())]));
    }
}

#[test]
fn what_there_is_no_room_for_is_counted_in_its_place() {
    let sink = Memory::default();
    let log = AuditLog::start(sink.clone(), 1, 3).unwrap();
    sink.set_full(true);
    log.record(0, numbered(0, 0));
    assert!(!log.flush_and_wait());
    // The other shard has room, before and after.
    for at in [1, 2, 3, 4, 6] {
        log.record(0, numbered(at, at as u32));
    }
    for at in [3, 5] {
        log.record(1, numbered(at, 10 * at as u32));
    }
    // A look at a full disk makes no room.
    assert!(!log.flush_and_wait());
    assert!(sink.lines().is_empty());
    log.record(0, numbered(7, 7));
    sink.set_full(false);
    assert!(log.flush_and_wait());
    let expected = [Number(0), Number(1), Number(2), Number(3), Number(30), Lost(3), Number(50)];
    assert_eq!(sink.lines(), expected);

    log.record(0, numbered(8, 8));
    drop(log);
    assert_eq!(sink.lines()[expected.len()..], [Number(8)]);
}

#[test]
fn each_record_is_written_or_counted_whatever_the_disk_does() {
    const THREADS: usize = 3;
    const EACH: u32 = 20_000;
    let sink = Memory::default();
    let log = AuditLog::start(sink.clone(), THREADS, 100).unwrap();
    thread::scope(|scope| {
        for shard in 0..THREADS {
            let log = &log;
            scope.spawn(move || {
                for number in 0..EACH {
                    log.record(shard, numbered(number.into(), shard as u32 * EACH + number));
                    if number % 500 == 0 {
                        log.flush();
                    }
                }
            });
        }
        for turn in 0..200 {
            sink.set_full(turn % 2 == 0);
            log.flush_and_wait();
        }
        sink.set_full(false);
    });
    drop(log);
    let mut written = HashMap::new();
    let mut lost = 0;
    for line in sink.lines() {
        match line {
            Number(number) => *written.entry(number).or_insert(0) += 1,
            Lost(records) => lost += records,
        }
    }
    assert!(written.values().all(|&times| times == 1));
    assert_eq!(written.len() as u64 + lost, THREADS as u64 * u64::from(EACH));
}

#[test]
fn a_disk_that_stays_full_holds_nobody_up() {
    let sink = Memory::default();
    sink.set_full(true);
    let log = AuditLog::start(sink.clone(), 1, 2).unwrap();
    for at in 0..1000 {
        log.record(0, numbered(at, 0));
    }
    assert!(!log.flush_and_wait());
    drop(log);
    assert!(sink.lines().is_empty());
}

#[test]
fn a_writer_that_is_gone_holds_nobody_up() {
    struct Broken;

    impl Sink for Broken {
        fn append(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("this sink is broken")
        }
    }

    let log = AuditLog::start(Broken, 1, 2).unwrap();
    log.record(0, numbered(0, 0));
    assert!(!log.flush_and_wait());
    log.record(0, numbered(0, 0));
    log.flush();
}

#[test]
fn no_record_of_four_threads_is_lost_or_there_twice() {
    const EACH: u32 = 100_000;
    let dir = TempDir::new().unwrap();
    let settings = AuditSettings { max_pending: EACH as usize, ..settings(&dir) };
    let log = AuditLog::open(settings.clone(), 4).unwrap();
    thread::scope(|scope| {
        for shard in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..EACH {
                    log.record(shard, numbered(number.into(), shard as u32 * EACH + number));
                }
            });
        }
    });
    drop(log);
    let mut times = vec![0; 4 * EACH as usize];
    for line in lines_of(&settings.file) {
        match line {
            Number(number) => times[number as usize] += 1,
            Lost(records) => panic!("{records} records are lost"),
        }
    }
    assert!(times.into_iter().all(|times| times == 1));
}

#[test]
fn a_log_goes_on_behind_what_is_in_its_file() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    for number in 0..3 {
        let log = AuditLog::open(settings.clone(), 1).unwrap();
        log.record(1, numbered(0, number));
        drop(log);
    }
    assert_eq!(lines_of(&settings.file), [0, 1, 2].map(Number));
}

#[test]
fn a_log_that_cannot_be_opened_is_an_error() {
    let dir = TempDir::new().unwrap();
    let nowhere = AuditSettings::new(dir.path().join("missing").join("audit.jsonl"));
    let error = AuditLog::open(nowhere, 1).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(AuditLog::open(AuditSettings::new(dir.path()), 1).is_err());
}

#[test]
fn a_file_that_is_full_is_set_aside_and_the_oldest_removed() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let mut one_line = Vec::new();
    numbered(0, 0).write_json(&mut one_line);
    // Two lines fit, and not three.
    let max_bytes = 3 * one_line.len() as u64 - 1;
    let settings = AuditSettings { max_bytes, keep: 2, ..settings };
    let log = AuditLog::open(settings.clone(), 1).unwrap();
    for number in 0..9 {
        log.record(0, numbered(number.into(), number));
    }
    drop(log);
    let old = |number| dir.path().join(format!("audit.jsonl.{number}"));
    assert_eq!(lines_of(&settings.file), [Number(8)]);
    assert_eq!(lines_of(&old(1)), [6, 7].map(Number));
    assert_eq!(lines_of(&old(2)), [4, 5].map(Number));
    assert!(!old(3).exists());

    let log = AuditLog::open(settings.clone(), 1).unwrap();
    for number in 9..11 {
        log.record(0, numbered(number.into(), number));
    }
    drop(log);
    assert_eq!(lines_of(&settings.file), [Number(10)]);
    assert_eq!(lines_of(&old(1)), [8, 9].map(Number));
    assert_eq!(lines_of(&old(2)), [6, 7].map(Number));
}
