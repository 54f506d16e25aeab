use std::time::Duration;

use airssys_wasm::{
    ComponentError, ExitReason, MessageInfo, MonitorError, RequestError, RequestId, SendError,
    Sender, SubscribeError, TimerError, TimerId,
};

use crate::test_system::{HAND, TestSystem, component_id};

/// A guest that does what the test tells it, with real calls of its imports.
///
/// Orders go to it as requests of `test/hand`; its half of this is `guests/puppet.wat`.
pub struct Puppet {
    id: String,
}

/// What a puppet's callback was told.
pub type Outcome = (RequestId, Result<Vec<u8>, RequestError>);

impl Puppet {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned() }
    }

    /// The message with which anybody has a puppet send so many copies of `message`.
    ///
    /// # Panics
    ///
    /// If the target is longer than 65,535 bytes.
    pub fn order_to_send(target: &str, message: &[u8], count: u32) -> Vec<u8> {
        [b"m".as_slice(), &count.to_le_bytes(), &addressed(target), message].concat()
    }

    /// The message with which anybody has a puppet make a request; a time-out of 0 is the system's
    /// default.
    ///
    /// # Panics
    ///
    /// If the target is longer than 65,535 bytes.
    pub fn order_to_request(target: &str, request: &[u8], timeout: Duration) -> Vec<u8> {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        [b"r".as_slice(), &millis.to_le_bytes(), &addressed(target), request].concat()
    }

    /// Has it send a message.
    ///
    /// # Errors
    ///
    /// What its `send-message` returned.
    #[track_caller]
    pub fn send(&self, test: &TestSystem, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.send_many(test, target, message, 1).1
    }

    /// Has it send the same message so often within one call, or until one is refused. Says how
    /// many were accepted, and the last result.
    #[track_caller]
    pub fn send_many(
        &self,
        test: &TestSystem,
        target: &str,
        message: &[u8],
        count: u32,
    ) -> (u32, Result<(), SendError>) {
        let order = Self::order_to_send(target, message, count);
        let (accepted, result) = self.order(test, &order).split_at_words();
        (accepted, result.map(|_| ()))
    }

    /// Has it make a request; a time-out of 0 is the system's default.
    ///
    /// # Errors
    ///
    /// What its `send-request` returned.
    #[track_caller]
    pub fn request(
        &self,
        test: &TestSystem,
        target: &str,
        request: &[u8],
        timeout: Duration,
    ) -> Result<RequestId, SendError> {
        let order = Self::order_to_request(target, request, timeout);
        let (_, result) = self.order(test, &order).split_at_words();
        result
    }

    /// Has it publish a message, and says how many took it.
    ///
    /// # Errors
    ///
    /// What its `publish` returned.
    #[track_caller]
    pub fn publish(
        &self,
        test: &TestSystem,
        topic: &str,
        message: &[u8],
    ) -> Result<u32, SendError> {
        let order = [b"p".as_slice(), &addressed(topic), message].concat();
        let Answer(answer) = self.order(test, &order);
        let result = &answer[4..];
        if result[0] == 0 { Ok(u32_at(result, 8)) } else { Err(send_error(result)) }
    }

    /// Has it subscribe.
    ///
    /// # Errors
    ///
    /// What its `subscribe` returned.
    #[track_caller]
    pub fn subscribe(&self, test: &TestSystem, pattern: &str) -> Result<(), SubscribeError> {
        let Answer(result) = self.order(test, &[b"b", pattern.as_bytes()].concat());
        match (result[0], result[4]) {
            (0, _) => Ok(()),
            (_, 0) => Err(SubscribeError::InvalidPattern),
            (_, 1) => Err(SubscribeError::NotPermitted),
            (_, 2) => Err(SubscribeError::TooManySubscriptions(u32_at(&result, 8))),
            (_, other) => panic!("there is no subscribe-error {other}"),
        }
    }

    /// Has it end a subscription.
    #[track_caller]
    pub fn unsubscribe(&self, test: &TestSystem, pattern: &str) -> bool {
        self.order(test, &[b"u", pattern.as_bytes()].concat()).0 == [1]
    }

    /// Has it cancel a request.
    #[track_caller]
    pub fn cancel(&self, test: &TestSystem, id: RequestId) -> bool {
        let order = [b"c".as_slice(), &id.high().to_le_bytes(), &id.low().to_le_bytes()].concat();
        self.order(test, &order).0 == [1]
    }

    /// Has it set a timer.
    ///
    /// # Errors
    ///
    /// What its `send-after` returned.
    #[track_caller]
    pub fn send_after(
        &self,
        test: &TestSystem,
        target: &str,
        message: &[u8],
        delay: Duration,
    ) -> Result<TimerId, TimerError> {
        self.send_many_after(test, target, message, delay, 1)
    }

    /// Has it set so many timers for the same message within one call, or until one is refused.
    /// Says the last result.
    ///
    /// # Errors
    ///
    /// What its last `send-after` returned.
    #[track_caller]
    pub fn send_many_after(
        &self,
        test: &TestSystem,
        target: &str,
        message: &[u8],
        delay: Duration,
        count: u32,
    ) -> Result<TimerId, TimerError> {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        let numbers = [&count.to_le_bytes()[..], &millis.to_le_bytes()].concat();
        let order = [b"a".as_slice(), &numbers, &addressed(target), message].concat();
        let Answer(result) = self.order(test, &order);
        match (result[0], result[8]) {
            (0, _) => Ok(TimerId::new(u64_at(&result, 8))),
            (_, 0) => Err(TimerError::Refused(send_error(&result[8..]))),
            (_, 1) => Err(TimerError::TooManyTimers(u32_at(&result, 16))),
            (_, other) => panic!("there is no timer-error {other}"),
        }
    }

    /// Has it cancel a timer.
    #[track_caller]
    pub fn cancel_timer(&self, test: &TestSystem, id: TimerId) -> bool {
        self.order(test, &[b"x".as_slice(), &id.number().to_le_bytes()].concat()).0 == [1]
    }

    /// Has it monitor a component.
    ///
    /// # Errors
    ///
    /// What its `monitor` returned.
    #[track_caller]
    pub fn monitor(&self, test: &TestSystem, target: &str) -> Result<(), MonitorError> {
        let Answer(result) = self.order(test, &[b"w", target.as_bytes()].concat());
        match (result[0], result[4]) {
            (0, _) => Ok(()),
            (_, 0) => Err(MonitorError::InvalidTarget),
            (_, 1) => Err(MonitorError::NotPermitted),
            (_, 2) => Err(MonitorError::TooManyMonitors(u32_at(&result, 8))),
            (_, 3) => Err(MonitorError::NoHandler),
            (_, other) => panic!("there is no monitor-error {other}"),
        }
    }

    /// Has it end a monitor.
    #[track_caller]
    pub fn demonitor(&self, test: &TestSystem, target: &str) -> bool {
        self.order(test, &[b"v", target.as_bytes()].concat()).0 == [1]
    }

    /// What its `handle-exit` was told since it was last asked: whose exit, and how.
    #[track_caller]
    pub fn exits(&self, test: &TestSystem) -> Vec<(String, ExitReason)> {
        let Answer(log) = self.order(test, b"d");
        let mut log = log.as_slice();
        let mut exits = Vec::new();
        while !log.is_empty() {
            let (id_length, length) = (u32_at(log, 4) as usize, u32_at(log, 8) as usize);
            let (id, rest) = log[12..].split_at(id_length);
            let text = String::from_utf8_lossy(&rest[..length]).into_owned();
            let reason = match u32_at(log, 0) {
                0 => ExitReason::Normal,
                1 => ExitReason::Crashed(text),
                2 => ExitReason::Stopped,
                3 => ExitReason::GivenUp(text),
                4 => ExitReason::NoSuchComponent,
                other => panic!("there is no exit-reason {other}"),
            };
            exits.push((String::from_utf8_lossy(id).into_owned(), reason));
            log = &rest[length..];
        }
        exits
    }

    /// What its callback was told since it was last asked.
    #[track_caller]
    pub fn outcomes(&self, test: &TestSystem) -> Vec<Outcome> {
        let Answer(log) = self.order(test, b"o");
        let mut log = log.as_slice();
        let mut outcomes = Vec::new();
        while !log.is_empty() {
            let number = |at: usize| u32_at(log, 16 + 4 * at);
            let length = number(3) as usize;
            let bytes = log[32..32 + length].to_vec();
            let id = RequestId::from_halves(u64_at(log, 0), u64_at(log, 8));
            let outcome = match number(0) {
                0 => Ok(bytes),
                _ => Err(request_error(number(1), number(2), bytes)),
            };
            outcomes.push((id, outcome));
            log = &log[32 + length..];
        }
        outcomes
    }

    /// What it learns from `current-message` about this order, and from `self-id`.
    #[track_caller]
    pub fn context(&self, test: &TestSystem) -> (Option<MessageInfo>, String) {
        let Answer(answer) = self.order(test, b"i");
        let rest = &answer[56..];
        let trace_length = if answer[44] == 1 { u32_at(&answer, 52) as usize } else { 0 };
        let info = (answer[0] == 1).then(|| MessageInfo {
            sent_at: u64_at(&answer, 8),
            request: (answer[16] == 1)
                .then(|| RequestId::from_halves(u64_at(&answer, 24), u64_at(&answer, 32))),
            delivery: u32_at(&answer, 40),
            trace_parent: (trace_length > 0).then(|| {
                let text = String::from_utf8_lossy(&rest[..trace_length]);
                text.parse().unwrap_or_else(|_| panic!("{text:?} is no traceparent"))
            }),
            topic: None,
        });
        (info, String::from_utf8_lossy(&rest[trace_length..]).into_owned())
    }

    #[track_caller]
    fn order(&self, test: &TestSystem, order: &[u8]) -> Answer {
        let mut hand: Sender = test.system().sender(component_id(HAND));
        let mut pending = match hand.try_request(&self.id, order, None) {
            Ok(pending) => pending,
            Err(error) => panic!("{} could not be told what to do: {error}", self.id),
        };
        match test.step_until(|| pending.try_take()) {
            Some(Ok(response)) => Answer(response.to_vec()),
            Some(Err(error)) => {
                test.fail(format_args!("{} did not do as it was told: {error}", self.id))
            }
            None => test.fail(format_args!("{} does not do as it was told", self.id)),
        }
    }
}

/// The bytes of a response.
struct Answer(Vec<u8>);

impl Answer {
    /// How many sends were accepted, and the last result: 24 bytes, and what they point to.
    fn split_at_words(&self) -> (u32, Result<RequestId, SendError>) {
        let Self(answer) = self;
        let (accepted, result) = (u32_at(answer, 0), &answer[4..]);
        let id = RequestId::from_halves(u64_at(result, 8), u64_at(result, 16));
        (accepted, if result[0] == 0 { Ok(id) } else { Err(send_error(result)) })
    }
}

/// `result<_, send-error>` as it lies in memory, followed by the codes that it points to.
fn send_error(result: &[u8]) -> SendError {
    let number = u32_at(result, 16);
    match result[8] {
        0 => SendError::InvalidTarget,
        1 => SendError::NoSuchComponent,
        2 => SendError::NotPermitted,
        3 => SendError::CodecNotAccepted(
            result[24..].chunks(8).map(|code| u64_at(code, 0)).collect(),
        ),
        4 => SendError::MessageTooLarge(number),
        5 => SendError::RateLimited(u64_at(result, 16)),
        6 => SendError::MailboxFull,
        7 => SendError::TooManyRequests(number),
        8 => SendError::Stopped,
        9 => SendError::NoCallback,
        other => panic!("there is no send-error {other}"),
    }
}

fn request_error(case: u32, number: u32, bytes: Vec<u8>) -> RequestError {
    match case {
        0 => RequestError::TimedOut,
        1 => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            RequestError::Refused(ComponentError::new(number, text))
        }
        2 => RequestError::Crashed,
        3 => RequestError::Stopped,
        4 => RequestError::Dropped,
        5 => RequestError::ResponseTooLarge(number),
        other => panic!("there is no request-error {other}"),
    }
}

fn addressed(target: &str) -> Vec<u8> {
    let length = u16::try_from(target.len()).expect("a target of at most 65,535 bytes");
    [&length.to_le_bytes(), target.as_bytes()].concat()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]))
}
