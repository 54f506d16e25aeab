use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use airssys_wasm::{ComponentId, DeadLetter, DeadLetterReason};

use crate::report::{OneLine, Report, Reported};

/// Whose name the lines of standard input have.
pub(super) const STDIN: &str = "airssys/stdin";

/// Whose name the messages of `--send` and `--request` have.
pub(super) const CLI: &str = "airssys/cli";

/// Whether the run went well, as far as it has come. What goes wrong is reported at once.
pub(super) struct Verdict {
    report: Report,
    failed: AtomicBool,
    stopping: AtomicBool,
    /// Nobody reads on: what cannot be handled any more is no fault.
    output_closed: AtomicBool,
    /// Messages of the operator that were in the mailbox of a component when it ended.
    unhandled: AtomicU64,
}

impl Verdict {
    pub(super) fn new(report: Report) -> Self {
        Self {
            report,
            failed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            output_closed: AtomicBool::new(false),
            unhandled: AtomicU64::new(0),
        }
    }

    pub(super) fn fault(&self, fault: fmt::Arguments<'_>) {
        if !self.output_closed.load(Ordering::Acquire) {
            self.failed.store(true, Ordering::Release);
            self.report.fault(fault);
        }
    }

    /// The runtime has logged which component, and why.
    pub(super) fn given_up(&self) {
        if !self.output_closed.load(Ordering::Acquire) {
            self.failed.store(true, Ordering::Release);
        }
    }

    /// What was to be recorded is not, whatever else happened.
    pub(super) fn audit_not_written(&self) {
        self.failed.store(true, Ordering::Release);
        self.report.fault(format_args!(
            "the end of the audit log is not written; make room for its file, or name another in \
             [audit]"
        ));
    }

    pub(super) fn output_closed(&self) {
        self.output_closed.store(true, Ordering::Release);
    }

    /// From here on it is no news that nothing is accepted.
    pub(super) fn stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// A message of the operator that was accepted, and lost without an answer, is a fault. What
    /// a mailbox drops is as the system manifest wants it.
    pub(super) fn dead_letter(&self, letter: &DeadLetter) {
        let DeadLetter { sender, target, reason, detail, payload, request, .. } = letter;
        let size = payload.len();
        if !is_operators(sender) || request.is_some() {
            return;
        }
        let detail = OneLine(detail.as_deref().unwrap_or_default());
        let what = match sender.as_str() {
            STDIN => "a line of standard input",
            _ => "a message of --send",
        };
        match reason {
            DeadLetterReason::Refused => {
                self.fault(format_args!("{target} refused {what}, {size} bytes: {detail}"));
            }
            DeadLetterReason::Crashed => {
                self.fault(format_args!("{what}, {size} bytes, is lost: {target} {detail}"));
            }
            DeadLetterReason::Stopped => {
                self.unhandled.fetch_add(1, Ordering::AcqRel);
            }
            _ => {}
        }
    }

    /// How it went, at the end.
    pub(super) fn given(&self) -> Result<(), Reported> {
        let unhandled = self.unhandled.load(Ordering::Acquire);
        if unhandled > 0 {
            self.fault(format_args!(
                "messages that were accepted and not handled before their receiver stopped: \
                 {unhandled}; send them again"
            ));
        }
        if self.failed.load(Ordering::Acquire) { Err(Reported) } else { Ok(()) }
    }
}

fn is_operators(sender: &ComponentId) -> bool {
    [STDIN, CLI].contains(&sender.as_str())
}
