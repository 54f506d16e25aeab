//! What this process takes up.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// What of this process is in the machine's memory, in KiB.
pub fn resident_kib() -> i64 {
    status("VmRSS:").trim_end_matches(" kB").parse().unwrap()
}

/// How many threads this process has.
pub fn threads() -> i64 {
    status("Threads:").parse().unwrap()
}

/// How many there are once those have ended that took over for guests which made room: as many as
/// `before`, unless some do not end.
pub fn threads_down_to(before: i64) -> i64 {
    let begun = Instant::now();
    while threads() > before && begun.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(10));
    }
    threads()
}

fn status(name: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}
