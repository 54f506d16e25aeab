//! What the manifests of the contract say, and what is said of wrong ones.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use airssys_wasm::manifest::{
    ByteSize, ComponentManifest, ManifestError, Overflow, Restart, Strategy, SystemManifest,
};
use tempfile::TempDir;

/// `Component.toml` of the contract.
const COMPONENT: &str = r#"
[component]
id = "words/split"
version = "0.1.0"
source = "split.wasm"

[serialization]
supported_codecs = ["cbor", "json"]
preferred_codec = "cbor"

[capabilities.messaging]
send = ["words/count", "airssys/stdout"]
request = []
receive = ["words/*"]
[capabilities.wasi]
stdio = true
env = ["HOME"]
preopens = [{ host = "data", guest = "/data", write = false }]
network = ["127.0.0.1:5432"]
http = ["api.example.com"]

[quota]
message_rate = 5000
message_burst = 500
max_message_size = "1MiB"
pending_requests = 1000
pending_timers = 1000
monitors = 1000

[resources]
memory = "64MiB"
message_timeout = "100ms"
init_timeout = "5s"
shutdown_timeout = "1s"
fuel_per_message = 10000000

[mailbox]
capacity = 1000
max_bytes = "16MiB"
overflow = "reject"
max_deliveries = 1

[supervision]
restart = "permanent"

[health]
interval = "10s"
restart_after = 3

[config]
greeting = "hello"
"#;

/// The system manifest of the contract.
const SYSTEM: &str = r#"
[system]
name = "words"
workers = 2
slice = "1ms"
spare_threads = 256
request_timeout = "5s"
drain = "10s"

[[component]]
manifest = "split/Component.toml"
grant = "requested"
id = "words/split"

[supervision]
strategy = "one-for-one"
max_restarts = 5
within = "60s"
backoff = { initial = "100ms", max = "60s" }

[dead_letters]
max_count = 10000
max_bytes = "64MiB"

[audit]
file = "audit.jsonl"
"#;

/// A folder with these files, and the empty `split/split.wasm`.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files.iter().chain(&[("split/split.wasm", "")]) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load(system: &str, component: &str) -> (TempDir, SystemManifest) {
    let folder = folder(&[("System.toml", system), ("split/Component.toml", component)]);
    let manifest = SystemManifest::load(folder.path().join("System.toml"))
        .unwrap_or_else(|error| panic!("{error}"));
    (folder, manifest)
}

#[test]
fn the_contracts_component_manifest_says_the_defaults() {
    let full = ComponentManifest::parse("split/Component.toml", COMPONENT).unwrap();
    let bare = "[component]\nid = 'words/split'\nsource = 'split.wasm'";
    let bare = ComponentManifest::parse("split/Component.toml", bare).unwrap();

    assert_eq!(full.mailbox, bare.mailbox);
    assert_eq!(full.supervision, bare.supervision);
    assert_eq!(full.health, bare.health);

    assert_eq!(bare.mailbox.capacity.get(), 1000);
    assert_eq!(bare.mailbox.max_bytes, ByteSize(16 << 20));
    assert_eq!(bare.mailbox.overflow, Overflow::Reject);
    assert_eq!(bare.mailbox.max_deliveries.get(), 1);
    assert_eq!(bare.resources.memory, ByteSize(64 << 20));
    assert_eq!(bare.resources.message_timeout, Duration::from_millis(100));
    assert_eq!(bare.resources.init_timeout, Duration::from_secs(5));
    assert_eq!(bare.resources.shutdown_timeout, Duration::from_secs(1));
    assert_eq!(bare.resources.fuel_per_message, None);
    assert_eq!(bare.quota.max_message_size, ByteSize(1 << 20));
    assert_eq!(bare.quota.pending_requests, 1000);
    assert_eq!(bare.quota.pending_timers, 1000);
    assert_eq!(bare.quota.monitors, 1000);
    assert_eq!(bare.quota.message_rate, None);
    assert_eq!(bare.quota.burst(), None);
    assert_eq!(bare.supervision.restart, Restart::Permanent);
    assert_eq!(bare.health.interval, Duration::from_secs(10));
    assert_eq!(bare.health.restart_after, 3);
    assert!(bare.config.is_empty());
    assert!(bare.capabilities.asks().is_empty());
    assert_eq!(bare.capabilities.messaging.receive, None);
}

#[test]
fn every_key_of_the_contracts_component_manifest_is_read() {
    let full = ComponentManifest::parse("split/Component.toml", COMPONENT).unwrap();

    assert_eq!(full.component.id.as_str(), "words/split");
    assert_eq!(full.component.version.as_deref(), Some("0.1.0"));
    assert_eq!(full.component.source, Path::new("split/split.wasm"));
    let codecs = &full.serialization.supported_codecs;
    assert_eq!(codecs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["cbor", "json"]);
    assert_eq!(full.serialization.preferred_codec, codecs.first().copied());
    let asked = [
        r#"send = "words/count""#,
        r#"send = "airssys/stdout""#,
        "stdio = true",
        r#"env = "HOME""#,
        r#"network = "127.0.0.1:5432""#,
        r#"http = "api.example.com""#,
        r#"preopens = { host = "split/data", guest = "/data", write = false }"#,
    ];
    assert_eq!(full.capabilities.asks(), asked);
    assert!(full.capabilities.messaging.receive.is_some());
    assert_eq!(full.quota.message_rate.map(u32::from), Some(5000));
    assert_eq!(full.quota.burst().map(u32::from), Some(500));
    assert_eq!(full.resources.fuel_per_message.map(u64::from), Some(10_000_000));
    assert_eq!(full.config["greeting"], "hello");
}

#[test]
fn a_burst_is_a_tenth_of_the_rate_and_at_least_one() {
    for (quota, burst) in [
        ("message_rate = 5000", Some(500)),
        ("message_rate = 3", Some(1)),
        ("message_rate = 3\nmessage_burst = 7", Some(7)),
        ("message_burst = 7", None),
    ] {
        let text = format!("[component]\nid = 'a/b'\nsource = 'b.wasm'\n[quota]\n{quota}");
        let manifest = ComponentManifest::parse("Component.toml", &text).unwrap();
        assert_eq!(manifest.quota.burst().map(u32::from), burst, "{quota}");
    }
}

#[test]
fn settings_that_are_numbers_or_booleans_are_read_as_text() {
    let text = "[component]\nid = 'a/b'\nsource = 'b.wasm'\n[config]\nport = 80\nfast = true";
    let manifest = ComponentManifest::parse("Component.toml", text).unwrap();
    assert_eq!(manifest.config["port"], "80");
    assert_eq!(manifest.config["fast"], "true");
}

#[test]
fn the_contracts_system_manifest_says_the_defaults() {
    let (folder, full) = load(SYSTEM, COMPONENT);
    let (_bare_folder, bare) = load("", COMPONENT);

    assert_eq!(full.system.name, "words");
    assert_eq!(full.system.workers.map(u32::from), Some(2));
    assert_eq!(bare.system.workers, None);
    for manifest in [&full, &bare] {
        assert_eq!(manifest.system.slice, Duration::from_millis(1));
        assert_eq!(manifest.system.spare_threads, 256);
        assert_eq!(manifest.system.request_timeout, Duration::from_secs(5));
        assert_eq!(manifest.system.drain, Duration::from_secs(10));
        assert_eq!(manifest.supervision.strategy, Strategy::OneForOne);
        assert_eq!(manifest.supervision.max_restarts, 5);
        assert_eq!(manifest.supervision.within, Duration::from_secs(60));
        assert_eq!(manifest.supervision.backoff.initial, Duration::from_millis(100));
        assert_eq!(manifest.supervision.backoff.max, Duration::from_secs(60));
        assert_eq!(manifest.dead_letters.max_count, 10_000);
        assert_eq!(manifest.dead_letters.max_bytes, ByteSize(64 << 20));
    }

    let audit = full.audit.unwrap();
    assert_eq!(audit.file, folder.path().join("audit.jsonl"));
    assert!(!audit.messages);
    assert_eq!(bare.audit, None);

    let [split] = &full.components[..] else { panic!("one component") };
    assert_eq!(split.id().as_str(), "words/split");
    assert_eq!(split.manifest.component.source, folder.path().join("split/split.wasm"));
    assert_eq!(split.granted, split.manifest.capabilities);
    assert_eq!(split.at.line, 11);
}

#[test]
fn an_override_replaces_single_keys() {
    let system = r#"
        [[component]]
        manifest = "split/Component.toml"
        grant = "requested"
        id = "words/other"
        [component.resources]
        memory = "1GiB"
        [component.capabilities.messaging]
        receive = ["words/source"]
        [component.config]
        farewell = "bye"
    "#;
    let (_folder, manifest) = load(system, COMPONENT);
    let split = &manifest.components[0];
    assert_eq!(split.id().as_str(), "words/other");
    assert_eq!(split.manifest.resources.memory, ByteSize(1 << 30));
    assert_eq!(split.manifest.resources.fuel_per_message.map(u64::from), Some(10_000_000));
    assert_eq!(split.manifest.config.len(), 2);
    let receive = split.granted.messaging.receive.as_ref().unwrap();
    assert_eq!(receive.iter().map(ToString::to_string).collect::<Vec<_>>(), ["words/source"]);
    assert_eq!(split.granted.messaging.send.iter().count(), 2);
}

#[test]
fn folders_are_relative_to_the_file_that_names_them() {
    let overridden = r#"
        [[component]]
        manifest = "split/Component.toml"
        grant = "requested"
        [component.capabilities.wasi]
        preopens = [{ host = "data", guest = "/data" }]
    "#;
    let (folder, manifest) = load(overridden, COMPONENT);
    let preopen = &manifest.components[0].granted.wasi.preopens[0];
    assert_eq!(preopen.host, folder.path().join("data"));

    let granted = r#"
        [[component]]
        manifest = "split/Component.toml"
        grant = { wasi = { preopens = [{ host = "split/data", guest = "/data" }] } }
    "#;
    let (folder, manifest) = load(granted, COMPONENT);
    let preopen = &manifest.components[0].granted.wasi.preopens[0];
    assert_eq!(preopen.host, folder.path().join("split/data"));
}

#[test]
fn a_grant_may_be_narrower_than_what_is_asked_for() {
    let system = r#"
        [[component]]
        manifest = "split/Component.toml"
        grant = { messaging = { send = ["words/count"] } }
    "#;
    let (_folder, manifest) = load(system, COMPONENT);
    let split = &manifest.components[0];
    assert_eq!(split.granted.asks(), [r#"send = "words/count""#]);
    let asked = &split.manifest.capabilities;
    assert_eq!(split.granted.messaging.receive, asked.messaging.receive);
}

#[test]
fn what_asks_for_nothing_needs_no_grant() {
    let system = "[[component]]\nmanifest = 'split/Component.toml'";
    let component = r#"
        [component]
        id = "words/split"
        source = "split.wasm"
        [capabilities.messaging]
        receive = ["words/*"]
    "#;
    let (_folder, manifest) = load(system, component);
    let split = &manifest.components[0];
    assert_eq!(split.granted, split.manifest.capabilities);
}

/// Each file in `tests/manifests/component` and `tests/manifests/system` is wrong; its last line
/// says what is said of it.
#[test]
fn what_is_wrong_is_one_line_with_its_place() {
    let of_component = cases("component").into_iter().map(|(path, text)| {
        let error = ComponentManifest::parse(path.file_name().unwrap(), &text).err();
        (path, text, error)
    });
    let of_system = cases("system").into_iter().map(|(path, text)| {
        let error = SystemManifest::load(&path).err();
        (path, text, error)
    });
    let mut wrong = Vec::new();
    for (path, text, error) in of_component.chain(of_system) {
        let expected = text.lines().next_back().and_then(|line| line.strip_prefix("# error: "));
        let error = error.as_ref().map(said_of);
        if error.as_deref() != expected {
            wrong.push(format!("{}\n  {expected:?}\n  {error:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cases(kind: &str) -> Vec<(PathBuf, String)> {
    let folder = fs::read_dir(Path::new("tests/manifests").join(kind)).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let cases: Vec<_> =
        paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    assert!(!cases.is_empty());
    cases
}

/// Without the folder, which is the same for all of them.
fn said_of(error: &ManifestError) -> String {
    error.to_string().replace("tests/manifests/system/", "")
}

#[test]
fn a_system_manifest_that_is_not_there_is_named() {
    let error = SystemManifest::load("nowhere/System.toml").unwrap_err();
    assert!(
        error.to_string().starts_with("cannot read nowhere/System.toml: No such file"),
        "{error}"
    );
}
