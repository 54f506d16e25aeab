//! A core module does the same whether it runs as it is or as the component that is made of it:
//! random guests are given random orders in both ways, and what they answer, send and have in
//! memory is compared, and how they crash.
//!
//! `AIRSSYS_GUESTS` and `AIRSSYS_MESSAGES` say how many guests, and how many messages for each;
//! `AIRSSYS_SEED` has one guest only, and `--nocapture` tells how often each crash was met.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "core_or_component/exports.rs"]
mod exports;
#[path = "core_or_component/orders.rs"]
mod orders;
#[path = "core_or_component/recorder.rs"]
mod recorder;

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use airssys_wasm_core::{
    ComponentError, ComponentId, Crash, CrashKind, ExitReason, Failure, Health, MessageInfo,
    RequestError, RequestId, TraceParent,
};
use airssys_wasm_host::{
    Component, Engine, EngineConfig, Instance, InstancePre, Limits, MessageOutcome, TimeMeter,
};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use exports::{BATCH, CALLBACK, EXITS, HEALTH, LIFECYCLE, STARTS};
use orders::{orders, show_all};
use recorder::Recorder;

/// What the guest is asked, apart from messages.
enum Call {
    Message(String, Vec<u8>, MessageInfo),
    Batch(Vec<(ComponentId, Vec<u8>)>),
    Callback(Result<Vec<u8>, RequestError>, MessageInfo),
    Exit(String, ExitReason),
    Check,
    Init,
    Shutdown,
}

/// What can be seen of a call.
#[derive(Debug, PartialEq)]
enum Outcome {
    Response(Option<Vec<u8>>),
    Responses(Vec<MessageOutcome>),
    Done,
    Health(Health),
    Refused(ComponentError),
    Crashed(CrashKind, &'static str),
    Ended,
}

#[test]
fn a_core_module_does_the_same_as_the_component_that_is_made_of_it() {
    let number = |name, default| env::var(name).map_or(default, |text| text.parse().unwrap());
    let guests = match env::var("AIRSSYS_SEED") {
        Ok(seed) => seed.parse().unwrap()..=seed.parse().unwrap(),
        Err(_) => 1..=number("AIRSSYS_GUESTS", 60),
    };
    let messages = number("AIRSSYS_MESSAGES", 200);
    let mut met = BTreeMap::new();
    for seed in guests {
        Pair::new(seed).run(messages, &mut met);
    }
    for (crash, times) in met {
        println!("{times:>9} {crash}");
    }
}

/// Many results may lie in the same place of its memory, and all of them would be copied.
#[test]
fn what_a_call_hands_over_is_limited_in_both_ways() {
    const HUGE: &str = r#"(module
        (memory (export "memory") 800)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "airssys:component/handler@0.1.0#handle-message")
          (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func $huge (param $at i32)
          (i32.store offset=4 (local.get $at) (i32.const 1))
          (i32.store offset=8 (local.get $at) (i32.const 65536))
          (i32.store offset=12 (local.get $at) (i32.const 50000000)))
        (func (export "airssys:component/batch-handler@0.1.0#handle-messages")
          (param i32) (param $count i32) (result i32)
          (call $huge (i32.const 128))
          (call $huge (i32.const 144))
          (call $huge (i32.const 160))
          (i32.store (i32.const 0) (i32.const 128))
          (i32.store (i32.const 4) (local.get $count))
          (i32.const 0)))"#;
    for wrap_core_modules in [false, true] {
        let mut guest = Guest::new(HUGE, wrap_core_modules);
        let id = "test/guest".parse().unwrap();
        let recorder = Box::new(Recorder::new(0));
        guest.instance = Some(guest.linked.instantiate(id, recorder, Limits::default()).unwrap());
        let message = ("test/sender".parse().unwrap(), Vec::new());
        let (two, _) = guest.call(&Call::Batch(vec![message.clone(); 2]));
        assert!(matches!(two, Outcome::Responses(_)), "as a component: {wrap_core_modules}");
        let (three, _) = guest.call(&Call::Batch(vec![message; 3]));
        assert_eq!(three, Outcome::Crashed(CrashKind::Trap, "too much"));
    }
}

/// The same guest twice.
struct Pair {
    seed: u64,
    random: SmallRng,
    core: Guest,
    component: Guest,
}

struct Guest {
    linked: InstancePre,
    instance: Option<Instance>,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let text = guest(&mut random);
        Self { seed, core: Guest::new(&text, false), component: Guest::new(&text, true), random }
    }

    fn run(mut self, messages: u64, met: &mut BTreeMap<String, u64>) {
        for number in 0..messages {
            if self.core.instance.is_none() && !self.start(met) {
                return;
            }
            let call = if number + 1 == messages || self.random.random_ratio(1, 50) {
                Call::Message("test/last".into(), show_all(), MessageInfo::new(0))
            } else {
                call(&mut self.random)
            };
            self.call(number, &call, met);
        }
    }

    /// False if it does not start, in both ways.
    fn start(&mut self, met: &mut BTreeMap<String, u64>) -> bool {
        let seed = self.random.random();
        let (core, component) = (self.core.start(seed), self.component.start(seed));
        assert_eq!(core, component, "seed {}, at the start", self.seed);
        if let Some(crash) = &core {
            *met.entry(format!("{crash:?} at the start")).or_default() += 1;
        }
        core.is_none()
    }

    fn call(&mut self, number: u64, call: &Call, met: &mut BTreeMap<String, u64>) {
        let (core, sent) = self.core.call(call);
        let (component, expected_sent) = self.component.call(call);
        let seed = self.seed;
        assert!(core == component, "seed {seed}, call {number}: {core:?} and not {component:?}");
        assert_eq!(sent, expected_sent, "seed {seed}, call {number}");
        let met_as = match &core {
            Outcome::Crashed(..) => format!("{core:?}"),
            Outcome::Response(_) => "response".into(),
            Outcome::Responses(_) => "responses of a batch".into(),
            Outcome::Refused(_) => "refused".into(),
            _ => "other answer".into(),
        };
        *met.entry(met_as).or_default() += 1;
        if matches!(core, Outcome::Crashed(..) | Outcome::Ended) {
            (self.core.instance, self.component.instance) = (None, None);
        }
    }
}

impl Guest {
    fn new(text: &str, wrap_core_modules: bool) -> Self {
        let time_meter = TimeMeter::Fuel { per_millisecond: 3_000 };
        let config = EngineConfig { time_meter, wrap_core_modules, ..EngineConfig::default() };
        let engine = Engine::new(config).unwrap();
        let linked = Component::load(&engine, text.as_bytes()).unwrap().pre().unwrap();
        Self { linked, instance: None }
    }

    fn start(&mut self, seed: u64) -> Option<(CrashKind, &'static str)> {
        let limits = Limits {
            memory: 5 << 16,
            init_timeout: Duration::from_millis(100),
            ..Limits::default()
        };
        let id = "test/guest".parse().unwrap();
        match self.linked.instantiate(id, Box::new(Recorder::new(seed)), limits) {
            Ok(instance) => {
                self.instance = Some(instance);
                None
            }
            Err(crash) => match kind(&crash) {
                // An import that is called before the component is put together.
                (kind, "table element") => Some((kind, "too early")),
                crash => Some(crash),
            },
        }
    }

    /// What comes of a call, and what was sent.
    fn call(&mut self, call: &Call) -> (Outcome, Vec<String>) {
        let instance = self.instance.as_mut().unwrap();
        let outcome = match call {
            Call::Message(sender, message, info) => {
                outcome(instance.handle_message(sender, message, info), Outcome::Response)
            }
            Call::Batch(messages) if instance.takes_batches() => {
                let messages =
                    messages.iter().map(|(sender, payload)| (sender, payload.as_slice()));
                outcome(instance.handle_messages(messages), Outcome::Responses)
            }
            Call::Batch(_) => Outcome::Done,
            Call::Callback(with, info) => {
                let with = with.as_deref();
                outcome(instance.handle_callback(with, info), |()| Outcome::Done)
            }
            Call::Exit(component, reason) => {
                let info = MessageInfo::new(1);
                outcome(instance.handle_exit(component, reason, &info), |()| Outcome::Done)
            }
            Call::Check => outcome(instance.check_health(), Outcome::Health),
            Call::Init => outcome(instance.init(), |()| Outcome::Done),
            Call::Shutdown => match instance.shutdown() {
                Ok(()) => Outcome::Done,
                Err(crash) => crashed(&crash),
            },
        };
        let sent = std::mem::take(&mut instance.outbox_mut::<Recorder>().unwrap().calls);
        (outcome, sent)
    }
}

fn outcome<T>(outcome: Result<T, Failure>, done: impl FnOnce(T) -> Outcome) -> Outcome {
    match outcome {
        Ok(value) => done(value),
        Err(Failure::Refused(error)) => Outcome::Refused(error),
        Err(Failure::Crashed(crash)) => crashed(&crash),
        Err(Failure::Exited) => Outcome::Ended,
    }
}

fn crashed(crash: &Crash) -> Outcome {
    let (kind, cause) = kind(crash);
    Outcome::Crashed(kind, cause)
}

/// What crashed it, in words that are the same in both ways.
fn kind(crash: &Crash) -> (CrashKind, &'static str) {
    const CAUSES: [(&str, &str); 27] = [
        ("an import before it is put", "too early"),
        ("returned a pointer that is not aligned", "allocation not aligned"),
        ("realloc return: result not aligned", "allocation not aligned"),
        ("returned a pointer beyond end", "allocation out of bounds"),
        ("realloc return: beyond end", "allocation out of bounds"),
        ("cannot leave component instance", "imports are closed"),
        ("hands over is out of bounds", "address"),
        ("it hands over is not aligned", "address"),
        ("utf-8", "not UTF-8"),
        ("discriminant", "case"),
        ("pointer/length out of bounds", "address"),
        ("return pointer not aligned", "address"),
        ("pointer not aligned", "address"),
        ("pointer is not aligned", "address"),
        ("pointer out of bounds", "address"),
        ("pointer size overflow", "address"),
        ("out of bounds memory access", "load or store"),
        ("uninitialized element", "table element"),
        ("unreachable", "unreachable"),
        ("stack", "stack"),
        ("divide by zero", "division"),
        ("bytes of memory", "memory limit"),
        ("it may take", "time"),
        ("in an earlier call", "earlier"),
        ("outcomes for", "too few or too many outcomes"),
        ("hands over more than", "too much"),
        ("too much data", "too much"),
    ];
    let text = crash.to_string();
    let cause = CAUSES.iter().find(|(part, _)| text.contains(part));
    (crash.kind(), cause.unwrap_or_else(|| panic!("another crash: {text}")).1)
}

fn guest(random: &mut SmallRng) -> String {
    let mut part = |text: &'static str| if random.random_ratio(3, 4) { text } else { "" };
    let parts = [part(BATCH), part(CALLBACK), part(EXITS), part(LIFECYCLE), part(HEALTH)];
    let odd = |random: &mut SmallRng, kinds: u32| match random.random_ratio(1, 10) {
        true => random.random_range(0..kinds).to_string(),
        false => "0".into(),
    };
    let (allocates, frees) = (odd(random, 7), odd(random, 5));
    let start = STARTS.choose(random).unwrap();
    include_str!("core_or_component/guest.wat")
        .replace("(i32.const ALLOCATES)", &format!("(i32.const {allocates})"))
        .replace("(i32.const FREES)", &format!("(i32.const {frees})"))
        .replace("BATCH", parts[0])
        .replace("CALLBACK", parts[1])
        .replace("EXITS", parts[2])
        .replace("LIFECYCLE", parts[3])
        .replace("HEALTH", parts[4])
        .replace("START)", &format!("{start})"))
}

fn call(random: &mut SmallRng) -> Call {
    match random.random_range(0..20) {
        0 => Call::Callback(callback(random), info(random)),
        1 => Call::Exit("test/monitored".into(), exit_reason(random)),
        2 => Call::Check,
        3 if random.random_ratio(1, 10) => Call::Shutdown,
        3 => Call::Init,
        4..7 => Call::Batch(batch(random)),
        _ => Call::Message(text(random), orders(random), info(random)),
    }
}

fn batch(random: &mut SmallRng) -> Vec<(ComponentId, Vec<u8>)> {
    let sender: ComponentId = "test/sender".parse().unwrap();
    (0..random.random_range(0..5)).map(|_| (sender.clone(), orders(random))).collect()
}

fn callback(random: &mut SmallRng) -> Result<Vec<u8>, RequestError> {
    Err(match random.random_range(0..8) {
        0 => RequestError::TimedOut,
        1 => RequestError::Refused(ComponentError::new(random.random(), text(random))),
        2 => RequestError::Crashed,
        3 => RequestError::Stopped,
        4 => RequestError::Dropped,
        5 => RequestError::ResponseTooLarge(random.random()),
        _ => return Ok(text(random).into_bytes()),
    })
}

fn exit_reason(random: &mut SmallRng) -> ExitReason {
    match random.random_range(0..5) {
        0 => ExitReason::Normal,
        1 => ExitReason::Crashed(text(random)),
        2 => ExitReason::Stopped,
        3 => ExitReason::GivenUp(text(random)),
        _ => ExitReason::NoSuchComponent,
    }
}

fn info(random: &mut SmallRng) -> MessageInfo {
    let mut maybe = || random.random_ratio(1, 2);
    let (request, trace, topic) = (maybe(), maybe(), maybe());
    MessageInfo {
        request: request.then(|| RequestId::from_halves(random.random(), random.random())),
        delivery: random.random(),
        trace_parent: trace.then(|| TraceParent::root(random.random(), random.random())),
        topic: topic.then(|| "test/topic".parse().unwrap()),
        ..MessageInfo::new(random.random())
    }
}

fn text(random: &mut SmallRng) -> String {
    let length = random.random_range(0..40);
    (0..length).map(|_| ['a', 'ö', '/', '日'].choose(random).unwrap()).collect()
}
