//! What this process takes up.

use std::fs;

/// What of this process is in the machine's memory, in KiB.
pub fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse().unwrap()
}
