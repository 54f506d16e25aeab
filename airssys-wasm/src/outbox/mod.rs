//! The way out of a component: the only place where a send is judged.

mod judge;
mod known;
mod monitor;
mod publication;
mod route;
mod timer;
mod turn;

use std::sync::Arc;
use std::time::Duration;
use std::vec::Drain;

use airssys_wasm_actor::{Address, Scheduler, TrySendError};
use airssys_wasm_broker::{Handles, Routes};
use airssys_wasm_core::{
    ComponentId, Handle, MonitorError, RequestId, SendError, SubscribeError, TimerError, TimerId,
    Topic, TraceParent,
};
use airssys_wasm_security::audit::{Attempt, AttemptKind, AuditEvent};
use rand::RngExt;
use rand::rngs::SmallRng;

use crate::audit;
use crate::dead_letter::DeadLetter;
use crate::mail::{Mail, Message};
use crate::member::Member;
use crate::metrics::SendCounters;
use crate::payload::{Content, Payload};
use crate::registration::Author;
use crate::requester::{Reply, Waiting};
use crate::runtime::Runtime;

use publication::Publication;
use route::{Right, Route};
use turn::{Filled, Turn};

/// Judges what one component sends, in the contract's order: a well-formed target, the sender's
/// own grants, the target exists, what the receiver takes, the sender's quota, the mailbox. The
/// first that fails is the answer.
pub(crate) struct Outbox {
    sender: Sender,
    routes: Routes<Route>,
    /// Of those that it knows by handle, once there are any.
    known: Option<Box<Handles<Route>>>,
    /// To topics, once it has published.
    publications: Option<Box<Routes<Publication>>>,
    turn: Turn,
    random: SmallRng,
}

/// Who sends. What each send needs is here itself, not behind a pointer: among thousands of
/// components those lines are cold.
struct Sender {
    id: ComponentId,
    max_message_size: u32,
    is_outside: bool,
    has_rate: bool,
    /// Whether it sends for the author's timers, on another thread than the author's.
    is_timer: bool,
    audits_messages: bool,
    runtime: Arc<Runtime>,
    author: Arc<Author>,
}

/// A message that is about to be put into a mailbox.
struct Draft<'a> {
    payload: Content<'a>,
    /// 1 for the first delivery.
    delivery: u32,
    reply: Option<Reply>,
    topic: Option<Topic>,
}

/// How many targets a sender remembers, and how many topics.
const ROUTES: usize = 1024;
const PUBLICATIONS: usize = 64;

impl Outbox {
    pub(crate) fn new(runtime: Arc<Runtime>, author: Arc<Author>) -> Self {
        let random = runtime.fork_random();
        let turn = Turn::new(runtime.outside);
        let sender = Sender {
            id: author.id.clone(),
            max_message_size: author.quota.max_message_size,
            is_outside: author.is_outside(),
            has_rate: author.quota.has_rate(),
            is_timer: false,
            audits_messages: runtime.audit.wants_messages(),
            runtime,
            author,
        };
        let routes = Routes::new(ROUTES);
        Self { sender, routes, known: None, publications: None, turn, random }
    }

    /// The same for code that can wait in the middle of a call.
    pub(crate) fn that_waits(mut self) -> Self {
        self.turn.waits = true;
        self
    }

    /// Begins a call of the sender's code: on this worker, at this time if it is known, and in
    /// this trace if it is part of one.
    pub(crate) fn begin_turn(
        &mut self,
        worker: usize,
        began: Option<Duration>,
        trace: Option<TraceParent>,
    ) {
        self.turn.begin(worker, began, trace);
    }

    /// Ends it, and says which receivers it filled, if any.
    pub(crate) fn end_turn(&mut self) -> Option<Drain<'_, Filled>> {
        self.turn.end()
    }

    /// Whether the last call of the sender's code took long.
    pub(crate) fn took_long(&mut self) -> bool {
        self.turn.took_long()
    }

    /// Has what is sent next, without a call of the sender's code, be part of this trace.
    pub(crate) fn continue_trace(&mut self, trace: Option<TraceParent>) {
        self.turn.continue_trace(trace);
    }

    pub(crate) fn author(&self) -> &Arc<Author> {
        &self.sender.author
    }

    /// Sends a request whose outcome goes to a thread or to the sender's callback.
    pub(crate) fn request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
        waiting: impl FnOnce(&ComponentId) -> Waiting,
    ) -> Result<RequestId, SendError> {
        let Self { sender, routes, turn, random, .. } = self;
        let judged = sender.judge(routes, turn, target, request, Right::Request);
        let sent = sender.settle(judged, |route| {
            sender.post_request(route, turn, random, request, timeout, waiting)
        });
        let kind = AttemptKind::Request;
        sent.inspect_err(|error| self.sender.refused(&self.turn, kind, target, request, error))
    }

    /// Sends a dead letter again, in the name of its sender.
    pub(crate) fn resend(&mut self, letter: &DeadLetter) -> Result<(), SendError> {
        let (target, payload) = (letter.target.as_str(), &letter.payload);
        let delivery = letter.delivery.saturating_add(1);
        self.continue_trace(Some(letter.trace_parent));
        let again = Payload::from(payload.clone());
        let draft = Draft { delivery, ..Draft::new(Content::Payload(&again)) };
        let sent = self.send(Right::Send, target, draft);
        drop(self.turn.end());
        sent
    }

    /// Where `target` is.
    pub(crate) fn address(&self, target: &str) -> Option<Address<Member>> {
        let registration = self.sender.runtime.registry.get(target)?;
        Some(registration.address.clone())
    }

    fn send(&mut self, right: Right, target: &str, draft: Draft<'_>) -> Result<(), SendError> {
        let Self { sender, routes, turn, random, .. } = self;
        let payload = draft.payload;
        let judged = sender.judge(routes, turn, target, &payload, right);
        let sent = sender.settle(judged, |route| sender.post(route, turn, random, draft));
        let kind = AttemptKind::Message;
        sent.inspect_err(|error| self.sender.refused(&self.turn, kind, target, &payload, error))
    }
}

impl Sender {
    /// Sends a request that was judged.
    fn post_request(
        &self,
        route: &mut Route,
        turn: &mut Turn,
        random: &mut SmallRng,
        request: &[u8],
        timeout: Option<Duration>,
        waiting: impl FnOnce(&ComponentId) -> Waiting,
    ) -> Result<RequestId, SendError> {
        if !self.author.takes_callbacks {
            return Err(SendError::NoCallback);
        }
        let id = RequestId::from_random(random.random());
        let timeout = timeout.unwrap_or(self.runtime.request_timeout);
        let deadline = self.runtime.clock.monotonic().saturating_add(timeout);
        let trace = turn.trace(random);
        let waiting = waiting(route.target());
        let reply = self.author.requester.open(id, deadline, waiting, trace)?;
        let draft = Draft { reply: Some(reply), ..Draft::new(Content::Bytes(request)) };
        self.post(route, turn, random, draft)?;
        Ok(id)
    }

    /// Puts a message that was judged into the mailbox.
    fn post(
        &self,
        route: &mut Route,
        turn: &mut Turn,
        random: &mut SmallRng,
        draft: Draft<'_>,
    ) -> Result<(), SendError> {
        let now = turn.now(self.runtime.clock.as_ref());
        let sent_at = self.runtime.clock.unix_nanos_at(now);
        let parent = turn.trace(random);
        let trace_parent = parent.child(random.random());
        let kind = draft.kind();
        let attempt = self.audits_messages.then(|| Attempt {
            trace: Some(trace_parent),
            parent_span: Some(parent.span_id()),
            ..self.attempt(route, &draft)
        });
        let Draft { payload, delivery, reply, topic } = draft;
        let message =
            Message::new(&self.id, payload, sent_at, delivery, reply, trace_parent, topic);
        let sent = route.address.try_send(Mail::Message(message)).map_err(not_sent)?;
        if kind != AttemptKind::Publication {
            // A slow subscriber holds nobody up; a target of its own does.
            let wanted = route.burst.count(turn.number);
            let in_the_way = wanted > 1 && !sent.under_low_water;
            if sent.over_high_water || sent.room < wanted || in_the_way {
                turn.fill(&route.address, wanted);
            }
            self.sends().accepted.bump();
        }
        if let Some(attempt) = attempt {
            self.runtime.audit.record(turn.worker, sent_at, AuditEvent::Sent(attempt));
        }
        if !sent.dropped.is_empty() {
            self.runtime.dropped(&route.receiver, sent.dropped);
        }
        Ok(())
    }

    /// What is recorded of a message that is accepted.
    fn attempt(&self, route: &Route, draft: &Draft<'_>) -> Attempt {
        Attempt {
            kind: draft.kind(),
            sender: self.id.clone(),
            target: route.target().clone().into(),
            topic: draft.topic.clone(),
            size: audit::size(&draft.payload),
            outcome: Ok(()),
            trace: None,
            parent_span: None,
            digest: self.runtime.audit.digest(&draft.payload),
        }
    }

    /// Where its sends are counted: one thread at a time does so.
    fn sends(&self) -> &SendCounters {
        if self.is_timer {
            self.author.timer_sends.get_or_init(Box::default)
        } else {
            &self.author.sends
        }
    }

    #[cold]
    fn refused(
        &self,
        turn: &Turn,
        kind: AttemptKind,
        target: &str,
        message: &[u8],
        error: &SendError,
    ) {
        self.sends().refused(error).bump();
        self.audit_refusal(turn, kind, target, None, message, error);
    }

    /// Records what was refused, of whom and why; of a publication's copy also the topic.
    fn audit_refusal(
        &self,
        turn: &Turn,
        kind: AttemptKind,
        target: &str,
        topic: Option<&Topic>,
        message: &[u8],
        error: &SendError,
    ) {
        let audit = &self.runtime.audit;
        if audit.is_on() {
            let attempt = audit.refused(kind, &self.author, target, topic, message, error);
            let attempt = Attempt { trace: turn.trace_so_far(), ..attempt };
            let at = self.runtime.clock.unix_nanos();
            audit.record(turn.worker, at, AuditEvent::Sent(attempt));
        }
    }
}

impl airssys_wasm_core::Outbox for Outbox {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.send(Right::Send, target, Draft::new(Content::Bytes(message)))
    }

    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.request(target, request, timeout, callback)
    }

    fn look_up(&mut self, target: &str) -> Result<Handle, SendError> {
        self.know(target)
    }

    fn handle_of(&mut self, sender: &ComponentId) -> Handle {
        self.known().handle(sender)
    }

    fn component_of(&mut self, handle: Handle) -> Option<ComponentId> {
        self.known().component(handle).cloned()
    }

    fn send_message_to(&mut self, target: Handle, message: &[u8]) -> Result<(), SendError> {
        self.send_to(target, message)
    }

    fn send_request_to(
        &mut self,
        target: Handle,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.request_to(target, request, timeout)
    }

    fn cancel_request(&mut self, id: RequestId) -> bool {
        self.sender.author.requester.cancel(id)
    }

    fn make_room(&mut self) -> bool {
        Scheduler::make_room();
        self.turn.time_passes();
        !self.sender.author.leave.is_cut()
    }

    fn time_passes(&mut self) {
        self.turn.time_passes();
    }

    fn subscribe(&mut self, pattern: &str) -> Result<(), SubscribeError> {
        self.sender.subscribe(pattern)
    }

    fn unsubscribe(&mut self, pattern: &str) -> bool {
        self.sender.unsubscribe(pattern)
    }

    fn publish(&mut self, topic: &str, message: &[u8]) -> Result<u32, SendError> {
        let Self { sender, publications, turn, random, .. } = self;
        let publications = publications.get_or_insert_with(|| Box::new(Routes::new(PUBLICATIONS)));
        let published = sender.publish(publications, turn, random, topic, message);
        published.inspect_err(|error| {
            let kind = AttemptKind::Publication;
            self.sender.refused(&self.turn, kind, topic, message, error);
        })
    }

    fn send_after(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        self.set_timer(target, message, delay)
    }

    fn cancel_timer(&mut self, id: TimerId) -> bool {
        self.sender.author.timetable.cancel(id)
    }

    fn monitor(&mut self, target: &str) -> Result<(), MonitorError> {
        self.sender.monitor(target)
    }

    fn demonitor(&mut self, target: &str) -> bool {
        self.sender.demonitor(target)
    }
}

impl<'a> Draft<'a> {
    fn new(payload: Content<'a>) -> Self {
        Self { payload, delivery: 1, reply: None, topic: None }
    }

    fn kind(&self) -> AttemptKind {
        match self {
            Self { topic: Some(_), .. } => AttemptKind::Publication,
            Self { reply: Some(_), .. } => AttemptKind::Request,
            _ => AttemptKind::Message,
        }
    }
}

/// For a request whose outcome goes to the sender's callback.
fn callback(responder: &ComponentId) -> Waiting {
    Waiting::Callback(responder.clone())
}

/// Takes a request back that was not accepted.
fn not_sent(error: TrySendError<Mail>) -> SendError {
    let (mail, error) = match error {
        TrySendError::Full(mail) => (mail, SendError::MailboxFull),
        TrySendError::Stopped(mail) => (mail, SendError::Stopped),
    };
    if let Mail::Message(message) = mail
        && let Some(reply) = message.reply
    {
        reply.withdraw();
    }
    error
}
