use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use airssys_wasm_actor::{Actor, Context, Exit};
use airssys_wasm_core::{
    ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo, RequestError,
};
use airssys_wasm_supervisor::{self as supervisor, Decision, Supervisor};
use bytes::Bytes;
use crossbeam_channel::Sender;

use crate::blueprint::Blueprint;
use crate::checkup::Checkup;
use crate::dead_letter::DeadLetterReason;
use crate::event::Event;
use crate::mail::{Callback, Mail, Message};
use crate::outbox::Outbox;
use crate::registration::{Registration, Status};
use crate::running::Running;
use crate::runtime::Runtime;

/// Of what a component says for people, so many bytes are logged and kept.
const MAX_DETAIL: usize = 4096;

/// A component as an actor: it hands its mail to the code, answers those who wait, and starts
/// the code anew when it has crashed.
pub(crate) struct Member {
    id: ComponentId,
    registration: Arc<Registration>,
    runtime: Arc<Runtime>,
    blueprint: Blueprint,
    /// `None` between a crash and the restart.
    running: Option<Running>,
    supervisor: Supervisor,
    /// How often a message is delivered before it becomes a dead letter.
    max_deliveries: u32,
    /// Where it is asked how it is.
    checkup: Option<Checkup>,
}

impl Member {
    /// Makes an instance and calls its `init`.
    pub(crate) fn start(
        registration: Arc<Registration>,
        runtime: Arc<Runtime>,
        blueprint: Blueprint,
        supervisor: Supervisor,
        max_deliveries: u32,
        checkup: Option<Checkup>,
    ) -> Result<Self, Crash> {
        let (id, running) = (registration.id().clone(), None);
        let mut member = Self {
            id,
            registration,
            runtime,
            blueprint,
            running,
            supervisor,
            max_deliveries,
            checkup,
        };
        member.launch()?;
        Ok(member)
    }

    fn launch(&mut self) -> Result<(), Crash> {
        let outbox = Outbox::new(Arc::clone(&self.runtime), Arc::clone(&self.registration.author));
        let id = &self.id;
        let mut running = self.blueprint.instantiate(id, outbox)?;
        match unwinding(|| running.init(id)) {
            Ok(()) => {}
            Err(Failure::Crashed(crash)) => return Err(crash),
            Err(Failure::Exited) => return Err(Crash::new(CrashKind::Exited, "in init")),
            Err(Failure::Refused(error)) => {
                return Err(Crash::new(CrashKind::FailedStart, error.shortened(MAX_DETAIL)));
            }
        }
        self.running = Some(running);
        self.registration.set_status(Status::Running);
        *self.registration.health.lock() = None;
        if let Some(checkup) = &mut self.checkup {
            checkup.begin(&self.runtime.timers, ask(&self.registration));
        }
        Ok(())
    }

    fn restart(&mut self, context: &mut Context<'_, Self>) {
        match self.launch() {
            Ok(()) => {
                context.resume();
                self.registration.counters.restarts.bump();
                self.runtime.emit(&Event::Restarted { id: &self.id });
            }
            Err(crash) => self.crashed(crash, context),
        }
    }

    /// Takes messages again, unless it has crashed: then the restart will.
    pub(crate) fn resume(&mut self, context: &mut Context<'_, Self>) {
        if self.running.is_some() {
            context.resume();
        }
    }

    /// Calls the code's `shutdown` and ends, whatever is queued; `done` is dropped then.
    pub(crate) fn stop(&mut self, context: &mut Context<'_, Self>, done: Sender<()>) {
        self.registration.author.leave.last_call();
        if let Some(mut running) = self.running.take()
            && let Err(crash) = unwinding(|| running.shutdown(&self.id))
        {
            self.runtime.crashed(&self.id, &crash, None);
        }
        self.registration.set_status(Status::Stopped);
        context.stop();
        drop(done);
    }

    fn handle_message(&mut self, message: Message, context: &mut Context<'_, Self>) {
        let Some(running) = &mut self.running else {
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
        let (sender, payload) = (&message.sender, &message.payload);
        let id = &self.id;
        let trace = Some(message.trace_parent);
        running.outbox_mut().begin_turn(context.worker(), context.began(), trace);
        let handled =
            unwinding(|| running.handle_message(id, sender, payload, info, context.queued()));
        wait_for_filled(running, context);
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
                        self.runtime.dead_letter(id, message, reason, detail, outcome);
                    }
                }
            }
            Err(Failure::Crashed(crash)) => {
                self.crashed_with(message, &crash, context);
                self.crashed(crash, context);
            }
            Err(Failure::Exited) => {
                self.crashed(Crash::new(CrashKind::Exited, "by itself"), context)
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
        let Some(running) = &mut self.running else { return };
        let info = MessageInfo {
            sent_at: callback.sent_at,
            request: Some(callback.request),
            delivery: 1,
            trace_parent: Some(callback.trace_parent),
            topic: None,
        };
        let id = &self.id;
        self.registration.counters.callbacks.bump();
        let trace = Some(callback.trace_parent);
        running.outbox_mut().begin_turn(context.worker(), context.began(), trace);
        let handled = unwinding(|| running.handle_callback(id, &callback, info, context.queued()));
        wait_for_filled(running, context);
        match handled {
            Ok(()) => {}
            Err(Failure::Refused(error)) => {
                self.runtime.refused_outcome(id, callback, &error.shortened(MAX_DETAIL));
            }
            Err(Failure::Crashed(crash)) => self.crashed(crash, context),
            Err(Failure::Exited) => {
                self.crashed(Crash::new(CrashKind::Exited, "by itself"), context)
            }
        }
    }

    fn handle_exit(&mut self, component: &ComponentId, context: &mut Context<'_, Self>) {
        let Some(notice) = self.registration.author.watch.take(component) else { return };
        let Some(running) = &mut self.running else { return };
        let info = MessageInfo::new(notice.at);
        let id = &self.id;
        self.registration.counters.exits.bump();
        running.outbox_mut().begin_turn(context.worker(), context.began(), None);
        let queued = context.queued();
        let handled =
            unwinding(|| running.handle_exit(id, component, &notice.reason, info, queued));
        wait_for_filled(running, context);
        match handled {
            Ok(()) => {}
            Err(Failure::Refused(error)) => {
                let error = error.shortened(MAX_DETAIL);
                tracing::info!("{id} refuses to hear that {component} {}: {error}", notice.reason);
            }
            Err(Failure::Crashed(crash)) => self.crashed(crash, context),
            Err(Failure::Exited) => {
                self.crashed(Crash::new(CrashKind::Exited, "by itself"), context)
            }
        }
    }

    /// Asks the code how it is, whatever is queued.
    fn check_health(&mut self, life: u64, context: &mut Context<'_, Self>) {
        let (Some(running), Some(checkup)) = (&mut self.running, &mut self.checkup) else { return };
        if !checkup.is_in(life) {
            return;
        }
        let id = &self.id;
        running.outbox_mut().begin_turn(context.worker(), context.began(), None);
        let checked = unwinding(|| running.check_health(id, context.queued()));
        wait_for_filled(running, context);
        let health = match checked {
            Ok(health) => health.shortened(MAX_DETAIL),
            Err(Failure::Refused(error)) => Health::Unhealthy(error.shortened(MAX_DETAIL).message),
            Err(Failure::Exited) => {
                return self.crashed(Crash::new(CrashKind::Exited, "by itself"), context);
            }
            Err(Failure::Crashed(crash)) => {
                self.runtime.is_now(&self.registration, Health::Unhealthy(crash.to_string()));
                return self.crashed(crash, context);
            }
        };
        let is_to_end = checkup.answer(&health);
        checkup.ask_later(&self.runtime.timers, ask(&self.registration));
        let why = is_to_end.then(|| health.to_string());
        self.runtime.is_now(&self.registration, health);
        if let Some(why) = why {
            self.crashed(Crash::new(CrashKind::Unhealthy, why), context);
        }
    }

    fn crashed(&mut self, crash: Crash, context: &mut Context<'_, Self>) {
        self.running = None;
        if let Some(checkup) = &mut self.checkup {
            checkup.end(&self.runtime.timers);
        }
        self.registration.author.forget_all(&self.runtime);
        let (now, random) = (self.runtime.clock.monotonic(), self.runtime.random());
        let decision = self.supervisor.exited(supervisor::ExitReason::Crashed, now, random);
        let restart = match decision {
            Decision::Restart { after } => Some(after),
            _ => None,
        };
        match restart {
            Some(after) => {
                context.pause();
                self.registration.set_status(Status::Restarting);
                let address = self.registration.address.clone();
                self.runtime.timers.after(after, move || {
                    // One that was stopped meanwhile is not started again.
                    drop(address.command(|member: &mut Self, context| member.restart(context)));
                });
            }
            None => {
                self.registration.set_status(Status::GivenUp);
                context.stop();
            }
        }
        match restart {
            Some(_) => self.runtime.exited(&self.id, ExitReason::Crashed(crash.to_string())),
            None => self.runtime.ended(&self.id, ExitReason::GivenUp(crash.to_string())),
        }
        self.runtime.crashed(&self.id, &crash, restart);
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

    fn stopped(&mut self, exit: Exit, undelivered: VecDeque<Mail>) {
        self.running = None;
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

/// Has the next message wait for the receivers that this one's sends have filled.
fn wait_for_filled(running: &mut Running, context: &mut Context<'_, Member>) {
    for (receiver, wanted) in running.outbox_mut().end_turn() {
        context.await_room(&receiver, wanted);
    }
}

/// Runs native code or a guest; a panic in it is a crash.
fn unwinding<T, E: From<Crash>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(Crash::new(CrashKind::Panic, panic_text(panic.as_ref())).into())
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
