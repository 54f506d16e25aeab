//! Writes `RESULTS.md` and its plots from what `benches/run` measured.
//!
//! `cargo run --profile bench -p airssys-wasm-benches --example results -- FOLDER`, where the folder has
//! what `benches/run` left: a folder for each round, and in `command` how it was called.
#![allow(clippy::unwrap_used)]

mod curves;
mod machine;
mod page;
mod plot;
mod rivals;
mod rounds;
mod spread;
mod targets;

use std::path::Path;
use std::{env, fs};

use machine::Machine;
use page::page;
use rounds::Rounds;

fn main() {
    let folder = env::args().nth(1).expect("the folder with what was measured");
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rounds = Rounds::read(Path::new(&folder));
    let plots = benches.join("plots");
    fs::create_dir_all(&plots).unwrap();
    for curve in curves::all() {
        plot::draw(&plots.join(curve.file), &curve, &rounds);
    }
    let page = page(&rounds, &Machine::this(&rounds));
    fs::write(benches.join("RESULTS.md"), page).unwrap();
}
