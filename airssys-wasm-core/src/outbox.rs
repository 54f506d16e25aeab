use std::any::Any;
use std::time::Duration;

use crate::{
    ComponentId, Handle, MonitorError, RequestId, SendError, SubscribeError, TimerError, TimerId,
};

/// The way out of a component: every send is judged here and answered.
///
/// A component has one outbox for as long as its instance lives, and only that component uses
/// it; hence `&mut self`, and no lock.
pub trait Outbox: Any + Send {
    /// Puts a copy of `message` into the mailbox of `target`.
    ///
    /// # Errors
    ///
    /// The first check that fails, in the contract's order of judgement. Then nothing was sent.
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError>;

    /// Sends `request`; what the target's handler returns comes back through the sender's
    /// callback under the returned id. Without a `timeout`, the system's default holds.
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message). Then there is no request, and no callback.
    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError>;

    /// Ends a request of this component without a callback. False if there is no such request
    /// or it has been answered.
    fn cancel_request(&mut self, id: RequestId) -> bool;

    /// A handle of `target`, to send to it by. An outbox without handles permits none.
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message), as far as the target and the grants go.
    fn look_up(&mut self, target: &str) -> Result<Handle, SendError> {
        let _ = target;
        Err(SendError::NotPermitted)
    }

    /// The handle of a component from which there is a message; it may not be one that can be sent
    /// to.
    fn handle_of(&mut self, sender: &ComponentId) -> Handle {
        let _ = sender;
        Handle::new(u64::MAX)
    }

    /// Whose handle this is; none if it is void.
    fn component_of(&mut self, handle: Handle) -> Option<ComponentId> {
        let _ = handle;
        None
    }

    /// As [`send_message`](Self::send_message), to a component that was looked up.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::InvalidTarget`] where the handle is void.
    fn send_message_to(&mut self, target: Handle, message: &[u8]) -> Result<(), SendError> {
        let _ = (target, message);
        Err(SendError::InvalidTarget)
    }

    /// As [`send_request`](Self::send_request), to a component that was looked up.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::InvalidTarget`] where the handle is void.
    fn send_request_to(
        &mut self,
        target: Handle,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        let _ = (target, request, timeout);
        Err(SendError::InvalidTarget)
    }

    /// Has messages come to this component that are published under topics which `pattern`
    /// covers. An outbox without topics permits no subscription.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`]. Then nothing has changed.
    fn subscribe(&mut self, pattern: &str) -> Result<(), SubscribeError> {
        let _ = pattern;
        Err(SubscribeError::NotPermitted)
    }

    /// Ends a subscription; false if there was none with this pattern.
    fn unsubscribe(&mut self, pattern: &str) -> bool {
        let _ = pattern;
        false
    }

    /// Puts a copy of `message` into the mailbox of each component that subscribed to `topic`, and
    /// tells how many took it. An outbox without topics permits no publication.
    ///
    /// # Errors
    ///
    /// The first check of the sender's own that fails. Whom the message does not reach for
    /// reasons of the receiver is not counted.
    fn publish(&mut self, topic: &str, message: &[u8]) -> Result<u32, SendError> {
        let _ = (topic, message);
        Err(SendError::NotPermitted)
    }

    /// Sends a copy of `message` once `delay` has passed, unless the timer is cancelled or the
    /// component crashes or stops before. What is refused then becomes a dead letter. An outbox
    /// without timers permits none.
    ///
    /// # Errors
    ///
    /// [`TimerError`], where the message could not be sent later either.
    fn send_after(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        let _ = (target, message, delay);
        Err(SendError::NotPermitted.into())
    }

    /// Ends a timer of this component; false if it has gone off.
    fn cancel_timer(&mut self, id: TimerId) -> bool {
        let _ = id;
        false
    }

    /// Has the component be told how `target` ends, through its `handle-exit`. An outbox without
    /// monitors permits none.
    ///
    /// # Errors
    ///
    /// [`MonitorError`]. Then nothing will be told.
    fn monitor(&mut self, target: &str) -> Result<(), MonitorError> {
        let _ = target;
        Err(MonitorError::NotPermitted)
    }

    /// Has the component be told nothing more of `target`; false if it was not monitored.
    fn demonitor(&mut self, target: &str) -> bool {
        let _ = target;
        false
    }

    /// Called when time has passed in the middle of a call, before there is anybody to make room for:
    /// a time that was read at its beginning is old now. At most a tick of the engine's has passed
    /// where this was not called.
    fn time_passes(&mut self) {}

    /// Called when the component has computed for a slice of time, in the middle of a call, on
    /// the thread on which it runs. Others may run before this returns: that time is not counted
    /// as the component's own. False ends the call: the component is out of time.
    fn make_room(&mut self) -> bool {
        true
    }
}
