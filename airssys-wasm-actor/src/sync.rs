//! What everything that threads share is made of. Under loom it is loom's: so its tests are of the
//! very types that are shipped.

#[cfg(not(loom))]
mod real {
    pub(crate) use crossbeam_deque as deque;
    pub(crate) use parking_lot::{Condvar, Mutex};
    pub(crate) use std::sync::atomic;
    pub(crate) use std::thread;

    /// A lock that is held for some tens of nanoseconds. It is given back without a locked
    /// instruction: to take a lock and to give it back is little more than these.
    pub(crate) type Lock<T> = spin::mutex::SpinMutex<T, Patience>;
    pub(crate) type LockGuard<'a, T> = spin::mutex::SpinMutexGuard<'a, T, Patience>;

    /// How a thread waits for it. Who has it may have to wait for its processor.
    pub(crate) struct Patience;

    impl spin::RelaxStrategy for Patience {
        fn relax() {
            for _ in 0..32 {
                std::hint::spin_loop();
            }
            std::thread::yield_now();
        }
    }
}

#[cfg(loom)]
mod model;

#[cfg(loom)]
pub(crate) use model::*;
#[cfg(not(loom))]
pub(crate) use real::*;
