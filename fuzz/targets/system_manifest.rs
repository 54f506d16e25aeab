//! The system manifest, and one of the manifests that it names.
//!
//! The input is the text of `System.toml`. Behind the line `# given/Component.toml` that of a
//! component may follow; those of `airssys-wasm/tests/manifests/parts` can be named as well.

#![no_main]

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use airssys_wasm_fuzz::manifest::{
    Capabilities, ManifestError, Place, Preopen, SystemComponent, SystemManifest,
};
use airssys_wasm_fuzz::reading::{
    self, amount, expect_time, expect_word, is_set, items, key, text,
};
use airssys_wasm_fuzz::{ids, mutation, report, schema};
use airssys_wasm_security::PatternSet;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use toml::{Table, Value};

const BETWEEN: &str = "\n# given/Component.toml\n";

macro_rules! parts {
    ($($name:literal),*) => {
        [$((
            concat!("parts/", $name, "/Component.toml"),
            include_str!(concat!(
                "../../airssys-wasm/tests/manifests/parts/", $name, "/Component.toml"
            )),
        )),*]
    };
}

/// The folder of `System.toml`, with the components beside it. It stays: whoever runs this says
/// by `TMPDIR` where, and takes it away.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a folder is made").keep();
    let parts = parts!("asks", "broken", "plain", "speaks", "unbuilt");
    for (path, text) in parts
        .into_iter()
        .chain([("parts/asks/guest.wat", "(module)"), ("system/given/given.wasm", "")])
    {
        write(&root.join(path), text);
    }
    root.join("system")
});

fuzz_target!(|input: &str| {
    let (system, given) = input.split_once(BETWEEN).unwrap_or((input, ""));
    let file = FOLDER.join("System.toml");
    let document = system.parse::<Table>().ok();
    if document.as_ref().is_some_and(names_a_place_of_the_machine) {
        return;
    }
    write(&FOLDER.join("given/Component.toml"), given);
    write(&file, system);
    let document = document.map(Value::Table).filter(|document| schema::SYSTEM.allows(document));
    match (SystemManifest::load(&file), document) {
        (Ok(manifest), Some(document)) => expect_system(&manifest, &document),
        (Ok(_), None) => panic!("the contract does not allow this"),
        (Err(error), document) => expect_fault(&error, document.as_ref()),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutation::mutate_text(data, size, max_size, seed, |input, seed| {
        let (system, given) = input.split_once(BETWEEN).unwrap_or((input, ""));
        if seed.is_multiple_of(2) {
            let system = mutation::mutate(system, &schema::SYSTEM, seed / 2);
            format!("{system}{BETWEEN}{given}")
        } else {
            let given = mutation::mutate(given, &schema::COMPONENT, seed / 2);
            format!("{system}{BETWEEN}{given}")
        }
    })
});

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder is made");
    fs::write(path, text).expect("a file is written");
}

/// Devices and pipes could be read for ever.
fn names_a_place_of_the_machine(document: &Table) -> bool {
    let entries = document.get("component").and_then(Value::as_array);
    entries.into_iter().flatten().any(|entry| text(Some(entry), "manifest").starts_with('/'))
}

fn expect_system(read: &SystemManifest, document: &Value) {
    let system = document.get("system");
    let name = key(system, "name").and_then(Value::as_str).unwrap_or("airssys");
    assert_eq!(read.system.name, name);
    assert_eq!(u128::from(read.system.workers.map_or(0, u32::from)), amount(system, "workers", 0));
    expect_time(read.system.slice, system, "slice", 1_000_000);
    assert_eq!(u128::from(read.system.spare_threads), amount(system, "spare_threads", 256));
    expect_time(read.system.request_timeout, system, "request_timeout", 5_000_000_000);
    expect_time(read.system.drain, system, "drain", 10_000_000_000);

    let supervision = document.get("supervision");
    expect_word(read.supervision.strategy, supervision, "strategy", "one-for-one");
    let restarts = amount(supervision, "max_restarts", 5);
    assert_eq!(u128::from(read.supervision.max_restarts), restarts);
    expect_time(read.supervision.within, supervision, "within", 60_000_000_000);
    let backoff = key(supervision, "backoff");
    expect_time(read.supervision.backoff.initial, backoff, "initial", 100_000_000);
    expect_time(read.supervision.backoff.max, backoff, "max", 60_000_000_000);

    let groups = items(Some(document), "group");
    assert_eq!(read.groups.len(), groups.len());
    for (read, group) in read.groups.iter().zip(groups) {
        assert_eq!(read.name, text(Some(group), "name"));
        expect_word(read.strategy, Some(group), "strategy", "one-for-one");
        assert_eq!(u128::from(read.max_restarts), amount(Some(group), "max_restarts", 5));
        expect_time(read.within, Some(group), "within", 60_000_000_000);
    }
    assert!(groups_are_sound(document), "a group that is none");

    let letters = document.get("dead_letters");
    assert_eq!(u128::from(read.dead_letters.max_count), amount(letters, "max_count", 10_000));
    let bytes = u128::from(read.dead_letters.max_bytes.bytes());
    assert_eq!(bytes, amount(letters, "max_bytes", 64 << 20));

    let audit = document.get("audit");
    assert_eq!(read.audit.is_some(), audit.is_some());
    if let Some(read) = &read.audit {
        assert_eq!(read.file, FOLDER.join(text(audit, "file")));
        assert_eq!(read.messages, is_set(audit, "messages"));
        assert_eq!(read.digests, is_set(audit, "digests"));
        assert_eq!(u128::from(read.max_bytes.bytes()), amount(audit, "max_bytes", 64 << 20));
        assert_eq!(u128::from(read.keep), amount(audit, "keep", 8));
    }

    let entries = items(Some(document), "component");
    assert_eq!(read.components.len(), entries.len());
    let mut ids = HashSet::new();
    for (component, entry) in read.components.iter().zip(entries) {
        expect_component(component, entry);
        assert!(ids.insert(component.id()), "{} is there twice", component.id());
    }
}

/// Each group has a name of its own and a parent above it, and components name those that there are.
fn groups_are_sound(document: &Value) -> bool {
    let mut names = HashSet::new();
    let groups = items(Some(document), "group").iter().all(|group| {
        let parent = group.get("parent").and_then(Value::as_str);
        let name = text(Some(group), "name");
        parent.is_none_or(|parent| names.contains(parent)) && !name.is_empty() && names.insert(name)
    });
    let mut entries = items(Some(document), "component").iter();
    groups
        && entries.all(|entry| {
            entry.get("group").and_then(Value::as_str).is_none_or(|group| names.contains(group))
        })
}

fn expect_component(read: &SystemComponent, entry: &Value) {
    let file = named_by(entry);
    let merged = merged(entry).expect("both are allowed");
    assert!(schema::is_component(&merged), "the two together are not allowed");
    let own = file.parent().expect("a file is in a folder");
    let overrides_preopens = entry.get("capabilities").and_then(|table| table.get("wasi"));
    let preopens = key(overrides_preopens, "preopens").map_or(own, |_| &FOLDER);
    reading::expect_component(&read.manifest, &merged, own, preopens);
    assert!(read.manifest.component.source.is_file(), "its source is no file");

    let digest = key(Some(entry), "digest").and_then(Value::as_str);
    assert_eq!(read.granted_to, digest.map(|text| text.parse().expect("a digest")));
    let (asked, granted) = (&read.manifest.capabilities, &read.granted);
    match entry.get("grant") {
        Some(Value::String(_)) => assert_eq!(granted, asked),
        None => {
            let mut nothing = Capabilities::default();
            nothing.messaging.receive = asked.messaging.receive.clone();
            assert_eq!(*granted, nothing);
            assert!(asked.asks().is_empty(), "it asks for something");
        }
        Some(table) => {
            let mut written = granted.clone();
            if key(table.get("messaging"), "receive").is_none() {
                assert_eq!(written.messaging.receive, asked.messaging.receive);
                written.messaging.receive = None;
            }
            reading::expect_capabilities(&written, Some(table), &FOLDER);
            expect_within(granted, asked);
        }
    }
}

/// No more is granted than was asked for.
fn expect_within(granted: &Capabilities, asked: &Capabilities) {
    expect_patterns_within(&granted.messaging.send, &asked.messaging.send);
    expect_patterns_within(&granted.messaging.request, &asked.messaging.request);
    expect_patterns_within(&granted.messaging.publish, &asked.messaging.publish);
    expect_patterns_within(&granted.messaging.subscribe, &asked.messaging.subscribe);
    if let Some(asked) = &asked.messaging.receive {
        let granted = granted.messaging.receive.as_ref().expect("its own filter stays");
        expect_patterns_within(granted, asked);
    }
    let (granted, asked) = (&granted.wasi, &asked.wasi);
    assert!(asked.stdio || !granted.stdio, "stdio");
    let lists = [
        (&granted.env, &asked.env),
        (&granted.network, &asked.network),
        (&granted.http, &asked.http),
    ];
    for (granted, asked) in lists {
        assert!(granted.iter().all(|item| asked.contains(item)), "{granted:?} {asked:?}");
    }
    for folder in &granted.preopens {
        let covered = asked.preopens.iter().any(|asked| is_within(folder, asked));
        assert!(covered, "{folder:?} {:?}", asked.preopens);
    }
}

fn expect_patterns_within(granted: &PatternSet, asked: &PatternSet) {
    for pattern in granted {
        let examples = ['a', 'z', '0'].map(|letter| ids::examples(pattern.as_str(), letter));
        for id in examples.into_iter().flatten() {
            let id = id.parse().expect("an example is an id");
            assert!(asked.matches(&id) || !granted.matches(&id), "{pattern} {id} {asked:?}");
        }
    }
}

fn is_within(granted: &Preopen, asked: &Preopen) -> bool {
    granted.guest == asked.guest
        && (asked.write || !granted.write)
        && plain(&granted.host).starts_with(plain(&asked.host))
}

/// The path without the steps that lead back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let leads_back = part == Component::ParentDir
            && matches!(plain.components().next_back(), Some(Component::Normal(_)));
        if leads_back {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

fn expect_fault(error: &ManifestError, document: Option<&Value>) {
    let said = error.to_string();
    report::expect_one_line(&said);
    let entries = document.map_or(&[][..], |document| items(Some(document), "component"));
    let all_fit =
        entries.iter().all(|entry| merged(entry).is_some_and(|all| schema::is_component(&all)));
    match error {
        ManifestError::Unreadable { path, named_at, .. } => {
            assert!(!path.is_file() || fs::read_to_string(path).is_err(), "{said}");
            let place = named_at.as_ref().expect("System.toml can be read");
            expect_place(&said, place, entries);
        }
        ManifestError::Invalid { at, .. } => {
            assert!(document.is_none() || !all_fit, "the contract allows this: {said}");
            expect_place(&said, at, entries);
        }
        ManifestError::Group { at, .. } => {
            assert!(document.is_none_or(|document| !groups_are_sound(document)), "{said}");
            expect_place(&said, at, entries);
        }
        ManifestError::DuplicateId { id, at, first } => {
            assert_ne!(at, first);
            assert!(said.contains(id.as_str()));
            expect_place(&said, at, entries);
        }
        ManifestError::NotGranted { at, asked, .. } => {
            assert!(document.is_some() && !asked.is_empty(), "{said}");
            assert!(entries.iter().any(|entry| entry.get("grant").is_none()), "{said}");
            expect_place(&said, at, entries);
        }
        ManifestError::GrantTooWide { at, excess, .. } => {
            assert!(document.is_some() && !excess.is_empty(), "{said}");
            assert!(entries.iter().any(|entry| entry.get("grant").is_some()), "{said}");
            expect_place(&said, at, entries);
        }
        _ => {}
    }
}

fn expect_place(said: &str, place: &Place, entries: &[Value]) {
    let system = FOLDER.join("System.toml");
    let mut files = entries.iter().map(named_by).chain([system]);
    let file = files.find(|file| *file == place.file);
    let file = file.unwrap_or_else(|| panic!("no file of the system: {said}"));
    let text = fs::read_to_string(&file).expect("a place is in a text");
    report::expect_place(said, place, &file, &text);
}

fn named_by(entry: &Value) -> PathBuf {
    FOLDER.join(text(Some(entry), "manifest"))
}

/// The manifest that an entry names, with the entry's keys in place of its own. None if it is
/// not allowed by itself.
fn merged(entry: &Value) -> Option<Table> {
    let own = fs::read_to_string(named_by(entry)).ok()?;
    let mut merged: Table = own.parse().ok().filter(schema::is_component)?;
    let mut overrides = entry.as_table()?.clone();
    overrides.retain(|name, _| !matches!(name, "manifest" | "grant" | "digest" | "id" | "group"));
    if let Some(id) = entry.get("id") {
        overrides.insert("component".into(), Table::from_iter([("id".into(), id.clone())]).into());
    }
    replace(&mut merged, &overrides);
    Some(merged)
}

fn replace(table: &mut Table, overrides: &Table) {
    for (name, value) in overrides {
        match (table.get_mut(name), value) {
            (Some(Value::Table(inner)), Value::Table(overrides)) => replace(inner, overrides),
            _ => drop(table.insert(name.clone(), value.clone())),
        }
    }
}
