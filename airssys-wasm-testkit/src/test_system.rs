use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{ComponentId, ComponentSpec, Grants, Guest, System, SystemBuilder};
use airssys_wasm_core::Clock;

use crate::accounts;
use crate::clock::VirtualClock;
use crate::guests;
use crate::patterns;
use crate::probe::Probe;
use crate::puppet::Puppet;

/// A system on the test's own thread.
///
/// Nothing happens in it until the test says so: [`step`](Self::step) runs one component that
/// is ready, [`run`](Self::run) all until none is, [`advance`](Self::advance) lets time pass.
/// In which order ready components run, and how much of their mail at once, is drawn from the
/// seed.
pub struct TestSystem {
    system: System,
    clock: Arc<VirtualClock>,
    seed: u64,
}

impl TestSystem {
    /// A system whose order of events comes from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self::with(seed, |builder| builder)
    }

    /// The same, with other settings.
    ///
    /// # Panics
    ///
    /// If there is no WebAssembly engine for this machine.
    pub fn with(seed: u64, settings: impl FnOnce(SystemBuilder) -> SystemBuilder) -> Self {
        Self::with_clock(seed, Arc::default(), settings)
    }

    /// The same, by a clock that components of the test's own may move too.
    ///
    /// # Panics
    ///
    /// If there is no WebAssembly engine for this machine.
    pub fn with_clock(
        seed: u64,
        clock: Arc<VirtualClock>,
        settings: impl FnOnce(SystemBuilder) -> SystemBuilder,
    ) -> Self {
        let builder = settings(System::builder()).seeded(seed, Arc::clone(&clock) as _);
        let system = builder.build().expect("an engine for this machine");
        Self { system, clock, seed }
    }

    /// The system, for all that is the same in a test as elsewhere.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The seed, to be said where a test fails.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Loads a guest from the items of its text: see [`guests::guest`].
    ///
    /// # Panics
    ///
    /// If it does not load; the message says why.
    pub fn guest(&self, items: &str) -> Guest {
        match self.system.load(guests::guest(items).as_bytes()) {
            Ok(guest) => guest,
            Err(error) => panic!("the guest does not load: {error}"),
        }
    }

    /// Spawns a guest that may send to anyone, and request from anyone.
    ///
    /// # Panics
    ///
    /// If it does not load or start.
    pub fn spawn_guest(&self, id: &str, items: &str) {
        self.spawn(self.spec(id, items));
    }

    /// What [`spawn_guest`](Self::spawn_guest) spawns, for a test that wants it otherwise.
    ///
    /// # Panics
    ///
    /// If it does not load.
    pub fn spec(&self, id: &str, items: &str) -> ComponentSpec {
        ComponentSpec::guest(component_id(id), &self.guest(items)).grants(anyone())
    }

    /// Spawns a component.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn spawn(&self, spec: ComponentSpec) {
        if let Err(error) = self.system.spawn(spec) {
            panic!("{error}");
        }
    }

    /// Spawns a guest that does what the test tells it, and may send to anyone.
    ///
    /// # Panics
    ///
    /// If there is a component with this id.
    pub fn puppet(&self, id: &str) -> Puppet {
        self.puppet_with(id, |spec| spec.grants(anyone()))
    }

    /// The same, with other settings: it may send to nobody unless they say so.
    ///
    /// # Panics
    ///
    /// If there is a component with this id.
    pub fn puppet_with(
        &self,
        id: &str,
        settings: impl FnOnce(ComponentSpec) -> ComponentSpec,
    ) -> Puppet {
        let guest = self.guest(guests::PUPPET);
        self.spawn(settings(ComponentSpec::guest(component_id(id), &guest)));
        Puppet::new(id)
    }

    /// Spawns a native component that keeps what it is sent.
    ///
    /// # Panics
    ///
    /// If there is a component with this id.
    pub fn probe(&self, id: &str) -> Probe {
        Probe::spawn(self, component_id(id))
    }

    /// Runs one component that is ready; false if none is.
    pub fn step(&self) -> bool {
        self.system.step()
    }

    /// Runs until no component is ready.
    pub fn run(&self) {
        while self.step() {}
    }

    /// Lets time pass, and runs what that brings about: each timer at its time, and what it
    /// makes ready, before the next.
    pub fn advance(&self, by: Duration) {
        self.run();
        let until = self.clock.monotonic() + by;
        while let Some(next) = self.system.next_timer().filter(|next| *next <= until) {
            self.clock.advance(next.saturating_sub(self.clock.monotonic()));
            self.system.fire_timers();
            self.run();
        }
        self.clock.advance(until.saturating_sub(self.clock.monotonic()));
    }

    /// Checks that each message which was accepted has come to one end, or is queued; it may be
    /// asked at any time when no component runs.
    ///
    /// # Panics
    ///
    /// If one was lost, or counted twice.
    pub fn expect_nothing_lost(&self) {
        if let Some(lost) = accounts::lost(&self.system) {
            panic!("{lost} (seed {})", self.seed);
        }
    }

    /// Ends the system: mailboxes drain, then the components stop.
    pub fn shutdown(self) {
        self.system.shutdown();
    }

    /// The test's clock.
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }
}

/// A grant of everything.
fn anyone() -> Grants {
    let everywhere = patterns(&["**"]);
    Grants {
        send: everywhere.clone(),
        request: everywhere.clone(),
        publish: everywhere.clone(),
        subscribe: everywhere,
        receive: None,
    }
}

pub(crate) fn component_id(id: &str) -> ComponentId {
    match ComponentId::parse(id) {
        Ok(id) => id,
        Err(error) => panic!("`{id}` is not a component id: {error}"),
    }
}
