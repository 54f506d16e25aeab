//! Guests that import WASI, and what surrounds them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use airssys_wasm_core::{Alarm, Clock};
use airssys_wasm_host::{Component, Engine, Imports, InstancePre, Limits, LoadError, Output};
use airssys_wasm_host::{Stream, Surroundings, Time, WasiGrants};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{guest, handler_item};

/// The whole guest as a component, from the text of its imports and of its handler. Interfaces of
/// WASI and of the contract are imported by the names of their functions.
pub fn wasi_handler(imports: &str, body: &str) -> Vec<u8> {
    component(&guest(&format!("{imports} {}", handler_item(body))))
}

/// A core module made into a component, by the names that it imports.
pub fn component(core: &str) -> Vec<u8> {
    let mut interfaces: Vec<&str> =
        core.split("(import \"").skip(1).filter_map(|import| import.split('"').next()).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let imports: String = interfaces.iter().map(|name| format!("import {name};\n")).collect();
    let wasi = include_str!("../wit/wasi.wit");
    let world = format!(
        "package test:guest;
         world guest {{ {imports} export airssys:component/handler@0.1.0; }}
         package demo:kv {{ interface store {{ get: func(key: string) -> option<string>; }} }}
         {wasi}"
    );
    let mut resolve = Resolve::default();
    resolve.push_str("package.wit", include_str!("../../wit/package.wit")).unwrap();
    let package = resolve.push_str("world.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    let mut binary = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut binary, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&binary).unwrap().encode().unwrap()
}

pub fn link(
    engine: &Engine,
    component: &[u8],
    grants: WasiGrants,
) -> Result<InstancePre, LoadError> {
    Component::load(engine, component)?.link(&Imports::new().wasi(grants))
}

/// Time that the test moves, and the alarms that wait for it.
#[derive(Default)]
pub struct VirtualTime {
    now: Mutex<Duration>,
    alarms: Mutex<Vec<(Duration, Waker)>>,
}

impl VirtualTime {
    pub fn time(self: &Arc<Self>) -> Time {
        Time { clock: self.clone(), alarm: self.clone() }
    }

    pub fn advance(&self, by: Duration) {
        let now = {
            let mut now = self.now.lock().unwrap();
            *now += by;
            *now
        };
        let mut due = Vec::new();
        self.alarms.lock().unwrap().retain(|(at, waker)| {
            let waits = *at > now;
            if !waits {
                due.push(waker.clone());
            }
            waits
        });
        due.into_iter().for_each(Waker::wake);
    }

    /// How many alarms are set.
    pub fn alarms(&self) -> usize {
        self.alarms.lock().unwrap().len()
    }
}

impl Clock for VirtualTime {
    fn monotonic(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn unix_nanos_at(&self, monotonic: Duration) -> u64 {
        1_000_000_000_000 + u64::try_from(monotonic.as_nanos()).unwrap()
    }
}

impl Alarm for VirtualTime {
    fn wake_at(&self, at: Duration, waker: Waker) {
        self.alarms.lock().unwrap().push((at, waker));
    }
}

/// A future that the test polls.
pub struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a, T> Task<'a, T> {
    pub fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    /// Whether it is done, which it may be asked once.
    pub fn poll(&mut self) -> Option<T> {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    pub fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// Polls it for as long as it is woken at once; none if it waits then.
    pub fn run(&mut self) -> Option<T> {
        loop {
            let done = self.poll();
            if done.is_some() || !self.is_woken() {
                return done;
            }
        }
    }
}

/// Lines that guests print.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub fn output(&self) -> Output {
        let lines = self.clone();
        Output::new(move |id, stream: Stream, line| {
            lines.0.lock().unwrap().push(format!("{id} {stream}: {line}"));
        })
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub fn in_time(time: &Arc<VirtualTime>) -> Surroundings {
    Surroundings { time: time.time(), ..Surroundings::default() }
}

pub fn message_timeout(time: Duration) -> Limits {
    Limits { message_timeout: time, ..Limits::default() }
}
