use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use airssys_wasm_core::{
    ComponentId, Handle, MonitorError, Outbox, RequestId, SendError, SubscribeError, TimerError,
    TimerId,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Writes down what a guest calls, and answers at random.
pub(crate) struct Recorder {
    pub(crate) calls: Vec<String>,
    random: SmallRng,
}

impl Recorder {
    pub(crate) fn new(seed: u64) -> Self {
        Self { calls: Vec::new(), random: SmallRng::seed_from_u64(seed) }
    }

    fn send_error(&mut self) -> SendError {
        let random = &mut self.random;
        match random.random_range(0..10) {
            0 => SendError::InvalidTarget,
            1 => SendError::NoSuchComponent,
            2 => SendError::NotPermitted,
            3 => SendError::CodecNotAccepted(random.random_iter().take(3).collect()),
            4 => SendError::MessageTooLarge(random.random()),
            5 => SendError::RateLimited(random.random()),
            6 => SendError::MailboxFull,
            7 => SendError::TooManyRequests(random.random()),
            8 => SendError::Stopped,
            _ => SendError::NoCallback,
        }
    }

    fn fails(&mut self) -> bool {
        self.random.random_ratio(1, 2)
    }
}

impl Outbox for Recorder {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.calls.push(format!("send {target} {}", shown(message)));
        if self.fails() { Err(self.send_error()) } else { Ok(()) }
    }

    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.calls.push(format!("request {target} {} {timeout:?}", shown(request)));
        if self.fails() {
            return Err(self.send_error());
        }
        Ok(RequestId::from_halves(self.random.random(), self.random.random()))
    }

    fn cancel_request(&mut self, id: RequestId) -> bool {
        self.calls.push(format!("cancel {id}"));
        self.random.random()
    }

    fn look_up(&mut self, target: &str) -> Result<Handle, SendError> {
        self.calls.push(format!("look up {target}"));
        if self.fails() { Err(self.send_error()) } else { Ok(Handle::new(self.random.random())) }
    }

    fn handle_of(&mut self, sender: &ComponentId) -> Handle {
        self.calls.push(format!("handle of {sender}"));
        Handle::new(self.random.random())
    }

    fn component_of(&mut self, handle: Handle) -> Option<ComponentId> {
        self.calls.push(format!("component of {}", handle.number()));
        (!self.fails()).then(|| "test/component".parse().unwrap())
    }

    fn send_message_to(&mut self, target: Handle, message: &[u8]) -> Result<(), SendError> {
        self.calls.push(format!("send to {} {}", target.number(), shown(message)));
        if self.fails() { Err(self.send_error()) } else { Ok(()) }
    }

    fn send_request_to(
        &mut self,
        target: Handle,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.calls.push(format!("request of {} {} {timeout:?}", target.number(), shown(request)));
        if self.fails() {
            return Err(self.send_error());
        }
        Ok(RequestId::from_halves(self.random.random(), self.random.random()))
    }

    fn subscribe(&mut self, pattern: &str) -> Result<(), SubscribeError> {
        self.calls.push(format!("subscribe {pattern}"));
        match self.random.random_range(0..4) {
            0 => Err(SubscribeError::InvalidPattern),
            1 => Err(SubscribeError::NotPermitted),
            2 => Err(SubscribeError::TooManySubscriptions(self.random.random())),
            _ => Ok(()),
        }
    }

    fn unsubscribe(&mut self, pattern: &str) -> bool {
        self.calls.push(format!("unsubscribe {pattern}"));
        self.random.random()
    }

    fn publish(&mut self, topic: &str, message: &[u8]) -> Result<u32, SendError> {
        self.calls.push(format!("publish {topic} {}", shown(message)));
        if self.fails() { Err(self.send_error()) } else { Ok(self.random.random()) }
    }

    fn send_after(
        &mut self,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        self.calls.push(format!("after {delay:?} {target} {}", shown(message)));
        match self.random.random_range(0..4) {
            0 => Err(TimerError::TooManyTimers(self.random.random())),
            1 => Err(self.send_error().into()),
            _ => Ok(TimerId::new(self.random.random())),
        }
    }

    fn cancel_timer(&mut self, id: TimerId) -> bool {
        self.calls.push(format!("cancel timer {}", id.number()));
        self.random.random()
    }

    fn monitor(&mut self, target: &str) -> Result<(), MonitorError> {
        self.calls.push(format!("monitor {target}"));
        match self.random.random_range(0..5) {
            0 => Err(MonitorError::InvalidTarget),
            1 => Err(MonitorError::NotPermitted),
            2 => Err(MonitorError::TooManyMonitors(self.random.random())),
            3 => Err(MonitorError::NoHandler),
            _ => Ok(()),
        }
    }

    fn demonitor(&mut self, target: &str) -> bool {
        self.calls.push(format!("demonitor {target}"));
        self.random.random()
    }
}

/// The bytes, or what stands for them where they are many.
fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= 64 {
        return format!("{bytes:?}");
    }
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{} bytes, {:x}", bytes.len(), hasher.finish())
}
