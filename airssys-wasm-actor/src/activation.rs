use std::time::Duration;

use airssys_wasm_core::Clock;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::mailbox::Progress;

/// The times that actors are run, one after the other, on the thread that runs them.
///
/// To look at the clock takes as long as a message of a short handler does. So where handlers are
/// short it is looked at now and then: the time that messages are handled at may be some messages
/// old, and how long handlers take is found from a sample of them.
pub(crate) struct Activation<'a> {
    /// Which worker.
    pub(crate) worker: usize,
    /// Messages that the actor may handle before it goes behind the others.
    pub(crate) budget: usize,
    clock: &'a dyn Clock,
    /// On that clock, as it was last looked at.
    now: Duration,
    /// Messages since then.
    age: u32,
    sampling: Sampling,
}

/// Which batches are timed.
struct Sampling {
    /// Not all of them.
    is_on: bool,
    /// So many more are not.
    skip: u32,
    /// For how many the next one stands.
    weight: u32,
    random: SmallRng,
}

/// A batch that is timed.
pub(crate) struct Timing {
    began: Duration,
    weight: u32,
}

/// One batch in so many is timed, while they are short.
const INTERVAL: u32 = 16;

/// After a batch that took longer the next one is timed, too: then the clock is a small part of it.
const SHORT: Duration = Duration::from_micros(1);

/// The time that a message is handled at is no more messages old than that.
const MAX_AGE: u32 = 2 * INTERVAL;

impl<'a> Activation<'a> {
    /// On a thread that goes on as long as there is something to do.
    pub(crate) fn of_worker(clock: &'a dyn Clock) -> Self {
        Self::new(clock, true)
    }

    /// Where each batch is timed.
    pub(crate) fn stepped(clock: &'a dyn Clock, budget: usize) -> Self {
        Self { budget, ..Self::new(clock, false) }
    }

    fn new(clock: &'a dyn Clock, is_on: bool) -> Self {
        let sampling = Sampling {
            is_on,
            skip: 0,
            weight: 1,
            random: SmallRng::seed_from_u64(u64::from(INTERVAL)),
        };
        Self { worker: 0, budget: 0, clock, now: clock.monotonic(), age: 0, sampling }
    }

    /// After a while in which nothing was run. The next batch is timed.
    pub(crate) fn wake(&mut self) {
        self.look();
        (self.sampling.skip, self.sampling.weight) = (0, 1);
    }

    /// The time, which may be that of some messages ago.
    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    /// Looks at the clock.
    pub(crate) fn look(&mut self) {
        self.now = self.clock.monotonic();
        self.age = 0;
    }

    /// Has the clock be looked at before the next message.
    pub(crate) fn grow_old(&mut self) {
        self.age = MAX_AGE;
    }

    /// The time that the next message is handled at.
    pub(crate) fn begin_message(&mut self) -> Duration {
        if self.age >= MAX_AGE {
            self.look();
        }
        self.age += 1;
        self.now
    }

    /// Begins a batch; some are timed.
    pub(crate) fn begin_batch(&mut self) -> Option<Timing> {
        if self.sampling.skip > 0 {
            self.sampling.skip -= 1;
            return None;
        }
        if self.age > 0 {
            self.look();
        }
        Some(Timing { began: self.now, weight: self.sampling.weight })
    }

    /// Ends a batch of so many messages.
    pub(crate) fn end_batch(&mut self, timing: Option<Timing>, messages: u64, progress: &Progress) {
        progress.count_handled(messages);
        if let Some(Timing { began, weight }) = timing {
            self.look();
            let taken = self.now.saturating_sub(began);
            progress.count_busy(taken * weight);
            self.sampling.choose_next(taken);
        }
    }
}

impl Sampling {
    /// Chooses the next one to be timed, in intervals of chance: others would be in step with who
    /// takes turns.
    fn choose_next(&mut self, last: Duration) {
        (self.skip, self.weight) = if self.is_on && last <= SHORT {
            (self.random.random_range(0..=2 * (INTERVAL - 1)), INTERVAL)
        } else {
            (0, 1)
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock that the test moves, and that counts how often it is looked at.
    #[derive(Default)]
    struct Hand {
        nanos: AtomicU64,
        looks: AtomicU64,
    }

    impl Hand {
        fn pass(&self, nanos: u64) {
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
        }

        fn looks(&self) -> u64 {
            self.looks.swap(0, Ordering::Relaxed)
        }
    }

    impl Clock for Hand {
        fn monotonic(&self) -> Duration {
            self.looks.fetch_add(1, Ordering::Relaxed);
            Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
        }

        fn unix_nanos_at(&self, _: Duration) -> u64 {
            0
        }
    }

    /// A batch of one message that takes so long.
    fn run(activation: &mut Activation<'_>, clock: &Hand, progress: &Progress, nanos: u64) {
        let timing = activation.begin_batch();
        activation.begin_message();
        clock.pass(nanos);
        activation.end_batch(timing, 1, progress);
    }

    #[test]
    fn each_batch_is_timed_where_they_are_long() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        activation.wake();
        for nanos in 2_000..3_000 {
            run(&mut activation, &clock, &progress, nanos);
        }
        assert_eq!(progress.busy(), Duration::from_nanos((2_000..3_000).sum()));
        assert_eq!(progress.handled(), 1_000);
    }

    /// Two take turns, so that whoever looked at each sixteenth would always see the same one.
    #[test]
    fn a_sample_tells_how_long_short_batches_take() {
        let (clock, quick, slow) = (Hand::default(), Progress::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..100_000 {
            run(&mut activation, &clock, &quick, 100);
            run(&mut activation, &clock, &slow, 700);
        }
        for (progress, nanos) in [(&quick, 100), (&slow, 700)] {
            let share = progress.busy().as_nanos() as f64 / (100_000 * nanos) as f64;
            assert!((0.95..1.05).contains(&share), "{share} of what it took");
            assert_eq!(progress.handled(), 100_000);
        }
        assert!(clock.looks() < 200_000 / 7, "it is looked at twice for each sixteenth");
    }

    #[test]
    fn the_first_batch_after_a_rest_is_timed() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..100 {
            clock.pass(1_000_000);
            activation.wake();
            run(&mut activation, &clock, &progress, 100);
        }
        assert_eq!(progress.busy(), Duration::from_nanos(100 * 100));
    }

    #[test]
    fn the_time_of_a_message_is_of_so_many_messages_ago_at_most() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        let mut oldest = Duration::ZERO;
        for _ in 0..10_000 {
            let timing = activation.begin_batch();
            for _ in 0..3 {
                let age = clock.monotonic() - activation.begin_message();
                oldest = oldest.max(age);
                clock.pass(10);
            }
            activation.end_batch(timing, 3, &progress);
        }
        let most = Duration::from_nanos(10 * u64::from(MAX_AGE));
        assert!(oldest > most / 2 && oldest <= most, "{oldest:?} of {most:?}");
    }

    #[test]
    fn the_clock_is_asked_after_what_took_long() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..1_000 {
            run(&mut activation, &clock, &progress, 10);
            clock.pass(1_000_000);
            activation.grow_old();
            assert_eq!(activation.begin_message(), clock.monotonic());
        }
    }

    #[test]
    fn each_batch_is_timed_where_it_is_stepped() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::stepped(&clock, 8);
        for _ in 0..100 {
            run(&mut activation, &clock, &progress, 10);
        }
        assert_eq!(progress.busy(), Duration::from_nanos(1_000));
    }
}
