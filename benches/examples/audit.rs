//! Whether an audit log of every message keeps up: messages at a steady rate, and afterwards a
//! count of the lines.
//!
//! `cargo run --release -p airssys-wasm-benches --example audit -- 200000 60` is 200,000 messages
//! a second for a minute.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::{AuditSettings, MailboxLimits, System};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::rig::spec;
use airssys_wasm_benches::token::token;

/// Messages go in groups, of which there are so many a second.
const GROUPS: u64 = 1000;

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = |default| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (rate, seconds): (u64, u64) = (argument(200_000), argument(60));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let settings = AuditSettings { messages: true, keep: usize::MAX, ..AuditSettings::new(&file) };
    let system = System::builder().audit(settings).build().unwrap();
    let guest = system.load(guests::responder().as_bytes()).unwrap();
    let mailbox = MailboxLimits { capacity: 1_000_000, ..MailboxLimits::default() };
    let target = "benchmarks/audit/sink";
    system.spawn(spec(target, &guest).mailbox(mailbox)).unwrap();
    let mut sender = system.sender("benchmarks/audit/source".parse().unwrap());

    let begun = Instant::now();
    let mut behind = Duration::ZERO;
    for group in 1..=GROUPS * seconds {
        for number in 0..rate / GROUPS {
            sender.send(target, &token(number)).unwrap();
        }
        let due = Duration::from_secs(1) * u32::try_from(group).unwrap() / GROUPS as u32;
        let taken = begun.elapsed();
        behind = behind.max(taken.saturating_sub(due));
        thread::sleep(due.saturating_sub(taken));
    }
    let sent = rate / GROUPS * GROUPS * seconds;
    let taken = begun.elapsed().as_secs_f64();
    system.shutdown();
    drop(system);
    let (records, lost) = count(folder.path());
    println!("{sent} messages in {taken:.1} s, never more than {behind:?} behind");
    println!("{records} records, lines that tell of lost ones: {lost}");
    assert_eq!((records, lost), (sent, 0));
}

/// Records of accepted messages, and lines about lost ones, in all files of the log.
fn count(folder: &Path) -> (u64, u64) {
    let (mut records, mut lost) = (0, 0);
    for file in folder.read_dir().unwrap() {
        let mut lines = BufReader::new(File::open(file.unwrap().path()).unwrap());
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).unwrap() > 0 {
            let has = |text: &[u8]| line.windows(text.len()).any(|part| part == text);
            records += u64::from(has(b"\"outcome\":\"accepted\""));
            lost += u64::from(has(b"\"event\":\"lost\""));
            line.clear();
        }
    }
    (records, lost)
}
