//! Many messages in one call.

use std::collections::VecDeque;

use airssys_wasm_actor::Context;
use airssys_wasm_core::{ComponentId, Failure};

use super::{Member, unwinding};
use crate::mail::{Mail, Message};

/// Bytes that the messages of a batch have together, at most.
const MAX_BYTES: usize = 64 << 10;

impl Member {
    /// How many of the next messages are a batch: those that say no more than who sent them, and
    /// what. One that is delivered again comes alone, so that of a batch which crashed the guest
    /// only the guilty does it again.
    pub(super) fn batch_of(&self, next: &VecDeque<Mail>) -> usize {
        if self.faults.is_some() || !self.running.as_ref().is_some_and(|it| it.takes_batches()) {
            return 1;
        }
        let mut bytes = 0;
        let fits = |mail: &&Mail| {
            let Mail::Message(message) = mail else { return false };
            bytes += message.payload.len();
            message.info.delivery == 1 && message.info.topic.is_none() && bytes <= MAX_BYTES
        };
        next.iter().take_while(fits).count()
    }

    /// Hands the first `count` messages to the guest. Those that are to be delivered again stay.
    pub(super) fn handle_batch(
        &mut self,
        next: &mut VecDeque<Mail>,
        count: usize,
        context: &mut Context<'_, Self>,
    ) {
        let Some(mut running) = self.running.take() else { return };
        running.begin_turn(context, None);
        let messages = next.iter().take(count).filter_map(sender_and_payload);
        let handled = unwinding(|| running.handle_messages(messages));
        self.running = Some(running);
        let now = self.after_call(context);
        let messages = next.drain(..count).filter_map(into_message);
        match handled {
            Ok(outcomes) => {
                messages
                    .zip(outcomes)
                    .for_each(|(message, outcome)| self.answered(message, outcome, now));
            }
            Err(Failure::Crashed(crash)) => {
                let again: Vec<_> = messages
                    .filter_map(|message| {
                        let again = self.delivered_again(message);
                        again.map_err(|message| self.lost_in(&crash, message)).ok()
                    })
                    .collect();
                again.into_iter().rev().for_each(|it| next.push_front(Mail::Message(it)));
                self.crashed(crash, context);
            }
            // As where one was in hand: they were handled, and who waits for an answer is told that
            // the component has stopped.
            Err(Failure::Exited | Failure::Refused(_)) => {
                messages.for_each(drop);
                self.exited(context);
            }
        }
    }
}

fn sender_and_payload(mail: &Mail) -> Option<(&ComponentId, &[u8])> {
    match mail {
        Mail::Message(message) => Some((&message.sender, &message.payload)),
        _ => None,
    }
}

fn into_message(mail: Mail) -> Option<Box<Message>> {
    match mail {
        Mail::Message(message) => Some(message),
        _ => None,
    }
}
