//! The crates and who may know whom: the one table of the architecture. A new edge is a change
//! here, for a reviewer to see.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The crates of this workspace that a crate depends on.
enum Knows {
    /// Exactly these.
    Only(&'static [&'static str]),
    /// Any but these.
    AllBut(&'static [&'static str]),
}

use Knows::{AllBut, Only};

const CORE: &[&str] = &["airssys-wasm-core"];

const CRATES: &[(&str, Knows)] = &[
    ("airssys-wasm-core", Only(&[])),
    ("airssys-wasm-codec", Only(CORE)),
    ("airssys-wasm-security", Only(CORE)),
    ("airssys-wasm-broker", Only(CORE)),
    ("airssys-wasm-actor", Only(CORE)),
    ("airssys-wasm-supervisor", Only(CORE)),
    ("airssys-wasm-host", Only(CORE)),
    (
        "airssys-wasm",
        Only(&[
            "airssys-wasm-actor",
            "airssys-wasm-broker",
            "airssys-wasm-codec",
            "airssys-wasm-core",
            "airssys-wasm-host",
            "airssys-wasm-security",
            "airssys-wasm-supervisor",
        ]),
    ),
    ("airssys-wasm-cli", Only(&["airssys-wasm"])),
    ("airssys-wasm-testkit", AllBut(&["airssys-wasm-cli", "airssys-wasm-benches"])),
    ("airssys-wasm-benches", AllBut(&[])),
    // An example of a component's own crate.
    ("reminder", Only(&[])),
];

/// Who may test with which other crate of this workspace.
const TEST_WITH: &[(&str, &str)] = &[
    ("airssys-wasm", "airssys-wasm-testkit"),
    ("airssys-wasm-cli", "airssys-wasm-testkit"),
    ("reminder", "airssys-wasm-testkit"),
];

/// Who may name these crates, and what comes from the same hand (`wasmtime-wasi`), in whatever
/// kind of dependency.
const NAMED_BY: &[(&str, &[&str])] = &[
    // The benches measure against it, bare. They are not published.
    ("wasmtime", &["airssys-wasm-host", "airssys-wasm-benches"]),
    ("wat", &["airssys-wasm-host", "airssys-wasm-testkit"]),
    ("wit-component", &["airssys-wasm-host", "airssys-wasm-testkit"]),
    ("wit-parser", &["airssys-wasm-host", "airssys-wasm-testkit"]),
    ("tokio", &["airssys-wasm-host"]),
];

/// All that the contract crate may depend on.
const CORE_NEEDS: &[&str] = &["thiserror", "uuid"];

/// With it each call of a guest costs half as much again.
const COSTLY_FEATURE: &str = "component-model-async";

#[test]
fn crates_know_whom_the_table_says() {
    let workspace = Workspace::read();
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace.edges(&[Kind::Normal, Kind::Build]) {
        let Some((_, knows)) = CRATES.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} is not in the table of {}: add a row", file!()));
            continue;
        };
        let ours = dependencies.iter().filter(|other| workspace.has(other));
        let ours: BTreeSet<&str> = ours.map(String::as_str).collect();
        let (new, gone): (Vec<&str>, Vec<&str>) = match knows {
            Only(table) => {
                let table: BTreeSet<&str> = table.iter().copied().collect();
                (
                    ours.difference(&table).copied().collect(),
                    table.difference(&ours).copied().collect(),
                )
            }
            AllBut(excepted) => {
                (ours.into_iter().filter(|other| excepted.contains(other)).collect(), Vec::new())
            }
        };
        wrong.extend(new.iter().map(|other| {
            format!("{name} depends on {other}, and the architecture's table does not have that")
        }));
        wrong.extend(gone.iter().map(|other| {
            format!("{name} does not depend on {other} any more: take it out of the table")
        }));
    }
    let gone = CRATES.iter().filter(|(name, _)| !workspace.has(name));
    wrong.extend(gone.map(|(name, _)| format!("there is no crate {name}: take out its row")));
    expect_none(&wrong);
}

#[test]
fn crates_test_with_whom_the_table_says() {
    let workspace = Workspace::read();
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace.edges(&[Kind::Dev]) {
        if name == "airssys-wasm-benches" {
            continue;
        }
        // A crate may test with more features of its own.
        let others = dependencies.iter().filter(|other| **other != name);
        for other in others.filter(|other| workspace.has(other)) {
            if !TEST_WITH.contains(&(name.as_str(), other.as_str())) {
                wrong.push(format!("{name} tests with {other}, and TEST_WITH does not have that"));
            }
        }
    }
    expect_none(&wrong);
}

#[test]
fn each_engine_and_runtime_is_named_where_it_belongs() {
    let workspace = Workspace::read();
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace.edges(&[Kind::Normal, Kind::Build, Kind::Dev]) {
        for dependency in &dependencies {
            for (foreign, allowed) in NAMED_BY {
                let family = format!("{foreign}-");
                let is_it = dependency == foreign || dependency.starts_with(&family);
                if is_it && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{name} names {dependency}; only {allowed:?} may"));
                }
            }
        }
    }
    expect_none(&wrong);
}

#[test]
fn the_contract_crate_needs_next_to_nothing() {
    let edges = Workspace::read().edges(&[Kind::Normal, Kind::Build]);
    let needs = edges["airssys-wasm-core"].iter();
    let wrong: Vec<String> = needs
        .filter(|dependency| !CORE_NEEDS.contains(&dependency.as_str()))
        .map(|dependency| format!("airssys-wasm-core depends on {dependency}"))
        .collect();
    expect_none(&wrong);
}

#[test]
fn nothing_turns_the_costly_feature_on() {
    let features = Workspace::read().features_of("wasmtime");
    assert!(!features.is_empty(), "there is no wasmtime in the resolved graph");
    let wrong: Vec<String> = features
        .into_iter()
        .filter(|feature| feature == COSTLY_FEATURE)
        .map(|feature| {
            format!("wasmtime is built with {feature}: `cargo tree -e features -i wasmtime` tells who asks")
        })
        .collect();
    expect_none(&wrong);
}

#[track_caller]
fn expect_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

#[derive(PartialEq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

/// What Cargo knows of this workspace.
struct Workspace(Value);

impl Workspace {
    fn read() -> Self {
        let without_network = Self::metadata(&["--offline"]);
        let metadata = without_network.or_else(|_| Self::metadata(&[])).unwrap();
        Self(serde_json::from_slice(&metadata).unwrap())
    }

    fn metadata(more: &[&str]) -> Result<Vec<u8>, String> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--all-features", "--manifest-path"])
            .arg(manifest)
            .args(more)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// The crates of the workspace, and what their manifests name, by the registry's names.
    fn edges(&self, kinds: &[Kind]) -> BTreeMap<String, BTreeSet<String>> {
        let of_kind = |dependency: &&Value| kinds.contains(&Kind::of(&dependency["kind"]));
        self.members()
            .map(|package| {
                let dependencies = items(&package["dependencies"]).iter().filter(of_kind);
                let names = dependencies.map(|dependency| text(&dependency["name"])).collect();
                (text(&package["name"]), names)
            })
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        self.members().any(|package| package["name"] == name)
    }

    fn members(&self) -> impl Iterator<Item = &Value> {
        let members = items(&self.0["workspace_members"]);
        items(&self.0["packages"]).iter().filter(|package| members.contains(&package["id"]))
    }

    /// The features with which a package is built, of all its versions.
    fn features_of(&self, name: &str) -> BTreeSet<String> {
        let named = |package: &&Value| package["name"] == name;
        let ids: Vec<&Value> =
            items(&self.0["packages"]).iter().filter(named).map(|package| &package["id"]).collect();
        items(&self.0["resolve"]["nodes"])
            .iter()
            .filter(|node| ids.contains(&&node["id"]))
            .flat_map(|node| items(&node["features"]))
            .map(text)
            .collect()
    }
}

impl Kind {
    fn of(kind: &Value) -> Self {
        match kind.as_str() {
            Some("dev") => Self::Dev,
            Some("build") => Self::Build,
            _ => Self::Normal,
        }
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
