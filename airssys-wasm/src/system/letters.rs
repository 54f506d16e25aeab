//! What was accepted and not handled.

use std::sync::Arc;

use airssys_wasm_core::SendError;
use thiserror::Error;

use super::System;
use crate::dead_letter::{DeadLetter, DeadLetterCounts};
use crate::outbox::Outbox;
use crate::registration::Author;

/// Why a dead letter was not sent again. It is still kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResendError {
    /// There is none with this number: it was taken, sent again, or pushed out by newer ones.
    #[error("no dead letter has the number {0}")]
    NoSuchLetter(u64),
    /// It was not accepted.
    #[error(transparent)]
    NotSent(#[from] SendError),
}

impl System {
    /// How many messages became dead letters.
    pub fn dead_letter_counts(&self) -> DeadLetterCounts {
        let pushed_out = self.runtime.dead_letters.lock().pushed_out();
        self.runtime.tally.counts(pushed_out)
    }

    /// The dead letters that are kept, the oldest first, each with its number.
    pub fn dead_letters(&self) -> Vec<(u64, Arc<DeadLetter>)> {
        let kept = self.runtime.dead_letters.lock();
        kept.iter().map(|(number, letter)| (number, Arc::clone(letter))).collect()
    }

    /// The dead letter with this number.
    pub fn dead_letter(&self, number: u64) -> Option<Arc<DeadLetter>> {
        self.runtime.dead_letters.lock().get(number).cloned()
    }

    /// Takes a dead letter out of those that are kept.
    pub fn take_dead_letter(&self, number: u64) -> Option<Arc<DeadLetter>> {
        self.runtime.dead_letters.lock().take(number)
    }

    /// Sends a dead letter again, in its sender's name and by the operator's right: no grant is
    /// asked of it, and the other checks hold. A request is sent as a message, for who made it has
    /// been answered.
    ///
    /// # Errors
    ///
    /// [`ResendError`]. Then the letter is kept where it was.
    pub fn resend_dead_letter(&self, number: u64) -> Result<(), ResendError> {
        let letter = self.take_dead_letter(number).ok_or(ResendError::NoSuchLetter(number))?;
        let author = Arc::new(Author::outside(letter.sender.clone(), &self.runtime));
        let sent = Outbox::new(Arc::clone(&self.runtime), author).resend(&letter);
        if sent.is_err() {
            let size = letter.kept_size();
            self.runtime.dead_letters.lock().restore(number, letter, size);
        }
        Ok(sent?)
    }
}
