use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{self, Poll};

use airssys_wasm_actor::Context;
use airssys_wasm_core::{ComponentId, Crash, CrashKind, ExitReason, Failure, Health};

use super::{Member, panic_crash};
use crate::mail::{Callback, Message};
use crate::running::{Call, HandlerCall, Running};

/// What a guest is at, in the middle of which it waits: for a time, a socket, a file.
///
/// The call has the instance with it, and hands it back at its end.
pub(super) enum Waiting {
    Start(Call<Result<Running, Crash>>),
    /// It waits before its handler, and not in it: a test has it be slow.
    Delay(Box<Message>, Running, Call<Result<(), Crash>>),
    Message(Box<Message>, HandlerCall<Option<Vec<u8>>>),
    Callback(Box<Callback>, HandlerCall<()>),
    Exit(ComponentId, ExitReason, HandlerCall<()>),
    Health(HandlerCall<Health>),
    Shutdown(Call<(Running, Result<(), Crash>)>),
}

impl Waiting {
    pub(super) fn is_handler(&self) -> bool {
        !matches!(self, Self::Start(_) | Self::Shutdown(_))
    }
}

impl Member {
    /// Goes on with a call, to its end or until it waits again.
    pub(super) fn go_on(&mut self, waiting: Waiting, context: &mut Context<'_, Self>) {
        context.took_long();
        match waiting {
            Waiting::Start(mut call) => match self.poll(&mut call) {
                Poll::Pending => self.suspend(Waiting::Start(call), context),
                Poll::Ready(launched) => {
                    self.restarted(launched.and_then(|launched| launched), context);
                }
            },
            Waiting::Delay(message, running, mut call) => match self.poll_within_leave(&mut call) {
                Poll::Pending => self.suspend(Waiting::Delay(message, running, call), context),
                Poll::Ready(over) => {
                    match over.and_then(|over| over) {
                        Ok(()) => self.call_handler(running, message, context),
                        Err(crash) => {
                            drop(running);
                            self.message_handled(message, Err(crash.into()), context);
                        }
                    }
                    if self.waiting.is_none() {
                        self.after_handler(context);
                    }
                }
            },
            Waiting::Message(message, mut call) => match self.poll_handler(&mut call) {
                Poll::Pending => self.suspend(Waiting::Message(message, call), context),
                Poll::Ready(handled) => {
                    self.message_handled(message, handled, context);
                    self.after_handler(context);
                }
            },
            Waiting::Callback(callback, mut call) => match self.poll_handler(&mut call) {
                Poll::Pending => self.suspend(Waiting::Callback(callback, call), context),
                Poll::Ready(handled) => {
                    self.callback_handled(callback, handled, context);
                    self.after_handler(context);
                }
            },
            Waiting::Exit(of, reason, mut call) => match self.poll_handler(&mut call) {
                Poll::Pending => self.suspend(Waiting::Exit(of, reason, call), context),
                Poll::Ready(handled) => {
                    self.exit_handled(&of, &reason, handled, context);
                    self.after_handler(context);
                }
            },
            Waiting::Health(mut call) => match self.poll_handler(&mut call) {
                Poll::Pending => self.suspend(Waiting::Health(call), context),
                Poll::Ready(checked) => {
                    self.health_checked(checked, context);
                    self.after_handler(context);
                }
            },
            Waiting::Shutdown(mut call) => match self.poll(&mut call) {
                Poll::Pending => self.suspend(Waiting::Shutdown(call), context),
                Poll::Ready(ended) => self.end(ended.and_then(|(_, ended)| ended), context),
            },
        }
    }

    fn suspend(&mut self, waiting: Waiting, context: &mut Context<'_, Self>) {
        self.waiting = Some(waiting);
        context.wait();
    }

    /// Polls a handler's call, and takes the instance back.
    fn poll_handler<T>(&mut self, call: &mut HandlerCall<T>) -> Poll<Result<T, Failure>> {
        self.poll_within_leave(call).map(|polled| {
            let (running, handled) = polled?;
            self.running = Some(running);
            handled
        })
    }

    /// Polls a call, which is ended where it has no leave to go on.
    fn poll_within_leave<T>(&self, call: &mut Call<T>) -> Poll<Result<T, Crash>> {
        if self.registration.author.leave.is_cut() {
            let cause = "it waited, and had to end at once";
            return Poll::Ready(Err(Crash::new(CrashKind::TimedOut, cause)));
        }
        self.poll(call)
    }

    /// Polls a call; a panic in it is a crash.
    fn poll<T>(&self, call: &mut Call<T>) -> Poll<Result<T, Crash>> {
        let waker = self.registration.address.waker();
        let mut context = task::Context::from_waker(&waker);
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut context))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic_crash(panic.as_ref()))),
        }
    }

    /// Ends, where somebody wants that who waited for the handler.
    fn after_handler(&mut self, context: &mut Context<'_, Self>) {
        if !self.stops.is_empty() || self.halting.is_some() {
            self.shut_down(context);
        }
    }
}
