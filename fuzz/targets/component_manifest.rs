//! `Component.toml`: which are accepted, what is read of them, and what is said of the others.

#![no_main]

use std::path::Path;

use airssys_wasm_fuzz::manifest::{ComponentManifest, ManifestError};
use airssys_wasm_fuzz::{mutation, reading, report, schema};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use toml::Table;

const FILE: &str = "split/Component.toml";

fuzz_target!(|text: &str| {
    let document = text.parse::<Table>().ok().filter(schema::is_component);
    match (ComponentManifest::parse(FILE, text), document) {
        (Ok(manifest), Some(document)) => {
            let folder = Path::new("split");
            reading::expect_component(&manifest, &document, folder, folder);
        }
        (Err(error), None) => expect_place(&error, text),
        (Ok(_), None) => panic!("the contract does not allow this"),
        (Err(error), Some(_)) => panic!("the contract allows this: {error}"),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutation::mutate_text(data, size, max_size, seed, |text, seed| {
        mutation::mutate(text, &schema::COMPONENT, seed)
    })
});

fn expect_place(error: &ManifestError, text: &str) {
    let said = error.to_string();
    report::expect_one_line(&said);
    let ManifestError::Invalid { at, fault } = error else { panic!("no file is read: {said}") };
    report::expect_place(&said, at, Path::new(FILE), text);

    // A byte order mark may only stand first.
    if text.starts_with('\u{feff}') {
        return;
    }
    // One line further down it is the same fault, one line further down. What the whole file
    // lacks is on its first line, if nothing else is in it.
    let lower = ComponentManifest::parse(FILE, &format!("\n{text}"));
    let Err(ManifestError::Invalid { at: lower, fault: same }) = lower else {
        panic!("an empty line mends it: {said}")
    };
    assert_eq!(*fault, same);
    let of_file = at.line == 1 && lower.line == 1;
    assert!(of_file || lower.line == at.line + 1, "line {}: {said}", lower.line);
}
