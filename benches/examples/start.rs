//! How long a system of ten components takes to start: without a cache, with an empty one, and
//! with one that has their code. Each start is in a process of its own.
//!
//! `cargo run --release -p airssys-wasm-benches --example start -- 11` is the median of 11 starts.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use airssys_wasm::manifest::SystemManifest;
use airssys_wasm::{CodeCache, System};
use airssys_wasm_benches::guests;
use airssys_wasm_host::component_from_core;

const COMPONENTS: usize = 10;

/// Functions that are never called, of 1 KiB each: about as much code as a component in Rust has
/// that uses the standard library.
const MUCH_CODE: usize = 100;

fn main() {
    let begun = Instant::now();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [system, cache] => start(begun, system.as_ref(), cache),
        [starts] => table(starts.parse().unwrap()),
        _ => table(11),
    }
}

/// Starts a system, has each component answer a request, and prints how many µs that took.
fn start(begun: Instant, system: &Path, cache: &str) {
    let builder = match cache {
        "" => System::builder(),
        folder => System::builder().cache(CodeCache::new(folder)),
    };
    let system = builder.start(&SystemManifest::load(system).unwrap()).unwrap();
    for number in 0..COMPONENTS {
        assert_eq!(&system.request(&id(number), b"hello").unwrap()[..], b"hello");
    }
    println!("{}", begun.elapsed().as_micros());
    system.shutdown();
}

fn table(starts: usize) {
    println!("| {COMPONENTS} components | without, ms | empty, ms | warm, ms | warm to without |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (code, functions) in [("small", 0), ("100 KiB of code", MUCH_CODE)] {
        for (kind, is_component) in [("core modules", false), ("components", true)] {
            let folder = tempfile::tempdir().unwrap();
            write_system(folder.path(), functions, is_component);
            let cache = folder.path().join("cache");
            // One after the other, so that all three see the same machine.
            let mut times = [const { Vec::new() }; 3];
            for _ in 0..starts {
                let _ = fs::remove_dir_all(&cache);
                let caches = [Path::new(""), &cache, &cache];
                for (times, cache) in times.iter_mut().zip(caches) {
                    times.push(start_elsewhere(&folder.path().join("System.toml"), cache));
                }
            }
            let [without, empty, warm] = times.map(median);
            let ratio = warm / without;
            println!("| {kind}, {code} | {without:.1} | {empty:.1} | {warm:.1} | {ratio:.3} |");
        }
    }
}

/// Milliseconds, of a process of its own.
fn start_elsewhere(system: &Path, cache: &Path) -> f64 {
    let this = env::current_exe().unwrap();
    let output = Command::new(this).args([system, cache]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let micros: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    micros / 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

fn id(number: usize) -> String {
    format!("bench/start-{number}")
}

/// A manifest with components that differ, as binaries.
fn write_system(folder: &Path, functions: usize, is_component: bool) {
    let mut system = String::from("[system]\nname = \"start\"\n");
    for number in 0..COMPONENTS {
        let component = component_from_core(guest(number, functions).as_bytes()).unwrap();
        let binary = if is_component { &component } else { core_module_in(&component) };
        fs::write(folder.join(format!("{number}.wasm")), binary).unwrap();
        let manifest =
            format!("[component]\nid = \"{}\"\nsource = \"{number}.wasm\"\n", id(number));
        fs::write(folder.join(format!("{number}.toml")), manifest).unwrap();
        write!(system, "[[component]]\nmanifest = \"{number}.toml\"\n").unwrap();
    }
    fs::write(folder.join("System.toml"), system).unwrap();
}

/// Responds with the message.
fn guest(number: usize, functions: usize) -> String {
    let responder = guests::responder();
    let items = responder.trim_end().strip_suffix(')').unwrap();
    let mut text = format!("{items}\n(data (i32.const 900) \"{number}\")");
    for function in 0..functions {
        write!(text, "(func (param i32 i32) (result i32) (local i32)").unwrap();
        for step in 0..32 {
            let constant = 1_000_000 + number * 10_000 + function * 100 + step;
            write!(
                text,
                "(block (br_if 0 (i32.lt_u (local.get 0) (i32.const {constant})))
                   (local.set 0 (i32.xor (local.get 2) (i32.load offset=64 (local.get 1))))
                   (i32.store offset=128 (local.get 1) (local.get 0)))
                 (local.set 2 (i32.mul (local.get 0) (i32.const {constant})))"
            )
            .unwrap();
        }
        text.push_str("(local.get 2))");
    }
    text + ")"
}

/// The first core module of a component.
fn core_module_in(component: &[u8]) -> &[u8] {
    const CORE_MODULE: u8 = 1;
    let mut at = 8;
    loop {
        let section = component[at];
        let (mut size, mut shift) = (0, 0);
        loop {
            at += 1;
            size |= usize::from(component[at] & 0x7f) << shift;
            shift += 7;
            if component[at] < 0x80 {
                break;
            }
        }
        let contents = at + 1..at + 1 + size;
        if section == CORE_MODULE {
            return &component[contents];
        }
        at = contents.end;
    }
}
