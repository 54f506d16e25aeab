//! A component as an actor.

mod batches;
mod handling;
mod life;
mod waiting;

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use airssys_wasm_actor::{Actor, Context, Exit};
use airssys_wasm_core::{ComponentId, Crash, CrashKind, ExitReason};
use airssys_wasm_supervisor::Run;
use crossbeam_channel::Sender;

use crate::blueprint::Blueprint;
use crate::checkup::Checkup;
use crate::faults::Faults;
use crate::mail::Mail;
use crate::registration::{Registration, Status};
use crate::running::Running;
use crate::runtime::Runtime;
use crate::spec::ComponentSpec;

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
    /// What a test has go wrong.
    faults: Option<Arc<dyn Faults>>,
}

impl Member {
    /// Makes an instance and calls its `init`, and returns when that does.
    pub(crate) fn start(
        registration: Arc<Registration>,
        runtime: Arc<Runtime>,
        blueprint: Blueprint,
        run: Run,
        spec: &ComponentSpec,
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
            max_deliveries: spec.max_deliveries,
            checkup: spec.checkup(),
            faults: spec.faults.clone(),
        };
        let launch = member.launch();
        let running = launch.finish_here(member.runtime.is_seeded)?;
        member.launched(running);
        Ok(member)
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

    fn takes_together(&self, next: &VecDeque<Mail>) -> usize {
        self.batch_of(next)
    }

    fn handle_together(
        &mut self,
        next: &mut VecDeque<Mail>,
        count: usize,
        context: &mut Context<'_, Self>,
    ) {
        self.handle_batch(next, count, context);
    }

    fn proceed(&mut self, context: &mut Context<'_, Self>) {
        if let Some(waiting) = self.waiting.take() {
            self.go_on(waiting, context);
        }
    }

    fn stopped(&mut self, exit: Exit, undelivered: VecDeque<Mail>) {
        self.lose_instance();
        self.stops.clear();
        if exit == Exit::Panicked {
            self.registration.set_status(Status::GivenUp);
            self.runtime.ended(&self.id, ExitReason::GivenUp(CrashKind::Panic.to_string()));
        } else {
            // One that was given up has been told of: then this tells nobody.
            self.runtime.ended(&self.id, ExitReason::Stopped);
        }
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
