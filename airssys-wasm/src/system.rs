use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm_actor::Scheduler;
use airssys_wasm_core::{ComponentId, Crash, SendError};
use airssys_wasm_host::{Engine, LoadError};
use airssys_wasm_supervisor::Supervisor;
use bytes::Bytes;
use crossbeam_channel::{Receiver, bounded};
use parking_lot::Mutex;
use thiserror::Error;

use crate::builder::SystemBuilder;
use crate::guest::Guest;
use crate::member::Member;
use crate::outbox::Outbox;
use crate::registration::{Author, Authority, Registration, Status};
use crate::requester::Requester;
use crate::runtime::Runtime;
use crate::sender::{AskError, Sender};
use crate::spec::ComponentSpec;
use crate::standard::{LOG, Log, Output, STDOUT, Stdout};
use crate::tally::DeadLetterCounts;

/// Components that send to each other, and the threads that run them.
///
/// Systems share nothing: there may be several in one process. A system that is dropped ends as
/// by [`shutdown`](Self::shutdown), without waiting for mailboxes to drain.
pub struct System {
    engine: Engine,
    scheduler: Scheduler,
    runtime: Arc<Runtime>,
    /// In whose name the system's own `send` and `request` go.
    host: Arc<Author>,
    drain: Duration,
    /// In the order of their start.
    members: Mutex<Vec<Arc<Registration>>>,
    closed: AtomicBool,
}

/// One component, as [`System::components`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentStatus {
    /// Its id.
    pub id: ComponentId,
    /// What it is doing.
    pub status: Status,
    /// Messages in its mailbox.
    pub queued: usize,
    /// Its requests that have not ended.
    pub open_requests: usize,
    /// Responses and other outcomes that came after its request had ended.
    pub late_responses: u64,
}

/// Why a component was not spawned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// There is one with this id.
    #[error("there is a component {0} already; stop that one first, or choose another id")]
    DuplicateId(ComponentId),
    /// The namespace `airssys` is the runtime's own.
    #[error("{0} is in the runtime's own namespace; choose another than `airssys`")]
    ReservedId(ComponentId),
    /// It could not be instantiated, or its `init` failed.
    #[error("{id} {crash}")]
    Failed {
        /// Which.
        id: ComponentId,
        /// How.
        crash: Crash,
    },
}

const HOST: &str = "airssys/host";

/// How long to wait before a look at a system in which nothing runs and mail waits for a timer.
const LOOK: Duration = Duration::from_millis(2);

/// How much longer than its own limits a component may take to stop.
const STOP_SLACK: Duration = Duration::from_secs(5);

impl System {
    /// Settings for a new system.
    pub fn builder() -> SystemBuilder {
        SystemBuilder::default()
    }

    pub(crate) fn new(
        engine: Engine,
        scheduler: Scheduler,
        runtime: Runtime,
        drain: Duration,
        output: Output,
    ) -> Self {
        let runtime = Arc::new(runtime);
        let system = Self {
            engine,
            scheduler,
            host: Arc::new(Author::outside(constant_id(HOST), &runtime)),
            runtime,
            drain,
            members: Mutex::default(),
            closed: AtomicBool::new(false),
        };
        let runtime = Arc::downgrade(&system.runtime);
        let stdout = move || Stdout { output: Arc::clone(&output), runtime: runtime.clone() };
        system.spawn_standard(STDOUT, |id| ComponentSpec::native(id, stdout));
        system.spawn_standard(LOG, |id| ComponentSpec::native(id, || Log));
        system
    }

    fn spawn_standard(&self, id: &str, spec: impl FnOnce(ComponentId) -> ComponentSpec) {
        let spec = spec(constant_id(id));
        let registration = self.register(&spec);
        let registered = registration.and_then(|registration| self.begin(&spec, &registration));
        registered.expect("a new system has no component, and these start without fail");
    }

    /// Compiles and links a guest: a component or a core module, binary or text.
    ///
    /// # Errors
    ///
    /// Why it cannot run here.
    pub fn load(&self, source: &[u8]) -> Result<Guest, LoadError> {
        Guest::load(&self.engine, source)
    }

    /// Starts a component; its `init` has returned when this does.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]. Then there is no such component.
    pub fn spawn(&self, spec: ComponentSpec) -> Result<(), SpawnError> {
        self.spawn_all(vec![spec])
    }

    /// Starts components in order. They can send to each other from the first one's `init` on.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], for the first that fails. Those before it are stopped again.
    pub fn spawn_all(&self, specs: Vec<ComponentSpec>) -> Result<(), SpawnError> {
        let mut registered = Vec::with_capacity(specs.len());
        let spawned = specs
            .iter()
            .try_for_each(|spec| {
                if spec.id.namespace() == "airssys" {
                    return Err(SpawnError::ReservedId(spec.id.clone()));
                }
                registered.push(self.register(spec)?);
                Ok(())
            })
            .and_then(|()| {
                specs
                    .iter()
                    .zip(&registered)
                    .try_for_each(|(spec, registration)| self.begin(spec, registration))
            });
        if spawned.is_err() {
            for registration in registered.iter().rev() {
                self.end(registration);
                self.forget(registration.id().as_str());
            }
        }
        spawned
    }

    /// Stops a component after the message in hand; its `shutdown` has returned when this does.
    /// What is queued there becomes dead letters, and sends to it fail with
    /// [`SendError::Stopped`]. False if there is none with this id, or it has ended.
    pub fn stop(&self, id: &str) -> bool {
        let Some(registration) = self.runtime.registry.get(id) else { return false };
        let running = !registration.has_ended();
        self.end(&registration);
        running
    }

    /// Stops a component and forgets that there was one: sends to it fail with
    /// [`SendError::NoSuchComponent`].
    pub fn remove(&self, id: &str) -> bool {
        let stopped = self.stop(id);
        self.forget(id);
        stopped
    }

    /// Has a component take no more messages out of its mailbox, after the one in hand, until
    /// [`resume`](Self::resume). It can still be stopped. False if there is none with this id,
    /// or it has ended.
    pub fn suspend(&self, id: &str) -> bool {
        self.command(id, |_, context| context.pause())
    }

    /// Has a suspended component go on.
    pub fn resume(&self, id: &str) -> bool {
        self.command(id, Member::resume)
    }

    fn command(
        &self,
        id: &str,
        command: fn(&mut Member, &mut airssys_wasm_actor::Context<'_, Member>),
    ) -> bool {
        let registration = self.runtime.registry.get(id);
        registration.is_some_and(|registration| registration.address.command(command).is_ok())
    }

    /// All components, in the order of their start.
    pub fn components(&self) -> Vec<ComponentStatus> {
        let members = self.members.lock().clone();
        members.iter().map(|registration| ComponentStatus::of(registration)).collect()
    }

    /// One component.
    pub fn component(&self, id: &str) -> Option<ComponentStatus> {
        let registration = self.runtime.registry.get(id)?;
        Some(ComponentStatus::of(&registration))
    }

    /// A way to send under the name `id`. It need not be the id of a component.
    pub fn sender(&self, id: ComponentId) -> Sender {
        let author = Arc::new(Author::outside(id, &self.runtime));
        Sender::new(Outbox::new(Arc::clone(&self.runtime), author))
    }

    /// Sends a message as `airssys/host`, and waits while there is no room in the mailbox. Who
    /// sends often keeps a [`Sender`].
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn send(&self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.host().send(target, message)
    }

    /// Sends a request as `airssys/host` and waits for the response.
    ///
    /// # Errors
    ///
    /// It was not accepted, or ended without a response.
    pub fn request(&self, target: &str, request: &[u8]) -> Result<Bytes, AskError> {
        Ok(self.host().request(target, request, None)?.wait()?)
    }

    fn host(&self) -> Sender {
        Sender::new(Outbox::new(Arc::clone(&self.runtime), Arc::clone(&self.host)))
    }

    /// How many messages became dead letters.
    pub fn dead_letters(&self) -> DeadLetterCounts {
        self.runtime.tally.counts()
    }

    /// Waits until no message is queued or in hand and no request of a component is open.
    /// A [seeded](SystemBuilder::seeded) system runs until nothing is ready, and is idle then
    /// unless something waits for the clock.
    pub fn wait_idle(&self) -> bool {
        self.wait_until(None, || self.is_idle())
    }

    /// The same, for at most `time`; false if the system is not idle by then.
    pub fn wait_idle_for(&self, time: Duration) -> bool {
        self.wait_until(Instant::now().checked_add(time), || self.is_idle())
    }

    /// Runs one component that is ready, of a [seeded](SystemBuilder::seeded) system; false if
    /// none is.
    pub fn step(&self) -> bool {
        self.scheduler.step()
    }

    /// Runs what the clock of a [seeded](SystemBuilder::seeded) system has made due, and says
    /// how many timers that were.
    pub fn fire_timers(&self) -> usize {
        self.runtime.timers.fire_due()
    }

    /// When the next timer goes off, on the system's clock.
    pub fn next_timer(&self) -> Option<Duration> {
        self.runtime.timers.next()
    }

    /// Ends the system: lets mailboxes drain, for a limited time, then stops the components in
    /// the reverse order of their start, those of the runtime last.
    pub fn shutdown(self) {
        self.end_all(self.drain);
    }

    fn register(&self, spec: &ComponentSpec) -> Result<Arc<Registration>, SpawnError> {
        let id = &spec.id;
        if self.runtime.registry.get(id.as_str()).is_some_and(|known| known.has_ended()) {
            self.forget(id.as_str());
        }
        let address = self.scheduler.reserve(spec.mailbox);
        let requester = Requester::new(
            Some(address.clone()),
            spec.pending_requests,
            spec.max_message_size,
            Arc::clone(&self.runtime.clock),
            self.runtime.timers.clone(),
        );
        let author = Author {
            id: id.clone(),
            authority: Authority::Granted(spec.grants.clone()),
            max_message_size: spec.max_message_size,
            requester,
            takes_callbacks: spec.takes_callbacks(),
        };
        let receive = spec.grants.receive.clone();
        let registration = Registration::new(Arc::new(author), address, receive, spec.receivable());
        self.runtime
            .registry
            .insert(id.clone(), Arc::clone(&registration))
            .map_err(|_| SpawnError::DuplicateId(id.clone()))?;
        self.members.lock().push(Arc::clone(&registration));
        Ok(registration)
    }

    fn begin(
        &self,
        spec: &ComponentSpec,
        registration: &Arc<Registration>,
    ) -> Result<(), SpawnError> {
        let supervisor = Supervisor::new(spec.restart, spec.intensity, spec.backoff);
        let (registered, runtime) = (Arc::clone(registration), Arc::clone(&self.runtime));
        let member = Member::start(registered, runtime, spec.blueprint(), supervisor)
            .map_err(|crash| SpawnError::Failed { id: spec.id.clone(), crash })?;
        // A place that was just reserved is vacant.
        let _ = registration.address.install(member);
        Ok(())
    }

    /// Stops a member, and waits until it has.
    fn end(&self, registration: &Registration) {
        let address = &registration.address;
        address.close();
        for mail in address.abandon() {
            self.runtime.undelivered(registration.id(), mail);
        }
        let (done, ended) = bounded(0);
        let told = address.command(move |member: &mut Member, context| member.stop(context, done));
        if told.is_ok() && !self.wait_ended(&ended) {
            tracing::error!("{} does not stop; it is left behind", registration.id());
        }
    }

    /// Waits until the other end is dropped.
    fn wait_ended(&self, ended: &Receiver<()>) -> bool {
        while self.scheduler.step() {
            if ended.try_recv() == Err(crossbeam_channel::TryRecvError::Disconnected) {
                return true;
            }
        }
        let timeout = self.drain.saturating_add(STOP_SLACK);
        ended.recv_timeout(timeout) == Err(crossbeam_channel::RecvTimeoutError::Disconnected)
    }

    fn forget(&self, id: &str) {
        self.runtime.registry.remove(id);
        self.members.lock().retain(|registration| registration.id().as_str() != id);
    }

    fn end_all(&self, drain: Duration) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.runtime.close();
        let until = Instant::now().checked_add(drain);
        self.wait_until(until, || self.is_idle());
        let members = self.members.lock().clone();
        let (own, theirs): (Vec<_>, Vec<_>) =
            members.iter().partition(|member| member.id().namespace() == "airssys");
        for registration in theirs.into_iter().rev() {
            self.wait_until(until, || registration.is_idle());
            self.end(registration);
        }
        // What the others said at their end has a time of its own to be written.
        let until = Instant::now().checked_add(drain);
        for registration in own.into_iter().rev() {
            self.wait_until(until, || registration.is_idle());
            self.end(registration);
        }
    }

    fn wait_until(&self, until: Option<Instant>, is_so: impl Fn() -> bool) -> bool {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            self.scheduler.wait_quiet_for(left.unwrap_or(Duration::MAX));
            if is_so() {
                return true;
            }
            if left == Some(Duration::ZERO) || self.scheduler.is_seeded() {
                return false;
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Two looks at which every member is idle, with nothing delivered between them, show that
    /// nothing was under way at the time of the first.
    fn is_idle(&self) -> bool {
        let members = self.members.lock().clone();
        let look = || {
            members.iter().try_fold(0, |deliveries: u64, member| {
                member.is_idle().then(|| deliveries + member.address.deliveries())
            })
        };
        let first = look();
        first.is_some() && first == look()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.end_all(Duration::ZERO);
    }
}

fn constant_id(id: &str) -> ComponentId {
    ComponentId::parse(id).expect("a constant")
}

impl ComponentStatus {
    fn of(registration: &Registration) -> Self {
        let requester = &registration.author.requester;
        Self {
            id: registration.id().clone(),
            status: registration.status(),
            queued: registration.address.queued(),
            open_requests: requester.open_requests(),
            late_responses: requester.late(),
        }
    }
}
