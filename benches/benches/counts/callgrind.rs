//! Counts instructions.

use std::process::Command;
use std::{env, fs};

use crate::operations::{MARK, Operation};

/// The instructions that an operation takes each time, of all threads together, in a process of its
/// own.
pub fn count(operation: &Operation) -> Result<u64, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet"]);
    valgrind.arg(format!("--callgrind-out-file={}", folder.path().join("part").display()));
    // It writes a file at each mark, with what it has counted since the last one.
    valgrind.arg(format!("--dump-before={MARK}"));
    valgrind.arg(this).args(["--operation", operation.name]);
    // Where things lie in memory depends on it, and instructions a little on that.
    valgrind.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    let output = valgrind.output().map_err(|error| {
        format!("cannot run valgrind: {error}; install it, on a Debian by `apt install valgrind`")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} under valgrind: {}\n{said}", operation.name, output.status));
    }
    let part = fs::read_to_string(folder.path().join("part.2"));
    let total = part.ok().and_then(|part| total(&part));
    let total = total.ok_or_else(|| format!("callgrind has not seen two calls of `{MARK}`"))?;
    Ok(total / operation.times)
}

fn total(part: &str) -> Option<u64> {
    part.lines().find_map(|line| line.strip_prefix("summary: "))?.trim().parse().ok()
}
