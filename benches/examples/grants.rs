//! What many grants cost: time to load a system of components with many patterns each, its
//! memory, and a send, beside the same without so many grants.
//!
//! `cargo run --release -p airssys-wasm-benches --example grants -- 1000 1000`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use airssys_wasm::manifest::SystemManifest;
use airssys_wasm::{ComponentError, ComponentId, ComponentSpec, Context, Native, Sender, System};
use airssys_wasm_benches::guests;
use airssys_wasm_benches::memory::resident_kib;
use airssys_wasm_benches::token::token;

fn main() {
    let mut arguments = env::args().skip(1);
    let mut argument = |default| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (components, grants): (usize, usize) = (argument(1000), argument(1000));
    println!("| {components} components | load | memory | first send | hop |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for grants in [1, grants] {
        measure(components, grants);
    }
}

/// A component that sends tokens round a ring, with so many grants of which it needs the last.
fn manifest(number: usize, components: usize, grants: usize) -> String {
    let mut text = format!(
        "[component]\nid = \"ring/{number:06}\"\nsource = \"relay.wat\"\n\
         [capabilities.messaging]\nsend = [\"bench/done\", "
    );
    for other in 1..grants {
        // One in ten has a star.
        let star = if other % 10 == 0 { "*" } else { "" };
        write!(text, "\"other/{number:06}-{other:06}{star}\", ").unwrap();
    }
    writeln!(text, "\"ring/{:06}\"]", (number + 1) % components).unwrap();
    text
}

fn measure(components: usize, grants: usize) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: String, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("relay.wat".into(), guests::relay());
    let mut system = "[system]\nname = \"ring\"\nworkers = 1\n".to_owned();
    for number in 0..components {
        write(format!("{number}.toml"), manifest(number, components, grants));
        write!(system, "[[component]]\nmanifest = \"{number}.toml\"\ngrant = \"requested\"\n")
            .unwrap();
    }
    write("System.toml".into(), system);

    let before = resident_kib();
    let begun = Instant::now();
    let manifest = SystemManifest::load(folder.path().join("System.toml")).unwrap();
    let system = System::builder().start(&manifest).unwrap();
    drop(manifest);
    system.spawn(ComponentSpec::native("bench/done".parse().unwrap(), || Done)).unwrap();
    let loaded = begun.elapsed();
    let memory = resident_kib() - before;

    let mut sender = system.sender("bench/start".parse().unwrap());
    for number in 0..components {
        let target = format!("Tring/{:06}", (number + 1) % components);
        sender.send(&format!("ring/{number:06}"), target.as_bytes()).unwrap();
    }
    system.wait_idle();
    let first = round(&system, &mut sender, components as u64);
    let hops = 100 * components as u64;
    let hop = round(&system, &mut sender, hops);
    println!(
        "| {grants} grants each | {:.2} s | {} KiB each | {:.0} ns | {:.0} ns |",
        loaded.as_secs_f64(),
        memory / components as i64,
        first.as_secs_f64() * 1e9 / components as f64,
        hop.as_secs_f64() * 1e9 / hops as f64,
    );
}

/// Sends a token so many times on, until all is quiet.
fn round(system: &System, sender: &mut Sender, hops: u64) -> Duration {
    let begun = Instant::now();
    sender.send("ring/000000", &token(hops - 1)).unwrap();
    system.wait_idle();
    begun.elapsed()
}

/// Where tokens end.
struct Done;

impl Native for Done {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        Ok(None)
    }
}
