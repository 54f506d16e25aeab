use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airssys_wasm_actor::Timers;
use airssys_wasm_broker::Registry;
use airssys_wasm_core::{Clock, ComponentId, Crash, RequestError};
use parking_lot::Mutex;
use rand::rngs::{SmallRng, StdRng};
use rand::{RngExt, SeedableRng};

use crate::event::{DeadLetter, DeadLetterReason, Event};
use crate::mail::{Mail, Message};
use crate::registration::Registration;
use crate::tally::Tally;

/// What the members of one system share.
pub(crate) struct Runtime {
    pub(crate) registry: Registry<Arc<Registration>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timers: Timers,
    pub(crate) tally: Tally,
    /// How long a request may take whose sender does not say.
    pub(crate) request_timeout: Duration,
    pub(crate) listener: Option<Listener>,
    pub(crate) random: Mutex<StdRng>,
    /// Whether nothing is taken from outside any more.
    pub(crate) closed: AtomicBool,
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
        self.tally.count(reason);
        let letter = DeadLetter {
            sender: message.sender,
            target: target.clone(),
            reason,
            detail,
            size: message.payload.len(),
            request: message.reply.as_ref().map(|reply| reply.id()),
        };
        if let Some(reply) = message.reply {
            reply.answer(Err(outcome));
        }
        self.emit(&Event::DeadLetter(&letter));
    }

    /// Accounts for what a mailbox dropped.
    pub(crate) fn dropped(&self, target: &ComponentId, mail: Vec<Mail>) {
        for mail in mail {
            if let Mail::Message(message) = mail {
                let reason = DeadLetterReason::Dropped;
                self.dead_letter(target, message, reason, None, RequestError::Dropped);
            }
        }
    }

    /// Accounts for what was left in the mailbox of a component that ended.
    pub(crate) fn undelivered(&self, target: &ComponentId, mail: Mail) {
        if let Mail::Message(message) = mail {
            let reason = DeadLetterReason::Stopped;
            self.dead_letter(target, message, reason, None, RequestError::Stopped);
        }
    }

    pub(crate) fn crashed(&self, id: &ComponentId, crash: &Crash, restart: Option<Duration>) {
        self.emit(&Event::Crashed { id, crash, restart });
    }

    pub(crate) fn emit(&self, event: &Event<'_>) {
        log(event);
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }
}

fn log(event: &Event<'_>) {
    match event {
        Event::Crashed { id, crash, restart: Some(after) } => {
            tracing::warn!("{id} {crash}; it starts again in {after:?}");
        }
        Event::Crashed { id, crash, restart: None } => tracing::error!("{id} {crash}; given up"),
        Event::Restarted { id } => tracing::info!("{id} runs again"),
        Event::DeadLetter(letter) => {
            let DeadLetter { sender, target, reason, detail, size, .. } = letter;
            let detail = detail.as_deref().unwrap_or_default();
            tracing::info!("dead letter: {target} {reason} {size} bytes from {sender} {detail}");
        }
        Event::OutputClosed => tracing::info!("standard output is closed"),
    }
}
