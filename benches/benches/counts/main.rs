//! How many instructions the hot operations take, against those that are recorded in
//! `benches/counts.toml`. See `benches/README.md`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::print_stderr)]

mod callgrind;
mod operations;
mod recorded;

use std::env;
use std::process::ExitCode;

use operations::OPERATIONS;
use recorded::{Counts, RECORD};

/// Elsewhere, and without optimisation, other instructions do the same.
const IS_COMPARABLE: bool =
    cfg!(all(target_arch = "x86_64", target_os = "linux", not(debug_assertions)));

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => count().and_then(|counts| compare(&counts)),
        ["--record"] => count().and_then(|counts| recorded::save(&counts)),
        ["--operation", name] => run(name),
        _ => Err("usage: counts [--record | --operation NAME]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counts: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts all operations, and prints each count beside the one that is recorded.
fn count() -> Result<Counts, String> {
    let recorded = recorded::load()?;
    println!("{:<24} {:>10} {:>10} {:>10}", "instructions", "recorded", "now", "change");
    let mut counts = Counts::new();
    for operation in OPERATIONS {
        let (name, now) = (operation.name, callgrind::count(operation)?);
        match recorded.get(name) {
            Some(&recorded) => {
                let change = recorded::change(recorded, now);
                println!("{name:<24} {recorded:>10} {now:>10} {change:>+8.1} %");
            }
            None => println!("{name:<24} {:>10} {now:>10}", ""),
        }
        counts.insert(name.into(), now);
    }
    Ok(counts)
}

fn compare(counts: &Counts) -> Result<(), String> {
    if !IS_COMPARABLE {
        println!("not compared: the recorded ones are of an optimised build on x86-64 Linux");
        return Ok(());
    }
    let recorded = recorded::load()?;
    let of = |operation| recorded.get(operation).copied();
    let mut complaints: Vec<String> = counts
        .iter()
        .filter_map(|(operation, &now)| recorded::complaint(operation, of(operation), now))
        .collect();
    if complaints.is_empty() {
        return Ok(());
    }
    complaints.insert(0, "not as recorded in benches/counts.toml:".into());
    complaints.push("Where that is meant, record it, and say why in the commit:".into());
    Err(format!("{}\n  {RECORD}", complaints.join("\n  ")))
}

/// Sets one operation up and does it, to be counted from outside.
fn run(name: &str) -> Result<(), String> {
    let operation = OPERATIONS.iter().find(|operation| operation.name == name);
    operation.ok_or_else(|| format!("there is no operation `{name}`"))?.run();
    Ok(())
}
