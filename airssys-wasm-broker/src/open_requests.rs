use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use airssys_wasm_core::RequestId;
use foldhash::fast::RandomState;
use thiserror::Error;

/// The requests of one requester that have not ended, each with a `T` of the caller's.
///
/// A request ends exactly once: for whoever gets its `T`. It has a slot, of which there are
/// `limit`, from [`open`](Self::open) until its callback begins ([`release`](Self::release)), so
/// that a requester cannot pile up callbacks; one that ends without a callback
/// ([`cancel`](Self::cancel), [`clear`](Self::clear)) gives its slot back at once.
///
/// ```
/// # use airssys_wasm_broker::{OpenRequests, TooMany};
/// # use airssys_wasm_core::RequestId;
/// # use std::time::Duration;
/// let mut requests = OpenRequests::new(1);
/// let id = RequestId::from_random(7);
/// requests.open(id, Duration::from_secs(5), "shop/stock")?;
///
/// assert_eq!(requests.close(id), Some("shop/stock"));
/// assert_eq!(requests.close(id), None, "a late response");
///
/// // Its callback has not begun.
/// let next = RequestId::from_random(8);
/// assert!(requests.open(next, Duration::from_secs(6), "shop/stock").is_err());
/// requests.release(1);
/// requests.open(next, Duration::from_secs(6), "shop/stock")?;
/// # Ok::<(), TooMany>(())
/// ```
#[derive(Debug)]
pub struct OpenRequests<T> {
    limit: u32,
    open: HashMap<RequestId, Open<T>, RandomState>,
    /// One for each open request, and some of requests that have ended; none of those on top.
    deadlines: BinaryHeap<Reverse<Deadline>>,
    /// Requests that have ended and whose callbacks have not begun.
    awaiting_callback: u32,
    opened: u64,
}

#[derive(Debug)]
struct Open<T> {
    number: u64,
    what: T,
}

/// Ordered by time, then by the order in which the requests were opened.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline {
    at: Duration,
    number: u64,
    id: RequestId,
}

/// Room for so many entries is always kept.
const ROOM: usize = 16;

impl<T> OpenRequests<T> {
    /// No requests, with slots for `limit`. Nothing is allocated before the first.
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            open: HashMap::default(),
            deadlines: BinaryHeap::new(),
            awaiting_callback: 0,
            opened: 0,
        }
    }

    /// Takes a slot for a request that ends at `deadline` (monotonic time) at the latest.
    ///
    /// # Errors
    ///
    /// If all slots are in use.
    ///
    /// # Panics
    ///
    /// If `id` is open: ids are drawn at random by the runtime, and never chosen.
    pub fn open(&mut self, id: RequestId, deadline: Duration, what: T) -> Result<(), TooMany> {
        if self.slots_in_use() >= self.limit {
            return Err(TooMany { limit: self.limit });
        }
        let Entry::Vacant(vacant) = self.open.entry(id) else {
            panic!("the request {id} is open already");
        };
        let number = self.opened;
        vacant.insert(Open { number, what });
        self.deadlines.push(Reverse(Deadline { at: deadline, number, id }));
        self.opened += 1;
        Ok(())
    }

    /// Ends a request whose callback will run; until that begins, it keeps its slot. `None` if it
    /// has ended, or never was.
    pub fn close(&mut self, id: RequestId) -> Option<T> {
        let what = self.cancel(id)?;
        self.awaiting_callback += 1;
        Some(what)
    }

    /// Ends a request without a callback. `None` if it has ended, or never was.
    pub fn cancel(&mut self, id: RequestId) -> Option<T> {
        let ended = self.open.remove(&id)?;
        self.tidy();
        Some(ended.what)
    }

    /// Ends all requests whose deadline is `now` or was before, as [`close`](Self::close) does,
    /// the earliest first.
    pub fn expire(&mut self, now: Duration) -> Vec<(RequestId, T)> {
        let mut expired = Vec::new();
        while let Some(id) = self.due(now)
            && let Some(what) = self.close(id)
        {
            expired.push((id, what));
        }
        expired
    }

    /// Ends all requests without a callback, in the order in which they were opened, and frees
    /// all slots, also those of callbacks that have not begun.
    pub fn clear(&mut self) -> Vec<(RequestId, T)> {
        let mut ended: Vec<(RequestId, Open<T>)> =
            std::mem::take(&mut self.open).into_iter().collect();
        ended.sort_unstable_by_key(|(_, open)| open.number);
        self.deadlines = BinaryHeap::new();
        self.awaiting_callback = 0;
        ended.into_iter().map(|(id, open)| (id, open.what)).collect()
    }

    /// Frees the slots of `callbacks` requests that were closed or have expired: their callbacks
    /// have begun, or never will.
    pub fn release(&mut self, callbacks: u32) {
        self.awaiting_callback = self.awaiting_callback.saturating_sub(callbacks);
    }

    /// When [`expire`](Self::expire) will next end a request.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.peek().map(|Reverse(deadline)| deadline.at)
    }

    /// How many requests are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether no request is open. Slots may still be in use.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many requests are open or wait for their callback to begin.
    pub fn slots_in_use(&self) -> u32 {
        // No more requests are open than `limit`, which is a `u32`.
        self.open.len() as u32 + self.awaiting_callback
    }

    /// The open request that is the first to end at `now`.
    fn due(&self, now: Duration) -> Option<RequestId> {
        let Reverse(first) = self.deadlines.peek()?;
        (first.at <= now).then_some(first.id)
    }

    /// Keeps a live deadline on top, the dead ones from outnumbering the live, and the memory in
    /// proportion to what is open.
    fn tidy(&mut self) {
        let Self { open, deadlines, .. } = self;
        while deadlines.peek().is_some_and(|Reverse(first)| !is_open(open, first)) {
            deadlines.pop();
        }
        if deadlines.len() > 2 * open.len() {
            deadlines.retain(|Reverse(deadline)| is_open(open, deadline));
        }
        if open.capacity() > 4 * (open.len() + ROOM) {
            open.shrink_to(2 * (open.len() + ROOM));
            deadlines.shrink_to(2 * (open.len() + ROOM));
        }
    }
}

fn is_open<T>(open: &HashMap<RequestId, Open<T>, RandomState>, deadline: &Deadline) -> bool {
    // An id may come again, in a test at least; a number does not.
    open.get(&deadline.id).is_some_and(|open| open.number == deadline.number)
}

/// All slots are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{limit} requests have not ended, or wait for their callback to begin; that is the limit")]
pub struct TooMany {
    /// How many slots there are.
    pub limit: u32,
}

#[cfg(test)]
mod tests;
