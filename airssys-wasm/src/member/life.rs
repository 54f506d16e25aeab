//! A member's runs: how each begins and ends, and what its supervisor has to do with it.

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::Context;
use airssys_wasm_core::{Crash, ExitReason};
use airssys_wasm_supervisor::{self as supervisor, GiveUp, Run};
use crossbeam_channel::Sender;

use super::waiting::Waiting;
use super::{Member, ask, unwinding};
use crate::event::Event;
use crate::outbox::Outbox;
use crate::registration::Status;
use crate::running::{Launch, Running, shutdown_call};
use crate::supervision::Fate;

impl Member {
    pub(super) fn launch(&self) -> Launch {
        let Self { id, registration, runtime, blueprint, .. } = self;
        if let Some(crash) = self.faults.as_ref().and_then(|faults| faults.at_start()) {
            return Launch::Done(Err(crash));
        }
        let outbox = Outbox::new(Arc::clone(runtime), Arc::clone(&registration.author));
        blueprint.launch(id, outbox, runtime)
    }

    pub(super) fn launched(&mut self, running: Running) {
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

    pub(super) fn restarted(
        &mut self,
        launched: Result<Running, Crash>,
        context: &mut Context<'_, Self>,
    ) {
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
        self.shut_down_when_done(context);
    }

    /// Has it end its run, as its supervisor wants, after the message in hand. It may start again.
    pub(crate) fn halt(&mut self, run: Run, context: &mut Context<'_, Self>) {
        if self.run != run || (self.running.is_none() && self.waiting.is_none()) {
            return self.has_halted(run, context);
        }
        self.halting = Some(run);
        self.shut_down_when_done(context);
    }

    /// Shuts down, unless it waits in the middle of something that is to be done first.
    fn shut_down_when_done(&mut self, context: &mut Context<'_, Self>) {
        if matches!(self.waiting, None | Some(Waiting::Start(_))) {
            self.shut_down(context);
        }
    }

    pub(super) fn shut_down(&mut self, context: &mut Context<'_, Self>) {
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
                // Before anybody hears that it has ended.
                drop(running);
                self.end(shut_down, context);
            }
        }
    }

    pub(super) fn end(&mut self, shut_down: Result<(), Crash>, context: &mut Context<'_, Self>) {
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
    pub(super) fn has_halted(&mut self, run: Run, context: &mut Context<'_, Self>) {
        self.halted = Some(run);
        match self.runtime.report(&self.id, supervisor::Event::Stopped(run)) {
            Fate::Restart(_) => {}
            _ if self.registration.is_dismissed() => {}
            Fate::Ended => self.retire(context),
            Fate::GivenUp => self.give_up(GiveUp::WithGroup, context),
        }
    }

    /// Takes no messages until it starts again.
    pub(super) fn rest(&mut self, context: &mut Context<'_, Self>) {
        self.lose_instance();
        context.pause();
        self.registration.set_status(Status::Restarting);
    }

    /// Lets go of the instance, and of all that it has asked for.
    pub(super) fn lose_instance(&mut self) {
        (self.running, self.waiting) = (None, None);
        if let Some(checkup) = &mut self.checkup {
            checkup.end(&self.runtime.timers);
        }
        self.registration.author.forget_all(&self.runtime);
    }

    /// Ends for good, as it was meant to.
    pub(crate) fn retire(&mut self, context: &mut Context<'_, Self>) {
        self.end_for_good(Status::Stopped, ExitReason::Normal, context);
    }

    /// Ends for good: its supervisor has given it up for a reason that is not its own.
    pub(crate) fn give_up(&mut self, why: GiveUp, context: &mut Context<'_, Self>) {
        if self.registration.has_ended() {
            return;
        }
        self.runtime.emit(&Event::GivenUp { id: &self.id, why: &why });
        let reason = ExitReason::GivenUp("with its group".to_owned());
        self.end_for_good(Status::GivenUp, reason, context);
    }

    fn end_for_good(
        &mut self,
        status: Status,
        reason: ExitReason,
        context: &mut Context<'_, Self>,
    ) {
        // First: who begins to monitor it from here on is told that it has ended.
        self.registration.set_status(status);
        self.runtime.ended(&self.id, reason);
        context.stop();
    }

    pub(super) fn crashed(&mut self, crash: Crash, context: &mut Context<'_, Self>) {
        let event = supervisor::Event::Exited(self.run, supervisor::ExitReason::Crashed);
        self.crashed_in(event, crash, context);
    }

    /// Its run is over, or did not begin.
    pub(super) fn crashed_in(
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
                let reason = ExitReason::GivenUp(crash.to_string());
                self.end_for_good(Status::GivenUp, reason, context);
                self.runtime.crashed(&self.id, &crash, None);
            }
        }
    }

    /// It has ended itself, and meant to.
    pub(super) fn exited(&mut self, context: &mut Context<'_, Self>) {
        let event = supervisor::Event::Exited(self.run, supervisor::ExitReason::Normal);
        let fate = self.over(event, context);
        match fate {
            Fate::Restart(after) => {
                self.runtime.exited(&self.id, ExitReason::Normal);
                self.runtime.emit(&Event::Exited { id: &self.id, restart: Some(after) });
            }
            Fate::Ended | Fate::GivenUp => {
                self.runtime.emit(&Event::Exited { id: &self.id, restart: None });
                self.retire(context);
            }
        }
    }

    /// The instance is no more. Says what follows.
    pub(super) fn over(
        &mut self,
        event: supervisor::Event,
        context: &mut Context<'_, Self>,
    ) -> Fate {
        self.rest(context);
        let fate = self.runtime.report(&self.id, event);
        // One that the operator is about to stop waits for that.
        if self.registration.is_dismissed() { Fate::Restart(Duration::ZERO) } else { fate }
    }
}
