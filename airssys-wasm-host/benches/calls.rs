//! What the host adds to bare wasmtime, in the same run: a call into a guest, a call out of it,
//! and making an instance.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use airssys_wasm_core::{ComponentId, MessageInfo, Outbox, RequestId, SendError};
use airssys_wasm_host::{
    Component, Engine, EngineConfig, Instance, InstancePre, Limits, component_from_core,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wasmtime::component::{Linker, TypedFunc, WasmList, WasmStr};

const ECHO: &str = include_str!("../tests/guests/echo.wat");

/// Sends as many messages of 64 bytes as the message's first four bytes say.
const SENDER: &str = include_str!("sender.wat");
const SENDS: u32 = 1000;

const SENDER_ID: &str = "benchmarks/of-the-host/sender-number-1";
const PAYLOAD: [u8; 64] = [7; 64];

criterion_group!(benches, calls_in, calls_out, instances);
criterion_main!(benches);

fn calls_in(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("handle-message");
    let mut bare = Bare::new(ECHO);
    group.bench_function("bare", |b| b.iter(|| bare.handle_message(black_box(&PAYLOAD))));
    let mut instance = hosted(ECHO);
    group.bench_function("host", |b| b.iter(|| handle_message(&mut instance, black_box(&PAYLOAD))));
    group.finish();
}

fn calls_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("send-message");
    group.throughput(Throughput::Elements(SENDS.into()));
    let count = SENDS.to_le_bytes();
    let mut bare = Bare::new(SENDER);
    group.bench_function("bare", |b| b.iter(|| bare.handle_message(black_box(&count))));
    let mut instance = hosted(SENDER);
    group.bench_function("host", |b| b.iter(|| handle_message(&mut instance, black_box(&count))));
    group.finish();
}

fn instances(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("instantiate");
    let bare = BareComponent::new(ECHO);
    group.bench_function("bare", |b| b.iter(|| bare.instantiate()));
    let pre = linked(ECHO);
    let id = ComponentId::parse(SENDER_ID).unwrap();
    group.bench_function("host", |b| {
        b.iter(|| pre.instantiate(id.clone(), Box::new(Counter(0)), Limits::default()).unwrap());
    });
    group.finish();
}

struct Counter(usize);

impl Outbox for Counter {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.0 += target.len() + message.len();
        Ok(())
    }

    fn send_request(
        &mut self,
        _target: &str,
        _request: &[u8],
        _timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        Err(SendError::NoCallback)
    }

    fn cancel_request(&mut self, _id: RequestId) -> bool {
        false
    }
}

fn linked(text: &str) -> InstancePre {
    let engine = Engine::new(EngineConfig::default()).unwrap();
    Component::load(&engine, text.as_bytes()).unwrap().pre().unwrap()
}

fn hosted(text: &str) -> Instance {
    // Many sends in one call take longer than one message may.
    let limits = Limits { message_timeout: Duration::from_secs(10), ..Limits::default() };
    let id = ComponentId::parse(SENDER_ID).unwrap();
    linked(text).instantiate(id, Box::new(Counter(0)), limits).unwrap()
}

fn handle_message(instance: &mut Instance, message: &[u8]) -> Option<Vec<u8>> {
    let info = MessageInfo::new(1);
    instance.handle_message(SENDER_ID, message, &info).unwrap()
}

/// As the contract's, for wasmtime alone.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lift)]
#[component(record)]
struct Refusal {
    #[component(name = "code")]
    _code: u32,
    #[component(name = "message")]
    _message: String,
}

#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(variant)]
#[allow(dead_code)]
enum Unsent {
    #[component(name = "invalid-target")]
    InvalidTarget,
    #[component(name = "no-such-component")]
    NoSuchComponent,
    #[component(name = "not-permitted")]
    NotPermitted,
    #[component(name = "codec-not-accepted")]
    CodecNotAccepted(Vec<u64>),
    #[component(name = "message-too-large")]
    MessageTooLarge(u32),
    #[component(name = "rate-limited")]
    RateLimited(u64),
    #[component(name = "mailbox-full")]
    MailboxFull,
    #[component(name = "too-many-requests")]
    TooManyRequests(u32),
    #[component(name = "stopped")]
    Stopped,
    #[component(name = "no-callback")]
    NoCallback,
}

type Handler = TypedFunc<(&'static str, &'static [u8]), (Result<Option<Vec<u8>>, Refusal>,)>;

/// A component on wasmtime, set up as the host sets it up: no limits, no deadline of its own.
struct BareComponent {
    pre: wasmtime::component::InstancePre<usize>,
    handler: wasmtime::component::ComponentExportIndex,
}

struct Bare {
    store: wasmtime::Store<usize>,
    handler: Handler,
}

impl BareComponent {
    fn new(text: &str) -> Self {
        let mut config = wasmtime::Config::new();
        config.concurrency_support(false).epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let binary = component_from_core(text.as_bytes()).unwrap();
        let component = wasmtime::component::Component::new(&engine, binary).unwrap();
        let interface =
            component.get_export_index(None, "airssys:component/handler@0.1.0").unwrap();
        let handler = component.get_export_index(Some(&interface), "handle-message").unwrap();
        let mut linker = Linker::<usize>::new(&engine);
        let mut messaging = linker.instance("airssys:component/messaging@0.1.0").unwrap();
        messaging
            .func_wrap(
                "send-message",
                |mut guest: wasmtime::StoreContextMut<'_, usize>,
                 (target, message): (WasmStr, WasmList<u8>)| {
                    let bytes = target.to_str(&guest)?.len() + message.as_le_slice(&guest).len();
                    *guest.data_mut() += bytes;
                    Ok((Ok::<(), Unsent>(()),))
                },
            )
            .unwrap();
        Self { pre: linker.instantiate_pre(&component).unwrap(), handler }
    }

    fn instantiate(&self) -> Bare {
        let mut store = wasmtime::Store::new(self.pre.engine(), 0);
        store.set_epoch_deadline(1 << 40);
        let instance = self.pre.instantiate(&mut store).unwrap();
        let handler = instance.get_typed_func(&mut store, self.handler).unwrap();
        Bare { store, handler }
    }
}

impl Bare {
    fn new(text: &str) -> Self {
        BareComponent::new(text).instantiate()
    }

    fn handle_message(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let (answer,) = self.handler.call(&mut self.store, (SENDER_ID, message)).unwrap();
        answer.ok().flatten()
    }
}
