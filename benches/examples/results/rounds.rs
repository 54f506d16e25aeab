//! All that was measured, round by round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::spread::{Spread, median};

/// The rounds of one run. Figures have ids: `bench/group/name` of ours (`paths/hop/ping-pong`),
/// `system/figure/cores` of others (`kameo/tell/2`).
pub(crate) struct Rounds {
    /// How the run was begun.
    pub(crate) command: String,
    /// How busy the machine was before each round, in its own words.
    pub(crate) loads: Vec<String>,
    /// Which Erlang, if there is one.
    pub(crate) erlang: Option<String>,
    /// The median of each figure.
    rounds: Vec<BTreeMap<String, f64>>,
}

impl Rounds {
    pub(crate) fn read(folder: &Path) -> Self {
        let command = fs::read_to_string(folder.join("command")).unwrap().trim().to_owned();
        let mut this = Self { command, loads: Vec::new(), erlang: None, rounds: Vec::new() };
        for round in (1..).map(|number| folder.join(format!("round-{number}"))) {
            if !round.exists() {
                break;
            }
            this.loads.push(fs::read_to_string(round.join("load")).unwrap().trim().to_owned());
            this.rounds.push(BTreeMap::new());
            this.read_ours(&round.join("criterion"));
            this.read_rivals(&round);
        }
        this
    }

    pub(crate) fn count(&self) -> usize {
        self.rounds.len()
    }

    /// What is there of our own, by id.
    pub(crate) fn ours(&self) -> BTreeSet<&str> {
        let ids = self.rounds.iter().flat_map(BTreeMap::keys).map(String::as_str);
        ids.filter(|id| {
            ["actors/", "curves/", "native/", "paths/"].iter().any(|of| id.starts_with(of))
        })
        .collect()
    }

    /// A figure in nanoseconds.
    pub(crate) fn ns(&self, id: &str) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|round| round.get(id).copied()).collect())
    }

    /// A figure as a multiple of another, of the same round each time.
    pub(crate) fn ratio(&self, id: &str, to: &str) -> Option<Spread> {
        let ratio = |round: &BTreeMap<String, f64>| Some(round.get(id)? / round.get(to)?);
        Spread::of(self.rounds.iter().filter_map(ratio).collect())
    }

    fn read_ours(&mut self, criterion: &Path) {
        for bench in ["actors", "curves", "native", "paths"] {
            for figure in figures_in(&criterion.join(bench)) {
                let about = json(&figure.join("benchmark.json"));
                let sample = json(&figure.join("sample.json"));
                let id = format!("{bench}/{}", about["full_id"].as_str().unwrap());
                let each = numbers(&sample["times"]).zip(numbers(&sample["iters"]));
                self.insert(id, each.map(|(ns, count)| ns / count).collect());
            }
        }
    }

    fn read_rivals(&mut self, round: &Path) {
        for system in ["actix", "erlang", "extism", "kameo", "ractor"] {
            let lines = fs::read_to_string(round.join(format!("{system}.jsonl")));
            for line in lines.unwrap_or_default().lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                match (&line["figure"], &line["cores"]) {
                    (Value::String(figure), Value::Number(cores)) => {
                        let id = format!("{system}/{figure}/{cores}");
                        self.insert(id, numbers(&line["ns"]).collect());
                    }
                    _ => self.erlang = line["version"].as_str().map(str::to_owned),
                }
            }
        }
    }

    fn insert(&mut self, id: String, mut samples: Vec<f64>) {
        if let (Some(round), Some(median)) = (self.rounds.last_mut(), median(&mut samples)) {
            round.insert(id, median);
        }
    }
}

/// The folders in which criterion keeps its newest samples.
fn figures_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders
        .flat_map(|path| match path.file_name() {
            Some(name) if name == "new" => vec![path],
            _ => figures_in(&path),
        })
        .collect()
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn numbers(list: &Value) -> impl Iterator<Item = f64> {
    list.as_array().into_iter().flatten().map(|number| number.as_f64().unwrap())
}
