use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::{Address, TrySendError};
use airssys_wasm_broker::Routes;
use airssys_wasm_core::{ComponentId, RequestId, SendError};
use bytes::Bytes;
use rand::RngExt;
use rand::rngs::SmallRng;

use crate::mail::{Mail, Message};
use crate::member::Member;
use crate::registration::{Author, Authority};
use crate::requester::{Reply, Waiting};
use crate::runtime::Runtime;

/// The only place where a send is judged, in the contract's order: a well-formed target, the
/// sender's own grants, the target exists, what the receiver takes, the sender's quota, the
/// mailbox. The first that fails is the answer.
pub(crate) struct Outbox {
    sender: Sender,
    routes: Routes<Route>,
    turn: Turn,
    random: SmallRng,
}

/// Who sends. What each send needs is here itself, not behind a pointer: among thousands of
/// components those lines are cold.
struct Sender {
    id: ComponentId,
    max_message_size: u32,
    is_outside: bool,
    runtime: Arc<Runtime>,
    author: Arc<Author>,
}

/// How many targets a sender remembers.
const ROUTES: usize = 1024;

/// What a sender remembers of a target. It holds for one generation of the registry.
struct Route {
    target: ComponentId,
    address: Address<Member>,
    /// The largest message that the target takes.
    max_message_size: u32,
    may_send: bool,
    may_request: bool,
    /// Whether the target takes messages from this sender.
    receives: bool,
    burst: Burst,
}

/// How many messages a sender gives one receiver in a turn.
#[derive(Default)]
struct Burst {
    turn: u64,
    now: usize,
    largest: usize,
}

/// One call of the sender's code: what is the same for all sends within it.
#[derive(Default)]
struct Turn {
    number: u64,
    /// Nanoseconds since the Unix epoch, once a send has asked.
    now: Option<u64>,
    /// Receivers whose mailboxes it has filled, and how much room the sender wants there.
    filled: Vec<(Address<Member>, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Send,
    Request,
}

impl Outbox {
    pub(crate) fn new(runtime: Arc<Runtime>, author: Arc<Author>) -> Self {
        let random = runtime.fork_random();
        let sender = Sender {
            id: author.id.clone(),
            max_message_size: author.max_message_size,
            is_outside: author.is_outside(),
            runtime,
            author,
        };
        Self { sender, routes: Routes::new(ROUTES), turn: Turn::default(), random }
    }

    /// Begins a new turn, and says which receivers the last one filled.
    pub(crate) fn end_turn(&mut self) -> impl Iterator<Item = (Address<Member>, usize)> + '_ {
        self.turn.number += 1;
        self.turn.now = None;
        self.turn.filled.drain(..)
    }

    pub(crate) fn author(&self) -> &Arc<Author> {
        &self.sender.author
    }

    /// Sends a request whose outcome goes to `waiting`.
    pub(crate) fn request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
        waiting: Waiting,
    ) -> Result<RequestId, SendError> {
        let Self { sender, routes, turn, random } = self;
        let route = sender.judge(routes, target, request, Right::Request)?;
        if !sender.author.takes_callbacks {
            return Err(SendError::NoCallback);
        }
        let id = RequestId::from_random(random.random());
        let timeout = timeout.unwrap_or(sender.runtime.request_timeout);
        let deadline = sender.runtime.clock.monotonic().saturating_add(timeout);
        let reply = sender.author.requester.open(id, deadline, waiting)?;
        sender.post(route, turn, request, Some(reply))?;
        Ok(id)
    }

    /// Where `target` is.
    pub(crate) fn address(&self, target: &str) -> Option<Address<Member>> {
        let registration = self.sender.runtime.registry.get(target)?;
        Some(registration.address.clone())
    }
}

impl Sender {
    /// All that is judged before the mailbox.
    fn judge<'routes>(
        &self,
        routes: &'routes mut Routes<Route>,
        target: &str,
        message: &[u8],
        right: Right,
    ) -> Result<&'routes mut Route, SendError> {
        if self.is_outside && self.runtime.is_closed() {
            return Err(SendError::Stopped);
        }
        let generation = self.runtime.registry.generation();
        let route = routes.route(target, generation, |target| self.find(target, right))?;
        let granted = match right {
            Right::Send => route.may_send,
            Right::Request => route.may_request,
        };
        if !granted || !route.receives {
            return Err(SendError::NotPermitted);
        }
        let limits = [route.max_message_size, self.max_message_size];
        match limits.into_iter().find(|&limit| message.len() > limit as usize) {
            Some(limit) => Err(SendError::MessageTooLarge(limit)),
            None => Ok(route),
        }
    }

    fn find(&self, target: &str, right: Right) -> Result<Route, SendError> {
        let id = ComponentId::parse(target).map_err(|_| SendError::InvalidTarget)?;
        let (may_send, may_request) = match &self.author.authority {
            Authority::Operator => (true, true),
            Authority::Granted(grants) => (grants.may_send(&id), grants.may_request(&id)),
        };
        let granted = if right == Right::Send { may_send } else { may_request };
        if !granted {
            return Err(SendError::NotPermitted);
        }
        let known = self.runtime.registry.get(target).ok_or(SendError::NoSuchComponent)?;
        Ok(Route {
            target: id,
            address: known.address.clone(),
            max_message_size: known.max_message_size,
            may_send,
            may_request,
            receives: known.receive.as_ref().is_none_or(|senders| senders.matches(&self.id)),
            burst: Burst::default(),
        })
    }

    /// Puts a message that was judged into the mailbox.
    fn post(
        &self,
        route: &mut Route,
        turn: &mut Turn,
        payload: &[u8],
        reply: Option<Reply>,
    ) -> Result<(), SendError> {
        let message = Message {
            sender: self.id.clone(),
            payload: Bytes::copy_from_slice(payload),
            sent_at: *turn.now.get_or_insert_with(|| self.runtime.clock.unix_nanos()),
            delivery: 1,
            reply,
        };
        let sent = route.address.try_send(Mail::Message(message)).map_err(not_sent)?;
        let wanted = route.burst.count(turn.number);
        let in_the_way = wanted > 1 && !sent.under_low_water;
        if sent.over_high_water || sent.room < wanted || in_the_way {
            turn.fill(&route.address, wanted);
        }
        if !sent.dropped.is_empty() {
            self.runtime.dropped(&route.target, sent.dropped);
        }
        Ok(())
    }
}

impl airssys_wasm_core::Outbox for Outbox {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        let Self { sender, routes, turn, .. } = self;
        let route = sender.judge(routes, target, message, Right::Send)?;
        sender.post(route, turn, message, None)
    }

    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.request(target, request, timeout, Waiting::Callback)
    }

    fn cancel_request(&mut self, id: RequestId) -> bool {
        self.sender.author.requester.cancel(id)
    }
}

impl Burst {
    /// Counts a send, and says for how many more there should be room before the next turn.
    ///
    /// The high-water mark alone keeps a fifth of the mailbox free. A sender that gives more
    /// than one message in a turn (a line of text, a word at a time) would be refused now and
    /// then; so it waits from the low-water mark on, and for room for twice its largest turn so
    /// far. Turns of up to half the capacity then always find room.
    fn count(&mut self, turn: u64) -> usize {
        if self.turn != turn {
            *self = Self { turn, now: 0, largest: self.largest };
        }
        self.now += 1;
        self.largest = self.largest.max(self.now);
        if self.largest > 1 { 2 * self.largest } else { 1 }
    }
}

impl Turn {
    fn fill(&mut self, address: &Address<Member>, wanted: usize) {
        match self.filled.iter_mut().find(|(filled, _)| filled.is_same(address)) {
            Some((_, most)) => *most = wanted,
            None => self.filled.push((address.clone(), wanted)),
        }
    }
}

/// Takes a request back that was not accepted.
fn not_sent(error: TrySendError<Mail>) -> SendError {
    let (mail, error) = match error {
        TrySendError::Full(mail) => (mail, SendError::MailboxFull),
        TrySendError::Stopped(mail) => (mail, SendError::Stopped),
    };
    if let Mail::Message(Message { reply: Some(reply), .. }) = mail {
        reply.withdraw();
    }
    error
}
