use std::collections::VecDeque;
use std::fmt;

use airssys_wasm::{ComponentId, DeadLetter, Event};
use parking_lot::Mutex;

/// Of so many events a system's journal knows.
const MAX_ENTRIES: usize = 1000;

/// So many of them are told where something did not come.
const TOLD: usize = 20;

/// What has happened in a system, the newest last.
#[derive(Default)]
pub(crate) struct Journal(Mutex<VecDeque<Entry>>);

struct Entry {
    what: What,
    /// Whether the test has asked for it.
    expected: bool,
}

pub(crate) enum What {
    Crashed { id: ComponentId, line: String },
    Restarted { id: ComponentId },
    DeadLetter(DeadLetter),
    Other(String),
}

impl Journal {
    pub(crate) fn note(&self, event: &Event<'_>) {
        let what = match event {
            Event::Crashed { id, .. } => {
                What::Crashed { id: (*id).clone(), line: event.to_string() }
            }
            Event::Restarted { id } => What::Restarted { id: (*id).clone() },
            Event::DeadLetter(letter) => What::DeadLetter((*letter).clone()),
            other => What::Other(other.to_string()),
        };
        let mut entries = self.0.lock();
        if entries.len() == MAX_ENTRIES {
            entries.pop_front();
        }
        entries.push_back(Entry { what, expected: false });
    }

    /// The first of those that the test has not asked for yet of which `pick` makes something.
    pub(crate) fn take<T>(&self, mut pick: impl FnMut(&What) -> Option<T>) -> Option<T> {
        let mut entries = self.0.lock();
        entries.iter_mut().filter(|entry| !entry.expected).find_map(|entry| {
            let picked = pick(&entry.what)?;
            entry.expected = true;
            Some(picked)
        })
    }

    /// The last events, a line each.
    pub(crate) fn last(&self) -> Vec<String> {
        let entries = self.0.lock();
        let untold = entries.len().saturating_sub(TOLD);
        entries.iter().skip(untold).map(|entry| entry.what.to_string()).collect()
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crashed { line, .. } | Self::Other(line) => f.write_str(line),
            Self::Restarted { id } => Event::Restarted { id }.fmt(f),
            Self::DeadLetter(letter) => Event::DeadLetter(letter).fmt(f),
        }
    }
}
