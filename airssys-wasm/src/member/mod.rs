//! A component as an actor.

mod waiting;

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::{Actor, Context, Exit};
use airssys_wasm_core::{
    ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo, RequestError,
};
use airssys_wasm_supervisor::{self as supervisor, GiveUp, Run};
use bytes::Bytes;
use crossbeam_channel::Sender;

use crate::blueprint::Blueprint;
use crate::checkup::Checkup;
use crate::dead_letter::DeadLetterReason;
use crate::event::Event;
use crate::mail::{Callback, Mail, Message};
use crate::outbox::Outbox;
use crate::registration::{Registration, Status};
use crate::running::{
    Launch, Running, callback_call, exit_call, health_call, message_call, shutdown_call,
};
use crate::runtime::Runtime;
use crate::supervision::Fate;

use waiting::Waiting;

/// Of what a component says for people, so many bytes are logged and kept.
pub(crate) const MAX_DETAIL: usize = 4096;

/// A component as an actor: it hands its mail to the code, answers those who wait, and starts
/// the code anew when it has crashed.
pub(crate) struct Member {
    id: ComponentId,
    registration: Arc<Registration>,
    runtime: Arc<Runtime>,
    blueprint: Blueprint,
    /// `None` between a crash and the restart, and while it waits.
    running: Option<Running>,
    /// What the code is at in the middle of which it waits.
    waiting: Option<Waiting>,
    /// Who wants it to end after the message in hand: each is dropped then.
    stops: Vec<Sender<()>>,
    /// Its life, as its supervisor counts them.
    run: Run,
    /// A run that its supervisor wants to end after the message in hand.
    halting: Option<Run>,
    /// The last run that was ended before it began, or was over.
    halted: Option<Run>,
    /// How often a message is delivered before it becomes a dead letter.
    max_deliveries: u32,
    /// Where it is asked how it is.
    checkup: Option<Checkup>,
}

impl Member {
    /// Makes an instance and calls its `init`, and returns when that does.
    pub(crate) fn start(
        registration: Arc<Registration>,
        runtime: Arc<Runtime>,
        blueprint: Blueprint,
        run: Run,
        max_deliveries: u32,
        checkup: Option<Checkup>,
    ) -> Result<Self, Crash> {
        let mut member = Self {
            id: registration.id().clone(),
            registration,
            runtime,
            blueprint,
            running: None,
            waiting: None,
            stops: Vec::new(),
            run,
            halting: None,
            halted: None,
            max_deliveries,
            checkup,
        };
        let launch = member.launch();
        let running = launch.finish_here(member.runtime.is_seeded)?;
        member.launched(running);
        Ok(member)
    }

    fn launch(&self) -> Launch {
        let Self { id, registration, runtime, blueprint, .. } = self;
        let outbox = Outbox::new(Arc::clone(runtime), Arc::clone(&registration.author));
        blueprint.launch(id, outbox, runtime)
    }

    fn launched(&mut self, running: Running) {
        self.running = Some(running);
        self.registration.author.leave.renew();
        self.registration.set_status(Status::Running);
        *self.registration.health.lock() = None;
        if let Some(checkup) = &mut self.checkup {
            checkup.begin(&self.runtime.timers, ask(&self.registration));
        }
    }

    /// Begins another run, unless its supervisor has changed its mind since.
    pub(crate) fn restart(&mut self, run: Run, context: &mut Context<'_, Self>) {
        // It may have been told to stop by the command before this one.
        if self.halted == Some(run) || !self.stops.is_empty() || self.registration.has_ended() {
            return;
        }
        self.run = run;
        match self.launch() {
            Launch::Done(launched) => self.restarted(launched, context),
            Launch::Waits(call) => self.go_on(Waiting::Start(call), context),
        }
    }

    fn restarted(&mut self, launched: Result<Running, Crash>, context: &mut Context<'_, Self>) {
        match launched {
            Ok(running) => {
                self.launched(running);
                context.resume();
                self.registration.counters.restarts.bump();
                self.runtime.emit(&Event::Restarted { id: &self.id });
                self.runtime.report(&self.id, supervisor::Event::Started(self.run));
            }
            Err(crash) => {
                self.crashed_in(supervisor::Event::StartFailed(self.run), crash, context);
            }
        }
    }

    /// Takes messages again, unless it has crashed: then the restart will.
    pub(crate) fn resume(&mut self, context: &mut Context<'_, Self>) {
        let is_at_work = self.waiting.as_ref().is_some_and(Waiting::is_handler);
        if self.running.is_some() || is_at_work {
            context.resume();
        }
    }

    /// Calls the code's `shutdown` and ends, whatever is queued; `done` is dropped then. What it
    /// waits in the middle of is done first.
    pub(crate) fn stop(&mut self, context: &mut Context<'_, Self>, done: Sender<()>) {
        self.stops.push(done);
        match &self.waiting {
            None | Some(Waiting::Start(_)) => self.shut_down(context),
            Some(_) => {}
        }
    }

    /// Has it end its run, as its supervisor wants, after the message in hand. It may start again.
    pub(crate) fn halt(&mut self, run: Run, context: &mut Context<'_, Self>) {
        if self.run != run || (self.running.is_none() && self.waiting.is_none()) {
            return self.has_halted(run, context);
        }
        self.halting = Some(run);
        match &self.waiting {
            None | Some(Waiting::Start(_)) => self.shut_down(context),
            Some(_) => {}
        }
    }

    fn shut_down(&mut self, context: &mut Context<'_, Self>) {
        if self.waiting.take().is_some() {
            // It waits for nothing any more.
            self.registration.address.waker().wake();
        }
        self.registration.author.leave.last_call();
        match self.running.take().map(Running::into_waiting) {
            None => self.end(Ok(()), context),
            Some(Ok(instance)) => self.go_on(Waiting::Shutdown(shutdown_call(instance)), context),
            Some(Err(mut running)) => {
                let shut_down = unwinding(|| running.shutdown(&self.id));
                self.end(shut_down, context);
            }
        }
    }

    fn end(&mut self, shut_down: Result<(), Crash>, context: &mut Context<'_, Self>) {
        if let Err(crash) = shut_down {
            let restart = self.halting.filter(|_| self.stops.is_empty()).map(|_| Duration::ZERO);
            self.runtime.crashed(&self.id, &crash, restart);
        }
        if !self.stops.is_empty() {
            self.registration.set_status(Status::Stopped);
            context.stop();
            self.stops.clear();
        } else if self.halting.is_some() {
            self.rest(context);
            self.runtime.exited(&self.id, ExitReason::Stopped);
        }
        if let Some(run) = self.halting.take() {
            self.has_halted(run, context);
        }
    }

    /// Tells its supervisor that it has ended its run, or did not begin it.
    fn has_halted(&mut self, run: Run, context: &mut Context<'_, Self>) {
        self.halted = Some(run);
        match self.runtime.report(&self.id, supervisor::Event::Stopped(run)) {
            Fate::Restart(_) => {}
            Fate::Ended => self.end_as(Fate::Ended, context),
            Fate::GivenUp => self.give_up(GiveUp::WithGroup, context),
        }
    }

    /// Takes no messages until it starts again.
    fn rest(&mut self, context: &mut Context<'_, Self>) {
        self.running = None;
        if let Some(checkup) = &mut self.checkup {
            checkup.end(&self.runtime.timers);
        }
        self.registration.author.forget_all(&self.runtime);
        context.pause();
        self.registration.set_status(Status::Restarting);
    }

    /// Ends for good where its supervisor says that it does not start again.
    pub(crate) fn end_as(&mut self, fate: Fate, context: &mut Context<'_, Self>) {
        let (status, reason) = match fate {
            Fate::Restart(_) => return,
            Fate::Ended => (Status::Stopped, ExitReason::Normal),
            Fate::GivenUp => (Status::GivenUp, ExitReason::GivenUp("with its group".to_owned())),
        };
        self.registration.set_status(status);
        self.runtime.ended(&self.id, reason);
        context.stop();
    }

    /// Ends for good: its supervisor has given it up for a reason that is not its own.
    pub(crate) fn give_up(&mut self, why: GiveUp, context: &mut Context<'_, Self>) {
        if self.registration.has_ended() {
            return;
        }
        self.runtime.emit(&Event::GivenUp { id: &self.id, why: &why });
        self.end_as(Fate::GivenUp, context);
    }

    fn handle_message(&mut self, message: Message, context: &mut Context<'_, Self>) {
        let Some(mut running) = self.running.take() else {
            // A paused member is given no mail; what comes all the same is not lost.
            self.registration.counters.turned_away.bump();
            return self.runtime.undelivered(&self.registration, Mail::Message(message));
        };
        let info = MessageInfo {
            sent_at: message.sent_at,
            request: message.reply.as_ref().map(|reply| reply.id()),
            delivery: message.delivery,
            trace_parent: Some(message.trace_parent),
            topic: message.topic.clone(),
        };
        let trace = Some(message.trace_parent);
        running.outbox_mut().begin_turn(context.worker(), context.began(), trace);
        let (sender, payload) = (&message.sender, &message.payload);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => {
                let call = message_call(instance, sender.clone(), payload.clone(), info);
                return self.go_on(Waiting::Message(message, call), context);
            }
        };
        let (id, queued) = (&self.id, context.queued());
        let handled = unwinding(|| running.handle_message(id, sender, payload, info, queued));
        self.running = Some(running);
        self.message_handled(message, handled, context);
    }

    fn message_handled(
        &mut self,
        message: Message,
        handled: Result<Option<Vec<u8>>, Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.wait_for_filled(context);
        match handled {
            Ok(response) => {
                if let Some(reply) = message.reply {
                    reply.answer(Ok(response.map(Bytes::from).unwrap_or_default()));
                }
            }
            Err(Failure::Refused(error)) => {
                self.registration.counters.refused.bump();
                match message.reply {
                    Some(reply) => reply.answer(Err(RequestError::Refused(error))),
                    None => {
                        let error = error.shortened(MAX_DETAIL);
                        let (reason, detail) = (DeadLetterReason::Refused, Some(error.to_string()));
                        let outcome = RequestError::Refused(error);
                        self.runtime.dead_letter(&self.id, message, reason, detail, outcome);
                    }
                }
            }
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

    /// Accounts for the message that was in hand at a crash.
    fn crashed_with(
        &mut self,
        mut message: Message,
        crash: &Crash,
        context: &mut Context<'_, Self>,
    ) {
        if message.delivery < self.max_deliveries {
            message.delivery += 1;
            return context.put_back(Mail::Message(message));
        }
        self.registration.counters.crashed.bump();
        let (reason, detail) = (DeadLetterReason::Crashed, Some(crash.to_string()));
        self.runtime.dead_letter(&self.id, message, reason, detail, RequestError::Crashed);
    }

    fn handle_callback(&mut self, callback: Callback, context: &mut Context<'_, Self>) {
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
        running.outbox_mut().begin_turn(context.worker(), context.began(), trace);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => {
                let call = callback_call(instance, callback.outcome.clone(), info);
                return self.go_on(Waiting::Callback(callback, call), context);
            }
        };
        let (id, queued) = (&self.id, context.queued());
        let handled = unwinding(|| running.handle_callback(id, &callback, info, queued));
        self.running = Some(running);
        self.callback_handled(callback, handled, context);
    }

    fn callback_handled(
        &mut self,
        callback: Callback,
        handled: Result<(), Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.wait_for_filled(context);
        match handled {
            Ok(()) => {}
            Err(Failure::Refused(error)) => {
                self.runtime.refused_outcome(&self.id, callback, &error.shortened(MAX_DETAIL));
            }
            Err(Failure::Crashed(crash)) => self.crashed(crash, context),
            Err(Failure::Exited) => self.exited(context),
        }
    }

    /// Asks the code how it is, whatever is queued. Where it waits in the middle of something, it
    /// is asked the next time.
    fn check_health(&mut self, life: u64, context: &mut Context<'_, Self>) {
        let Some(checkup) = self.checkup.as_mut().filter(|checkup| checkup.is_in(life)) else {
            return;
        };
        let Some(mut running) = self.running.take() else {
            return checkup.ask_later(&self.runtime.timers, ask(&self.registration));
        };
        running.outbox_mut().begin_turn(context.worker(), context.began(), None);
        let mut running = match running.into_waiting() {
            Err(running) => running,
            Ok(instance) => return self.go_on(Waiting::Health(health_call(instance)), context),
        };
        let (id, queued) = (&self.id, context.queued());
        let checked = unwinding(|| running.check_health(id, queued));
        self.running = Some(running);
        self.health_checked(checked, context);
    }

    fn health_checked(
        &mut self,
        checked: Result<Health, Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.wait_for_filled(context);
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
        let why = is_to_end.then(|| health.to_string());
        self.runtime.is_now(&self.registration, health);
        if let Some(why) = why {
            self.crashed(Crash::new(CrashKind::Unhealthy, why), context);
        }
    }

    /// Has the next message wait for the receivers that this one's sends have filled.
    fn wait_for_filled(&mut self, context: &mut Context<'_, Self>) {
        let Some(running) = &mut self.running else { return };
        for (receiver, wanted) in running.outbox_mut().end_turn() {
            context.await_room(&receiver, wanted);
        }
    }

    fn handle_exit(&mut self, component: &ComponentId, context: &mut Context<'_, Self>) {
        let Some(notice) = self.registration.author.watch.take(component) else { return };
        let Some(mut running) = self.running.take() else { return };
        let info = MessageInfo::new(notice.at);
        self.registration.counters.exits.bump();
        running.outbox_mut().begin_turn(context.worker(), context.began(), None);
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
            unwinding(|| running.handle_exit(id, component, &notice.reason, info, queued));
        self.running = Some(running);
        self.exit_handled(component, &notice.reason, handled, context);
    }

    fn exit_handled(
        &mut self,
        component: &ComponentId,
        reason: &ExitReason,
        handled: Result<(), Failure>,
        context: &mut Context<'_, Self>,
    ) {
        self.wait_for_filled(context);
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

    fn crashed(&mut self, crash: Crash, context: &mut Context<'_, Self>) {
        let event = supervisor::Event::Exited(self.run, supervisor::ExitReason::Crashed);
        self.crashed_in(event, crash, context);
    }

    /// Its run is over, or did not begin.
    fn crashed_in(
        &mut self,
        event: supervisor::Event,
        crash: Crash,
        context: &mut Context<'_, Self>,
    ) {
        match self.over(event, context) {
            Fate::Restart(after) => {
                self.runtime.exited(&self.id, ExitReason::Crashed(crash.to_string()));
                self.runtime.crashed(&self.id, &crash, Some(after));
            }
            Fate::Ended | Fate::GivenUp => {
                // First: who begins to monitor it from here on is told that it has ended.
                self.registration.set_status(Status::GivenUp);
                self.runtime.ended(&self.id, ExitReason::GivenUp(crash.to_string()));
                self.runtime.crashed(&self.id, &crash, None);
                context.stop();
            }
        }
    }

    /// It has ended itself, and meant to.
    fn exited(&mut self, context: &mut Context<'_, Self>) {
        let event = supervisor::Event::Exited(self.run, supervisor::ExitReason::Normal);
        let fate = self.over(event, context);
        match fate {
            Fate::Restart(after) => {
                self.runtime.exited(&self.id, ExitReason::Normal);
                self.runtime.emit(&Event::Exited { id: &self.id, restart: Some(after) });
            }
            Fate::Ended | Fate::GivenUp => {
                self.runtime.emit(&Event::Exited { id: &self.id, restart: None });
                self.end_as(Fate::Ended, context);
            }
        }
    }

    /// The instance is no more. Says what follows.
    fn over(&mut self, event: supervisor::Event, context: &mut Context<'_, Self>) -> Fate {
        self.rest(context);
        self.runtime.report(&self.id, event)
    }
}

impl Actor for Member {
    type Message = Mail;

    fn handle(&mut self, mail: Mail, context: &mut Context<'_, Self>) {
        match mail {
            Mail::Message(message) => self.handle_message(message, context),
            Mail::Callback(callback) => self.handle_callback(callback, context),
            Mail::Exit(component) => self.handle_exit(&component, context),
        }
    }

    fn proceed(&mut self, context: &mut Context<'_, Self>) {
        if let Some(waiting) = self.waiting.take() {
            self.go_on(waiting, context);
        }
    }

    fn stopped(&mut self, exit: Exit, undelivered: VecDeque<Mail>) {
        (self.running, self.waiting) = (None, None);
        self.stops.clear();
        if let Some(checkup) = &mut self.checkup {
            checkup.end(&self.runtime.timers);
        }
        if exit == Exit::Panicked {
            self.registration.set_status(Status::GivenUp);
            self.runtime.ended(&self.id, ExitReason::GivenUp(CrashKind::Panic.to_string()));
        } else {
            // One that was given up has been told of: then this tells nobody.
            self.runtime.ended(&self.id, ExitReason::Stopped);
        }
        self.registration.author.forget_all(&self.runtime);
        self.runtime.topics.forget(&self.id);
        for mail in undelivered {
            self.runtime.undelivered(&self.registration, mail);
        }
    }

    fn size(mail: &Mail) -> usize {
        mail.size()
    }

    fn reserved(mail: &Mail) -> bool {
        matches!(mail, Mail::Callback(_) | Mail::Exit(_))
    }
}

/// What asks a member how it is, ahead of its mail.
fn ask(registration: &Arc<Registration>) -> impl FnOnce(u64) + Send + use<> {
    let address = registration.address.clone();
    move |life| {
        // One that has stopped is asked nothing.
        drop(address.command(move |member: &mut Member, context| {
            member.check_health(life, context);
        }));
    }
}

/// Runs native code or a guest; a panic in it is a crash.
pub(crate) fn unwinding<T, E: From<Crash>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(panic_crash(&*panic).into()))
}

fn panic_crash(panic: &(dyn Any + Send)) -> Crash {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Crash::new(CrashKind::Panic, text.unwrap_or_else(|| "without a message".to_owned()))
}
