use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::{SendError, TimerError, TimerId};
use airssys_wasm_security::audit::AttemptKind;
use bytes::Bytes;

use super::route::Right;
use super::{Draft, Outbox, Sender};
use crate::payload::{Content, Payload};
use crate::registration::Author;
use crate::runtime::Runtime;
use crate::timetable::Later;

impl Outbox {
    /// Has a message sent after `delay`. What waiting cannot change is judged now.
    pub(super) fn set_timer(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        let Self { sender, routes, turn, random, .. } = self;
        let right = sender.right_by_timer(target);
        let judged = sender.judge_lasting(routes, target, message, right).and_then(|route| {
            if route.receiver.has_ended() {
                return Err(SendError::Stopped);
            }
            let target = route.target().clone();
            let payload = Bytes::copy_from_slice(message);
            Ok(Later { target, payload, trace: turn.trace(random) })
        });
        let later = judged.inspect_err(|error| {
            self.sender.refused(&self.turn, AttemptKind::Message, target, message, error);
        })?;
        let runtime = Arc::downgrade(&self.sender.runtime);
        let author = Arc::clone(&self.sender.author);
        self.sender.author.timetable.set(delay, later, move |id| {
            if let Some(runtime) = runtime.upgrade() {
                Self::go_off(runtime, author, id);
            }
        })
    }

    /// Sends what a timer was set for, on the timers' thread. A refusal has nobody to be told to:
    /// then it is a dead letter.
    fn go_off(runtime: Arc<Runtime>, author: Arc<Author>, id: TimerId) {
        let Some(Later { target, payload, trace }) = author.timetable.take(id) else { return };
        let mut outbox = Self::new(runtime, author);
        outbox.sender.is_timer = true;
        outbox.continue_trace(Some(trace));
        let right = outbox.sender.right_by_timer(target.as_str());
        let message = Payload::from(payload.clone());
        let draft = Draft::new(Content::Payload(&message));
        if let Err(error) = outbox.send(right, target.as_str(), draft) {
            let Sender { runtime, id: sender, .. } = &outbox.sender;
            runtime.not_sent(sender, target, payload, trace, &error);
        }
    }
}

impl Sender {
    /// A message of a timer to the sender itself reaches nobody else, and needs no grant.
    fn right_by_timer(&self, target: &str) -> Right {
        if target == self.id.as_str() { Right::Own } else { Right::Send }
    }
}
