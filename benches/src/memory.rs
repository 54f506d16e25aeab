//! What this process takes up.

use std::fs;

/// What of this process is in the machine's memory, in KiB.
pub fn resident_kib() -> i64 {
    status("VmRSS:").trim_end_matches(" kB").parse().unwrap()
}

/// How many threads this process has.
pub fn threads() -> i64 {
    status("Threads:").parse().unwrap()
}

fn status(name: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}
