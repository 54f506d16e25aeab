use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_broker::Handles;
use airssys_wasm_core::{ComponentId, Handle, RequestId, SendError};
use airssys_wasm_security::audit::AttemptKind;

use super::route::{Right, Route};
use super::turn::Turn;
use super::{Draft, Outbox, Sender, callback};
use crate::payload::Content;

/// How many components a sender knows by handle.
const KNOWN: usize = 1024;

/// What is sent to components that the sender knows by handle.
impl Outbox {
    pub(super) fn known(&mut self) -> &mut Handles<Route> {
        self.known.get_or_insert_with(|| Box::new(Handles::new(KNOWN)))
    }

    /// The handle of a component that may be sent to.
    pub(super) fn know(&mut self, target: &str) -> Result<Handle, SendError> {
        self.known();
        let Self { sender, known: Some(known), .. } = self else {
            return Err(SendError::InvalidTarget);
        };
        sender.expect_open()?;
        let id = ComponentId::parse(target).map_err(|_| SendError::InvalidTarget)?;
        let handle = known.handle(&id);
        if sender.route_to(known, handle).is_ok() {
            return Ok(handle);
        }
        // That one may have been of another component under this id: now it is void.
        let handle = known.handle(&id);
        sender.route_to(known, handle).map(|_| handle)
    }

    pub(super) fn send_to(&mut self, target: Handle, message: &[u8]) -> Result<(), SendError> {
        let Self { sender, known, turn, random, .. } = self;
        let judged = sender.judge_to(known, turn, target, message, Right::Send);
        let draft = Draft::new(Content::Bytes(message));
        let sent = sender.settle(judged, |route| sender.post(route, turn, random, draft));
        sent.inspect_err(|error| self.refused_to(target, AttemptKind::Message, message, error))
    }

    pub(super) fn request_to(
        &mut self,
        target: Handle,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        let Self { sender, known, turn, random, .. } = self;
        let judged = sender.judge_to(known, turn, target, request, Right::Request);
        let sent = sender.settle(judged, |route| {
            sender.post_request(route, turn, random, request, timeout, callback)
        });
        sent.inspect_err(|error| self.refused_to(target, AttemptKind::Request, request, error))
    }

    #[cold]
    fn refused_to(&self, target: Handle, kind: AttemptKind, message: &[u8], error: &SendError) {
        let id = self.known.as_ref().and_then(|known| known.component(target));
        let target = match id {
            Some(id) => id.as_str().into(),
            None => format!("handle {}", target.number()),
        };
        self.sender.refused(&self.turn, kind, &target, message, error);
    }
}

impl Sender {
    /// As [`judge`](Self::judge), of a target that is known by handle.
    fn judge_to<'known>(
        &self,
        known: &'known mut Option<Box<Handles<Route>>>,
        turn: &mut Turn,
        target: Handle,
        message: &[u8],
        right: Right,
    ) -> Result<&'known mut Route, SendError> {
        self.expect_open()?;
        let known = known.as_mut().ok_or(SendError::InvalidTarget)?;
        let route = self.route_to(known, target)?;
        self.judge_by(route, message, right)?;
        self.take_from_quota(turn)?;
        Ok(route)
    }

    fn route_to<'known>(
        &self,
        known: &'known mut Handles<Route>,
        target: Handle,
    ) -> Result<&'known mut Route, SendError> {
        let generation = self.runtime.registry.generation();
        let resolve = |target: &ComponentId, earlier: Option<Route>| {
            let route = self.find(target.as_str(), Right::Any)?;
            match earlier {
                Some(earlier) if !Arc::ptr_eq(&earlier.receiver, &route.receiver) => {
                    Err(SendError::NoSuchComponent)
                }
                _ => Ok(route),
            }
        };
        known.route(target, generation, resolve).unwrap_or(Err(SendError::InvalidTarget))
    }
}
