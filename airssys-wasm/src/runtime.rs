use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airssys_wasm_actor::Timers;
use airssys_wasm_broker::{DeadLetters, Registry, Topics};
use airssys_wasm_core::{
    Alarm, Clock, ComponentError, ComponentId, Crash, ExitReason, Health, MonitorError,
    RequestError, SendError, TraceParent,
};
use airssys_wasm_host::{MemoryBudget, Output};
use airssys_wasm_security::Pattern;
use bytes::Bytes;
use parking_lot::Mutex;
use rand::rngs::{SmallRng, StdRng};
use rand::{RngExt, SeedableRng};

use crate::audit::Audit;
use crate::dead_letter::{DeadLetter, DeadLetterReason, Tally};
use crate::event::Event;
use crate::mail::{Callback, Mail, Message};
use crate::monitors::Monitors;
use crate::registration::{Author, Registration, Status};
use crate::supervision::Supervision;
use crate::system::MonitorSlot;
use crate::watch::Notice;

/// What the members of one system share.
pub(crate) struct Runtime {
    pub(crate) registry: Registry<Arc<Registration>>,
    pub(crate) topics: Topics<ComponentId, Pattern>,
    pub(crate) monitors: Monitors,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timers: Timers,
    pub(crate) audit: Audit,
    pub(crate) dead_letters: Mutex<DeadLetters<Arc<DeadLetter>>>,
    pub(crate) tally: Tally,
    /// How long a request may take whose sender does not say.
    pub(crate) request_timeout: Duration,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) random: Mutex<StdRng>,
    /// What threads that are no worker have in place of a worker's number.
    pub(crate) outside: usize,
    /// Whether nothing is taken from outside any more.
    pub(crate) closed: AtomicBool,
    /// Wakes guests that wait for a time, by the same clock.
    pub(crate) alarm: Arc<dyn Alarm>,
    pub(crate) supervision: Supervision,
    /// Takes what guests print.
    pub(crate) output: Output,
    /// What the memories of all guests may have together.
    pub(crate) memory: Option<Arc<MemoryBudget>>,
    /// Whether time passes only when somebody moves it.
    pub(crate) is_seeded: bool,
}

pub(crate) type Listener = Box<dyn Fn(&Event<'_>) + Send + Sync>;

impl Runtime {
    /// Takes nothing more from outside.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// A source of random numbers for one member's own use.
    pub(crate) fn fork_random(&self) -> SmallRng {
        SmallRng::from_rng(&mut *self.random.lock())
    }

    pub(crate) fn random(&self) -> u64 {
        self.random.lock().random()
    }

    /// Accounts for a message that was accepted by `target` and that it will not handle (any
    /// more); whoever waits for an answer gets `outcome`.
    pub(crate) fn dead_letter(
        &self,
        target: &ComponentId,
        message: Message,
        reason: DeadLetterReason,
        detail: Option<String>,
        outcome: RequestError,
    ) {
        let trace_parent = message.trace_parent();
        let letter = DeadLetter {
            sender: message.sender,
            target: target.clone(),
            reason,
            detail,
            at: self.clock.unix_nanos(),
            sent_at: message.info.sent_at,
            delivery: message.info.delivery,
            payload: message.payload.to_bytes(),
            request: message.info.request,
            trace_parent,
        };
        if let Some(reply) = message.reply {
            reply.answer(Err(outcome), None);
        }
        self.keep(letter);
    }

    /// Accounts for what a mailbox dropped.
    pub(crate) fn dropped(&self, target: &Registration, mail: Vec<Mail>) {
        for mail in mail {
            if let Mail::Message(message) = mail {
                target.counters.dropped.fetch_add(1, Ordering::Relaxed);
                let reason = DeadLetterReason::Dropped;
                self.dead_letter(target.id(), *message, reason, None, RequestError::Dropped);
            }
        }
    }

    /// Accounts for what was left in the mailbox of a component that ended.
    pub(crate) fn undelivered(&self, target: &Registration, mail: Mail) {
        if let Mail::Message(message) = mail {
            target.counters.stopped.fetch_add(1, Ordering::Relaxed);
            let reason = DeadLetterReason::Stopped;
            self.dead_letter(target.id(), *message, reason, None, RequestError::Stopped);
        }
    }

    /// Accounts for a publication that a subscriber had no room for.
    pub(crate) fn missed(
        &self,
        sender: &ComponentId,
        subscriber: &Registration,
        payload: Bytes,
        now: Duration,
        trace_parent: TraceParent,
    ) {
        subscriber.counters.missed.fetch_add(1, Ordering::Relaxed);
        let at = self.clock.unix_nanos_at(now);
        self.keep(DeadLetter {
            sender: sender.clone(),
            target: subscriber.id().clone(),
            reason: DeadLetterReason::Missed,
            detail: None,
            at,
            sent_at: at,
            delivery: 1,
            payload,
            request: None,
            trace_parent,
        });
    }

    /// Accounts for a message that was refused when its timer went off.
    pub(crate) fn not_sent(
        &self,
        sender: &ComponentId,
        target: ComponentId,
        payload: Bytes,
        trace_parent: TraceParent,
        error: &SendError,
    ) {
        let at = self.clock.unix_nanos();
        self.keep(DeadLetter {
            sender: sender.clone(),
            target,
            reason: DeadLetterReason::NotSent,
            detail: Some(error.to_string()),
            at,
            sent_at: at,
            delivery: 1,
            payload,
            request: None,
            trace_parent,
        });
    }

    /// Accounts for the outcome of a request that its requester's callback refused.
    pub(crate) fn refused_outcome(
        &self,
        requester: &ComponentId,
        callback: Callback,
        error: &ComponentError,
    ) {
        let Callback { responder, request, outcome, sent_at, trace_parent, .. } = callback;
        let what = match &outcome {
            Ok(_) => "the response".to_owned(),
            Err(ended) => format!("the outcome ({ended})"),
        };
        self.keep(DeadLetter {
            sender: responder,
            target: requester.clone(),
            reason: DeadLetterReason::Refused,
            detail: Some(format!("{error}, for {what}")),
            at: self.clock.unix_nanos(),
            sent_at,
            delivery: 1,
            payload: outcome.map(|response| response.to_bytes()).unwrap_or_default(),
            request: Some(request),
            trace_parent,
        });
    }

    fn keep(&self, letter: DeadLetter) {
        self.tally.count(letter.reason);
        self.audit.dead_letter(self.outside, &letter);
        let letter = Arc::new(letter);
        let size = letter.kept_size();
        self.dead_letters.lock().push(Arc::clone(&letter), size);
        self.emit(&Event::DeadLetter(&letter));
    }

    /// Notes how a component is.
    pub(crate) fn is_now(&self, registration: &Registration, health: Health) {
        let before = registration.health.lock().replace(health.clone()).unwrap_or_default();
        if before != health {
            self.emit(&Event::HealthChanged { id: registration.id(), health: &health });
        }
    }

    /// Has a component be told how `target` ends.
    pub(crate) fn monitor(
        &self,
        watcher: &Arc<Author>,
        target: &ComponentId,
    ) -> Result<(), MonitorError> {
        self.monitors.begin(watcher, target, || self.end_of(target))
    }

    /// Has a host program be told.
    pub(crate) fn monitor_by_handle(&self, slot: &Arc<MonitorSlot>, target: &ComponentId) {
        self.monitors.begin_handle(slot, target, || self.end_of(target));
    }

    /// Tells those who monitor a component that it has crashed, and will be there again.
    pub(crate) fn exited(&self, id: &ComponentId, reason: ExitReason) {
        self.monitors.tell(id, &self.notice(reason), false);
    }

    /// Tells them that it will not. Whoever tells has seen to it that [`end_of`](Self::end_of)
    /// knows.
    pub(crate) fn ended(&self, id: &ComponentId, reason: ExitReason) {
        self.monitors.tell(id, &self.notice(reason), true);
    }

    /// How a component has ended, if it has for good.
    fn end_of(&self, id: &ComponentId) -> Option<Notice> {
        let status = self.registry.get(id.as_str()).map(|registration| registration.status());
        let reason = match status {
            None => ExitReason::NoSuchComponent,
            Some(Status::Stopped) => ExitReason::Stopped,
            Some(Status::GivenUp) => ExitReason::GivenUp("before it was monitored".to_owned()),
            Some(Status::Starting | Status::Running | Status::Restarting) => return None,
        };
        Some(self.notice(reason))
    }

    fn notice(&self, reason: ExitReason) -> Notice {
        Notice { reason, at: self.clock.unix_nanos() }
    }

    pub(crate) fn crashed(&self, id: &ComponentId, crash: &Crash, restart: Option<Duration>) {
        self.audit.flush();
        self.emit(&Event::Crashed { id, crash, restart });
    }

    pub(crate) fn emit(&self, event: &Event<'_>) {
        log(event);
        self.listeners.iter().for_each(|listener| listener(event));
    }
}

fn log(event: &Event<'_>) {
    match event {
        Event::Crashed { restart: None, .. } | Event::GivenUp { .. } => tracing::error!("{event}"),
        Event::HealthChanged { health: Health::Healthy, .. } => tracing::info!("{event}"),
        Event::Crashed { .. } | Event::HealthChanged { .. } => tracing::warn!("{event}"),
        Event::Exited { .. }
        | Event::Restarted { .. }
        | Event::DeadLetter(_)
        | Event::OutputClosed => tracing::info!("{event}"),
        // The log has told of it, with the cause.
        Event::AuditNotWritten => {}
    }
}
