//! A system to measure in.

use std::num::NonZeroU32;
use std::process::abort;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use airssys_wasm::{
    AuditSettings, Codec, ComponentError, ComponentId, ComponentSpec, Context, Event, Grants,
    Guest, Native, PatternSet, Rate, Sender, System, SystemBuilder,
};
use airssys_wasm_host::component_from_core;
use tempfile::TempDir;

use crate::token::{SIZE, count_down, token};

/// A system, and in it the component `bench/done`, where runs end.
pub struct Rig {
    guests: Guests,
    extra: Extra,
    /// Goes with the rig.
    _audit: Option<TempDir>,
    system: System,
    sender: Sender,
    /// Tokens that are under way.
    under_way: Arc<AtomicU64>,
    ended: Receiver<()>,
}

/// What the guests of a rig are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guests {
    /// Components.
    Components,
    /// Components that are called through wasmtime's component model.
    ByWasmtime,
    /// The core modules of these components.
    CoreModules,
}

/// What is on in a rig beside what always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Nothing.
    None,
    /// Each component declares two codecs, and has a rate that it never reaches.
    CodecsAndRate,
    /// The audit log of every message.
    Audit,
    /// Guests lie close together in memory.
    Dense,
}

/// So many messages at a time an audit log takes from one worker without losing any.
const AUDITED: u64 = 50_000;

impl Rig {
    /// A system with so many workers.
    pub fn new(workers: usize, guests: Guests) -> Self {
        Self::with(workers, guests, Extra::None)
    }

    /// The same with something more.
    pub fn with(workers: usize, guests: Guests, extra: Extra) -> Self {
        Self::built(System::builder().workers(workers), guests, extra)
    }

    /// A system with one worker, whose guests are never asked to make room: how often they would be
    /// depends on the machine.
    pub fn unsliced(guests: Guests) -> Self {
        let builder = System::builder().workers(1).slice(Duration::from_secs(3600));
        Self::built(builder, guests, Extra::None)
    }

    fn built(builder: SystemBuilder, guests: Guests, extra: Extra) -> Self {
        let builder = builder.on_event(fail).direct_calls(guests != Guests::ByWasmtime);
        let builder = builder.dense(extra == Extra::Dense);
        let audit = (extra == Extra::Audit).then(|| tempfile::tempdir().unwrap());
        let builder = match &audit {
            Some(folder) => {
                let settings = AuditSettings::new(folder.path().join("audit.jsonl"));
                builder.audit(AuditSettings { messages: true, keep: 1, ..settings })
            }
            None => builder,
        };
        let system = builder.build().unwrap();
        let (end, ended) = mpsc::channel();
        let under_way = Arc::new(AtomicU64::new(0));
        let done = Done { under_way: Arc::clone(&under_way), end };
        system.spawn(ComponentSpec::native(id("bench/done"), move || done.clone())).unwrap();
        let sender = system.sender(id("bench/start"));
        Self { guests, extra, _audit: audit, system, sender, under_way, ended }
    }

    /// The system.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Loads the text of a core module as what the guests are.
    pub fn load(&self, text: &str) -> Guest {
        let source = match self.guests {
            Guests::CoreModules => text.as_bytes().to_vec(),
            Guests::Components | Guests::ByWasmtime => {
                component_from_core(text.as_bytes()).unwrap()
            }
        };
        self.system.load(&source).unwrap()
    }

    /// Spawns a guest that may send to and request from all others.
    pub fn spawn(&self, name: &str, text: &str) {
        self.system.spawn(spec(name, &self.load(text))).unwrap();
    }

    /// Spawns a pair or a ring of relays, and returns their ids.
    pub fn spawn_ring(&mut self, size: usize, text: &str) -> Vec<String> {
        let guest = self.load(text);
        let names = names(size);
        let specs = names.iter().map(|name| self.extra.of(spec(name, &guest))).collect();
        self.system.spawn_all(specs).unwrap();
        for (at, name) in names.iter().enumerate() {
            self.aim(name, &names[(at + 1) % size]);
        }
        self.system.wait_idle();
        names
    }

    /// Spawns two native relays that send to each other, and returns the id of one.
    pub fn spawn_native_pair(&self) -> String {
        let names = names(2);
        for (name, target) in [(&names[0], &names[1]), (&names[1], &names[0])] {
            let target = target.clone();
            let make = move || NativeRelay { target: target.clone() };
            self.system.spawn(ComponentSpec::native(id(name), make).grants(grants())).unwrap();
        }
        names[0].clone()
    }

    /// Spawns a native component that publishes as often as its token's count says, for so many
    /// others, and returns its id.
    pub fn spawn_native_publisher(&self, subscribers: u32) -> String {
        let names = names(1 + subscribers as usize);
        for name in &names[1..] {
            let spec = ComponentSpec::native(id(name), || Subscriber).grants(grants());
            self.system.spawn(spec).unwrap();
        }
        let own = names[0].clone();
        let make = move || Publisher { own: own.clone(), subscribers };
        self.system.spawn(ComponentSpec::native(id(&names[0]), make).grants(grants())).unwrap();
        names[0].clone()
    }

    /// Tells a guest where to send to.
    pub fn aim(&mut self, name: &str, target: &str) {
        self.sender.send(name, format!("T{target}").as_bytes()).unwrap();
    }

    /// Gives each of `starts` a token with this count, and says how long it takes until all of
    /// them are done.
    pub fn run<S: AsRef<str>>(&mut self, starts: &[S], count: u64) -> Duration {
        let at_once = if self.extra == Extra::Audit { AUDITED } else { u64::MAX };
        let (mut left, mut taken) = (count, Duration::ZERO);
        loop {
            let part = left.min(at_once);
            taken += self.run_at_once(starts, part);
            left -= part;
            if left == 0 {
                return taken;
            }
            self.system.flush_audit();
        }
    }

    /// Gives `start` this token, and says how long it takes until it is done.
    pub fn pass(&mut self, start: &str, token: &[u8]) -> Duration {
        self.under_way.store(1, Ordering::Relaxed);
        let begun = Instant::now();
        self.sender.send(start, token).unwrap();
        self.ended.recv().unwrap();
        begun.elapsed()
    }

    fn run_at_once<S: AsRef<str>>(&mut self, starts: &[S], count: u64) -> Duration {
        self.under_way.store(starts.len() as u64, Ordering::Relaxed);
        let begun = Instant::now();
        for start in starts {
            self.sender.send(start.as_ref(), &token(count)).unwrap();
        }
        self.ended.recv().unwrap();
        begun.elapsed()
    }
}

impl Extra {
    fn of(self, spec: ComponentSpec) -> ComponentSpec {
        if self != Self::CodecsAndRate {
            return spec;
        }
        // What tokens and the messages that aim begin with.
        let codecs = [b'T', b'c'].map(|code| Codec::from_code(code.into()).unwrap());
        let rate = Rate { per_second: NonZeroU32::MAX, burst: NonZeroU32::MAX };
        spec.codecs(codecs).rate(rate)
    }
}

/// So many ids of 36 bytes.
pub fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("benchmarks/passing-on/component-{number:04}")).collect()
}

/// A guest's component that may send to and request from all others.
pub fn spec(name: &str, guest: &Guest) -> ComponentSpec {
    ComponentSpec::guest(id(name), guest).grants(grants())
}

fn grants() -> Grants {
    let all = PatternSet::parse(["benchmarks/**", "bench/done"]).unwrap();
    Grants {
        send: all.clone(),
        request: all.clone(),
        publish: all.clone(),
        subscribe: all,
        receive: None,
    }
}

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

/// Whatever goes wrong makes the figures worthless, and a run that lost its token has no end.
#[allow(clippy::print_stderr)]
pub fn fail(event: &Event<'_>) {
    eprintln!("{event:?}");
    abort();
}

/// Ends the run with its last token.
#[derive(Clone)]
struct Done {
    under_way: Arc<AtomicU64>,
    end: mpsc::Sender<()>,
}

impl Native for Done {
    fn handle_message(
        &mut self,
        _sender: &ComponentId,
        _token: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        if self.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.end.send(()).unwrap();
        }
        Ok(None)
    }
}

/// What the relay guest is, in Rust.
struct NativeRelay {
    target: String,
}

impl Native for NativeRelay {
    fn handle_message(
        &mut self,
        _sender: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        send_on(count_down(message), &self.target, message, context)
    }
}

/// Sends a token that was counted down, or the message that it was in to the end of the run.
fn send_on(
    token: Option<[u8; SIZE]>,
    target: &str,
    message: &[u8],
    context: &mut Context<'_>,
) -> Result<Option<Vec<u8>>, ComponentError> {
    let sent = match token {
        Some(token) => context.send_message(target, &token),
        None => context.send_message("bench/done", message),
    };
    sent.map(|()| None).map_err(|error| ComponentError::new(1, error.to_string()))
}

const TOPIC: &str = "benchmarks/publication";

struct Publisher {
    own: String,
    subscribers: u32,
}

impl Native for Publisher {
    fn handle_message(
        &mut self,
        _sender: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let token = count_down(message);
        if let Some(token) = &token {
            assert_eq!(context.publish(TOPIC, token), Ok(self.subscribers));
        }
        send_on(token, &self.own, message, context)
    }
}

/// Drops what is published.
struct Subscriber;

impl Native for Subscriber {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        let subscribed = context.subscribe(TOPIC);
        subscribed.map_err(|error| ComponentError::new(1, error.to_string()))
    }

    fn handle_message(
        &mut self,
        _publisher: &ComponentId,
        _message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        Ok(None)
    }
}
