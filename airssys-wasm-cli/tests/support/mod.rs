//! Runs the binary.

#![allow(dead_code, reason = "not every test file uses all of it")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long something may take before the test fails. Nothing waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(120);

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// A command that runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    /// What has been read of it.
    seen: String,
}

/// A path under `tests/`.
pub(crate) fn path(name: &str) -> String {
    format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A path in the repository.
pub(crate) fn repository(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join(name).display().to_string()
}

/// Runs the binary with nothing on its standard input.
pub(crate) fn airssys(args: &[&str]) -> Ended {
    airssys_reading(args, b"")
}

/// Runs the binary with this on its standard input.
pub(crate) fn airssys_reading(args: &[&str], stdin: &[u8]) -> Ended {
    let mut running = Running::start(args);
    let mut pipe = running.child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = thread::spawn(move || drop(pipe.write_all(&stdin)));
    let ended = running.end();
    writer.join().unwrap();
    ended
}

/// The binary. It keeps no compiled code, as it knows of no folder for that.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys"));
    command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
    command
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::of(command().args(args))
    }

    /// Starts a [`command`].
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, seen: String::new() }
    }

    /// Reads standard error until there is a line with this in it.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "no {text:?} in {}", self.seen);
            self.seen.push_str(&line);
        }
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Waits for the end.
    pub(crate) fn end(self) -> Ended {
        let Self { child, mut stderr, seen } = self;
        let pid = child.id();
        let reader = thread::spawn(move || {
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            seen + &rest
        });
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || drop(sender.send(child.wait_with_output().unwrap())));
        let output = ended.recv_timeout(DEADLINE);
        if output.is_err() {
            kill("KILL", pid);
        }
        let stderr = reader.join().unwrap();
        let output = output.unwrap_or_else(|_| panic!("it does not end; it said: {stderr}"));
        Ended { status: output.status.code(), stdout: output.stdout, stderr }
    }
}

impl Ended {
    /// Checks the exit status, and shows what went wrong otherwise.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.stderr);
        self
    }

    /// Standard output, as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// The lines of standard error that are no news of progress.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        self.stderr.lines().filter(|line| !line.starts_with("airssys: ")).collect()
    }
}

fn kill(signal: &str, pid: u32) {
    let kill = format!("kill -{signal} {pid}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
