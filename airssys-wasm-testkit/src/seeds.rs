use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The variable with which a test tries one seed alone.
const SEED: &str = "AIRSSYS_SEED";

/// Tries so many seeds, the first of which is 0. Where one fails, it says which, and how to run that
/// one again: with `AIRSSYS_SEED` set, that one alone is tried.
///
/// ```
/// use airssys_wasm_testkit::{TestSystem, each_seed, guests};
///
/// each_seed(100, |seed| {
///     let test = TestSystem::seeded(seed);
///     test.spawn_guest("demo/echo", guests::ECHO);
///     let mut probe = test.probe("demo/probe");
///     assert_eq!(probe.request(&test, "demo/echo", b"hello").unwrap(), b"hello");
/// });
/// ```
///
/// # Panics
///
/// As `check` does; and if `AIRSSYS_SEED` is no number.
#[allow(clippy::print_stderr, reason = "it is read where a test failed")]
pub fn each_seed(count: u64, mut check: impl FnMut(u64)) {
    let only = env::var(SEED).ok().map(|seed| match seed.parse::<u64>() {
        Ok(seed) => seed,
        Err(error) => panic!("{SEED}={seed} is no seed: {error}"),
    });
    for seed in only.map_or(0..count, |seed| seed..seed.saturating_add(1)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(seed))) {
            eprintln!("seed {seed} failed; {SEED}={seed} tries that one alone");
            resume_unwind(panic);
        }
    }
}
