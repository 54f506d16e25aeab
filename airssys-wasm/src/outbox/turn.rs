use std::time::Duration;
use std::vec::Drain;

use airssys_wasm_actor::Address;
use airssys_wasm_core::{Clock, TraceParent};
use rand::RngExt;
use rand::rngs::SmallRng;

use crate::member::Member;

/// One call of the sender's code: what is the same for all sends within it.
pub(super) struct Turn {
    pub(super) number: u64,
    /// The worker that it runs on, or [`Runtime::outside`](crate::runtime::Runtime::outside).
    pub(super) worker: usize,
    /// On the monotonic clock, once it is known.
    now: Option<Duration>,
    /// Time passes in the middle of its calls.
    pub(super) waits: bool,
    /// The step of a trace that this call is, once it is known.
    trace: Option<TraceParent>,
    /// Time has passed in the middle of it.
    took_long: bool,
    /// Receivers whose mailboxes it has filled.
    filled: Vec<Filled>,
}

/// A receiver, and how much room the sender wants there.
pub(crate) type Filled = (Address<Member>, usize);

impl Turn {
    pub(super) fn new(worker: usize) -> Self {
        Self {
            number: 0,
            worker,
            now: None,
            waits: false,
            trace: None,
            took_long: false,
            filled: Vec::new(),
        }
    }

    pub(super) fn begin(
        &mut self,
        worker: usize,
        began: Option<Duration>,
        trace: Option<TraceParent>,
    ) {
        self.worker = worker;
        self.now = began;
        self.trace = trace;
    }

    /// It is later when it goes on.
    pub(super) fn time_passes(&mut self) {
        self.took_long = true;
        self.now = None;
    }

    /// Whether it has taken long, which is forgotten then.
    pub(super) fn took_long(&mut self) -> bool {
        std::mem::take(&mut self.took_long)
    }

    /// Begins it where there is no call.
    pub(super) fn continue_trace(&mut self, trace: Option<TraceParent>) {
        self.trace = trace;
    }

    /// Ends it, and says which receivers it filled, if any.
    pub(super) fn end(&mut self) -> Option<Drain<'_, Filled>> {
        self.number += 1;
        self.now = None;
        self.trace = None;
        if self.filled.is_empty() { None } else { Some(self.filled.drain(..)) }
    }

    /// The time of its sends: the clock is asked once, unless it waits.
    pub(super) fn now(&mut self, clock: &dyn Clock) -> Duration {
        if self.waits {
            return clock.monotonic();
        }
        *self.now.get_or_insert_with(|| clock.monotonic())
    }

    /// The step that its sends come from. A call that no message led to begins a trace.
    pub(super) fn trace(&mut self, random: &mut SmallRng) -> TraceParent {
        *self.trace.get_or_insert_with(|| TraceParent::root(random.random(), random.random()))
    }

    /// The same, if it is part of a trace already.
    pub(super) fn trace_so_far(&self) -> Option<TraceParent> {
        self.trace
    }

    /// Notes that the mailbox of this receiver should have room for so many more messages before
    /// the next turn.
    pub(super) fn fill(&mut self, address: &Address<Member>, wanted: usize) {
        match self.filled.iter_mut().find(|(filled, _)| filled.is_same(address)) {
            Some((_, most)) => *most = wanted,
            None => self.filled.push((address.clone(), wanted)),
        }
    }
}
