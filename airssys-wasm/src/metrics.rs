use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm_core::SendError;

/// What one component has done since it was spawned, across its restarts.
///
/// Of the messages that were [accepted](Self::accepted) for it each one is, at any time when it
/// has none in hand, in exactly one of [`queued`](Self::queued), [`handled`](Self::handled),
/// [`refused`](Self::refused), [`crashed`](Self::crashed), [`dropped`](Self::dropped) and
/// [`stopped`](Self::stopped).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Messages, requests among them, that were taken into its mailbox.
    pub accepted: u64,
    /// Those that wait there.
    pub queued: u64,
    /// Those that its handler took.
    pub handled: u64,
    /// Those that its handler returned an error for.
    pub refused: u64,
    /// Those that it crashed with.
    pub crashed: u64,
    /// Those that were pushed out of the mailbox, or did not get into it.
    pub dropped: u64,
    /// Those that were left when it ended.
    pub stopped: u64,
    /// Publications that it had subscribed to and that its mailbox had no room for.
    pub missed: u64,
    /// Outcomes of its own requests that its callback was told.
    pub callbacks: u64,
    /// Exits of components that it monitors that it was told.
    pub exits: u64,
    /// How often it was started anew.
    pub restarts: u64,
    /// The time that its handlers ran, all together. While there is much to do and they are short,
    /// that is found from a sample of them.
    pub handling_time: Duration,
    /// What it sent.
    pub sends: SendCounts,
}

/// How the sends of one component ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the others are the cases of `SendError`")]
pub struct SendCounts {
    /// Messages and requests that were accepted.
    pub accepted: u64,
    /// Publications that were, however many subscribers there were.
    pub published: u64,
    /// Copies of these that subscribers took.
    pub copies: u64,
    pub invalid_target: u64,
    pub no_such_component: u64,
    pub not_permitted: u64,
    pub codec_not_accepted: u64,
    pub message_too_large: u64,
    pub rate_limited: u64,
    pub mailbox_full: u64,
    pub too_many_requests: u64,
    pub stopped: u64,
    pub no_callback: u64,
}

/// [`Metrics`] while they are being counted.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) refused: Counter,
    pub(crate) crashed: Counter,
    pub(crate) callbacks: Counter,
    pub(crate) exits: Counter,
    pub(crate) restarts: Counter,
    /// Messages that the member took, and its code was not there to handle.
    pub(crate) turned_away: Counter,
    // Whoever sends or stops counts these.
    pub(crate) dropped: AtomicU64,
    pub(crate) stopped: AtomicU64,
    pub(crate) missed: AtomicU64,
}

/// [`SendCounts`] while they are being counted.
#[derive(Default)]
pub(crate) struct SendCounters {
    pub(crate) accepted: Counter,
    pub(crate) published: Counter,
    pub(crate) copies: Counter,
    refused: [Counter; 10],
}

/// A number that one thread at a time adds to, and any may read. No other core is made to wait.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn bump(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl SendCounters {
    /// The counter of those that failed so.
    pub(crate) fn refused(&self, error: &SendError) -> &Counter {
        &self.refused[match error {
            SendError::InvalidTarget => 0,
            SendError::NoSuchComponent => 1,
            SendError::NotPermitted => 2,
            SendError::CodecNotAccepted(_) => 3,
            SendError::MessageTooLarge(_) => 4,
            SendError::RateLimited(_) => 5,
            SendError::MailboxFull => 6,
            SendError::TooManyRequests(_) => 7,
            SendError::Stopped => 8,
            SendError::NoCallback => 9,
        }]
    }

    /// What was counted here and, if there is such, in `other`.
    pub(crate) fn counts_with(&self, other: Option<&Self>) -> SendCounts {
        let both = |count: &dyn Fn(&Self) -> u64| count(self) + other.map_or(0, count);
        let sum = |counter: fn(&Self) -> &Counter| both(&|it| counter(it).get());
        let refused = |error: SendError| both(&|it| it.refused(&error).get());
        SendCounts {
            accepted: sum(|it| &it.accepted),
            published: sum(|it| &it.published),
            copies: sum(|it| &it.copies),
            invalid_target: refused(SendError::InvalidTarget),
            no_such_component: refused(SendError::NoSuchComponent),
            not_permitted: refused(SendError::NotPermitted),
            codec_not_accepted: refused(SendError::CodecNotAccepted(Vec::new())),
            message_too_large: refused(SendError::MessageTooLarge(0)),
            rate_limited: refused(SendError::RateLimited(0)),
            mailbox_full: refused(SendError::MailboxFull),
            too_many_requests: refused(SendError::TooManyRequests(0)),
            stopped: refused(SendError::Stopped),
            no_callback: refused(SendError::NoCallback),
        }
    }
}

impl Counters {
    /// What was counted here. The rest is counted elsewhere: where it is done for each message,
    /// the line of the cache is at hand.
    pub(crate) fn metrics(&self) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            refused: self.refused.get(),
            crashed: self.crashed.get(),
            callbacks: self.callbacks.get(),
            exits: self.exits.get(),
            restarts: self.restarts.get(),
            dropped: read(&self.dropped),
            stopped: read(&self.stopped),
            missed: read(&self.missed),
            ..Metrics::default()
        }
    }
}
