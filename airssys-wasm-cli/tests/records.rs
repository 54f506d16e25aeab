//! What a run leaves behind: dead letters and the audit log.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{airssys, path};
use tempfile::TempDir;

/// The system `tool` with something more in its manifest.
fn system(folder: &TempDir, more: &str) -> String {
    let manifest = path("systems/tool/Component.toml");
    let text = format!(
        "[system]\nname = \"records\"\n[[component]]\nmanifest = {manifest:?}\n\
         grant = \"requested\"\n{more}"
    );
    let system = folder.path().join("System.toml");
    fs::write(&system, text).unwrap();
    system.display().to_string()
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn dead_letters_are_written_at_the_end_and_shown() {
    let folder = TempDir::new().unwrap();
    let system = system(&folder, "");
    let file = folder.path().join("letters.jsonl");
    let name = file.display().to_string();
    let args = ["run", &system, "--send=tests/tool=no\tthanks", "--send=tests/tool=n2"];
    airssys(&[&args[..], &["--until-idle", "--dead-letters", &name]].concat()).expect(1);

    let letters = lines(&file);
    assert_eq!(letters.len(), 2);
    let letter = &letters[0];
    assert_eq!((&letter["v"], &letter["number"]), (&1.into(), &1.into()));
    assert_eq!((&letter["from"], &letter["to"]), (&"airssys/cli".into(), &"tests/tool".into()));
    assert_eq!((&letter["reason"], &letter["delivery"]), (&"refused".into(), &1.into()));
    assert_eq!((&letter["bytes"], &letter["payload"]), (&9.into(), &"mbm8JdGhhbmtz".into()));
    assert!(letter["time"].as_str().unwrap().ends_with('Z'), "{letter}");

    let shown = airssys(&["dead-letters", &name]).expect(0);
    let rows: Vec<&str> = shown.text().lines().collect();
    assert_eq!(rows.len(), 3, "{}", shown.text());
    for text in ["refused", "airssys/cli", "tests/tool", "no\tthanks"] {
        assert!(rows[1].contains(text), "no {text:?} in {}", rows[1]);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_runs() {
    let folder = TempDir::new().unwrap();
    let system = system(&folder, "");
    let args = ["run", &system, "--send=tests/tool=p1", "--until-idle", "--dead-letters"];
    let nowhere = folder.path().join("not-there/letters.jsonl").display().to_string();
    let ended = airssys(&[&args[..], &[&nowhere]].concat()).expect(1);
    assert!(ended.stderr.contains(&nowhere) && ended.stdout.is_empty(), "{}", ended.stderr);
}

#[test]
fn what_is_no_dead_letter_is_named_with_its_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("letters.jsonl");
    let name = file.display().to_string();
    for (text, line) in [("{}", 1), ("\n\n[1]", 3), ("\n{\"v\":2}\n", 2)] {
        fs::write(&file, text).unwrap();
        let ended = airssys(&["dead-letters", &name]).expect(1);
        let place = format!("{name}:{line}: ");
        assert!(ended.stderr.contains(&place), "no {place} in {}", ended.stderr);
    }
    let missing = folder.path().join("none").display().to_string();
    assert!(airssys(&["dead-letters", &missing]).expect(1).stderr.contains(&missing));
}

#[test]
fn the_audit_log_of_the_manifest_is_written() {
    let folder = TempDir::new().unwrap();
    let more = "[audit]\nfile = \"audit.jsonl\"\nmessages = true\n\
                [component.serialization]\nsupported_codecs = [\"raw\"]\n";
    // The section of the component has to come first.
    let more = more
        .split_once("[component")
        .map(|(audit, component)| format!("[component{component}{audit}"));
    let system = system(&folder, &more.unwrap());
    let send = |options: &[&str]| {
        airssys(&[&["run", &system, "--until-idle", "--send=tests/tool=x"], options].concat())
    };
    let refused = send(&[]).expect(1);
    assert!(refused.stderr.contains("it takes only raw"), "{}", refused.stderr);
    send(&["--codec=raw"]).expect(0);

    let records = lines(&folder.path().join("audit.jsonl"));
    let outcomes: Vec<&str> =
        records.iter().filter_map(|record| record["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["codec-not-accepted", "accepted"], "the second run went on in the file");
}

#[test]
fn an_audit_log_without_a_folder_fails_at_check_and_at_run() {
    let folder = TempDir::new().unwrap();
    let system = system(&folder, "[audit]\nfile = \"not-there/audit.jsonl\"\n");
    for command in ["check", "run"] {
        let ended = airssys(&[command, &system]).expect(1);
        assert!(ended.stderr.contains("not-there"), "{command}: {}", ended.stderr);
    }
}
