//! A guest that is one core module does the same whether it is called directly or through
//! wasmtime's component model: random guests, with a component around them and without, are given
//! random orders in both ways, and what they answer, send and have in memory is compared, and how
//! they crash.
//!
//! `AIRSSYS_GUESTS` and `AIRSSYS_CALLS` say how many guests, and how many calls of each, and
//! `AIRSSYS_TIMES` how often each crash has to be met; `AIRSSYS_SEED` has one guest only.
//! `--nocapture` tells how often all was met.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "core_or_component/calls.rs"]
mod calls;
#[path = "core_or_component/crashes.rs"]
mod crashes;
#[path = "core_or_component/guests.rs"]
mod guests;
#[path = "core_or_component/joined.rs"]
mod joined;
#[path = "core_or_component/orders.rs"]
mod orders;
#[path = "core_or_component/recorder.rs"]
mod recorder;
#[path = "core_or_component/tally.rs"]
mod tally;
#[path = "core_or_component/unfit.rs"]
mod unfit;

use std::env;
use std::time::Duration;

use airssys_wasm_core::{ComponentError, Crash, CrashKind, Failure, Health, MessageInfo};
use airssys_wasm_host::{
    Component, Engine, EngineConfig, Instance, InstancePre, Limits, MessageOutcome, TimeMeter,
    component_from_core,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use calls::{Call, call};
use crashes::{Cause, cause, cause_at_start};
use guests::guest;
use orders::{SHOWN, show};
use recorder::Recorder;
use tally::Tally;

const HANDLER: &str = "airssys:component/handler@0.1.0";

/// What can be seen of a call.
#[derive(Debug, PartialEq)]
enum Outcome {
    Response(Option<Vec<u8>>),
    Responses(Vec<MessageOutcome>),
    Done,
    Health(Health),
    Refused(ComponentError),
    Crashed(Cause),
    Ended,
}

#[test]
fn a_guest_that_is_called_directly_does_the_same() {
    let number = |name| env::var(name).ok().map(|text| text.parse().unwrap());
    let seed: Option<u64> = number("AIRSSYS_SEED");
    let guests = seed.map_or(1..=number("AIRSSYS_GUESTS").unwrap_or(24), |seed| seed..=seed);
    let calls = number("AIRSSYS_CALLS").unwrap_or(800);
    let engines = Engines::new();
    let mut tally = Tally::default();
    for seed in guests {
        Pair::new(seed, &engines).run(calls, &mut tally);
    }
    println!("{tally}");
    let times = number("AIRSSYS_TIMES").unwrap_or(seed.is_none().into());
    assert_eq!(tally.below(times), [""; 0], "met less than {times} times");
}

/// Many results may lie in the same place of its memory, and all of them would be copied.
#[test]
fn what_a_call_hands_over_is_limited_in_both_ways() {
    for direct_calls in [true, false] {
        let mut guest = Guest::started(HUGE.as_bytes(), direct_calls);
        let message = ("test/sender".parse().unwrap(), Vec::new());
        let (two, _) = guest.call(&Call::Batch(vec![message.clone(); 2]));
        assert!(matches!(two, Outcome::Responses(_)), "directly: {direct_calls}");
        let (three, _) = guest.call(&Call::Batch(vec![message; 3]));
        assert_eq!(three, Outcome::Crashed((CrashKind::Trap, "too much")));
    }
}

/// Answers each message of a batch with the same 50 MB.
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

/// How guests are called.
struct Engines {
    /// With memories that have their places to themselves, and close together.
    directly: [Engine; 2],
    by_wasmtime: Engine,
}

impl Engines {
    fn new() -> Self {
        let directly = [false, true].map(|dense| engine(true, dense));
        Self { directly, by_wasmtime: engine(false, false) }
    }
}

fn engine(direct_calls: bool, dense: bool) -> Engine {
    let time_meter = TimeMeter::Fuel { per_millisecond: 3_000 };
    Engine::new(EngineConfig { time_meter, direct_calls, dense, ..EngineConfig::default() })
        .unwrap()
}

/// The same guest twice.
struct Pair {
    seed: u64,
    random: SmallRng,
    limits: Limits,
    directly: Guest,
    by_wasmtime: Guest,
}

struct Guest {
    linked: InstancePre,
    instance: Option<Instance>,
}

impl Pair {
    fn new(seed: u64, engines: &Engines) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let (text, pages) = guest(seed, &mut random);
        let limits = Limits {
            memory: (pages as usize + 4) << 16,
            init_timeout: Duration::from_millis(100),
            ..Limits::default()
        };
        let source = if random.random() {
            component_from_core(text.as_bytes()).unwrap()
        } else {
            text.into_bytes()
        };
        let directly = &engines.directly[usize::from(random.random::<bool>())];
        let (directly, by_wasmtime) =
            (Guest::new(&source, directly), Guest::new(&source, &engines.by_wasmtime));
        Self { seed, random, limits, directly, by_wasmtime }
    }

    fn run(mut self, calls: u64, tally: &mut Tally) {
        tally.guests += 1;
        for number in 1..=calls {
            if self.directly.instance.is_none() && !self.start(tally) {
                continue;
            }
            let call = if number == calls {
                shows(0)
            } else if self.random.random_ratio(1, 50) {
                shows(SHOWN)
            } else {
                call(&mut self.random)
            };
            self.call(number, &call, tally);
        }
    }

    /// False if it does not start, in both ways.
    fn start(&mut self, tally: &mut Tally) -> bool {
        tally.starts += 1;
        let seed = self.random.random();
        let directly = self.directly.start(seed, self.limits);
        let by_wasmtime = self.by_wasmtime.start(seed, self.limits);
        assert_eq!(directly, by_wasmtime, "seed {}, at the start", self.seed);
        if let Some((_, cause)) = directly {
            tally.count_crash_at_start(cause);
        }
        directly.is_none()
    }

    fn call(&mut self, number: u64, call: &Call, tally: &mut Tally) {
        tally.calls += 1;
        tally.messages += self.directly.messages(call);
        let (found, sent) = self.directly.call(call);
        let (expected, expected_sent) = self.by_wasmtime.call(call);
        let seed = self.seed;
        assert!(found == expected, "seed {seed}, call {number}: {found:?} and not {expected:?}");
        assert_eq!(sent, expected_sent, "seed {seed}, call {number}");
        match found {
            Outcome::Crashed((_, cause)) => tally.count_crash_in_call(cause),
            Outcome::Response(_) => tally.count_answer("response"),
            Outcome::Responses(_) => tally.count_answer("responses of a batch"),
            Outcome::Refused(_) => tally.count_answer("refused"),
            _ => tally.count_answer("other answer"),
        }
        // Seldom it is called once more.
        let has_ended = matches!(found, Outcome::Crashed(_) | Outcome::Ended);
        if has_ended && self.random.random_ratio(15, 16) {
            (self.directly.instance, self.by_wasmtime.instance) = (None, None);
        }
    }
}

fn shows(bytes: u32) -> Call {
    Call::Message("test/last".into(), show(bytes), MessageInfo::new(0))
}

impl Guest {
    fn new(source: &[u8], engine: &Engine) -> Self {
        let linked = Component::load(engine, source).unwrap().pre().unwrap();
        Self { linked, instance: None }
    }

    fn started(source: &[u8], direct_calls: bool) -> Self {
        let mut guest = Self::new(source, &engine(direct_calls, false));
        assert_eq!(guest.start(0, Limits::default()), None);
        guest
    }

    fn start(&mut self, seed: u64, limits: Limits) -> Option<Cause> {
        let id = "test/guest".parse().unwrap();
        match self.linked.instantiate(id, Box::new(Recorder::new(seed)), limits) {
            Ok(instance) => {
                self.instance = Some(instance);
                None
            }
            Err(crash) => Some(cause_at_start(&crash)),
        }
    }

    /// How many messages a call hands it.
    fn messages(&self, call: &Call) -> u64 {
        let takes_batches = self.instance.as_ref().is_some_and(Instance::takes_batches);
        match call {
            Call::Message(..) => 1,
            Call::Batch(messages) if takes_batches => messages.len() as u64,
            _ => 0,
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
    Outcome::Crashed(cause(crash))
}
