//! Compiled components are kept: where, for whom, and what is told of it.

mod support;

use std::fs;
use std::path::Path;

use support::{Ended, Running, airssys, command, path, repository};

/// A system of two guests that are not the same.
fn words() -> String {
    repository("examples/words/System.toml")
}

/// Runs it on one line.
fn run(options: &[&str]) -> Ended {
    start(options).end().expect(0)
}

fn start(options: &[&str]) -> Running {
    let args = ["run", &words(), "--until-idle", "--send", "words/split=to be or not to be"];
    Running::start(&[&args, options].concat())
}

#[track_caller]
fn expect_words(ended: &Ended) {
    let mut lines: Vec<&str> = ended.text().lines().map(str::trim).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["1 not", "1 or", "2 be", "2 to"], "{}", ended.stderr);
}

/// How many components were taken from the cache, and how many were compiled for it.
fn counts(ended: &Ended) -> (usize, usize) {
    let count = |text| ended.stderr.matches(text).count();
    (count("is taken from the cache"), count("was compiled for the cache"))
}

fn files(folder: &Path) -> usize {
    folder.read_dir().map_or(0, Iterator::count)
}

#[test]
fn a_system_that_ran_before_starts_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache").display().to_string();
    for expected in [(0, 2), (2, 0), (2, 0)] {
        let ended = run(&["--verbose", "--cache", &cache]);
        expect_words(&ended);
        assert_eq!(counts(&ended), expected, "{}", ended.stderr);
    }
    let checked = airssys(&["--verbose", "check", &words(), "--cache", &cache]).expect(0);
    assert_eq!(counts(&checked), (2, 0), "{}", checked.stderr);
}

#[test]
fn what_was_checked_starts_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache").display().to_string();
    let checked = airssys(&["check", &words(), "--cache", &cache]).expect(0);
    assert!(checked.complaints().is_empty(), "{}", checked.stderr);
    let ended = run(&["--verbose", "--cache", &cache]);
    expect_words(&ended);
    assert_eq!(counts(&ended), (2, 0), "{}", ended.stderr);
}

#[test]
fn components_with_the_same_code_are_compiled_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache").display().to_string();
    let pairs = path("systems/pairs/System.toml");
    let checked = airssys(&["--verbose", "check", &pairs, "--cache", &cache]).expect(0);
    assert_eq!(counts(&checked), (2, 1), "{}", checked.stderr);
}

#[test]
fn the_cache_is_the_users_unless_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (caches, home) = (folder.path().join("caches"), folder.path().join("home"));
    let own = folder.path().join("own");
    let own_text = own.display().to_string();
    let kept = |options: &[&str], variables: &[(&str, &Path)]| {
        let mut command = command();
        command.args(["check", &words()]).args(options).envs(variables.iter().copied());
        let ended = Running::of(&mut command).end().expect(0);
        assert!(ended.complaints().is_empty(), "{}", ended.stderr);
        let kept =
            [&caches.join("airssys"), &home.join(".cache/airssys"), &own].map(|it| files(it));
        for made in [&caches, &home, &own] {
            let _ = fs::remove_dir_all(made);
        }
        kept
    };
    let both: [(&str, &Path); 2] = [("XDG_CACHE_HOME", &caches), ("HOME", &home)];
    assert_eq!(kept(&[], &both), [2, 0, 0]);
    assert_eq!(kept(&[], &both[1..]), [0, 2, 0]);
    assert_eq!(kept(&[], &[]), [0, 0, 0]);
    assert_eq!(kept(&["--no-cache"], &both), [0, 0, 0]);
    assert_eq!(kept(&["--cache", &own_text], &both), [0, 0, 2]);

    let both = airssys(&["check", &words(), "--no-cache", "--cache", &own_text]).expect(2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}

#[test]
fn two_processes_start_the_same_system_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let cache_text = cache.display().to_string();
        let options = ["--cache", &cache_text];
        let both = [start(&options), start(&options)];
        for running in both {
            let ended = running.end().expect(0);
            expect_words(&ended);
            assert!(ended.complaints().is_empty(), "{}", ended.stderr);
        }
        assert_eq!(files(&cache), 2);
        let ended = run(&["--verbose", "--cache", &cache_text]);
        assert_eq!(counts(&ended), (2, 0), "{}", ended.stderr);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let ended = run(&["--cache", &file.display().to_string()]);
    expect_words(&ended);
    let complaints = ended.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("warning: compiled code is not kept in "), "{complaints:?}");
}

#[test]
fn a_spoiled_entry_is_a_warning_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let cache_text = cache.display().to_string();
    run(&["--cache", &cache_text]);
    for file in cache.read_dir().unwrap() {
        fs::write(file.unwrap().path(), "spoiled").unwrap();
    }
    for expected in [2, 0] {
        let ended = run(&["--cache", &cache_text]);
        expect_words(&ended);
        let complaints = ended.complaints();
        assert_eq!(complaints.len(), expected, "{complaints:?}");
        assert!(complaints.iter().all(|line| line.contains("is compiled anew")), "{complaints:?}");
    }
}
