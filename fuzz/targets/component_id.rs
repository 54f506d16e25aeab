//! Component ids: their grammar, what is said of those that are none, and ids in a manifest.

#![no_main]

use std::collections::HashSet;

use airssys_wasm_core::{ComponentId, InvalidId};
use airssys_wasm_fuzz::manifest::ComponentManifest;
use airssys_wasm_fuzz::{ids, report};
use libfuzzer_sys::fuzz_target;
use toml::Value;

fuzz_target!(|text: &str| {
    match ComponentId::parse(text) {
        Ok(id) => expect_same(text, &id),
        Err(error) => expect_true(text, error),
    }
    expect_same_of_manifest(text);
});

fn expect_same(text: &str, id: &ComponentId) {
    assert!(ids::is_id(text), "{text:?} is no id");
    assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
    assert_eq!(text.parse().as_ref(), Ok(id));
    assert_eq!(id.segments().collect::<Vec<_>>().join("/"), text);
    assert!(text.starts_with(&format!("{}/", id.namespace())));
    assert!(HashSet::from([id.clone()]).contains(text), "it is not found by its text");
}

/// What the error says holds of the text.
fn expect_true(text: &str, error: InvalidId) {
    assert!(!ids::is_id(text), "{text:?} is an id: {error}");
    let mut segments = text.split('/');
    let holds = match error {
        InvalidId::TooLong { bytes } => bytes == text.len() && bytes > 255,
        InvalidId::SegmentCount { segments: count } => {
            count == segments.count() && !(2..=8).contains(&count)
        }
        InvalidId::EmptySegment => segments.any(str::is_empty),
        InvalidId::SegmentTooLong { bytes } => {
            bytes > 63 && segments.any(|segment| segment.len() == bytes)
        }
        InvalidId::FirstCharacter { character } => {
            !ids::is_id(&format!("{character}/a"))
                && segments.any(|segment| segment.starts_with(character))
        }
        InvalidId::Character { character } => {
            !ids::is_id(&format!("a{character}/a")) && text.contains(character)
        }
        _ => true,
    };
    assert!(holds, "{text:?}: {error}");
    report::expect_one_line(&error.to_string());
}

fn expect_same_of_manifest(text: &str) {
    let quoted = Value::String(text.to_owned());
    let manifest = format!("[component]\nsource = 'x'\nid = {quoted}");
    let free = ids::is_id(text) && !text.starts_with("airssys/");
    match ComponentManifest::parse("Component.toml", &manifest) {
        Ok(manifest) => {
            assert!(free, "{text:?} is no id");
            assert_eq!(manifest.component.id.as_str(), text);
        }
        Err(error) => {
            assert!(!free, "{text:?} is an id: {error}");
            let said = error.to_string();
            report::expect_one_line(&said);
            assert!(said.starts_with("Component.toml:3: `id` in [component]: "), "{said}");
        }
    }
}
