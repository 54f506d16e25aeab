//! Compiled code is kept in a folder, and found there again; nothing that is in the folder, or wrong
//! with it, keeps a guest from being loaded.
#![allow(clippy::unwrap_used)]

#[path = "code_cache/log.rs"]
mod log;
mod support;

use std::fs::{self, File};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, SystemTime};

use airssys_wasm_core::CrashKind;
use airssys_wasm_host::{
    CodeCache, Component, Engine, EngineConfig, Instance, Limits, TimeMeter, component_from_core,
};
use sha2::{Digest, Sha256};
use support::{ECHO, ECHO_COMPONENT, Recorder, crash, guest, handler, handler_item, id, info};
use tempfile::TempDir;

/// Magic, version, key and checksum.
const VERSION_AT: usize = 8;
const KEY_AT: usize = 12;
const CHECKSUM_AT: usize = 44;
const CODE_AT: usize = 76;

/// A folder for a cache, and what a process does that uses it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            self.path().read_dir().unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    fn file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().unwrap()
    }

    /// Loads a guest with an engine and a cache of their own, as a new process would, and sees that
    /// it echoes. How often its code was found, and how often it was not.
    fn load(&self, source: &[u8]) -> (u64, u64) {
        load_from(&CodeCache::new(self.path()), source)
    }
}

fn load_from(cache: &CodeCache, source: &[u8]) -> (u64, u64) {
    let before = (cache.hits(), cache.misses());
    expect_echo(&mut start(&engine(cache), source, Limits::default()));
    (cache.hits() - before.0, cache.misses() - before.1)
}

const HIT: (u64, u64) = (1, 0);
const MISS: (u64, u64) = (0, 1);

fn engine(cache: &CodeCache) -> Engine {
    engine_with(cache, EngineConfig::default())
}

fn engine_with(cache: &CodeCache, config: EngineConfig) -> Engine {
    Engine::new(EngineConfig { cache: Some(cache.clone()), ..config }).unwrap()
}

fn start(engine: &Engine, source: &[u8], limits: Limits) -> Instance {
    let component = Component::load(engine, source).unwrap();
    let outbox = Box::new(Recorder::default());
    component.pre().unwrap().instantiate(id("test/guest"), outbox, limits).unwrap()
}

fn expect_echo(guest: &mut Instance) {
    let response = guest.handle_message("test/me", b"hello", &info()).unwrap();
    assert_eq!(response.as_deref(), Some(b"hello".as_slice()));
}

/// A core module as text, a component as text and one as binary.
fn echoes() -> [Vec<u8>; 3] {
    [ECHO.into(), ECHO_COMPONENT.into(), component_from_core(ECHO.as_bytes()).unwrap()]
}

#[test]
fn what_was_compiled_before_is_taken_from_the_cache() {
    for source in echoes() {
        let folder = Folder::new();
        assert_eq!(folder.load(&source), MISS);
        let written = fs::read(folder.file()).unwrap();
        assert_eq!(folder.load(&source), HIT);
        assert_eq!(folder.load(&source), HIT);
        assert_eq!(fs::read(folder.file()).unwrap(), written);
    }
}

#[test]
fn it_is_the_code_in_the_folder_that_runs() {
    for direct_calls in [true, false] {
        let (folder, other) = (Folder::new(), Folder::new());
        let refuses = handler("(call $refuse (i32.const 42) (i32.const 0) (i32.const 0))");
        let config = || EngineConfig { direct_calls, ..EngineConfig::default() };
        for (folder, source) in [(&folder, ECHO), (&other, &refuses)] {
            let cache = CodeCache::new(folder.path());
            Component::load(&engine_with(&cache, config()), source.as_bytes()).unwrap();
        }
        let (mut forged, refusing) =
            (fs::read(folder.file()).unwrap(), fs::read(other.file()).unwrap());
        forged.truncate(CHECKSUM_AT);
        forged.extend_from_slice(&refusing[CHECKSUM_AT..]);
        fs::write(folder.file(), forged).unwrap();

        let cache = CodeCache::new(folder.path());
        let engine = engine_with(&cache, config());
        let mut echo = start(&engine, ECHO.as_bytes(), Limits::default());
        let refused = echo.handle_message("test/me", b"hello", &info()).unwrap_err();
        assert!(format!("{refused:?}").contains("42"), "{refused:?}");
    }
}

#[test]
fn code_from_the_cache_crashes_and_ends_as_it_does_when_it_is_compiled() {
    let ends = handler(
        "(if (i32.eqz (local.get $length)) (then (loop $forever (br $forever))))
         (if (i32.eq (local.get $length) (i32.const 1)) (then (unreachable)))
         (call $respond (local.get $message) (local.get $length))",
    );
    for source in [ends.clone().into_bytes(), component_from_core(ends.as_bytes()).unwrap()] {
        let folder = Folder::new();
        for _ in 0..2 {
            let cache = CodeCache::new(folder.path());
            let engine = engine(&cache);
            expect_echo(&mut start(&engine, &source, Limits::default()));
            for (message, kind) in [(&b""[..], CrashKind::TimedOut), (b"x", CrashKind::Trap)] {
                let mut guest = start(&engine, &source, Limits::default());
                let crash = crash(guest.handle_message("test/me", message, &info()));
                assert_eq!(crash.kind(), kind, "{crash:?}");
            }
        }
        assert_eq!(folder.load(&source), HIT);
    }
}

#[test]
fn what_is_wrong_is_compiled_anew_and_replaced() {
    for source in echoes() {
        let folder = Folder::new();
        folder.load(&source);
        let whole = fs::read(folder.file()).unwrap();
        let mut spoiled: Vec<Vec<u8>> = vec![Vec::new(), b"\x7fELF".into(), vec![0; 4096]];
        for length in
            [1, VERSION_AT, KEY_AT, CHECKSUM_AT, CODE_AT, whole.len() / 2, whole.len() - 1]
        {
            spoiled.push(whole[..length].into());
        }
        spoiled.push([&whole[..], b"\0"].concat());
        for version in [0_u32, 2, u32::MAX] {
            let mut other = whole.clone();
            other[VERSION_AT..KEY_AT].copy_from_slice(&version.to_le_bytes());
            spoiled.push(other);
        }
        let throughout = (CODE_AT..whole.len()).step_by(whole.len() / 50);
        for (number, at) in (0..CODE_AT).chain(throughout).chain([whole.len() - 1]).enumerate() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (number % 8);
            spoiled.push(flipped);
        }
        for file in spoiled {
            fs::write(folder.file(), &file).unwrap();
            let log = log::of(|| assert_eq!(folder.load(&source), MISS));
            assert_eq!(log.matches("is compiled anew").count(), 1, "{log}");
            assert_eq!(folder.load(&source), HIT);
            assert_eq!(fs::read(folder.file()).unwrap().len(), whole.len());
        }
    }
}

#[test]
fn code_of_another_binary_kind_or_engine_is_not_run() {
    let fuel = || EngineConfig {
        time_meter: TimeMeter::Fuel { per_millisecond: 10_000 },
        ..EngineConfig::default()
    };
    let other = handler("(call $respond (local.get $sender) (local.get $sender-length))");
    let as_component = component_from_core(ECHO.as_bytes()).unwrap();
    let foreign = [
        (other.as_bytes(), EngineConfig::default()),
        (&as_component, EngineConfig { direct_calls: false, ..EngineConfig::default() }),
        (ECHO.as_bytes(), fuel()),
    ];
    for (source, config) in foreign {
        let (folder, from) = (Folder::new(), Folder::new());
        folder.load(ECHO.as_bytes());
        let own = fs::read(folder.file()).unwrap();
        Component::load(&engine_with(&CodeCache::new(from.path()), config), source).unwrap();
        let foreign = fs::read(from.file()).unwrap();
        assert_ne!(own[KEY_AT..CHECKSUM_AT], foreign[KEY_AT..CHECKSUM_AT]);

        fs::write(folder.file(), &foreign).unwrap();
        let log = log::of(|| assert_eq!(folder.load(ECHO.as_bytes()), MISS));
        assert!(log.contains("it is the code of something else"), "{log}");
        assert_eq!(folder.load(ECHO.as_bytes()), HIT);
    }
}

#[test]
fn what_wasmtime_refuses_is_compiled_anew() {
    let folder = Folder::new();
    folder.load(ECHO.as_bytes());
    let whole = fs::read(folder.file()).unwrap();
    let config = EngineConfig {
        time_meter: TimeMeter::Fuel { per_millisecond: 10_000 },
        ..EngineConfig::default()
    };
    let from = Folder::new();
    let fuel = engine_with(&CodeCache::new(from.path()), config);
    Component::load(&fuel, ECHO.as_bytes()).unwrap();
    let of_fuel = fs::read(from.file()).unwrap();
    for code in [&b""[..], b"no ELF", &of_fuel[CODE_AT..]] {
        let checksum = Sha256::digest(code);
        let file = [&whole[..CHECKSUM_AT], &checksum[..], code].concat();
        fs::write(folder.file(), file).unwrap();
        let log = log::of(|| assert_eq!(folder.load(ECHO.as_bytes()), MISS));
        assert!(log.contains("wasmtime refuses it"), "{log}");
        assert_eq!(folder.load(ECHO.as_bytes()), HIT);
    }
}

#[test]
fn code_that_counts_fuel_is_kept_apart() {
    let turns = handler(
        "(local $turns i32) (local.set $turns (i32.const 1000))
         (loop $turn (br_if $turn
           (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
         (call $respond (local.get $message) (local.get $length))",
    );
    let folder = Folder::new();
    for round in 0..3_u64 {
        let cache = CodeCache::new(folder.path());
        let engine = engine(&cache);
        expect_echo(&mut start(&engine, turns.as_bytes(), Limits::default()));
        let with_fuel = engine.with_fuel().unwrap();
        let limits = |fuel| Limits { fuel_per_message: NonZeroU64::new(fuel), ..Limits::default() };
        expect_echo(&mut start(&with_fuel, turns.as_bytes(), limits(1 << 20)));
        let mut limited = start(&with_fuel, turns.as_bytes(), limits(500));
        let crash = crash(limited.handle_message("test/me", b"hello", &info()));
        assert_eq!(crash.kind(), CrashKind::OutOfFuel);

        assert_eq!(folder.files().len(), 2);
        let expected = if round == 0 { (1, 2) } else { (3, 0) };
        assert_eq!((cache.hits(), cache.misses()), expected);
    }
}

#[test]
fn many_threads_load_the_same_at_once() {
    const THREADS: usize = 4;
    for round in 0..20 {
        let source = &echoes()[round % 2];
        let folder = Folder::new();
        let begin = Barrier::new(THREADS);
        let found: Vec<(u64, u64)> = thread::scope(|scope| {
            let load = || {
                begin.wait();
                // The second finds what the first, or another thread, has written.
                let first = folder.load(source);
                assert_eq!(folder.load(source), HIT);
                first
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(found.contains(&MISS), "{found:?}");
        // Nothing is left half-written.
        assert_eq!(fs::read(folder.file()).unwrap()[..VERSION_AT], *b"\0airssys");
    }
}

#[test]
fn a_reader_finds_a_whole_entry_while_others_replace_it() {
    let folder = Folder::new();
    folder.load(ECHO.as_bytes());
    let file = folder.file();
    // In place, as a disk does it.
    let spoil = || File::options().write(true).open(&file).unwrap().set_len(100).unwrap();
    thread::scope(|scope| {
        let replace = || {
            for _ in 0..30 {
                folder.load(ECHO.as_bytes());
            }
        };
        scope.spawn(replace);
        scope.spawn(replace);
        for _ in 0..30 {
            spoil();
            folder.load(ECHO.as_bytes());
        }
    });
    folder.load(ECHO.as_bytes());
    assert_eq!(folder.load(ECHO.as_bytes()), HIT);
}

#[test]
fn a_folder_that_cannot_be_made_costs_one_warning() {
    let folder = Folder::new();
    fs::write(folder.path(), b"a file").unwrap();
    for cache in [CodeCache::new(folder.path()), CodeCache::new(folder.path().join("below"))] {
        let log = log::of(|| {
            for source in echoes() {
                assert_eq!(load_from(&cache, &source), MISS);
            }
        });
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
        assert!(log.contains("compiled code is not kept in"), "{log}");
    }
    assert_eq!(fs::read(folder.path()).unwrap(), b"a file");
}

#[test]
fn an_entry_that_cannot_be_read_or_replaced_costs_one_warning() {
    let folder = Folder::new();
    folder.load(ECHO.as_bytes());
    let file = folder.file();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let cache = CodeCache::new(folder.path());
    let log = log::of(|| {
        assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
        assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
    });
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    // What could not be renamed is not left behind.
    assert_eq!(folder.file(), file);
}

#[test]
fn what_does_not_compile_fails_as_without_a_cache() {
    let folder = Folder::new();
    let engine = engine(&CodeCache::new(folder.path()));
    let invalid = guest(&handler_item("(i64.const 0)"));
    for source in ["", "(module", "(module)", "(component)", &invalid] {
        for _ in 0..2 {
            let expected = Component::load(&support::engine(), source.as_bytes()).unwrap_err();
            let error = Component::load(&engine, source.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected.to_string());
        }
    }
    // What compiles and has no handler may be kept; it is refused each time.
    assert!(!folder.path().exists() || folder.files().len() <= 1);
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = Folder::new();
    let sources: Vec<Vec<u8>> = (0..4).map(numbered).collect();
    let mut files: Vec<PathBuf> = Vec::new();
    for source in &sources[..3] {
        folder.load(source);
        let new = folder.files().into_iter().find(|file| !files.contains(file));
        files.extend(new);
    }
    // The first was written first and used last.
    for (file, days) in files.iter().zip([30, 20, 10]) {
        set_used(file, days);
    }
    assert_eq!(folder.load(&sources[0]), HIT);
    let abandoned = folder.path().join("new-abandoned.code");
    let (others, foreign) = (folder.path().join("others.txt"), folder.path().join("code"));
    for file in [&abandoned, &others, &foreign] {
        fs::write(file, b"something").unwrap();
        set_used(file, 100);
    }

    let size = fs::metadata(&files[0]).unwrap().len();
    let cache = CodeCache::new(folder.path()).max_bytes(size * 3 + size / 2);
    assert_eq!(load_from(&cache, &sources[3]), MISS);
    let left = folder.files();
    assert!(!left.contains(&files[1]) && !left.contains(&abandoned), "{left:?}");
    assert!([&files[0], &files[2], &others, &foreign].iter().all(|file| left.contains(file)));
    assert_eq!(left.len(), 5, "{left:?}");
}

#[test]
fn a_folder_stays_within_its_limit() {
    let folder = Folder::new();
    folder.load(&numbered(0));
    let size = fs::metadata(folder.file()).unwrap().len();
    let limit = size * 3 + size / 2;
    let cache = CodeCache::new(folder.path()).max_bytes(limit);
    for number in 1..10 {
        let source = numbered(number);
        assert_eq!(load_from(&cache, &source), MISS);
        assert_eq!(load_from(&cache, &source), HIT);
        let kept: u64 = folder.files().iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(kept <= limit, "{number}: {kept} of {limit}");
    }
    assert_eq!(folder.files().len(), 3);
}

#[test]
fn what_is_larger_than_the_whole_cache_is_not_kept() {
    let folder = Folder::new();
    let cache = CodeCache::new(folder.path()).max_bytes(1000);
    let log = log::of(|| {
        assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
        assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
    });
    assert!(!folder.path().exists() && !log.contains("WARN"), "{log}");
}

/// Guests that echo, and are not the same.
fn numbered(number: u32) -> Vec<u8> {
    let body = format!(
        "(i32.store (i32.const 900) (i32.const {number}))
         (call $respond (local.get $message) (local.get $length))"
    );
    handler(&body).into_bytes()
}

fn set_used(file: &Path, days_ago: u64) {
    let then = SystemTime::now() - Duration::from_secs(days_ago * 24 * 60 * 60);
    File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

#[cfg(unix)]
mod owners {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_is_made_for_its_user_alone() {
        let folder = Folder::new();
        let cache = CodeCache::new(folder.path().join("deep/er"));
        load_from(&cache, ECHO.as_bytes());
        assert_eq!(mode(&folder.path()), 0o700);
        assert_eq!(mode(cache.folder()), 0o700);
        let file = cache.folder().read_dir().unwrap().next().unwrap().unwrap();
        assert_eq!(mode(&file.path()), 0o600);
    }

    #[test]
    fn a_folder_that_others_may_write_is_not_used() {
        for writable in [0o720, 0o702, 0o777] {
            let folder = Folder::new();
            folder.load(ECHO.as_bytes());
            set_mode(&folder.path(), writable);
            let log = log::of(|| {
                let cache = CodeCache::new(folder.path());
                assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
                assert_eq!(load_from(&cache, ECHO_COMPONENT.as_bytes()), MISS);
            });
            assert_eq!(log.matches("WARN").count(), 1, "{log}");
            assert!(log.contains("may be written by others; chmod go-w it"), "{log}");
            folder.file();
            set_mode(&folder.path(), 0o755);
            assert_eq!(folder.load(ECHO.as_bytes()), HIT);
        }
    }

    #[test]
    fn a_file_that_others_may_write_is_replaced() {
        let folder = Folder::new();
        folder.load(ECHO.as_bytes());
        set_mode(&folder.file(), 0o622);
        assert_eq!(folder.load(ECHO.as_bytes()), MISS);
        assert_eq!(mode(&folder.file()), 0o600);
        assert_eq!(folder.load(ECHO.as_bytes()), HIT);
    }

    #[test]
    fn a_pipe_is_replaced_and_not_waited_for() {
        let folder = Folder::new();
        folder.load(ECHO.as_bytes());
        let file = folder.file();
        fs::remove_file(&file).unwrap();
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        assert_eq!(folder.load(ECHO.as_bytes()), MISS);
        assert_eq!(folder.load(ECHO.as_bytes()), HIT);
    }

    #[test]
    fn what_belongs_to_another_user_is_not_used() {
        const ANOTHER: u32 = 54_321;
        let folder = Folder::new();
        folder.load(ECHO.as_bytes());
        if chown(folder.file(), Some(ANOTHER), None).is_err() {
            // Only root can give something away.
            return;
        }
        assert_eq!(folder.load(ECHO.as_bytes()), MISS);
        assert_eq!(folder.load(ECHO.as_bytes()), HIT);

        chown(folder.path(), Some(ANOTHER), None).unwrap();
        let log = log::of(|| assert_eq!(folder.load(ECHO.as_bytes()), MISS));
        assert!(log.contains("belongs to another user"), "{log}");
    }

    #[test]
    fn a_folder_that_takes_nothing_costs_one_warning() {
        let folder = Folder::new();
        fs::create_dir(folder.path()).unwrap();
        set_mode(&folder.path(), 0o500);
        if File::create(folder.path().join("root")).is_ok() {
            // Root may write everywhere.
            return;
        }
        let cache = CodeCache::new(folder.path());
        let log = log::of(|| {
            assert_eq!(load_from(&cache, ECHO.as_bytes()), MISS);
            assert_eq!(load_from(&cache, ECHO_COMPONENT.as_bytes()), MISS);
        });
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
    }
}
