use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Wake;
use std::time::Duration;

use crate::activation::Activation;
use crate::actor::{Actor, Exit};
use crate::address::{Sent, Stopped, TrySendError};
use crate::body::{Body, weigh};
use crate::context::Context;
use crate::flow::{Downstream, Receiver, Waiter};
use crate::mailbox::{Mailbox, MailboxLimits, Progress, Weight};
use crate::scheduler::Core;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Lock, LockGuard};

/// The meeting place of an actor and those who send to it.
///
/// The actor's [`Body`] rests in here while there is nothing to do. Whoever makes it ready takes
/// it out, with what is in the mailbox, and puts it into the run queue; the worker that ran it
/// brings it back.
pub(crate) struct Cell<A: Actor> {
    post: Lock<Post<A>>,
    /// A command came while the body was out.
    urgent: AtomicBool,
    progress: Progress,
    core: Arc<Core>,
}

struct Post<A: Actor> {
    mailbox: Mailbox<A::Message>,
    commands: VecDeque<Command<A>>,
    state: State<A>,
    closed: bool,
    /// Somebody woke it, and the body does not know yet.
    woken: bool,
    waits_for: Option<Arc<dyn Receiver>>,
    waiters: Vec<(usize, Waiter)>,
    deliveries: u64,
    accepted: u64,
}

enum State<A: Actor> {
    /// The actor has not been installed yet.
    Vacant,
    /// Nothing to do, or held back: whoever changes that takes the body out.
    Resting(Box<Body<A>>),
    /// The body is in the run queue, or with a worker.
    Out,
    Stopped,
}

type Command<A> = Box<dyn FnOnce(&mut A, &mut Context<'_, A>) + Send>;

/// What a worker does after a batch.
enum Next {
    /// There is more to do, and budget for it.
    GoOn,
    /// There is more to do, behind the others.
    Yield,
    /// The body rests.
    Leave,
    /// Ask whether this receiver has drained.
    Await(Downstream),
    Stop,
}

impl<A: Actor> Cell<A> {
    pub(crate) fn vacant(limits: MailboxLimits, core: Arc<Core>) -> Arc<Self> {
        Arc::new(Self {
            post: Lock::new(Post {
                mailbox: Mailbox::new(limits),
                commands: VecDeque::new(),
                state: State::Vacant,
                closed: false,
                woken: false,
                waits_for: None,
                waiters: Vec::new(),
                deliveries: 0,
                accepted: 0,
            }),
            urgent: AtomicBool::new(false),
            progress: Progress::default(),
            core,
        })
    }

    pub(crate) fn install(self: &Arc<Self>, actor: A) -> Result<(), A> {
        let mut post = self.post.lock();
        if !matches!(post.state, State::Vacant) {
            return Err(actor);
        }
        post.state = State::Resting(Body::new(actor));
        self.enqueue_if_ready(post);
        Ok(())
    }

    pub(crate) fn push(
        self: &Arc<Self>,
        message: A::Message,
    ) -> Result<Sent<A::Message>, TrySendError<A::Message>> {
        let weight = weigh::<A>(&message);
        let mut post = self.post.lock();
        if post.closed {
            return Err(TrySendError::Stopped(message));
        }
        if let Some(mut body) = post.take_if_free() {
            post.count(weight);
            let level = post.mailbox.add(weight);
            let sent = post.mailbox.sent(level, Vec::new());
            drop(post);
            body.batch.push_back(message);
            self.enqueue(body);
            return Ok(sent);
        }
        match post.mailbox.push(message, weight, weigh::<A>, &self.progress) {
            Ok(sent) => {
                post.count(weight);
                self.enqueue_if_ready(post);
                Ok(sent)
            }
            Err(message) => Err(TrySendError::Full(message)),
        }
    }

    pub(crate) fn command<F>(self: &Arc<Self>, command: F) -> Result<(), Stopped<F>>
    where
        F: FnOnce(&mut A, &mut Context<'_, A>) + Send + 'static,
    {
        let mut post = self.post.lock();
        if matches!(post.state, State::Stopped) {
            return Err(Stopped(command));
        }
        post.commands.push_back(Box::new(command));
        post.deliveries += 1;
        self.urgent.store(true, Ordering::Relaxed);
        self.enqueue_if_ready(post);
        Ok(())
    }

    pub(crate) fn close(&self) {
        self.post.lock().closed = true;
    }

    pub(crate) fn abandon(&self) -> VecDeque<A::Message> {
        let mut post = self.post.lock();
        if !matches!(post.state, State::Vacant) {
            return VecDeque::new();
        }
        let (undelivered, waiters) = post.end();
        drop(post);
        wake_all(waiters);
        undelivered
    }

    pub(crate) fn queued(&self) -> usize {
        self.post.lock().mailbox.level(&self.progress).messages
    }

    pub(crate) fn is_idle(&self) -> bool {
        let post = self.post.lock();
        let body_is_idle = match &post.state {
            State::Resting(body) => body.batch.is_empty() && !body.control.suspended,
            State::Vacant | State::Stopped => true,
            State::Out => false,
        };
        body_is_idle && post.commands.is_empty() && post.mailbox.is_empty()
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.post.lock().deliveries
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.post.lock().accepted
    }

    pub(crate) fn handled(&self) -> u64 {
        self.progress.handled()
    }

    pub(crate) fn busy(&self) -> Duration {
        self.progress.busy()
    }

    /// Runs a body that came out of the run queue.
    pub(crate) fn run(self: &Arc<Self>, body: Box<Body<A>>, activation: &mut Activation<'_>) {
        let mut slot = Some(body);
        let ended = catch_unwind(AssertUnwindSafe(|| self.activate(&mut slot, activation)));
        let Some(body) = slot else { return };
        match ended {
            Ok(Next::Await(downstream)) => self.wait(body, downstream),
            Ok(Next::Yield) => self.enqueue(body),
            Ok(Next::GoOn | Next::Leave | Next::Stop) => self.end(body, Exit::Stopped),
            Err(_) => self.end(body, Exit::Panicked),
        }
    }

    fn activate(
        self: &Arc<Self>,
        slot: &mut Option<Box<Body<A>>>,
        activation: &mut Activation<'_>,
    ) -> Next {
        loop {
            if let Some(body) = slot {
                self.run_commands(body, activation);
                let urgent = || self.urgent.load(Ordering::Relaxed);
                body.handle_batch(&self.progress, activation, urgent);
            }
            match self.after_batch(slot, activation.budget) {
                Next::GoOn => {}
                next => return next,
            }
        }
    }

    fn enqueue_if_ready(self: &Arc<Self>, mut post: LockGuard<'_, Post<A>>) {
        let ready = post.take_ready();
        drop(post);
        if let Some(body) = ready {
            self.enqueue(body);
        }
    }

    fn enqueue(self: &Arc<Self>, body: Box<Body<A>>) {
        self.core.enqueue(body.of(Arc::clone(self)));
    }

    fn run_commands(&self, body: &mut Body<A>, activation: &mut Activation<'_>) {
        if !self.urgent.load(Ordering::Relaxed) {
            return;
        }
        let mut post = self.post.lock();
        self.urgent.store(false, Ordering::Relaxed);
        let commands = std::mem::take(&mut post.commands);
        drop(post);
        for command in commands {
            let (worker, queued) = (activation.worker, body.batch.len());
            let (waited, mut again) = (body.control.suspended, None);
            let mut context = Context::new(&mut body.control, &mut again, worker, None, queued);
            command(&mut body.actor, &mut context);
            if body.control.suspended && !waited {
                body.in_hand = Weight::default();
            }
        }
        activation.look();
    }

    /// Decides under the lock what comes after a batch, and lets those go on who wait for room.
    fn after_batch(self: &Arc<Self>, slot: &mut Option<Box<Body<A>>>, budget: usize) -> Next {
        let mut post = self.post.lock();
        if post.waiters.is_empty() {
            return post.decide(slot, budget);
        }
        let waiters = post.drained_waiters(&self.progress);
        let next = post.decide(slot, budget);
        drop(post);
        for waiter in waiters {
            waiter.wake();
        }
        next
    }

    /// Rests until `downstream` has drained. Goes on at once where it has, or where waiting
    /// would close a circle.
    fn wait(self: &Arc<Self>, body: Box<Body<A>>, downstream: Downstream) {
        let this: Arc<dyn Receiver> = Arc::clone(self) as _;
        let Downstream { receiver, burst } = downstream;
        let set = self.core.waits.set(&this, &receiver, || {
            self.post.lock().waits_for = Some(Arc::clone(&receiver));
        });
        if !set {
            return self.enqueue(body);
        }
        self.rest(body);
        if !receiver.await_drain(burst, Waiter::Actor(Arc::clone(&this))) {
            this.drained();
        }
    }

    fn rest(self: &Arc<Self>, body: Box<Body<A>>) {
        let mut post = self.post.lock();
        post.state = State::Resting(body);
        self.enqueue_if_ready(post);
    }

    fn finish(&self, mut body: Body<A>, exit: Exit) {
        let mut undelivered = std::mem::take(&mut body.batch);
        let mut post = self.post.lock();
        let (mut queued, waiters) = post.end();
        undelivered.append(&mut queued);
        for message in &undelivered {
            self.progress.begin(weigh::<A>(message));
        }
        let commands = std::mem::take(&mut post.commands);
        drop(post);
        drop(commands);
        wake_all(waiters);
        body.actor.stopped(exit, undelivered);
    }

    fn end(&self, body: Box<Body<A>>, exit: Exit) {
        if exit == Exit::Panicked {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor panicked");
        }
        if catch_unwind(AssertUnwindSafe(|| self.finish(*body, exit))).is_err() {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor panicked at its end");
        }
    }
}

impl<A: Actor> Wake for Cell<A> {
    fn wake(self: Arc<Self>) {
        let mut post = self.post.lock();
        post.woken = true;
        self.enqueue_if_ready(post);
    }
}

impl<A: Actor> Receiver for Cell<A> {
    fn await_drain(&self, burst: usize, waiter: Waiter) -> bool {
        let mut post = self.post.lock();
        let ended = matches!(post.state, State::Stopped);
        if ended || post.mailbox.has_drained(burst, &self.progress) {
            return false;
        }
        post.waiters.push((burst, waiter));
        true
    }

    fn waits_for(&self) -> Option<Arc<dyn Receiver>> {
        self.post.lock().waits_for.clone()
    }

    fn drained(self: Arc<Self>) {
        let mut post = self.post.lock();
        post.waits_for = None;
        self.enqueue_if_ready(post);
    }
}

impl<A: Actor> Post<A> {
    /// Takes the body out for a message that comes now, if nothing is to be handled before it. An
    /// actor that is not held back and waits for nobody rests only where nothing is queued; so the
    /// message need not go through the mailbox, unless it may still be dropped there.
    fn take_if_free(&mut self) -> Option<Box<Body<A>>> {
        let State::Resting(body) = &self.state else { return None };
        let is_free =
            !body.control.is_held_back() && self.waits_for.is_none() && self.mailbox.takes_ahead();
        if is_free { self.state.take_out() } else { None }
    }

    /// Counts a message that is accepted.
    fn count(&mut self, weight: Weight) {
        self.deliveries += 1;
        self.accepted += weight.messages;
    }

    /// Takes a resting body out that has something to do, and messages for it.
    fn take_ready(&mut self) -> Option<Box<Body<A>>> {
        let State::Resting(body) = &mut self.state else { return None };
        body.control.waiting = self.waits_for.is_some();
        let mail = !self.mailbox.is_empty()
            || !body.batch.is_empty()
            || !body.control.downstream.is_empty();
        let held_back = body.control.is_held_back();
        let proceeds = body.control.suspended && self.woken;
        if self.commands.is_empty() && !proceeds && (!mail || held_back) {
            return None;
        }
        let mut body = self.state.take_out()?;
        body.control.woken = std::mem::take(&mut self.woken);
        if !held_back && body.batch.is_empty() {
            self.mailbox.take_ahead(&mut body.batch);
        }
        Some(body)
    }

    /// What comes after a batch.
    fn decide(&mut self, slot: &mut Option<Box<Body<A>>>, budget: usize) -> Next {
        let Some(body) = slot else { return Next::Leave };
        if body.control.stopping {
            return Next::Stop;
        }
        if !self.commands.is_empty() {
            return Next::GoOn;
        }
        if body.control.suspended && self.woken {
            self.woken = false;
            body.control.woken = true;
            // It may wake itself each time, and is no more urgent than others.
            return Next::Yield;
        }
        body.control.waiting = self.waits_for.is_some();
        if !body.control.waiting
            && let Some(downstream) = body.control.downstream.pop()
        {
            return Next::Await(downstream);
        }
        let held_back = body.control.is_held_back();
        if !held_back && body.batch.is_empty() && !self.mailbox.is_empty() {
            self.mailbox.take(&mut body.batch);
        }
        if held_back || body.batch.is_empty() {
            self.mailbox.shrink(&mut body.batch);
            self.state = slot.take().map_or(State::Stopped, State::Resting);
            return Next::Leave;
        }
        if budget > 0 { Next::GoOn } else { Next::Yield }
    }

    /// Takes nothing any more, and gives back what is queued and who waits.
    fn end(&mut self) -> (VecDeque<A::Message>, Vec<(usize, Waiter)>) {
        self.closed = true;
        self.state = State::Stopped;
        (self.mailbox.drain(), std::mem::take(&mut self.waiters))
    }

    fn drained_waiters(&mut self, progress: &Progress) -> Vec<Waiter> {
        let mailbox = &self.mailbox;
        self.waiters
            .extract_if(.., |(burst, _)| mailbox.has_drained(*burst, progress))
            .map(|(_, waiter)| waiter)
            .collect()
    }
}

impl<A: Actor> State<A> {
    /// Takes a resting body out. Any other state stays.
    fn take_out(&mut self) -> Option<Box<Body<A>>> {
        match std::mem::replace(self, Self::Out) {
            Self::Resting(body) => Some(body),
            other => {
                *self = other;
                None
            }
        }
    }
}

fn wake_all(waiters: Vec<(usize, Waiter)>) {
    for (_, waiter) in waiters {
        waiter.wake();
    }
}

#[cfg(test)]
mod tests {
    use airssys_wasm_core::SystemClock;

    use super::*;
    use crate::scheduler::Scheduler;

    struct Idle;

    impl Actor for Idle {
        type Message = ();

        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) {}
    }

    #[test]
    fn a_body_is_taken_out_for_a_message_only_if_it_is_free() {
        let resting = |paused| {
            let mut body = Body::new(Idle);
            body.control.paused = paused;
            State::Resting(body)
        };
        let scheduler = Scheduler::seeded(0, Arc::new(SystemClock::default()));
        let address = scheduler.reserve(MailboxLimits::default());
        let mut post = address.cell.post.lock();
        for state in [State::Vacant, resting(true), State::Out, State::Stopped] {
            let before = std::mem::discriminant(&state);
            post.state = state;
            assert!(post.take_if_free().is_none());
            assert_eq!(std::mem::discriminant(&post.state), before);
        }
        post.state = resting(false);
        assert!(post.take_if_free().is_some());
        assert!(matches!(post.state, State::Out));
    }

    #[test]
    fn where_no_body_rests_there_is_none_to_be_taken_out() {
        for mut state in [State::<Idle>::Vacant, State::Out, State::Stopped] {
            let before = std::mem::discriminant(&state);
            assert!(state.take_out().is_none());
            assert_eq!(std::mem::discriminant(&state), before);
        }
    }
}
