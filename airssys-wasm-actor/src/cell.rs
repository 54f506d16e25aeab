use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::actor::{Actor, Exit};
use crate::address::{Sent, Stopped, TrySendError};
use crate::context::Context;
use crate::flow::{Downstream, Receiver, Waiter};
use crate::mailbox::{Mailbox, MailboxLimits, Progress, Push, Weight};
use crate::run_queue::Runnable;
use crate::scheduler::Core;

/// The meeting place of an actor and those who send to it.
///
/// The actor's [`Body`] rests in here while there is nothing to do. Whoever makes it ready puts
/// the cell into the run queue; the worker that finds it there takes the body out, and runs it
/// with no lock held. That one body is what makes the cell run once at a time.
pub(crate) struct Cell<A: Actor> {
    post: Mutex<Post<A>>,
    /// A command came while the body was out.
    urgent: AtomicBool,
    progress: Progress,
    core: Arc<Core>,
}

/// What of an actor only the worker touches that runs it.
struct Body<A: Actor> {
    actor: A,
    /// Taken out of the mailbox, not yet begun.
    batch: VecDeque<A::Message>,
    control: Control,
}

/// What an actor has asked for through its context.
#[derive(Default)]
pub(crate) struct Control {
    /// Receivers that it filled and waits for, before its next message.
    pub(crate) downstream: Vec<Downstream>,
    pub(crate) paused: bool,
    pub(crate) stopping: bool,
}

struct Post<A: Actor> {
    mailbox: Mailbox<A::Message>,
    commands: VecDeque<Command<A>>,
    state: State<A>,
    closed: bool,
    waits_for: Option<Arc<dyn Receiver>>,
    waiters: Vec<(usize, Waiter)>,
    deliveries: u64,
}

enum State<A: Actor> {
    /// The actor has not been installed yet.
    Vacant,
    /// Nothing to do: whoever delivers something schedules it.
    Resting(Box<Body<A>>),
    /// In the run queue.
    Scheduled(Box<Body<A>>),
    /// A worker has the body.
    Running,
    Stopped,
}

type Command<A> = Box<dyn FnOnce(&mut A, &mut Context<'_, A>) + Send>;

/// What a worker does after a batch.
enum Next {
    /// There is more to do, and budget for it.
    GoOn,
    /// The body rests or is queued again.
    Leave,
    /// Ask whether this receiver has drained.
    Await(Downstream),
    Stop,
}

impl<A: Actor> Cell<A> {
    pub(crate) fn vacant(limits: MailboxLimits, core: Arc<Core>) -> Arc<Self> {
        Arc::new(Self {
            post: Mutex::new(Post {
                mailbox: Mailbox::new(limits),
                commands: VecDeque::new(),
                state: State::Vacant,
                closed: false,
                waits_for: None,
                waiters: Vec::new(),
                deliveries: 0,
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
        post.state = State::Resting(Box::new(Body {
            actor,
            batch: VecDeque::new(),
            control: Control::default(),
        }));
        let scheduled = post.schedule();
        drop(post);
        self.enqueue_if(scheduled);
        Ok(())
    }

    pub(crate) fn push(
        self: &Arc<Self>,
        message: A::Message,
    ) -> Result<Sent<A::Message>, TrySendError<A::Message>> {
        let mut post = self.post.lock();
        if post.closed {
            return Err(TrySendError::Stopped(message));
        }
        let dropped = match post.mailbox.push(message, weigh::<A>, &self.progress) {
            Push::Queued => Vec::new(),
            Push::Dropped(dropped) => dropped,
            Push::Full(message) => return Err(TrySendError::Full(message)),
        };
        post.deliveries += 1;
        let over_high_water = post.mailbox.over_high_water(&self.progress);
        let under_low_water = post.mailbox.under_low_water(&self.progress);
        let room = post.mailbox.room(&self.progress);
        let scheduled = post.schedule();
        drop(post);
        self.enqueue_if(scheduled);
        Ok(Sent { over_high_water, under_low_water, room, dropped })
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
        let scheduled = post.schedule();
        drop(post);
        self.enqueue_if(scheduled);
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
        self.post.lock().mailbox.level(&self.progress)
    }

    pub(crate) fn is_idle(&self) -> bool {
        let post = self.post.lock();
        let body_is_idle = match &post.state {
            State::Resting(body) => body.batch.is_empty(),
            State::Vacant | State::Stopped => true,
            State::Scheduled(_) | State::Running => false,
        };
        body_is_idle && post.commands.is_empty() && post.mailbox.is_empty()
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.post.lock().deliveries
    }

    fn enqueue_if(self: &Arc<Self>, scheduled: bool) {
        if scheduled {
            self.core.enqueue(Arc::clone(self) as _);
        }
    }

    fn begin(&self) -> Option<Box<Body<A>>> {
        let mut post = self.post.lock();
        match std::mem::replace(&mut post.state, State::Running) {
            State::Scheduled(mut body) => {
                if body.batch.is_empty() && !body.control.paused && post.waits_for.is_none() {
                    post.mailbox.take(&mut body.batch);
                }
                Some(body)
            }
            other => {
                post.state = other;
                None
            }
        }
    }

    fn run_commands(&self, body: &mut Body<A>) {
        if !self.urgent.swap(false, Ordering::Relaxed) {
            return;
        }
        let commands = std::mem::take(&mut self.post.lock().commands);
        for command in commands {
            let queued = body.batch.len();
            command(&mut body.actor, &mut Context::new(&mut body.control, queued));
        }
    }

    fn handle_batch(&self, body: &mut Body<A>, budget: &mut usize) {
        while *budget > 0 && body.may_handle() && !self.urgent.load(Ordering::Relaxed) {
            let Some(message) = body.batch.pop_front() else { return };
            self.progress.begin(weigh::<A>(&message));
            *budget -= 1;
            let queued = body.batch.len();
            body.actor.handle(message, &mut Context::new(&mut body.control, queued));
        }
    }

    /// Decides under the lock what comes after a batch, and lets those go on who wait for room.
    fn after_batch(self: &Arc<Self>, body: &mut Option<Box<Body<A>>>, budget: usize) -> Next {
        let mut post = self.post.lock();
        let waiters = post.drained_waiters(&self.progress);
        let next = self.decide(&mut post, body, budget);
        drop(post);
        for waiter in waiters {
            waiter.wake();
        }
        next
    }

    fn decide(
        self: &Arc<Self>,
        post: &mut Post<A>,
        slot: &mut Option<Box<Body<A>>>,
        budget: usize,
    ) -> Next {
        let Some(body) = slot.as_mut() else { return Next::Leave };
        if body.control.stopping {
            return Next::Stop;
        }
        if !post.commands.is_empty() {
            return Next::GoOn;
        }
        let waiting = post.waits_for.is_some();
        if !waiting && let Some(downstream) = body.control.downstream.pop() {
            return Next::Await(downstream);
        }
        let may_handle = !body.control.paused && !waiting;
        if may_handle && body.batch.is_empty() {
            post.mailbox.take(&mut body.batch);
        }
        if may_handle && !body.batch.is_empty() {
            if budget > 0 {
                return Next::GoOn;
            }
            post.state = slot.take().map_or(State::Stopped, State::Scheduled);
            self.core.enqueue(Arc::clone(self) as _);
            return Next::Leave;
        }
        post.mailbox.shrink(&mut body.batch);
        post.state = slot.take().map_or(State::Stopped, State::Resting);
        Next::Leave
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
            // Only the worker that has the body sets waits, so this is still a running cell.
            self.schedule_again(body);
            return;
        }
        self.rest(body);
        if !receiver.await_drain(burst, Waiter::Actor(Arc::clone(&this))) {
            this.drained();
        }
    }

    fn schedule_again(self: &Arc<Self>, body: Box<Body<A>>) {
        self.post.lock().state = State::Scheduled(body);
        self.core.enqueue(Arc::clone(self) as _);
    }

    fn rest(self: &Arc<Self>, body: Box<Body<A>>) {
        let mut post = self.post.lock();
        post.state = State::Resting(body);
        let scheduled = post.schedule();
        drop(post);
        self.enqueue_if(scheduled);
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

    fn activate(self: &Arc<Self>, body: &mut Option<Box<Body<A>>>, mut budget: usize) -> Next {
        loop {
            if let Some(body) = body {
                self.run_commands(body);
                self.handle_batch(body, &mut budget);
            }
            match self.after_batch(body, budget) {
                Next::GoOn => {}
                next => return next,
            }
        }
    }
}

impl<A: Actor> Runnable for Cell<A> {
    fn run(self: Arc<Self>, budget: usize) {
        let mut body = self.begin();
        let ended = catch_unwind(AssertUnwindSafe(|| self.activate(&mut body, budget)));
        let Some(body) = body else { return };
        match ended {
            Ok(Next::Await(downstream)) => self.wait(body, downstream),
            Ok(Next::GoOn | Next::Leave | Next::Stop) => self.end(body, Exit::Stopped),
            Err(_) => self.end(body, Exit::Panicked),
        }
    }
}

impl<A: Actor> Cell<A> {
    fn end(&self, body: Box<Body<A>>, exit: Exit) {
        if exit == Exit::Panicked {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor panicked");
        }
        if catch_unwind(AssertUnwindSafe(|| self.finish(*body, exit))).is_err() {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor panicked at its end");
        }
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
        let scheduled = post.schedule();
        drop(post);
        self.enqueue_if(scheduled);
    }
}

impl<A: Actor> Post<A> {
    /// Makes a resting body that has something to do a scheduled one; true if it did.
    fn schedule(&mut self) -> bool {
        let State::Resting(body) = &self.state else { return false };
        let mail = !self.mailbox.is_empty()
            || !body.batch.is_empty()
            || !body.control.downstream.is_empty();
        let ready =
            !self.commands.is_empty() || (mail && !body.control.paused && self.waits_for.is_none());
        if !ready {
            return false;
        }
        if let State::Resting(body) = std::mem::replace(&mut self.state, State::Running) {
            self.state = State::Scheduled(body);
        }
        true
    }

    /// Takes nothing any more, and gives back what is queued and who waits.
    fn end(&mut self) -> (VecDeque<A::Message>, Vec<(usize, Waiter)>) {
        self.closed = true;
        self.state = State::Stopped;
        (self.mailbox.drain(), std::mem::take(&mut self.waiters))
    }

    fn drained_waiters(&mut self, progress: &Progress) -> Vec<Waiter> {
        if self.waiters.is_empty() {
            return Vec::new();
        }
        let mailbox = &self.mailbox;
        self.waiters
            .extract_if(.., |(burst, _)| mailbox.has_drained(*burst, progress))
            .map(|(_, waiter)| waiter)
            .collect()
    }
}

impl<A: Actor> Body<A> {
    fn may_handle(&self) -> bool {
        let control = &self.control;
        !control.paused && !control.stopping && control.downstream.is_empty()
    }
}

fn wake_all(waiters: Vec<(usize, Waiter)>) {
    for (_, waiter) in waiters {
        waiter.wake();
    }
}

fn weigh<A: Actor>(message: &A::Message) -> Weight {
    Weight {
        messages: u64::from(!A::reserved(message)),
        bytes: if A::reserved(message) { 0 } else { A::size(message) as u64 },
    }
}
