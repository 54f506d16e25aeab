use std::collections::VecDeque;

use crate::Context;

/// State that handles one message at a time.
pub trait Actor: Send + Sized + 'static {
    /// What it is sent.
    type Message: Send + 'static;

    /// Handles one message. Until it returns, no other call of this actor is made.
    fn handle(&mut self, message: Self::Message, context: &mut Context<'_, Self>);

    /// How many of `next`, of which there are two at least, it handles in one call.
    fn takes_together(&self, next: &VecDeque<Self::Message>) -> usize {
        let _ = next;
        1
    }

    /// Handles the first `count` of `next`, as many as it [takes together](Self::takes_together) or
    /// fewer, and takes them out. Those that it leaves are handled again: to [put
    /// back](Context::put_back) or to [wait](Context::wait) has no effect in here.
    fn handle_together(
        &mut self,
        next: &mut VecDeque<Self::Message>,
        count: usize,
        context: &mut Context<'_, Self>,
    ) {
        for message in next.drain(..count) {
            self.handle(message, context);
        }
    }

    /// Goes on with a message in the middle of which the actor [waits](Context::wait), after it was
    /// woken. It may have been woken for nothing.
    fn proceed(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// Called once, when the actor has handled its last message, with those that it will not
    /// handle. From before this call on, sends to it fail.
    fn stopped(&mut self, exit: Exit, undelivered: VecDeque<Self::Message>) {
        let _ = (exit, undelivered);
    }

    /// Bytes of `message` that count towards [`MailboxLimits::max_bytes`].
    ///
    /// [`MailboxLimits::max_bytes`]: crate::MailboxLimits::max_bytes
    fn size(message: &Self::Message) -> usize {
        size_of_val(message)
    }

    /// Whether `message` has a place of its own, beside the mailbox's capacity. Whoever sends
    /// such messages sees to it that there are not too many of them.
    fn reserved(message: &Self::Message) -> bool {
        let _ = message;
        false
    }
}

/// Why an actor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was told to, or decided so itself.
    Stopped,
    /// Its code panicked.
    Panicked,
}
