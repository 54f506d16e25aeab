use std::time::Duration;

use airssys_wasm_core::Clock;

use crate::mailbox::Progress;
use crate::sampling::{INTERVAL, Sampling};

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
    age: usize,
    /// A call of this batch said that it may have taken long.
    took_long: bool,
    sampling: Sampling,
}

/// A batch that has begun.
pub(crate) struct Batch {
    /// On the clock as it was last looked at: for a batch that is timed, at its begin.
    began: Duration,
    timing: Timing,
}

/// For how many batches one is timed.
enum Timing {
    /// For none, unless it takes long.
    None,
    /// For those of which it was drawn.
    Sampled { weight: u32 },
    /// For itself.
    Alone,
}

/// The time that a message is handled at, or the first of those that are handled in one call, is no
/// more messages old than that.
pub(crate) const MAX_AGE: usize = 2 * INTERVAL as usize;

/// A batch that took longer, and says so, is counted for itself, drawn or not. When it began may be
/// known only to some short messages: beside such a time they are nothing.
const LONG: Duration = Duration::from_millis(1);

impl<'a> Activation<'a> {
    /// On a thread that goes on as long as there is something to do.
    pub(crate) fn of_worker(clock: &'a dyn Clock) -> Self {
        Self::new(clock, Sampling::of_some())
    }

    /// Where each batch is timed.
    pub(crate) fn stepped(clock: &'a dyn Clock, budget: usize) -> Self {
        Self { budget, ..Self::new(clock, Sampling::of_each()) }
    }

    fn new(clock: &'a dyn Clock, sampling: Sampling) -> Self {
        let now = clock.monotonic();
        Self { worker: 0, budget: 0, clock, now, age: 0, took_long: false, sampling }
    }

    /// After a while in which nothing was run. The next batch is timed.
    pub(crate) fn wake(&mut self) {
        self.look();
        self.sampling.time_next();
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

    /// Begins a batch; some are timed.
    pub(crate) fn begin_batch(&mut self) -> Batch {
        match self.sampling.begin_batch() {
            Some(weight) => self.begin(Timing::Sampled { weight }, 1),
            None => self.begin(Timing::None, MAX_AGE),
        }
    }

    /// Begins a batch of which it is to be expected that it says that it took long. It is timed: what
    /// others took before it is not to be counted as its own.
    pub(crate) fn begin_long_batch(&mut self) -> Batch {
        self.begin(Timing::Alone, 1)
    }

    fn begin(&mut self, timing: Timing, max_age: usize) -> Batch {
        self.look_if_as_old_as(max_age);
        self.took_long = false;
        Batch { began: self.now, timing }
    }

    /// The time that the next `count` messages are handled at, in one call.
    pub(crate) fn begin_messages(&mut self, count: usize) -> Duration {
        self.look_if_as_old_as(MAX_AGE);
        self.age += count;
        self.now
    }

    /// The call that has just ended may have taken long: the clock is looked at before the next one,
    /// and at the end of the batch.
    pub(crate) fn took_long(&mut self) {
        self.took_long = true;
        self.age = MAX_AGE;
    }

    /// Ends a batch of so many messages, and tells whether a call of it said that it may have taken
    /// long.
    pub(crate) fn end_batch(&mut self, batch: Batch, messages: u64, progress: &Progress) -> bool {
        progress.count_handled(messages);
        if self.took_long || !matches!(batch.timing, Timing::None) {
            self.look();
            self.count(batch, progress);
        }
        self.took_long
    }

    fn count(&mut self, batch: Batch, progress: &Progress) {
        let taken = self.now.saturating_sub(batch.began);
        match batch.timing {
            Timing::Alone => progress.count_busy(taken),
            _ if self.took_long && taken >= LONG => {
                progress.count_busy(taken);
                self.sampling.time_next();
            }
            Timing::Sampled { weight } => {
                progress.count_busy(taken * weight);
                self.sampling.choose_next(taken);
            }
            Timing::None => {}
        }
    }

    fn look_if_as_old_as(&mut self, age: usize) {
        if self.age >= age {
            self.look();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock that the test moves, and that counts how often it is looked at.
    #[derive(Default)]
    pub(crate) struct Hand {
        nanos: AtomicU64,
        looks: AtomicU64,
    }

    impl Hand {
        pub(crate) fn pass(&self, nanos: u64) {
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
        }

        /// The time, without a look.
        pub(crate) fn now(&self) -> Duration {
            Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
        }

        fn looks(&self) -> u64 {
            self.looks.swap(0, Ordering::Relaxed)
        }
    }

    impl Clock for Hand {
        fn monotonic(&self) -> Duration {
            self.looks.fetch_add(1, Ordering::Relaxed);
            self.now()
        }

        fn unix_nanos_at(&self, _: Duration) -> u64 {
            0
        }
    }

    const SECOND: u64 = 1_000_000_000;

    /// A batch of one message that takes so long.
    fn run(activation: &mut Activation<'_>, clock: &Hand, progress: &Progress, nanos: u64) {
        let batch = activation.begin_batch();
        activation.begin_messages(1);
        clock.pass(nanos);
        activation.end_batch(batch, 1, progress);
    }

    /// The same, where it says that it may have taken long.
    fn run_long(activation: &mut Activation<'_>, clock: &Hand, progress: &Progress, nanos: u64) {
        let batch = activation.begin_batch();
        activation.begin_messages(1);
        clock.pass(nanos);
        activation.took_long();
        activation.end_batch(batch, 1, progress);
    }

    /// How much of what it took is counted.
    fn share(progress: &Progress, nanos: u64) -> f64 {
        progress.busy().as_nanos() as f64 / nanos as f64
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
            let share = share(progress, 100_000 * nanos);
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
    fn a_sample_tells_as_much_where_rests_come_often() {
        for batches in [2, 5, 9, 17] {
            let (clock, progress) = (Hand::default(), Progress::default());
            let mut activation = Activation::of_worker(&clock);
            for _ in 0..50_000 {
                clock.pass(1_000_000);
                activation.wake();
                for _ in 0..batches {
                    run(&mut activation, &clock, &progress, 100);
                }
            }
            let share = share(&progress, 50_000 * batches * 100);
            assert!((0.95..1.05).contains(&share), "{share} with {batches} between rests");
        }
    }

    #[test]
    fn a_long_batch_among_short_ones_is_counted_once() {
        let (clock, short, long) = (Hand::default(), Progress::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..20 {
            for _ in 0..5_000 {
                run(&mut activation, &clock, &short, 100);
            }
            run_long(&mut activation, &clock, &long, 3 * SECOND);
        }
        let share_of_long = share(&long, 20 * 3 * SECOND);
        assert!((0.999..1.001).contains(&share_of_long), "{share_of_long} of what it took");
        let share_of_short = share(&short, 20 * 5_000 * 100);
        assert!((0.95..1.05).contains(&share_of_short), "{share_of_short} of what it took");
        assert!(clock.looks() < 20 * 5_000 / 7, "it is looked at twice for each sixteenth");
    }

    #[test]
    fn a_long_message_is_counted_wherever_it_is_in_its_batch() {
        for long in 0..100 {
            let (clock, short, progress) =
                (Hand::default(), Progress::default(), Progress::default());
            let mut activation = Activation::of_worker(&clock);
            for _ in 0..long {
                run(&mut activation, &clock, &short, 10);
            }
            let batch = activation.begin_batch();
            for message in 0..100 {
                activation.begin_messages(1);
                clock.pass(if message == long { SECOND } else { 10 });
                if message == long {
                    activation.took_long();
                }
            }
            activation.end_batch(batch, 100, &progress);
            let share = share(&progress, SECOND);
            assert!((1.0..1.00001).contains(&share), "{share} with the {long}th");
        }
    }

    /// Its begin may not be known, and what the others before it took is not its own.
    #[test]
    fn a_short_batch_that_says_that_it_took_long_is_counted_as_one_of_a_sample() {
        for (calls, together, nanos) in [(10, 1, 90), (1, 64, 20_000)] {
            let (clock, own, others) = (Hand::default(), Progress::default(), Progress::default());
            let mut activation = Activation::of_worker(&clock);
            for _ in 0..100_000 {
                run_long(&mut activation, &clock, &own, 100);
                for _ in 0..calls {
                    let batch = activation.begin_batch();
                    activation.begin_messages(together);
                    clock.pass(nanos * together as u64);
                    activation.end_batch(batch, together as u64, &others);
                }
            }
            let share = share(&own, 100_000 * 100);
            assert!((0.95..1.05).contains(&share), "{share} of what it took");
        }
    }

    /// Others, which say nothing and of which hardly any is timed, take longer before it.
    #[test]
    fn who_says_each_time_that_it_took_long_is_not_charged_for_others() {
        let (clock, own) = (Hand::default(), Progress::default());
        let (short, slow) = (Progress::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..1_000 {
            for _ in 0..50 {
                run(&mut activation, &clock, &short, 100);
            }
            run(&mut activation, &clock, &slow, 2_000_000);
            let batch = activation.begin_long_batch();
            activation.begin_messages(1);
            clock.pass(700);
            activation.took_long();
            activation.end_batch(batch, 1, &own);
        }
        assert_eq!(own.busy(), Duration::from_nanos(1_000 * 700));
        let share = share(&short, 1_000 * 50 * 100);
        assert!((0.95..1.05).contains(&share), "{share} of what the short ones took");
    }

    #[test]
    fn the_time_of_a_message_is_of_so_many_messages_ago_at_most() {
        for together in [1, 3, 64] {
            let (clock, progress) = (Hand::default(), Progress::default());
            let mut activation = Activation::of_worker(&clock);
            let mut oldest = Duration::ZERO;
            for _ in 0..10_000 {
                let batch = activation.begin_batch();
                for count in [1, together, 1] {
                    let age = clock.now() - activation.begin_messages(count);
                    oldest = oldest.max(age);
                    clock.pass(10 * count as u64);
                }
                activation.end_batch(batch, 2 + together as u64, &progress);
            }
            let most = Duration::from_nanos(10 * MAX_AGE as u64);
            assert!(oldest <= most, "{oldest:?} of {most:?}");
            assert!(together > 3 || oldest > most / 2, "{oldest:?} of {most:?}");
        }
    }

    #[test]
    fn the_clock_is_asked_after_what_took_long() {
        let (clock, progress) = (Hand::default(), Progress::default());
        let mut activation = Activation::of_worker(&clock);
        for _ in 0..1_000 {
            run(&mut activation, &clock, &progress, 10);
            clock.pass(1_000_000);
            activation.took_long();
            assert_eq!(activation.begin_messages(1), clock.now());
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
