use std::sync::Arc;

use airssys_wasm_actor::Address;
use airssys_wasm_core::{ComponentId, SendError};

use crate::codecs::Codecs;
use crate::member::Member;
use crate::registration::{Author, Registration};

/// What a sender remembers of a target. It holds for one generation of the registry.
pub(super) struct Route {
    pub(super) receiver: Arc<Registration>,
    /// As the receiver has it. It is here too because each send needs it.
    pub(super) address: Address<Member>,
    /// The largest message that the target takes, in bytes.
    max_message_size: u32,
    may_send: bool,
    may_request: bool,
    /// Whether the target takes messages from this sender.
    receives: bool,
    /// What it takes; `None`: any bytes.
    codecs: Option<Arc<Codecs>>,
    pub(super) burst: Burst,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Send,
    Request,
    /// The one or the other.
    Any,
    /// To send to oneself, where that needs no grant.
    Own,
}

impl Right {
    /// Expects that these grants of the sender's cover it.
    pub(super) fn expect_granted(self, may_send: bool, may_request: bool) -> Result<(), SendError> {
        let granted = match self {
            Self::Send => may_send,
            Self::Request => may_request,
            Self::Any => may_send || may_request,
            Self::Own => true,
        };
        if granted { Ok(()) } else { Err(SendError::NotPermitted) }
    }
}

impl Route {
    pub(super) fn new(
        receiver: Arc<Registration>,
        sender: &ComponentId,
        may_send: bool,
        may_request: bool,
    ) -> Self {
        Self {
            address: receiver.address.clone(),
            max_message_size: receiver.max_message_size,
            may_send,
            may_request,
            receives: receiver.author.authority.may_receive(sender),
            codecs: receiver.author.codecs.clone(),
            burst: Burst::default(),
            receiver,
        }
    }

    pub(super) fn target(&self) -> &ComponentId {
        self.receiver.id()
    }

    /// The sender's own grants.
    pub(super) fn expect_granted(&self, right: Right) -> Result<(), SendError> {
        right.expect_granted(self.may_send, self.may_request)
    }

    /// What the receiver takes: from whom, how much, in which codec.
    pub(super) fn expect_taken(
        &self,
        message: &[u8],
        sender: &Author,
        right: Right,
    ) -> Result<(), SendError> {
        if !self.receives && right != Right::Own {
            return Err(SendError::NotPermitted);
        }
        if message.len() > self.max_message_size as usize {
            return Err(SendError::MessageTooLarge(self.max_message_size));
        }
        match &self.codecs {
            Some(codecs) if !codecs.take(message) => {
                Err(SendError::CodecNotAccepted(codecs.codes_for(sender.codecs.as_deref())))
            }
            _ => Ok(()),
        }
    }
}

/// How many messages a sender gives one receiver in a turn.
#[derive(Default)]
pub(super) struct Burst {
    turn: u64,
    now: usize,
    largest: usize,
}

impl Burst {
    /// Counts a send, and says for how many more there should be room before the next turn.
    ///
    /// The high-water mark alone keeps a fifth of the mailbox free. A sender that gives more
    /// than one message in a turn (a line of text, a word at a time) would be refused now and
    /// then; so it waits from the low-water mark on, and for room for twice its largest turn so
    /// far. Turns of up to half the capacity then always find room.
    pub(super) fn count(&mut self, turn: u64) -> usize {
        if self.turn != turn {
            *self = Self { turn, now: 0, largest: self.largest };
        }
        self.now += 1;
        self.largest = self.largest.max(self.now);
        if self.largest > 1 { 2 * self.largest } else { 1 }
    }
}
