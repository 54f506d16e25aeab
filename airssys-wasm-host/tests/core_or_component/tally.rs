use std::collections::BTreeMap;
use std::fmt;

use crate::crashes::{AT_START, IN_CALLS};

/// How often everything was met.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) guests: u64,
    pub(crate) starts: u64,
    pub(crate) calls: u64,
    /// Those of batches are counted one by one.
    pub(crate) messages: u64,
    answers: BTreeMap<&'static str, u64>,
    crashes_at_start: BTreeMap<&'static str, u64>,
    crashes_in_calls: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn count_answer(&mut self, what: &'static str) {
        *self.answers.entry(what).or_default() += 1;
    }

    pub(crate) fn count_crash_at_start(&mut self, cause: &'static str) {
        *self.crashes_at_start.entry(cause).or_default() += 1;
    }

    pub(crate) fn count_crash_in_call(&mut self, cause: &'static str) {
        *self.crashes_in_calls.entry(cause).or_default() += 1;
    }

    /// Causes of crashes that were met less than so many times.
    pub(crate) fn below(&self, times: u64) -> Vec<&'static str> {
        let met_at = |met: &BTreeMap<_, _>, cause| met.get(cause).copied().unwrap_or_default();
        let at_start = AT_START.map(|cause| (cause, met_at(&self.crashes_at_start, cause)));
        let in_calls = IN_CALLS.map(|cause| (cause, met_at(&self.crashes_in_calls, cause)));
        let all = at_start.into_iter().chain(in_calls);
        all.filter(|(_, met)| *met < times).map(|(cause, _)| cause).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, what) in [
            (self.guests, "guests"),
            (self.starts, "starts"),
            (self.calls, "calls"),
            (self.messages, "messages"),
        ] {
            writeln!(f, "{number:>10} {what}")?;
        }
        for (title, met) in [
            ("answers", &self.answers),
            ("crashes at the start", &self.crashes_at_start),
            ("crashes in calls", &self.crashes_in_calls),
        ] {
            writeln!(f, "{title}:")?;
            met.iter().try_for_each(|(what, times)| writeln!(f, "{times:>10} {what}"))?;
        }
        Ok(())
    }
}
