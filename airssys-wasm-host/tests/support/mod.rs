//! Guests and an outbox for the tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod wasi;

use std::collections::VecDeque;
use std::time::Duration;

use airssys_wasm_core::{ComponentId, Crash, Failure, MessageInfo, Outbox, RequestId, SendError};
use airssys_wasm_host::{Component, Engine, EngineConfig, Instance, Limits, LoadError, TimeMeter};

pub const ECHO: &str = include_str!("../guests/echo.wat");
pub const ECHO_COMPONENT: &str = include_str!("../guests/echo-component.wat");

/// The text of a guest: imports and all that follows them, with the prelude between.
pub fn guest(items: &str) -> String {
    let (imports, rest) = split_imports(items);
    format!("(module {imports}\n{}\n{rest})", include_str!("../guests/prelude.wat"))
}

/// A guest whose handler is this.
pub fn handler(body: &str) -> String {
    guest(&handler_item(body))
}

pub fn handler_item(body: &str) -> String {
    format!(
        r#"(func (export "airssys:component/handler@0.1.0#handle-message")
             (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
             (result i32)
             {body})"#
    )
}

/// Imports stand before everything else in a module.
fn split_imports(items: &str) -> (&str, &str) {
    let Some(last) = items.rfind("(import") else {
        return ("", items);
    };
    let mut depth = 0;
    for (at, byte) in items.bytes().enumerate().skip(last) {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        if depth == 0 {
            return items.split_at(at + 1);
        }
    }
    (items, "")
}

pub fn engine() -> Engine {
    Engine::new(EngineConfig::default()).unwrap()
}

/// Counts time in fuel: a millisecond is 10,000 instructions.
pub fn fuel_engine() -> Engine {
    let time_meter = TimeMeter::Fuel { per_millisecond: 10_000 };
    Engine::new(EngineConfig { time_meter, ..EngineConfig::default() }).unwrap()
}

pub fn load(text: &str) -> Result<Component, LoadError> {
    Component::load(&engine(), text.as_bytes())
}

pub fn try_start(engine: &Engine, text: &str, limits: Limits) -> Result<Instance, Crash> {
    let component = Component::load(engine, text.as_bytes()).unwrap();
    component.pre().unwrap().instantiate(id("test/guest"), Box::new(Recorder::default()), limits)
}

pub fn start(text: &str) -> Instance {
    try_start(&engine(), text, Limits::default()).unwrap()
}

pub fn id(text: &str) -> ComponentId {
    text.parse().unwrap()
}

pub fn info() -> MessageInfo {
    MessageInfo::new(7)
}

/// The crash with which a call ended.
pub fn crash<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Crash {
    match outcome {
        Err(Failure::Crashed(crash)) => crash,
        other => panic!("no crash but {other:?}"),
    }
}

/// Records what is sent, and answers as it was told to; otherwise all is well.
#[derive(Default)]
pub struct Recorder {
    pub sent: Vec<(String, Vec<u8>)>,
    pub requests: Vec<(String, Vec<u8>, Option<Duration>)>,
    pub cancelled: Vec<RequestId>,
    pub answers: VecDeque<SendError>,
    /// How often time passed in the middle of a call.
    pub late: u32,
    /// How often the guest made room for others, and after how many times it is to end.
    pub slices: u32,
    pub most_slices: Option<u32>,
    /// What it does besides at each message.
    pub at_message: Option<Box<dyn FnMut() + Send>>,
}

impl Outbox for Recorder {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.sent.push((target.into(), message.into()));
        if let Some(act) = &mut self.at_message {
            act();
        }
        self.answers.pop_front().map_or(Ok(()), Err)
    }

    fn send_request(
        &mut self,
        target: &str,
        request: &[u8],
        timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        self.requests.push((target.into(), request.into(), timeout));
        match self.answers.pop_front() {
            Some(error) => Err(error),
            None => Ok(RequestId::from_halves(0x1111, 0x2222)),
        }
    }

    fn cancel_request(&mut self, id: RequestId) -> bool {
        self.cancelled.push(id);
        self.cancelled.len() == 1
    }

    fn time_passes(&mut self) {
        self.late += 1;
    }

    fn make_room(&mut self) -> bool {
        self.slices += 1;
        Some(self.slices) != self.most_slices
    }
}
