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
use crate::registration::{Author, Authority, Registration};
use crate::requester::{Reply, Waiting};
use crate::runtime::Runtime;

/// The only place where a send is judged, in the contract's order: a well-formed target, the
/// sender's own grants, the target exists, what the receiver takes, the sender's quota, the
/// mailbox. The first that fails is the answer.
pub(crate) struct Outbox {
    runtime: Arc<Runtime>,
    author: Arc<Author>,
    routes: Routes<Route>,
    random: SmallRng,
    turn: Turn,
}

/// How many targets a sender remembers.
const ROUTES: usize = 1024;

/// What a sender remembers of a target. It holds for one generation of the registry.
struct Route {
    registration: Arc<Registration>,
    may_send: bool,
    may_request: bool,
    /// Whether the target takes messages from this sender.
    receives: bool,
    /// Sends within the turn of this number.
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
        Self { runtime, author, routes: Routes::new(ROUTES), random, turn: Turn::default() }
    }

    /// Begins a new turn, and says which receivers the last one filled.
    pub(crate) fn end_turn(&mut self) -> impl Iterator<Item = (Address<Member>, usize)> + '_ {
        self.turn.number += 1;
        self.turn.now = None;
        self.turn.filled.drain(..)
    }

    pub(crate) fn author(&self) -> &Arc<Author> {
        &self.author
    }

    /// Sends a request whose outcome goes to `waiting`.
    pub(crate) fn request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
        waiting: Waiting,
    ) -> Result<RequestId, SendError> {
        self.judge(target, request, Right::Request)?;
        if !self.author.takes_callbacks {
            return Err(SendError::NoCallback);
        }
        let id = RequestId::from_random(self.random.random());
        let timeout = timeout.unwrap_or(self.runtime.request_timeout);
        let deadline = self.runtime.clock.monotonic().saturating_add(timeout);
        let reply = self.author.requester.open(id, deadline, waiting)?;
        self.post(target, request, Some(reply))?;
        Ok(id)
    }

    /// Where `target` is, once it is remembered.
    pub(crate) fn address(&mut self, target: &str) -> Option<Address<Member>> {
        let registration = self.runtime.registry.get(target)?;
        Some(registration.address.clone())
    }

    /// All that is judged before the mailbox.
    fn judge(&mut self, target: &str, message: &[u8], right: Right) -> Result<(), SendError> {
        if self.author.is_outside() && self.runtime.is_closed() {
            return Err(SendError::Stopped);
        }
        let own_limit = self.author.max_message_size;
        let route = self.route(target, right)?;
        let granted = match right {
            Right::Send => route.may_send,
            Right::Request => route.may_request,
        };
        if !granted || !route.receives {
            return Err(SendError::NotPermitted);
        }
        let limits = [route.registration.max_message_size, own_limit];
        match limits.into_iter().find(|&limit| message.len() > limit as usize) {
            Some(limit) => Err(SendError::MessageTooLarge(limit)),
            None => Ok(()),
        }
    }

    /// Puts a message that was judged into the mailbox.
    fn post(
        &mut self,
        target: &str,
        payload: &[u8],
        reply: Option<Reply>,
    ) -> Result<(), SendError> {
        let right = if reply.is_some() { Right::Request } else { Right::Send };
        let clock = &self.runtime.clock;
        let sent_at = *self.turn.now.get_or_insert_with(|| clock.unix_nanos());
        let mail = Mail::Message(Message {
            sender: self.author.id.clone(),
            payload: Bytes::copy_from_slice(payload),
            sent_at,
            delivery: 1,
            reply,
        });
        let number = self.turn.number;
        let route = self.route(target, right)?;
        route.burst.count(number);
        let wanted = route.burst.wanted_room();
        let sent = match route.registration.address.try_send(mail) {
            Ok(sent) => sent,
            Err(error) => return Err(refused(error)),
        };
        let fills = sent.over_high_water
            || sent.room < wanted
            || (route.burst.is_several() && !sent.under_low_water);
        let registration =
            (fills || !sent.dropped.is_empty()).then(|| Arc::clone(&route.registration));
        if let Some(registration) = registration {
            self.runtime.dropped(registration.id(), sent.dropped);
            if fills {
                self.turn.fill(&registration.address, wanted);
            }
        }
        Ok(())
    }

    fn route(&mut self, target: &str, right: Right) -> Result<&mut Route, SendError> {
        let Self { runtime, author, routes, .. } = self;
        let generation = runtime.registry.generation();
        routes.route(target, generation, |target| Route::find(runtime, author, target, right))
    }
}

impl airssys_wasm_core::Outbox for Outbox {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.judge(target, message, Right::Send)?;
        self.post(target, message, None)
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
        self.author.requester.cancel(id)
    }
}

impl Route {
    fn find(
        runtime: &Runtime,
        author: &Author,
        target: &str,
        right: Right,
    ) -> Result<Self, SendError> {
        let id = ComponentId::parse(target).map_err(|_| SendError::InvalidTarget)?;
        let (may_send, may_request) = match &author.authority {
            Authority::Operator => (true, true),
            Authority::Granted(grants) => (grants.may_send(&id), grants.may_request(&id)),
        };
        let granted = if right == Right::Send { may_send } else { may_request };
        if !granted {
            return Err(SendError::NotPermitted);
        }
        let registration = runtime.registry.get(target).ok_or(SendError::NoSuchComponent)?;
        let receives =
            registration.receive.as_ref().is_none_or(|senders| senders.matches(&author.id));
        Ok(Self { registration, may_send, may_request, receives, burst: Burst::default() })
    }
}

impl Burst {
    fn count(&mut self, turn: u64) {
        if self.turn != turn {
            *self = Self { turn, now: 0, largest: self.largest };
        }
        self.now += 1;
        self.largest = self.largest.max(self.now);
    }

    fn is_several(&self) -> bool {
        self.largest > 1
    }

    /// For how many more messages there should be room before the next turn.
    ///
    /// The high-water mark alone keeps a fifth of the mailbox free. A sender that gives more in
    /// one turn (a line of text, a word at a time) would be refused now and then; so it waits
    /// from the low-water mark on, and for room for twice its largest turn so far. Turns of up
    /// to half the capacity then always find room.
    fn wanted_room(&self) -> usize {
        if self.is_several() { 2 * self.largest } else { 1 }
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
fn refused(error: TrySendError<Mail>) -> SendError {
    let (mail, error) = match error {
        TrySendError::Full(mail) => (mail, SendError::MailboxFull),
        TrySendError::Stopped(mail) => (mail, SendError::Stopped),
    };
    if let Mail::Message(Message { reply: Some(reply), .. }) = mail {
        reply.withdraw();
    }
    error
}
