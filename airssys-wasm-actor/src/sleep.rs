use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::sync::{Condvar, Mutex};

/// Where workers sleep that have found nothing to do, and who wakes them.
///
/// Waking a thread costs the one who wakes it 5 µs (`benches/README.md`), as much as a dozen
/// messages; so a worker that gives itself more to do wakes nobody while another is looking for
/// work. Instead, while anybody works, one of those who have nothing to do is the *watcher*: it
/// looks around each [`WATCH`], and takes what is stuck behind a message that takes long.
pub(crate) struct Sleep {
    /// How many workers sleep.
    asleep: Mutex<usize>,
    wake: Condvar,
    quiet: Condvar,
    /// The same count, to be read without the lock.
    sleepers: AtomicUsize,
    /// Workers that are looking for work and will find what was queued before they stopped.
    searching: AtomicUsize,
    /// A sleeper has been woken and has not left its sleep yet.
    waking: AtomicBool,
    watched: AtomicBool,
    stopping: AtomicBool,
    workers: usize,
}

/// How often the watcher looks around.
const WATCH: Duration = Duration::from_millis(1);

/// After so many looks at a system in which nobody works, the watcher sleeps as the others do.
const IDLE_LOOKS: u32 = 100;

impl Sleep {
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            asleep: Mutex::new(0),
            wake: Condvar::new(),
            quiet: Condvar::new(),
            sleepers: AtomicUsize::new(0),
            searching: AtomicUsize::new(0),
            waking: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            workers,
        }
    }

    /// Wakes a worker for what has been queued from outside.
    pub(crate) fn wake_for_injected(&self) {
        // Pairs with the fence in `sleep`: either this sees the sleeper, or it sees the task.
        fence(Ordering::SeqCst);
        self.wake_for_more();
    }

    /// Wakes a worker for what the caller, itself a worker, has queued besides its next task.
    /// Without a fence: if this overlooks a sleeper, the watcher or the next call will not.
    pub(crate) fn wake_for_more(&self) {
        let sleepers = self.sleepers.load(Ordering::Relaxed);
        if sleepers > 0 && self.searching.load(Ordering::Relaxed) == 0 {
            self.wake_one();
        }
    }

    fn wake_one(&self) {
        // Whoever is being woken will see what was queued before this swap, by its own in `sleep`.
        if self.waking.swap(true, Ordering::AcqRel) {
            return;
        }
        let asleep = self.asleep.lock();
        if *asleep > 0 {
            self.wake.notify_one();
        } else {
            self.waking.store(false, Ordering::Relaxed);
        }
    }

    /// Counts the calling worker as looking for work while it runs `search`.
    pub(crate) fn search<T>(&self, search: impl FnOnce() -> Option<T>) -> Option<T> {
        self.searching.fetch_add(1, Ordering::Relaxed);
        let found = search();
        self.searching.fetch_sub(1, Ordering::Relaxed);
        found
    }

    /// Sleeps until woken, or for as long as a watcher does. Returns at once if `has_work`.
    /// False once the workers are to end.
    pub(crate) fn sleep(&self, idle_looks: &mut u32, has_work: impl Fn() -> bool) -> bool {
        let mut asleep = self.asleep.lock();
        *asleep += 1;
        self.sleepers.store(*asleep, Ordering::Relaxed);
        // Pairs with the fence in `wake_for_injected`.
        fence(Ordering::SeqCst);
        if !self.is_stopping() && !has_work() {
            let all_asleep = *asleep == self.workers;
            if all_asleep {
                self.quiet.notify_all();
            }
            *idle_looks = if all_asleep { *idle_looks + 1 } else { 0 };
            let watch = *idle_looks < IDLE_LOOKS && !self.watched.swap(true, Ordering::Relaxed);
            if watch {
                self.wake.wait_for(&mut asleep, WATCH);
                self.watched.store(false, Ordering::Relaxed);
            } else {
                self.wake.wait(&mut asleep);
            }
        }
        *asleep -= 1;
        self.sleepers.store(*asleep, Ordering::Relaxed);
        self.waking.swap(false, Ordering::AcqRel);
        !self.is_stopping()
    }

    /// Whether there is a worker with nothing to do.
    pub(crate) fn has_sleepers(&self) -> bool {
        self.sleepers.load(Ordering::Relaxed) > 0
    }

    /// Sees to it that somebody watches while the calling worker works.
    pub(crate) fn ensure_watched(&self) {
        if !self.watched.load(Ordering::Relaxed) {
            self.wake_for_more();
        }
    }

    /// Waits until all workers sleep and `has_work` is false; false if that is not by `until`.
    pub(crate) fn wait_quiet(&self, until: Option<Instant>, has_work: impl Fn() -> bool) -> bool {
        let mut asleep = self.asleep.lock();
        while (*asleep < self.workers || has_work()) && !self.is_stopping() {
            match until {
                None => self.quiet.wait(&mut asleep),
                Some(until) => {
                    if self.quiet.wait_until(&mut asleep, until).timed_out() {
                        return *asleep == self.workers && !has_work();
                    }
                }
            }
        }
        true
    }

    /// Wakes all workers, and lets none sleep again.
    pub(crate) fn stop(&self) {
        let _asleep = self.asleep.lock();
        self.stopping.store(true, Ordering::Relaxed);
        self.wake.notify_all();
        self.quiet.notify_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
