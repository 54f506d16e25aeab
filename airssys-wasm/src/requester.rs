use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm_actor::{Address, TimerKey, Timers};
use airssys_wasm_broker::OpenRequests;
use airssys_wasm_core::{Clock, ComponentId, RequestError, RequestId, SendError, TraceParent};
use bytes::Bytes;
use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::mail::{Callback, Mail};
use crate::member::Member;

/// One who makes requests, and those of its requests that have not ended.
///
/// Whoever takes a request out of the table ends it, so each ends once: with the response, by
/// its time-out, or cancelled.
pub(crate) struct Requester {
    open: Mutex<Open>,
    /// Where callbacks go; none for a host program's threads, which wait on a channel each.
    address: Option<Address<Member>>,
    /// The largest response that it takes, in bytes.
    max_response: u32,
    limit: u32,
    late: AtomicU64,
    clock: Arc<dyn Clock>,
    timers: Timers,
}

struct Open {
    requests: OpenRequests<Opened>,
    /// The one timer that serves all requests.
    armed: Option<TimerKey>,
    /// Counts the requester's restarts.
    life: u64,
}

/// What is kept of an open request.
struct Opened {
    waiting: Waiting,
    trace_parent: TraceParent,
}

/// Who waits for the outcome of a request.
pub(crate) enum Waiting {
    /// The requester's callback, which is told what became of a request to this component.
    Callback(ComponentId),
    Thread(Sender<Result<Bytes, RequestError>>),
}

/// How a request ended.
pub(crate) type Outcome = Result<Vec<u8>, RequestError>;

impl Requester {
    pub(crate) fn new(
        address: Option<Address<Member>>,
        limit: u32,
        max_response: u32,
        clock: Arc<dyn Clock>,
        timers: Timers,
    ) -> Arc<Self> {
        let open = Open { requests: OpenRequests::new(limit), armed: None, life: 0 };
        let (open, late) = (Mutex::new(open), AtomicU64::new(0));
        Arc::new(Self { open, address, max_response, limit, late, clock, timers })
    }

    /// Opens a request that ends at `deadline` at the latest.
    pub(crate) fn open(
        self: &Arc<Self>,
        id: RequestId,
        deadline: Duration,
        waiting: Waiting,
        trace_parent: TraceParent,
    ) -> Result<Reply, SendError> {
        let mut open = self.open.lock();
        let opened = open.requests.open(id, deadline, Opened { waiting, trace_parent });
        opened.map_err(|_| SendError::TooManyRequests(self.limit))?;
        self.arm(&mut open);
        Ok(Reply { to: Some(Arc::clone(self)), id })
    }

    /// Ends a request without anybody being told.
    pub(crate) fn cancel(&self, id: RequestId) -> bool {
        self.open.lock().requests.cancel(id).is_some()
    }

    /// Notes that a callback begins. False if it belongs to an earlier life, and must not.
    pub(crate) fn begin_callback(&self, callback: &Callback) -> bool {
        let mut open = self.open.lock();
        let is_current = open.life == callback.life;
        if is_current {
            open.requests.release(1);
        } else {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
        is_current
    }

    /// Forgets all requests: their owner has crashed or stopped.
    pub(crate) fn forget_all(&self) {
        let mut open = self.open.lock();
        open.life += 1;
        let forgotten = open.requests.clear();
        if let Some(armed) = open.armed.take() {
            self.timers.cancel(armed);
        }
        drop(open);
        drop(forgotten);
    }

    /// The most that may be in use.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Requests that have not ended, and those whose callback has not begun.
    pub(crate) fn in_use(&self) -> usize {
        self.open.lock().requests.slots_in_use() as usize
    }

    /// Requests that have not ended.
    pub(crate) fn open_requests(&self) -> usize {
        self.open.lock().requests.len()
    }

    /// Outcomes that came after their request had ended.
    pub(crate) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    fn end(&self, request: RequestId, outcome: Outcome, now: Option<Duration>) {
        let mut open = self.open.lock();
        let Some(opened) = open.requests.close(request) else {
            self.late.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let ended = open.ended(request, opened);
        drop(open);
        self.tell(ended, outcome, now);
    }

    fn expire(self: &Arc<Self>) {
        let mut open = self.open.lock();
        let now = self.clock.monotonic();
        // It may be another one by now, that was set while this one went off.
        open.armed = open.armed.filter(|armed| armed.at() > now);
        let expired = open.requests.expire(now);
        let ended: Vec<_> =
            expired.into_iter().map(|(id, opened)| open.ended(id, opened)).collect();
        self.arm(&mut open);
        drop(open);
        for ended in ended {
            self.tell(ended, Err(RequestError::TimedOut), Some(now));
        }
    }

    /// Tells the one who waits, at this time if it is known.
    fn tell(&self, ended: Ended, outcome: Outcome, now: Option<Duration>) {
        let outcome = within(outcome, self.max_response);
        let Ended { request, life, opened: Opened { waiting, trace_parent } } = ended;
        match (waiting, &self.address) {
            (Waiting::Thread(thread), _) => drop(thread.send(outcome.map(Bytes::from))),
            (Waiting::Callback(responder), Some(address)) => {
                let now = now.unwrap_or_else(|| self.clock.monotonic());
                let sent_at = self.clock.unix_nanos_at(now);
                let callback =
                    Callback::new(responder, request, outcome, sent_at, trace_parent, life);
                // It has a place of its own, so it fits; one that has stopped needs no answer.
                drop(address.try_send(Mail::Callback(callback)));
            }
            (Waiting::Callback(_), None) => {}
        }
    }

    fn arm(self: &Arc<Self>, open: &mut Open) {
        let Some(next) = open.requests.next_deadline() else { return };
        match open.armed {
            Some(armed) if armed.at() <= next => return,
            Some(later) => drop(self.timers.cancel(later)),
            None => {}
        }
        let requester = Arc::downgrade(self);
        open.armed = Some(self.timers.at(next, move || {
            if let Some(requester) = requester.upgrade() {
                requester.expire();
            }
        }));
    }
}

/// A request that has ended, and of which nobody has been told.
struct Ended {
    request: RequestId,
    /// In which life it was made.
    life: u64,
    opened: Opened,
}

impl Open {
    fn ended(&mut self, request: RequestId, opened: Opened) -> Ended {
        if matches!(opened.waiting, Waiting::Thread(_)) {
            self.requests.release(1);
        }
        Ended { request, life: self.life, opened }
    }
}

/// The outcome as a requester is told it who takes so many bytes: of a refusal's text the
/// beginning, for its code says what to do.
fn within(outcome: Outcome, max_response: u32) -> Outcome {
    let limit = max_response as usize;
    match outcome {
        Ok(response) if response.len() > limit => Err(RequestError::ResponseTooLarge(max_response)),
        Err(RequestError::Refused(error)) => Err(RequestError::Refused(error.shortened(limit))),
        outcome => outcome,
    }
}

/// The duty to answer one request.
///
/// Dropped without an answer it says `stopped`: no request is left open because its message
/// went somewhere where nobody handles it.
pub(crate) struct Reply {
    to: Option<Arc<Requester>>,
    id: RequestId,
}

impl Reply {
    /// Which request it answers.
    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    /// Ends the request, if it has not ended yet, at this time if it is known.
    pub(crate) fn answer(mut self, outcome: Outcome, now: Option<Duration>) {
        if let Some(requester) = self.to.take() {
            requester.end(self.id, outcome, now);
        }
    }

    /// Takes the request back: it was not sent.
    pub(crate) fn withdraw(mut self) {
        if let Some(requester) = self.to.take() {
            requester.cancel(self.id);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(requester) = self.to.take() {
            requester.end(self.id, Err(RequestError::Stopped), None);
        }
    }
}
