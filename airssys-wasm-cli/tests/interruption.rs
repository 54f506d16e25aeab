//! How a run ends before its time.

#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Write};

use support::{Running, path};

#[test]
fn a_signal_ends_a_run_gracefully() {
    for signal in ["INT", "TERM"] {
        let system = path("systems/tool/System.toml");
        let mut run = Running::start(&["run", &system, "--send", "tests/tool=plain"]);
        let mut stdout = BufReader::new(run.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "plain\n");
        run.signal(signal);
        let ended = run.end().expect(0);
        assert!(ended.stderr.contains(&format!("SIG{signal}")), "{}", ended.stderr);
        assert!(ended.stderr.ends_with("has stopped\n"), "{}", ended.stderr);
    }
}

#[test]
fn the_end_of_standard_input_does_not_end_a_run() {
    let system = path("systems/tool/System.toml");
    let mut run = Running::start(&["run", &system, "--stdin", "tests/tool"]);
    let mut stdin = run.child.stdin.take().unwrap();
    stdin.write_all(b"plain").unwrap();
    drop(stdin);
    let mut line = String::new();
    BufReader::new(run.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "plain\n");
    run.signal("TERM");
    assert!(run.end().expect(0).stderr.contains("SIGTERM"));
}

#[test]
fn a_second_signal_ends_a_run_at_once() {
    for (second, status) in [("INT", 130), ("TERM", 143)] {
        let mut run = Running::start(&["run", &path("systems/stuck/System.toml")]);
        run.wait_for("has started");
        run.signal("INT");
        run.wait_for("is stopping");
        run.signal(second);
        let ended = run.end().expect(status);
        assert!(!ended.stderr.contains("has stopped"), "{}", ended.stderr);
    }
}

#[test]
fn a_closed_standard_output_ends_a_run_gracefully() {
    for target in ["tests/tool", "airssys/stdout"] {
        let system = path("systems/tool/System.toml");
        let mut run = Running::start(&["run", &system, "--stdin", target]);
        let mut stdin = run.child.stdin.take().unwrap();
        stdin.write_all(b"p1\n").unwrap();
        let mut stdout = BufReader::new(run.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "p1\n");
        drop(stdout);
        // A process that another test is just starting may hold the pipe open for a moment: one
        // line could still be written.
        while stdin.write_all(b"p2\n").is_ok() {}
        let ended = run.end().expect(0);
        assert!(ended.complaints().is_empty(), "{}", ended.stderr);
        assert!(ended.stderr.contains("standard output is closed"), "{}", ended.stderr);
    }
}
