use std::fmt;
use std::time::Duration;

use airssys_wasm::{ComponentStatus, Metrics, Status, System};

/// What there is to know of a system in which something did not come that the test expected.
pub(crate) struct Situation<'a> {
    pub(crate) system: &'a System,
    /// What has happened, the newest last.
    pub(crate) events: Vec<String>,
    pub(crate) now: Duration,
}

impl fmt::Display for Situation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            writeln!(f, "- {event}")?;
        }
        for component in self.system.components() {
            let metrics = self.system.metrics(component.id.as_str()).unwrap_or_default();
            let remarks = remarks(&component, &metrics);
            if !remarks.is_empty() {
                writeln!(f, "- {}: {}", component.id, remarks.join(", "))?;
            }
        }
        match self.system.next_timer() {
            Some(at) => {
                let left = at.saturating_sub(self.now);
                write!(f, "- the next timer or time-out is in {left:?}: `advance` lets that pass")
            }
            None => f.write_str("- no timer or time-out is set"),
        }
    }
}

/// What is not as usual.
fn remarks(component: &ComponentStatus, metrics: &Metrics) -> Vec<String> {
    let mut remarks = Vec::new();
    if component.status != Status::Running {
        remarks.push(format!("it is {:?}", component.status));
    }
    let sends = &metrics.sends;
    let counts = [
        (component.queued as u64, "in its mailbox"),
        (component.open_requests as u64, "of its requests not answered yet"),
        (metrics.refused, "refused by its handler"),
        (metrics.dropped, "not taken by its mailbox"),
        (sends.invalid_target, "of its sends to what is no id"),
        (sends.no_such_component, "of its sends to no component"),
        (sends.not_permitted, "of its sends not permitted"),
        (sends.codec_not_accepted, "of its sends in a codec that was not accepted"),
        (sends.message_too_large, "of its sends too large"),
        (sends.rate_limited, "of its sends over its rate"),
        (sends.mailbox_full, "of its sends to a full mailbox"),
        (sends.too_many_requests, "of its requests over its quota"),
        (sends.stopped, "of its sends to who had stopped"),
        (sends.no_callback, "of its requests without a callback to answer"),
    ];
    let counted = counts.into_iter().filter(|(count, _)| *count > 0);
    remarks.extend(counted.map(|(count, what)| format!("{count} {what}")));
    remarks
}
