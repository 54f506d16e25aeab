//! The process is stopped for longer than its guests and requests have time, and goes on.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdout;

use support::{Running, path};

/// A run in which `tests/busy` has begun to compute, with a request in hand, and `tests/sleeper`
/// sleeps for a second; and its standard output.
fn start() -> (Running, BufReader<ChildStdout>) {
    let system = path("systems/pause/System.toml");
    let sends = ["--send", "tests/sleeper=\x01", "--request", "tests/busy=x"];
    let stdin = ["--stdin", "tests/gate"];
    let mut run = Running::start(&[&["run", &system], &sends[..], &stdin].concat());
    let mut stdout = BufReader::new(run.child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    (run, stdout)
}

#[test]
fn who_is_paused_is_not_charged_for_it_and_requests_time_out_afterwards() {
    let (mut paused, mut stdout) = start();
    paused.signal("STOP");

    // Meanwhile another is over all of its time limits.
    let (mut other, _stdout) = start();
    other.wait_for("no response came in time");
    other.wait_for("tests/busy ran over its time limit");
    other.signal("TERM");
    other.end().expect(1);

    paused.signal("CONT");
    paused.wait_for("no response came in time");
    let mut stdin = paused.child.stdin.take().unwrap();
    stdin.write_all(b"t\n").unwrap();
    paused.wait_for("tests/gate trapped");
    paused.signal("TERM");
    let ended = paused.end().expect(1);
    assert!(!ended.stderr.contains("time limit"), "{}", ended.stderr);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "done\n", "{}", ended.stderr);
}
