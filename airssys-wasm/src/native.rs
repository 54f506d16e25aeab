use std::time::Duration;

use airssys_wasm_core::{
    ComponentError, ComponentId, ExitReason, Health, MessageInfo, MonitorError, Outbox,
    RequestError, RequestId, SendError, SubscribeError, TimerError, TimerId,
};

/// A component in Rust, that lives in a system beside guests and under the same contract.
///
/// A panic in it is a crash, as a trap is in a guest: it is made anew, with its mailbox kept.
pub trait Native: Send + 'static {
    /// Called before the first message.
    ///
    /// # Errors
    ///
    /// It cannot start.
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        let _ = context;
        Ok(())
    }

    /// Handles one message. What it returns is the response, where the sender made a request.
    ///
    /// # Errors
    ///
    /// It refuses the message.
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError>;

    /// Learns how one of its requests ended.
    ///
    /// # Errors
    ///
    /// It refuses the outcome.
    fn handle_callback(
        &mut self,
        id: RequestId,
        outcome: Result<&[u8], &RequestError>,
        context: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        let _ = (id, outcome, context);
        Ok(())
    }

    /// Learns how a component that it monitors has ended.
    ///
    /// # Errors
    ///
    /// It would not hear it. That is logged.
    fn handle_exit(
        &mut self,
        component: &ComponentId,
        reason: &ExitReason,
        context: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        let _ = (component, reason, context);
        Ok(())
    }

    /// Says how it is. It is asked where [`ComponentSpec::health`](crate::ComponentSpec::health)
    /// is set.
    fn check_health(&mut self, context: &mut Context<'_>) -> Health {
        let _ = context;
        Health::Healthy
    }

    /// Called after the last message.
    fn shutdown(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }
}

/// What a native component reaches while it is called.
pub struct Context<'a> {
    pub(crate) id: &'a ComponentId,
    pub(crate) outbox: &'a mut dyn Outbox,
    pub(crate) message: Option<&'a MessageInfo>,
    pub(crate) queued: usize,
}

impl Context<'_> {
    /// The component's own id.
    pub fn id(&self) -> &ComponentId {
        self.id
    }

    /// About the message in hand; `None` outside a handler.
    pub fn message(&self) -> Option<&MessageInfo> {
        self.message
    }

    /// Messages that come right after this one; 0 where it may be the last for now.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// As [`Outbox::send_message`].
    pub fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.outbox.send_message(target, message)
    }

    /// Sends a request, whose outcome comes to [`Native::handle_callback`].
    ///
    /// # Errors
    ///
    /// As [`Outbox::send_request`].
    pub fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.outbox.send_request(target, request, timeout)
    }

    /// Ends a request without a callback; false if it has ended.
    pub fn cancel_request(&mut self, id: RequestId) -> bool {
        self.outbox.cancel_request(id)
    }

    /// Has messages come here that are published under topics which `pattern` covers, until it is
    /// ended or the component is stopped.
    ///
    /// # Errors
    ///
    /// As [`Outbox::subscribe`].
    pub fn subscribe(&mut self, pattern: &str) -> Result<(), SubscribeError> {
        self.outbox.subscribe(pattern)
    }

    /// Ends a subscription; false if there was none with this pattern.
    pub fn unsubscribe(&mut self, pattern: &str) -> bool {
        self.outbox.unsubscribe(pattern)
    }

    /// Publishes a message, and says how many subscribers took it.
    ///
    /// # Errors
    ///
    /// As [`Outbox::publish`].
    pub fn publish(&mut self, topic: &str, message: &[u8]) -> Result<u32, SendError> {
        self.outbox.publish(topic, message)
    }

    /// Sends a message once `delay` has passed, unless the component crashes or stops before. To
    /// itself it needs no grant.
    ///
    /// # Errors
    ///
    /// As [`Outbox::send_after`].
    pub fn send_after(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        self.outbox.send_after(target, message, delay)
    }

    /// Ends a timer; false if it has gone off.
    pub fn cancel_timer(&mut self, id: TimerId) -> bool {
        self.outbox.cancel_timer(id)
    }

    /// Has [`Native::handle_exit`] be told how `target` ends: each time it crashes, and when it
    /// is stopped or given up.
    ///
    /// # Errors
    ///
    /// As [`Outbox::monitor`].
    pub fn monitor(&mut self, target: &str) -> Result<(), MonitorError> {
        self.outbox.monitor(target)
    }

    /// Has nothing more be told of `target`; false if it was not monitored.
    pub fn demonitor(&mut self, target: &str) -> bool {
        self.outbox.demonitor(target)
    }
}
