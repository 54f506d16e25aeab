//! Real guests' binaries, cut short and with bits turned over.

use airssys_wasm_testkit::{component, guests};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sections::core_modules;
use crate::trial::{percent, try_seeds};

/// Components, and the core modules in them.
fn binaries() -> Vec<Vec<u8>> {
    let components =
        [guests::ECHO, guests::COUNT, guests::PUPPET].map(|items| component(&guests::guest(items)));
    let modules = components.iter().map(|component| core_modules(component)[0].to_vec());
    modules.collect::<Vec<_>>().into_iter().chain(components.clone()).collect()
}

#[test]
fn a_binary_that_was_cut_harms_nobody() {
    let binaries = binaries();
    let cuts: Vec<&[u8]> = binaries
        .iter()
        .flat_map(|binary| (0..binary.len()).step_by(13).map(move |length| &binary[..length]))
        .collect();
    try_seeds(cuts.len() as u64, |seed| cuts[seed as usize % cuts.len()].to_vec());
}

#[test]
fn a_binary_with_bits_turned_over_harms_nobody() {
    let binaries = binaries();
    let counts = try_seeds(percent(200), |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let mut binary = binaries[random.random_range(..binaries.len())].clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(..binary.len());
            binary[at] ^= 1 << random.random_range(0..8);
        }
        binary
    });
    counts.expect_at_least(10, 5);
}
