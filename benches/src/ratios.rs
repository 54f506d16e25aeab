//! The table of one run: what was measured, against what it is held to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A benchmark, and the one that it is a multiple of.
pub struct Row {
    /// As `group/name`.
    pub bench: &'static str,
    /// As `group/name`.
    pub against: &'static str,
}

/// Where criterion keeps what it measured.
pub fn directory() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/criterion/paths");
    std::env::var_os("CRITERION_HOME").map_or_else(default, PathBuf::from)
}

/// Prints the rows of which both sides were measured after `begun`, as a table in Markdown.
#[allow(clippy::print_stdout)]
pub fn print(rows: &[Row], begun: SystemTime) {
    let median = |bench: &str| median(&directory().join(bench).join("new/estimates.json"), begun);
    let lines: Vec<String> = rows
        .iter()
        .filter_map(|Row { bench, against }| {
            let (measured, floor) = (median(bench)?, median(against)?);
            Some(format!("| {bench} | {measured:.0} | {:.2} | {against} |", measured / floor))
        })
        .collect();
    if !lines.is_empty() {
        println!("| what | median, ns | ratio | to |\n| --- | ---: | ---: | --- |");
        println!("{}", lines.join("\n"));
    }
}

fn median(estimates: &Path, begun: SystemTime) -> Option<f64> {
    let written = fs::metadata(estimates).ok()?.modified().ok()?;
    if written < begun {
        return None;
    }
    let estimates: serde_json::Value = serde_json::from_slice(&fs::read(estimates).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
