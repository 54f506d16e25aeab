use std::time::Duration;

use airssys_wasm_security::{Rate, RateLimiter, TooSoon};
use parking_lot::Mutex;

/// How much one component may send. It outlives the component's restarts: a crash gives it no new
/// burst.
pub(crate) struct Quota {
    /// The largest message that it may send, in bytes.
    pub(crate) max_message_size: u32,
    rate: Option<Mutex<RateLimiter>>,
}

/// How much of its quota a component has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaUsage {
    /// The rate that it may send at; `None`: any.
    pub rate: Option<Rate>,
    /// How many messages it may send at once now; `None`: any number.
    pub available: Option<u32>,
    /// The largest message that it may send, in bytes.
    pub max_message_size: u32,
    /// Its requests that have not ended, or whose callbacks have not begun.
    pub pending_requests: u32,
    /// The most of these.
    pub max_pending_requests: u32,
    /// Its timers that have not gone off.
    pub pending_timers: u32,
    /// The most of these.
    pub max_pending_timers: u32,
    /// The components that it monitors.
    pub monitors: u32,
    /// The most of these.
    pub max_monitors: u32,
}

impl Quota {
    pub(crate) fn new(max_message_size: u32, rate: Option<Rate>) -> Self {
        Self { max_message_size, rate: rate.map(|rate| Mutex::new(RateLimiter::new(rate))) }
    }

    pub(crate) fn has_rate(&self) -> bool {
        self.rate.is_some()
    }

    /// Counts a message if it may be sent now.
    pub(crate) fn take(&self, now: Duration) -> Result<(), TooSoon> {
        self.rate.as_ref().map_or(Ok(()), |rate| rate.lock().take(now))
    }

    /// Takes back a message that was counted, and not sent after all.
    pub(crate) fn give_back(&self) {
        if let Some(rate) = &self.rate {
            rate.lock().give_back();
        }
    }

    /// The rate, and how many messages may be sent at once now.
    pub(crate) fn rate_at(&self, now: Duration) -> Option<(Rate, u32)> {
        let rate = self.rate.as_ref()?.lock();
        Some((rate.rate(), rate.available(now)))
    }
}
