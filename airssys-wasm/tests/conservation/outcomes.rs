use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use airssys_wasm::{DeadLetterCounts, ExitReason, RequestError, SendCounts};
use parking_lot::Mutex;

/// How often each outcome came up, in all systems together.
#[derive(Default)]
pub(crate) struct Outcomes {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    unasked: AtomicU64,
}

/// All that there are.
const ALL: [&str; 33] = [
    "send accepted",
    "send published",
    "send copies",
    "send invalid-target",
    "send no-such-component",
    "send not-permitted",
    "send codec-not-accepted",
    "send message-too-large",
    "send rate-limited",
    "send mailbox-full",
    "send too-many-requests",
    "send stopped",
    "send no-callback",
    "request response",
    "request timed-out",
    "request refused",
    "request crashed",
    "request stopped",
    "request dropped",
    "request response-too-large",
    "request cancelled",
    "timer cancelled",
    "exit crashed",
    "exit stopped",
    "exit given-up",
    "exit no-such-component",
    "letter refused",
    "letter crashed",
    "letter stopped",
    "letter dropped",
    "letter missed",
    "letter not-sent",
    "letter pushed-out",
];

impl Outcomes {
    pub(crate) fn add_sends(&self, sends: &SendCounts) {
        self.add("send accepted", sends.accepted);
        self.add("send published", sends.published);
        self.add("send copies", sends.copies);
        self.add("send invalid-target", sends.invalid_target);
        self.add("send no-such-component", sends.no_such_component);
        self.add("send not-permitted", sends.not_permitted);
        self.add("send codec-not-accepted", sends.codec_not_accepted);
        self.add("send message-too-large", sends.message_too_large);
        self.add("send rate-limited", sends.rate_limited);
        self.add("send mailbox-full", sends.mailbox_full);
        self.add("send too-many-requests", sends.too_many_requests);
        self.add("send stopped", sends.stopped);
        self.add("send no-callback", sends.no_callback);
    }

    pub(crate) fn add_request(&self, error: Option<&RequestError>) {
        let outcome = match error {
            None => "request response",
            Some(RequestError::TimedOut) => "request timed-out",
            Some(RequestError::Refused(_)) => "request refused",
            Some(RequestError::Crashed) => "request crashed",
            Some(RequestError::Stopped) => "request stopped",
            Some(RequestError::Dropped) => "request dropped",
            Some(RequestError::ResponseTooLarge(_)) => "request response-too-large",
        };
        self.add(outcome, 1);
    }

    pub(crate) fn add_letters(&self, letters: &DeadLetterCounts) {
        self.add("letter refused", letters.refused);
        self.add("letter crashed", letters.crashed);
        self.add("letter stopped", letters.stopped);
        self.add("letter dropped", letters.dropped);
        self.add("letter missed", letters.missed);
        self.add("letter not-sent", letters.not_sent);
        self.add("letter pushed-out", letters.pushed_out);
    }

    pub(crate) fn add_cancelled(&self) {
        self.add("request cancelled", 1);
    }

    pub(crate) fn add_exit(&self, reason: &ExitReason) {
        let reason = match reason {
            ExitReason::Normal => return,
            ExitReason::Crashed(_) => "exit crashed",
            ExitReason::Stopped => "exit stopped",
            ExitReason::GivenUp(_) => "exit given-up",
            ExitReason::NoSuchComponent => "exit no-such-component",
        };
        self.add(reason, 1);
    }

    pub(crate) fn add_cancelled_timer(&self) {
        self.add("timer cancelled", 1);
    }

    /// A callback that belongs to no open request.
    pub(crate) fn add_unasked(&self) {
        self.unasked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn unasked(&self) -> u64 {
        self.unasked.load(Ordering::Relaxed)
    }

    fn add(&self, outcome: &'static str, count: u64) {
        assert!(ALL.contains(&outcome), "{outcome} is not listed");
        *self.counts.lock().entry(outcome).or_default() += count;
    }

    /// Those that came up less often.
    pub(crate) fn rarer_than(&self, at_least: u64) -> Vec<(&'static str, u64)> {
        let counts = self.counts.lock();
        let count = |outcome: &'static str| (outcome, counts.get(outcome).copied().unwrap_or(0));
        ALL.into_iter().map(count).filter(|(_, count)| *count < at_least).collect()
    }
}
