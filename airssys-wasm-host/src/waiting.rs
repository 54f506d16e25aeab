//! Calls of guests that can wait: a call is a future, and its time limit goes with it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use wasmtime::Trap;

use crate::time_limit::Pace;
use crate::{Time, tokio_runtime};

/// A time that does not come, in nanoseconds.
const NEVER: u64 = u64::MAX;

/// How one instance waits. It is the waker of the instance's calls, of which there is one at a
/// time; times are those of its clock, in nanoseconds.
pub(crate) struct Waiting {
    time: Time,
    pace: Pace,
    /// Whether it waits for more than the time: for sockets, files or requests.
    needs_tokio: bool,
    /// Who polls the call in hand.
    caller: Mutex<Option<Waker>>,
    /// When the guest was woken since it was polled last.
    woken_at: AtomicU64,
    /// The earliest time that the guest waits for.
    wanted: AtomicU64,
    /// When the alarm goes off next. It is not set where it goes off early enough anyway, so that
    /// a guest cannot pile up alarms.
    alarm_at: AtomicU64,
}

impl Waiting {
    pub(crate) fn new(time: Time, pace: Pace, needs_tokio: bool) -> Self {
        Self {
            time,
            pace,
            needs_tokio,
            caller: Mutex::new(None),
            woken_at: AtomicU64::new(NEVER),
            wanted: AtomicU64::new(NEVER),
            alarm_at: AtomicU64::new(NEVER),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        nanos(self.time.clock.monotonic())
    }

    /// Has the guest polled again at this time, if it is pending when its turn ends.
    pub(crate) fn wake_at(&self, at: u64) {
        self.wanted.fetch_min(at, Ordering::Relaxed);
    }

    /// Runs a guest's call for as long as it computes and waits no longer than `limit` in all.
    /// Where computing is counted in fuel, it may wait that long beside.
    pub(crate) async fn run<T>(
        self: &Arc<Self>,
        limit: Duration,
        call: impl Future<Output = wasmtime::Result<T>>,
    ) -> wasmtime::Result<T> {
        let mut call = pin!(call);
        let mut own_time = OwnTime { limit: nanos(limit), spent: 0, waits_since: None };
        poll_fn(|context| self.poll(context, call.as_mut(), &mut own_time)).await
    }

    fn poll<T>(
        self: &Arc<Self>,
        context: &Context<'_>,
        call: Pin<&mut impl Future<Output = wasmtime::Result<T>>>,
        own_time: &mut OwnTime,
    ) -> Poll<wasmtime::Result<T>> {
        *self.caller.lock() = Some(context.waker().clone());
        let now = self.now();
        own_time.end_waiting(self.woken_at.swap(NEVER, Ordering::AcqRel).min(now));
        self.wanted.store(NEVER, Ordering::Relaxed);
        let polled = self.turn(call, own_time);
        // The guest had its turn first: what it waited for may have come in time.
        let done = polled.is_ready() || own_time.left() == 0;
        if done {
            *self.caller.lock() = None;
            return match polled {
                Poll::Ready(outcome) => Poll::Ready(outcome),
                Poll::Pending => Poll::Ready(Err(Trap::Interrupt.into())),
            };
        }
        let now = self.now();
        own_time.waits_since = Some(now);
        if self.woken_at.load(Ordering::Acquire) == NEVER {
            let limit = now.saturating_add(own_time.left());
            self.set_alarm(limit.min(self.wanted.load(Ordering::Relaxed)));
        }
        Poll::Pending
    }

    /// Polls the guest, which computes meanwhile.
    fn turn<T>(
        self: &Arc<Self>,
        call: Pin<&mut impl Future<Output = wasmtime::Result<T>>>,
        own_time: &mut OwnTime,
    ) -> Poll<wasmtime::Result<T>> {
        let began = Instant::now();
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let polled = if self.needs_tokio {
            let _entered = tokio_runtime::handle().enter();
            call.poll(&mut context)
        } else {
            call.poll(&mut context)
        };
        own_time.spend(nanos(self.pace.computed(began.elapsed())));
        polled
    }

    fn set_alarm(self: &Arc<Self>, at: u64) {
        if at < self.alarm_at.load(Ordering::Relaxed) {
            self.alarm_at.store(at, Ordering::Relaxed);
            let ring = Arc::new(Ring { waiting: Arc::clone(self), at });
            self.time.alarm.wake_at(Duration::from_nanos(at), ring.into());
        }
    }

    fn woken(&self, at: u64) {
        // What counts is the first wake: from then on it is not the guest that keeps itself waiting.
        let _ = self.woken_at.compare_exchange(NEVER, at, Ordering::AcqRel, Ordering::Relaxed);
        let caller = self.caller.lock().take();
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken(self.now());
    }
}

/// What an alarm wakes.
struct Ring {
    waiting: Arc<Waiting>,
    at: u64,
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        // Unless an earlier one was set since: that one is still to come.
        let alarm_at = &self.waiting.alarm_at;
        let _ = alarm_at.compare_exchange(self.at, NEVER, Ordering::Relaxed, Ordering::Relaxed);
        // It may go off late, where the whole process stood still.
        self.waiting.woken(self.at);
    }
}

/// The time of one call that is the guest's own: it computes, or waits for what it asked for.
/// Between being woken and being polled again, others keep it waiting.
struct OwnTime {
    limit: u64,
    spent: u64,
    waits_since: Option<u64>,
}

impl OwnTime {
    fn end_waiting(&mut self, until: u64) {
        if let Some(since) = self.waits_since.take() {
            self.spend(until.saturating_sub(since));
        }
    }

    fn spend(&mut self, time: u64) {
        self.spent = self.spent.saturating_add(time);
    }

    fn left(&self) -> u64 {
        self.limit.saturating_sub(self.spent)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}
