use std::time::Duration;

use rand::distr::OpenClosed01;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Which batches are timed, for all that a thread handles.
pub(crate) struct Sampling {
    /// Not all of them.
    is_on: bool,
    /// So many more are not.
    skip: u32,
    /// For how many the next one stands.
    weight: u32,
    random: SmallRng,
}

/// One batch in so many is timed, while they are short.
pub(crate) const INTERVAL: u32 = 16;

/// After a batch that took longer the next one is timed, too: then the clock is a small part of it.
const SHORT: Duration = Duration::from_micros(1);

impl Sampling {
    /// Where some are timed.
    pub(crate) fn of_some() -> Self {
        Self::new(true)
    }

    /// Where each is.
    pub(crate) fn of_each() -> Self {
        Self::new(false)
    }

    fn new(is_on: bool) -> Self {
        let random = SmallRng::seed_from_u64(u64::from(INTERVAL));
        Self { is_on, skip: 0, weight: 1, random }
    }

    /// For how many the batch stands that begins, if it is timed.
    pub(crate) fn begin_batch(&mut self) -> Option<u32> {
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        Some(self.weight)
    }

    /// Has the next batch be timed, for itself.
    pub(crate) fn time_next(&mut self) {
        (self.skip, self.weight) = (0, 1);
    }

    /// Chooses the next one to be timed, after one that took so long.
    pub(crate) fn choose_next(&mut self, last: Duration) {
        if self.is_on && last <= SHORT {
            (self.skip, self.weight) = (self.draw_skip(), INTERVAL);
        } else {
            self.time_next();
        }
    }

    /// Each of those to come is the next one with the same chance, whatever was before. At fixed
    /// distances they would be in step with who takes turns; and were a distance less likely to be
    /// short, too few would be timed for their weight where it is often cut off, by a rest.
    fn draw_skip(&mut self) -> u32 {
        let chance: f64 = self.random.sample(OpenClosed01);
        let skipped = 1.0 - 1.0 / f64::from(INTERVAL);
        (chance.ln() / skipped.ln()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_short_batches_each_is_timed_with_the_same_chance() {
        let (mut sampling, mut timed) = (Sampling::of_some(), [0_u32; 40]);
        for _ in 0..100_000 {
            sampling.choose_next(SHORT);
            for timed in &mut timed {
                if let Some(weight) = sampling.begin_batch() {
                    *timed += weight;
                    sampling.choose_next(SHORT);
                }
            }
        }
        for (at, timed) in timed.into_iter().enumerate() {
            assert!((95_000..105_000).contains(&timed), "the {at}th is counted {timed} times");
        }
    }

    #[test]
    fn after_a_long_batch_the_next_is_timed_for_itself() {
        let mut sampling = Sampling::of_some();
        for _ in 0..100 {
            sampling.choose_next(SHORT + Duration::from_nanos(1));
            assert_eq!(sampling.begin_batch(), Some(1));
        }
    }
}
