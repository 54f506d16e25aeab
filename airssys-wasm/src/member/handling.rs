//! What a member's code is called for, and what comes of each call.
#![allow(clippy::boxed_local, reason = "an envelope is moved by its address")]

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::Context;
use airssys_wasm_core::{
    ComponentError, ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo,
    RequestError,
};

use super::waiting::Waiting;
use super::{MAX_DETAIL, Member, ask, unwinding};
use crate::dead_letter::DeadLetterReason;
use crate::faults::{Fault, delay};
use crate::mail::{Callback, Mail, Message};
use crate::payload::Payload;
use crate::running::{Running, callback_call, exit_call, health_call, message_call};

impl Member {
    pub(super) fn handle_message(
        &mut self,
        message: Box<Message>,
        context: &mut Context<'_, Self>,
    ) {
        let Some(running) = self.running.take() else {
            // A paused member is given no mail; what comes all the same is not lost.
            self.registration.counters.turned_away.bump();
            return self.runtime.undelivered(&self.registration, Mail::Message(message));
        };
        match self.faults.as_ref().and_then(|faults| faults.at_message()) {
            None => self.call_handler(running, message, context),
            Some(Fault::Crash(crash)) => {
                drop(running);
                self.message_handled(message, Err(crash.into()), context);
            }
            Some(Fault::Delay(by)) => {
                let call = delay(Arc::clone(&self.runtime), by, self.blueprint.message_timeout());
                self.go_on(Waiting::Delay(message, running, Box::pin(call)), context);
            }
        }
    }

    pub(super) fn call_handler(
        &mut self,
        mut running: Running,
        message: Box<Message>,
        context: &mut Context<'_, Self>,
    ) {
        let Message { sender, payload, info, .. } = &*message;
        running.begin_turn(context, info.trace_parent);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => {
                let call = message_call(instance, sender.clone(), payload.to_bytes(), info.clone());
                return self.go_on(Waiting::Message(message, call), context);
            }
        };
        let (id, queued) = (&self.id, context.queued());
        let handled = unwinding(|| running.handle_message(id, sender, payload, info, queued));
        self.running = Some(running);
        self.message_handled(message, handled, context);
    }

    pub(super) fn message_handled(
        &mut self,
        message: Box<Message>,
        handled: Result<Option<Vec<u8>>, Failure>,
        context: &mut Context<'_, Self>,
    ) {
        let now = self.after_call(context);
        match handled {
            // Most have no response, and nobody who waits for one.
            Ok(None) if message.reply.is_none() => message.recycle(),
            Ok(response) => self.answered(message, Ok(response), now),
            Err(Failure::Refused(error)) => self.answered(message, Err(error), now),
            Err(Failure::Crashed(crash)) => {
                self.crashed_with(message, &crash, context);
                self.crashed(crash, context);
            }
            // The message was handled: that is what came of it. Who waits for an answer is told
            // that the component has stopped.
            Err(Failure::Exited) => {
                drop(message);
                self.exited(context);
            }
        }
    }

    /// Tells those who are to know what the code has answered, at this time if it is known.
    pub(super) fn answered(
        &self,
        mut message: Box<Message>,
        answer: Result<Option<Vec<u8>>, ComponentError>,
        now: Option<Duration>,
    ) {
        match (answer, message.reply.take()) {
            (Ok(_), None) => {}
            (Ok(response), Some(reply)) => {
                reply.answer(Ok(response.unwrap_or_default()), now);
            }
            (Err(error), Some(reply)) => {
                self.registration.counters.refused.bump();
                reply.answer(Err(RequestError::Refused(error)), now);
            }
            (Err(error), None) => {
                self.registration.counters.refused.bump();
                let error = error.shortened(MAX_DETAIL);
                let (reason, detail) = (DeadLetterReason::Refused, Some(error.to_string()));
                let outcome = RequestError::Refused(error);
                return self.runtime.dead_letter(&self.id, *message, reason, detail, outcome);
            }
        }
        message.recycle();
    }

    /// Accounts for the message that was in hand at a crash.
    pub(super) fn crashed_with(
        &mut self,
        message: Box<Message>,
        crash: &Crash,
        context: &mut Context<'_, Self>,
    ) {
        match self.delivered_again(message) {
            Ok(message) => context.put_back(Mail::Message(message)),
            Err(message) => self.lost_in(crash, message),
        }
    }

    /// A message that was in hand at a crash, as it is delivered the next time, if it is.
    pub(super) fn delivered_again(
        &self,
        mut message: Box<Message>,
    ) -> Result<Box<Message>, Box<Message>> {
        if message.info.delivery >= self.max_deliveries {
            return Err(message);
        }
        message.info.delivery += 1;
        Ok(message)
    }

    pub(super) fn lost_in(&self, crash: &Crash, message: Box<Message>) {
        self.registration.counters.crashed.bump();
        let (reason, detail) = (DeadLetterReason::Crashed, Some(crash.to_string()));
        self.runtime.dead_letter(&self.id, *message, reason, detail, RequestError::Crashed);
    }

    pub(super) fn handle_callback(
        &mut self,
        callback: Box<Callback>,
        context: &mut Context<'_, Self>,
    ) {
        if !self.registration.author.requester.begin_callback(&callback) {
            return;
        }
        let Some(mut running) = self.running.take() else { return };
        let info = MessageInfo {
            sent_at: callback.sent_at,
            request: Some(callback.request),
            delivery: 1,
            trace_parent: Some(callback.trace_parent),
            topic: None,
        };
        self.registration.counters.callbacks.bump();
        let trace = Some(callback.trace_parent);
        running.begin_turn(context, trace);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => {
                let outcome = callback.outcome.as_ref().map(Payload::to_bytes);
                let call = callback_call(instance, outcome.map_err(Clone::clone), info);
                return self.go_on(Waiting::Callback(callback, call), context);
            }
        };
        let (id, queued) = (&self.id, context.queued());
        let handled = unwinding(|| running.handle_callback(id, &callback, &info, queued));
        self.running = Some(running);
        self.callback_handled(callback, handled, context);
    }

    pub(super) fn callback_handled(
        &mut self,
        callback: Box<Callback>,
        handled: Result<(), Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.after_call(context);
        match handled {
            Ok(()) => callback.recycle(),
            Err(Failure::Refused(error)) => {
                self.runtime.refused_outcome(&self.id, *callback, &error.shortened(MAX_DETAIL));
            }
            Err(Failure::Crashed(crash)) => self.crashed(crash, context),
            Err(Failure::Exited) => self.exited(context),
        }
    }

    /// Asks the code how it is, whatever is queued. Where it waits in the middle of something, it
    /// is asked the next time.
    pub(super) fn check_health(&mut self, life: u64, context: &mut Context<'_, Self>) {
        let Some(checkup) = self.checkup.as_mut().filter(|checkup| checkup.is_in(life)) else {
            return;
        };
        let Some(mut running) = self.running.take() else {
            return checkup.ask_later(&self.runtime.timers, ask(&self.registration));
        };
        running.begin_turn(context, None);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => return self.go_on(Waiting::Health(health_call(instance)), context),
        };
        let (id, queued) = (&self.id, context.queued());
        let checked = unwinding(|| running.check_health(id, queued));
        self.running = Some(running);
        self.health_checked(checked, context);
    }

    pub(super) fn health_checked(
        &mut self,
        checked: Result<Health, Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.after_call(context);
        let health = match checked {
            Ok(health) => health.shortened(MAX_DETAIL),
            Err(Failure::Refused(error)) => Health::Unhealthy(error.shortened(MAX_DETAIL).message),
            Err(Failure::Exited) => return self.exited(context),
            Err(Failure::Crashed(crash)) => {
                self.runtime.is_now(&self.registration, Health::Unhealthy(crash.to_string()));
                return self.crashed(crash, context);
            }
        };
        let Some(checkup) = &mut self.checkup else { return };
        let is_to_end = checkup.answer(&health);
        checkup.ask_later(&self.runtime.timers, ask(&self.registration));
        let why = match &health {
            Health::Unhealthy(why) if is_to_end => Some(why.clone()),
            _ => None,
        };
        self.runtime.is_now(&self.registration, health);
        if let Some(why) = why {
            self.crashed(Crash::new(CrashKind::Unhealthy, why), context);
        }
    }

    /// Has the next message wait for the receivers that this one's sends have filled, and its time be
    /// asked of the clock where this one took long. Otherwise it is still about the time that it
    /// began.
    pub(super) fn after_call(&mut self, context: &mut Context<'_, Self>) -> Option<Duration> {
        let running = self.running.as_mut()?;
        if let Some(filled) = running.outbox_mut().end_turn() {
            for (receiver, wanted) in filled {
                context.await_room(&receiver, wanted);
            }
        }
        if running.took_long() {
            context.took_long();
            return None;
        }
        context.began()
    }

    pub(super) fn handle_exit(&mut self, component: &ComponentId, context: &mut Context<'_, Self>) {
        let Some(notice) = self.registration.author.watch.take(component) else { return };
        let Some(mut running) = self.running.take() else { return };
        let info = MessageInfo::new(notice.at);
        self.registration.counters.exits.bump();
        running.begin_turn(context, None);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => {
                let (component, reason) = (component.clone(), notice.reason);
                let call = exit_call(instance, component.clone(), reason.clone(), info);
                return self.go_on(Waiting::Exit(component, reason, call), context);
            }
        };
        let (id, queued) = (&self.id, context.queued());
        let handled =
            unwinding(|| running.handle_exit(id, component, &notice.reason, &info, queued));
        self.running = Some(running);
        self.exit_handled(component, &notice.reason, handled, context);
    }

    pub(super) fn exit_handled(
        &mut self,
        component: &ComponentId,
        reason: &ExitReason,
        handled: Result<(), Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.after_call(context);
        match handled {
            Ok(()) => {}
            Err(Failure::Refused(error)) => {
                let (id, error) = (&self.id, error.shortened(MAX_DETAIL));
                tracing::info!("{id} refuses to hear that {component} {reason}: {error}");
            }
            Err(Failure::Crashed(crash)) => self.crashed(crash, context),
            Err(Failure::Exited) => self.exited(context),
        }
    }
}
