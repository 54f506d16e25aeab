//! The system, as a host program sees it. What it can do is in a file by kind.

mod control;
mod grants;
mod groups;
mod idle;
mod letters;
mod lifecycle;
mod monitor;
mod status;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use airssys_wasm_actor::Scheduler;
use airssys_wasm_core::{ComponentId, SendError};
use airssys_wasm_host::{Engine, Imports, LoadError};
use bytes::Bytes;
use parking_lot::Mutex;

use crate::builder::SystemBuilder;
use crate::guest::Guest;
use crate::registration::{Author, Registration};
use crate::runtime::Runtime;
use crate::sender::{AskError, Sender};
use crate::spec::ComponentSpec;
use crate::standard::{LOG, Log, Output, STDOUT, Stdout};

pub use grants::UnknownComponent;
pub use groups::{GroupError, GroupSpec};
pub use letters::ResendError;
pub use lifecycle::SpawnError;
pub use monitor::Monitor;
pub(crate) use monitor::MonitorSlot;
pub use status::ComponentStatus;

/// Components that send to each other, and the threads that run them.
///
/// Systems share nothing: there may be several in one process. A system that is dropped ends as
/// by [`shutdown`](Self::shutdown), without waiting for mailboxes to drain.
pub struct System {
    engine: Engine,
    /// What guests may import beside the contract and WASI.
    imports: Imports,
    scheduler: Scheduler,
    runtime: Arc<Runtime>,
    /// In whose name the system's own `send` and `request` go.
    host: Arc<Author>,
    drain: Duration,
    /// In the order of their start.
    members: Mutex<Vec<Arc<Registration>>>,
    closed: AtomicBool,
}

const HOST: &str = "airssys/host";

impl System {
    /// Settings for a new system.
    pub fn builder() -> SystemBuilder {
        SystemBuilder::default()
    }

    pub(crate) fn new(
        (engine, imports): (Engine, Imports),
        scheduler: Scheduler,
        runtime: Runtime,
        drain: Duration,
        output: Output,
    ) -> Self {
        let runtime = Arc::new(runtime);
        let system = Self {
            engine,
            imports,
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
        Guest::load(&self.engine, &self.imports, source)
    }

    /// The same, without a look at what it imports.
    pub(crate) fn compile(&self, source: &[u8]) -> Result<Guest, LoadError> {
        Guest::compile(&self.engine, &self.imports, source)
    }

    /// A way to send under the name `id`. It need not be the id of a component.
    pub fn sender(&self, id: ComponentId) -> Sender {
        let author = Arc::new(Author::outside(id, &self.runtime));
        Sender::new(&self.runtime, author)
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

    /// Writes all that the audit log was given so far to its file. False if the file takes
    /// nothing: then it is kept, and tried again. Without an audit log there is nothing to do.
    pub fn flush_audit(&self) -> bool {
        self.runtime.audit.flush_and_wait()
    }

    fn host(&self) -> Sender {
        Sender::new(&self.runtime, Arc::clone(&self.host))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn constant_id(id: &str) -> ComponentId {
    ComponentId::parse(id).expect("a constant")
}
