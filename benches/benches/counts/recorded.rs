//! The counts that are kept, and how much others may differ from them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How much more than recorded an operation may take, in percent: so much comes of which copying
/// functions the C library chooses for the processor.
const MORE: f64 = 5.0;

/// How much less: what has become faster is to stay so.
const LESS: f64 = 10.0;

/// What records anew.
pub const RECORD: &str =
    "cargo bench --profile release -p airssys-wasm-benches --bench counts -- --record";

/// Counts by operation.
pub type Counts = BTreeMap<String, u64>;

/// Those that are kept.
pub fn load() -> Result<Counts, String> {
    let path = path();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Keeps these instead.
pub fn save(counts: &Counts) -> Result<(), String> {
    let head = "# Instructions that each operation takes, on x86-64 Linux. They are written by";
    let mut text = format!("{head}\n# {RECORD}\n");
    for program in ["rustc", "valgrind"] {
        let output = Command::new(program).arg("--version").output();
        let version = output.map_err(|error| format!("{program}: {error}"))?.stdout;
        let _ = write!(text, "# {}", String::from_utf8_lossy(&version));
    }
    for (operation, count) in counts {
        let _ = writeln!(text, "{operation:?} = {count}");
    }
    fs::write(path(), text).map_err(|error| format!("{}: {error}", path().display()))
}

/// How much more than recorded this is, in percent.
pub fn change(recorded: u64, now: u64) -> f64 {
    (now as f64 / recorded as f64 - 1.0) * 100.0
}

/// What is wrong with the count of an operation, if anything is.
pub fn complaint(operation: &str, recorded: Option<u64>, now: u64) -> Option<String> {
    let Some(recorded) = recorded else {
        return Some(format!("{operation}: {now} instructions, and none are recorded"));
    };
    let change = change(recorded, now);
    let (how_much, may) = match change {
        more if more > MORE => ("more", MORE),
        less if less < -LESS => ("less", LESS),
        _ => return None,
    };
    let change = change.abs();
    Some(format!(
        "{operation}: {now} instructions, {change:.1} % {how_much} than the {recorded} recorded; \
         up to {may} % may be"
    ))
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.toml")
}
