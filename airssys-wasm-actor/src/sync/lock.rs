use std::hint;
use std::thread;
use std::time::Duration;

use spin::mutex::{SpinMutex, SpinMutexGuard};

/// A lock that is held for some tens of nanoseconds mostly, and for longer where a large mailbox's
/// buffer grows or its oldest messages are dropped. It is given back without a locked instruction:
/// to take a lock and to give it back is little more than these.
pub(crate) struct Lock<T>(SpinMutex<T>);

pub(crate) type LockGuard<'a, T> = SpinMutexGuard<'a, T>;

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> LockGuard<'_, T> {
        match self.0.try_lock() {
            Some(guard) => guard,
            None => self.wait(),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) -> LockGuard<'_, T> {
        self.wait_by(Pause::take)
    }

    fn wait_by(&self, mut pause: impl FnMut(Pause)) -> LockGuard<'_, T> {
        let mut round = 0_u32;
        loop {
            pause(Pause::of(round));
            round = round.saturating_add(1);
            // To try takes the cache line from the holder, to look does not.
            if !self.0.is_locked()
                && let Some(guard) = self.0.try_lock()
            {
                return guard;
            }
        }
    }
}

/// What a thread does between two looks at a lock that another one has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// The holder is about to give it back.
    Spin { hints: u32 },
    /// The holder may wait for a processor.
    Yield,
    /// It may wait for this one, and this thread come first even when it yields: one with a
    /// real-time priority does.
    Sleep(Duration),
}

/// Rounds of spinning, each twice as long as the one before.
const SPINS: u32 = 6;

const YIELDS: u32 = 16;

const SHORTEST_SLEEP: Duration = Duration::from_micros(50);
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

impl Pause {
    fn of(round: u32) -> Self {
        let Some(yields) = round.checked_sub(SPINS) else {
            return Self::Spin { hints: 1 << round };
        };
        let Some(sleeps) = yields.checked_sub(YIELDS) else { return Self::Yield };
        let sleep = SHORTEST_SLEEP.saturating_mul(2_u32.saturating_pow(sleeps));
        Self::Sleep(sleep.min(LONGEST_SLEEP))
    }

    fn take(self) {
        match self {
            Self::Spin { hints } => (0..hints).for_each(|_| hint::spin_loop()),
            Self::Yield => thread::yield_now(),
            Self::Sleep(time) => thread::sleep(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn who_waits_spins_then_yields_then_sleeps() {
        let lock = Lock::new(());
        let mut held = Some(lock.lock());
        let mut pauses = Vec::new();
        let taken = lock.wait_by(|pause| {
            pauses.push(pause);
            if pauses.len() == 29 {
                drop(held.take());
            }
        });
        assert!(lock.0.is_locked());
        drop(taken);
        let spins = [1, 2, 4, 8, 16, 32].map(|hints| Pause::Spin { hints });
        let sleeps = [50, 100, 200, 400, 800, 1000, 1000];
        let sleeps = sleeps.map(|micros| Pause::Sleep(Duration::from_micros(micros)));
        assert_eq!(pauses, [&spins[..], &[Pause::Yield; 16], &sleeps].concat());
        assert_eq!(Pause::of(u32::MAX), Pause::Sleep(LONGEST_SLEEP));
    }

    #[test]
    fn each_of_many_gets_it_from_one_that_has_it_for_long() {
        const WAITERS: usize = 8;
        let (lock, ready) = (Lock::new(0), Barrier::new(WAITERS + 1));
        thread::scope(|scope| {
            let held = lock.lock();
            for _ in 0..WAITERS {
                scope.spawn(|| {
                    ready.wait();
                    *lock.lock() += 1;
                });
            }
            ready.wait();
            // They come to sleep, too, before it is given back.
            thread::sleep(20 * LONGEST_SLEEP);
            drop(held);
        });
        assert_eq!(*lock.lock(), WAITERS);
    }

    #[test]
    fn one_at_a_time_has_it() {
        let lock = Lock::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let mut held = lock.lock();
                        let seen = *held;
                        hint::spin_loop();
                        *held = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), 40_000);
    }
}
