//! What every system is measured at.

use std::time::Duration;

use crate::Figures;

/// A system of actors. What it returns says how long it takes to do so many.
pub trait Rival {
    /// What it is called.
    const NAME: &'static str;

    /// Starts one that runs its actors on so many threads.
    fn start(cores: usize) -> Self;

    /// One actor sends another so many tokens, from the first send until the last is handled.
    fn tell(&self) -> impl FnMut(u64) -> Duration;

    /// One actor asks another so many times, each time when it has the answer to the last.
    fn ask(&self) -> impl FnMut(u64) -> Duration;

    /// So many actors in a ring, each of which counts tokens down and sends them on. Counts are
    /// of all `tokens` together, which start equally far apart.
    fn ring(&self, size: usize, tokens: u64) -> impl FnMut(u64) -> Duration;
}

/// Measures all, each in a system of its own.
pub fn measure<R: Rival>() {
    let figures = Figures::of(R::NAME);
    for cores in [1, 2] {
        figures.measure("tell", cores, R::start(cores).tell());
        figures.measure("ask", cores, R::start(cores).ask());
        figures.measure("ring of 1000, 100 tokens", cores, R::start(cores).ring(1000, 100));
        for size in [2, 1000] {
            figures.measure(&format!("ring of {size}"), cores, R::start(cores).ring(size, 1));
        }
    }
    for size in [10, 100, 10_000] {
        figures.measure(&format!("ring of {size}"), 1, R::start(1).ring(size, 1));
    }
}
