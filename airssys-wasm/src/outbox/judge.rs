use airssys_wasm_broker::Routes;
use airssys_wasm_core::{ComponentId, SendError};
use airssys_wasm_security::TooSoon;

use super::Sender;
use super::route::{Right, Route};
use super::turn::Turn;

/// What is judged of a send before the mailbox, in the contract's order.
impl Sender {
    /// All that is judged before the mailbox. It counts in the sender's quota until
    /// [`settle`](Self::settle).
    pub(super) fn judge<'routes>(
        &self,
        routes: &'routes mut Routes<Route>,
        turn: &mut Turn,
        target: &str,
        message: &[u8],
        right: Right,
    ) -> Result<&'routes mut Route, SendError> {
        let route = self.judge_lasting(routes, target, message, right)?;
        self.take_from_quota(turn)?;
        Ok(route)
    }

    /// The same but for the rate: a refusal here would be one in a while, too.
    pub(super) fn judge_lasting<'routes>(
        &self,
        routes: &'routes mut Routes<Route>,
        target: &str,
        message: &[u8],
        right: Right,
    ) -> Result<&'routes mut Route, SendError> {
        self.expect_open()?;
        let generation = self.runtime.registry.generation();
        let route = routes.route(target, generation, |target| self.find(target, right))?;
        self.judge_by(route, message, right)?;
        Ok(route)
    }

    /// What the route to the target says, and how large the message is.
    pub(super) fn judge_by(
        &self,
        route: &Route,
        message: &[u8],
        right: Right,
    ) -> Result<(), SendError> {
        route.expect_granted(right)?;
        route.expect_taken(message, &self.author, right)?;
        self.expect_within_size(message)
    }

    /// Resolves a target that there is no route to yet.
    pub(super) fn find(&self, target: &str, right: Right) -> Result<Route, SendError> {
        let id = ComponentId::parse(target).map_err(|_| SendError::InvalidTarget)?;
        let (may_send, may_request) = self.author.authority.may_reach(&id);
        right.expect_granted(may_send, may_request)?;
        let known = self.runtime.registry.get(target).ok_or(SendError::NoSuchComponent)?;
        Ok(Route::new(known, &self.id, may_send, may_request))
    }

    pub(super) fn expect_open(&self) -> Result<(), SendError> {
        if self.is_outside && self.runtime.is_closed() {
            return Err(SendError::Stopped);
        }
        Ok(())
    }

    /// The largest message that the sender may send.
    pub(super) fn expect_within_size(&self, message: &[u8]) -> Result<(), SendError> {
        if message.len() > self.max_message_size as usize {
            return Err(SendError::MessageTooLarge(self.max_message_size));
        }
        Ok(())
    }

    /// How fast the sender may send. What may be sent is counted.
    pub(super) fn take_from_quota(&self, turn: &mut Turn) -> Result<(), SendError> {
        if !self.has_rate {
            return Ok(());
        }
        let clock = &self.runtime.clock;
        let take = |now| self.author.quota.take(now);
        // The turn's time may be some milliseconds old: nobody is refused by that.
        let in_time = take(turn.now(clock.as_ref())).or_else(|_| take(clock.monotonic()));
        in_time.map_err(|too_soon: TooSoon| SendError::RateLimited(too_soon.milliseconds()))
    }

    /// Posts what was judged, and takes from the quota only what was accepted in the end.
    pub(super) fn settle<'route, T>(
        &self,
        judged: Result<&'route mut Route, SendError>,
        post: impl FnOnce(&'route mut Route) -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        let sent = post(judged?);
        if sent.is_err() && self.has_rate {
            self.author.quota.give_back();
        }
        sent
    }
}
