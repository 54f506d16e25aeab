use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{ComponentId, ComponentSpec, Grants, Guest, SendError, System, SystemBuilder};
use airssys_wasm_core::Clock;

use crate::clock::VirtualClock;
use crate::guests;
use crate::journal::Journal;
use crate::patterns;
use crate::probe::Probe;
use crate::puppet::Puppet;

/// A system on the test's own thread.
///
/// Nothing happens in it until the test says so: [`step`](Self::step) runs one component that
/// is ready, [`run_until_idle`](Self::run_until_idle) all until none is,
/// [`advance`](Self::advance) lets time pass. In which order ready components run, and how much of their mail at once, is drawn from the
/// seed.
pub struct TestSystem {
    system: System,
    clock: Arc<VirtualClock>,
    seed: u64,
    pub(crate) journal: Arc<Journal>,
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
    /// If there is no WebAssembly engine for this machine, or a file of the settings cannot be opened.
    pub fn with(seed: u64, settings: impl FnOnce(SystemBuilder) -> SystemBuilder) -> Self {
        Self::with_clock(seed, Arc::default(), settings)
    }

    /// The same, by a clock that components of the test's own may move too.
    ///
    /// # Panics
    ///
    /// As [`with`](Self::with).
    pub fn with_clock(
        seed: u64,
        clock: Arc<VirtualClock>,
        settings: impl FnOnce(SystemBuilder) -> SystemBuilder,
    ) -> Self {
        let journal = Arc::new(Journal::default());
        let noted = Arc::clone(&journal);
        let builder = System::builder().on_event(move |event| noted.note(event));
        let builder = settings(builder).seeded(seed, Arc::clone(&clock) as _);
        match builder.build() {
            Ok(system) => Self { system, clock, seed, journal },
            Err(error) => panic!("{error}"),
        }
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
    #[track_caller]
    pub fn guest(&self, items: &str) -> Guest {
        self.load(guests::guest(items))
    }

    /// Loads a component or core module, as binary or text.
    ///
    /// # Panics
    ///
    /// If it does not load; the message says why.
    #[track_caller]
    pub fn load(&self, source: impl AsRef<[u8]>) -> Guest {
        match self.system.load(source.as_ref()) {
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

    /// A component or core module, as binary or text, that may send to anyone and request from anyone.
    ///
    /// # Panics
    ///
    /// If it does not load.
    #[track_caller]
    pub fn component(&self, id: &str, source: impl AsRef<[u8]>) -> ComponentSpec {
        ComponentSpec::guest(component_id(id), &self.load(source)).grants(anyone())
    }

    /// Spawns a component.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[track_caller]
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
    pub fn run_until_idle(&self) {
        while self.step() {}
    }

    /// Runs until there is something; nothing if there is not when no component is ready.
    pub(crate) fn step_until<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            if !self.step() {
                return None;
            }
        }
    }

    /// Lets time pass, and runs what that brings about: each timer at its time, and what it
    /// makes ready, before the next.
    pub fn advance(&self, by: Duration) {
        self.run_until_idle();
        let until = self.clock.monotonic() + by;
        while let Some(next) = self.system.next_timer().filter(|next| *next <= until) {
            self.advance_to(next);
            self.run_until_idle();
        }
        self.clock.advance(until.saturating_sub(self.clock.monotonic()));
    }

    /// Lets time pass up to a timer, and has it go off.
    pub(crate) fn advance_to(&self, timer: Duration) {
        self.clock.advance(timer.saturating_sub(self.clock.monotonic()));
        self.system.fire_timers();
    }

    /// Sends so many copies of `message` to `target` that its mailbox is full, and says how many those
    /// were. Nothing runs.
    ///
    /// # Panics
    ///
    /// If one is refused for another reason, or the mailbox is never full: it drops the oldest.
    #[track_caller]
    pub fn fill_mailbox(&self, target: &str, message: &[u8]) -> usize {
        let mut hand = self.system.sender(component_id(HAND));
        let mut sent = 0;
        loop {
            match hand.try_send(target, message) {
                Ok(()) => sent += 1,
                Err(SendError::MailboxFull) => return sent,
                Err(error) => panic!("the mailbox of {target} cannot be filled: {error}"),
            }
            let queued = self.system.component(target).map_or(0, |component| component.queued);
            assert!(queued >= sent, "the mailbox of {target} is never full: it drops messages");
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

/// Who sends where the test itself does.
pub(crate) const HAND: &str = "test/hand";

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
