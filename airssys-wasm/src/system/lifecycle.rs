//! Components start and stop, and the system ends.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use airssys_wasm_codec::Digest;
use airssys_wasm_core::{ComponentId, Crash, ExitReason};
use airssys_wasm_host::LoadError;
use airssys_wasm_supervisor::Event;
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError, bounded};
use thiserror::Error;

use super::System;
use crate::authority::Authority;
use crate::event;
use crate::member::Member;
use crate::metrics::SendCounters;
use crate::quota::Quota;
use crate::registration::{Author, Leave, Registration};
use crate::requester::Requester;
use crate::spec::ComponentSpec;
use crate::timetable::Timetable;
use crate::watch::Watch;

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
    /// What it was granted is bound to another binary.
    #[error(
        "{id}: the grant holds for the binary {expected}, and this one is {found}; grant it anew \
         if the change is wanted"
    )]
    WrongBinary {
        /// Which.
        id: ComponentId,
        /// The digest of the binary that the grant holds for.
        expected: Box<Digest>,
        /// The digest of this one.
        found: Box<Digest>,
    },
    /// What it was granted is bound to a binary, and native code has none.
    #[error("{0}: the grant is bound to a binary's digest, and a native component has no binary")]
    NoBinary(ComponentId),
    /// It imports what it was not granted.
    #[error("{id}: {cause}")]
    Unlinkable {
        /// Which.
        id: ComponentId,
        /// What.
        #[source]
        cause: LoadError,
    },
    /// There is no group with this name.
    #[error("{id}: there is no group {group}; add it first, or correct the name")]
    NoSuchGroup {
        /// Which.
        id: ComponentId,
        /// The name.
        group: Arc<str>,
    },
    /// Its group has ended, or is just being restarted.
    #[error(
        "{0}: its group has been given up or is just being restarted; try again, or choose another"
    )]
    GroupNotUp(ComponentId),
    /// It could not be instantiated, or its `init` failed.
    #[error("{id} {crash}")]
    Failed {
        /// Which.
        id: ComponentId,
        /// How.
        crash: Crash,
    },
}

/// How much longer than its own limit the end of a component may take.
const STOP_SLACK: Duration = Duration::from_secs(5);

impl System {
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
                spec.expect_binding()?;
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
                self.end(registration, self.until_drained());
                self.forget(registration.id().as_str());
            }
        }
        spawned
    }

    /// Stops a component after the message in hand; its `shutdown` has returned when this does. A
    /// guest that is not done with that message within the time to drain is ended; in a seeded
    /// system, whose time stands still meanwhile, once nothing is ready.
    ///
    /// What is queued there becomes dead letters, and sends to it fail with
    /// [`SendError::Stopped`](crate::SendError::Stopped). False if there is none with this id, or it has ended.
    pub fn stop(&self, id: &str) -> bool {
        let Some(registration) = self.runtime.registry.get(id) else { return false };
        let running = !registration.has_ended();
        self.end(&registration, self.until_drained());
        running
    }

    /// Stops a component and forgets that there was one: sends to it fail with
    /// [`SendError::NoSuchComponent`](crate::SendError::NoSuchComponent).
    pub fn remove(&self, id: &str) -> bool {
        let stopped = self.stop(id);
        self.forget(id);
        stopped
    }

    /// Ends the system: lets mailboxes drain, for a limited time, then stops the components in
    /// the reverse order of their start, those of the runtime last. What a guest is still at when
    /// that time is over is ended. Sends from outside fail from now on. What was counted and kept,
    /// dead letters among it, can still be read.
    pub fn shutdown(&self) {
        self.end_all(self.drain);
    }

    pub(super) fn register(&self, spec: &ComponentSpec) -> Result<Arc<Registration>, SpawnError> {
        let id = &spec.id;
        if self.runtime.registry.get(id.as_str()).is_some_and(|known| known.has_ended()) {
            self.forget(id.as_str());
        }
        let address = self.scheduler.reserve(spec.mailbox);
        let watch = Watch::new(spec.monitors, Some(address.clone()));
        let requester = Requester::new(
            Some(address.clone()),
            spec.pending_requests,
            spec.max_message_size,
            Arc::clone(&self.runtime.clock),
            self.runtime.timers.clone(),
        );
        let author = Author {
            id: id.clone(),
            authority: Authority::granted(spec.grants.clone()),
            quota: Quota::new(spec.max_message_size, spec.rate),
            codecs: spec.declared_codecs(),
            requester,
            takes_callbacks: spec.takes_callbacks(),
            timetable: Timetable::new(spec.pending_timers, self.runtime.timers.clone()),
            watch,
            takes_exits: spec.takes_exits(),
            sends: SendCounters::default(),
            timer_sends: OnceLock::new(),
            leave: Leave::default(),
        };
        let (receivable, shutdown_timeout) = (spec.receivable(), spec.limits.shutdown_timeout);
        let registration =
            Registration::new(Arc::new(author), address, receivable, shutdown_timeout);
        self.runtime
            .registry
            .insert(id.clone(), Arc::clone(&registration))
            .map_err(|_| SpawnError::DuplicateId(id.clone()))?;
        self.members.lock().push(Arc::clone(&registration));
        Ok(registration)
    }

    pub(super) fn begin(
        &self,
        spec: &ComponentSpec,
        registration: &Arc<Registration>,
    ) -> Result<(), SpawnError> {
        let unlinkable = |cause| SpawnError::Unlinkable { id: spec.id.clone(), cause };
        let blueprint = spec.blueprint().map_err(unlinkable)?;
        let now = self.runtime.clock.monotonic();
        let run = self.runtime.supervision.add(&spec.id, &spec.supervised, now);
        let run = run.map_err(|why| spec.not_supervised(why))?;
        let (registered, runtime) = (Arc::clone(registration), Arc::clone(&self.runtime));
        let started = Member::start(registered, runtime, blueprint, run, spec);
        let event = if started.is_ok() { Event::Started(run) } else { Event::StartFailed(run) };
        self.runtime.report(&spec.id, event);
        let member = started.map_err(|crash| SpawnError::Failed { id: spec.id.clone(), crash })?;
        // A place that was just reserved is vacant.
        let _ = registration.address.install(member);
        Ok(())
    }

    /// Stops a member, and waits until it has. The message in hand has until then to be handled.
    fn end(&self, registration: &Registration, until: Option<Instant>) {
        let address = &registration.address;
        address.close();
        registration.dismiss();
        let run = self.runtime.unsupervise(registration.id());
        for mail in address.abandon() {
            self.runtime.undelivered(registration, mail);
        }
        let (done, ended) = bounded(0);
        let told = address.command(move |member: &mut Member, context| member.stop(context, done));
        if told.is_ok() && !self.wait_ended(&ended, until) {
            registration.author.leave.cut();
            address.waker().wake();
            let patience = registration.shutdown_timeout.saturating_add(STOP_SLACK);
            if !self.wait_ended(&ended, Instant::now().checked_add(patience)) {
                tracing::error!("{} does not stop; it is left behind", registration.id());
            }
        }
        if let Some(run) = run {
            self.runtime.report(registration.id(), Event::Stopped(run));
        }
        // A member lets go of these itself; where the start failed, there is none.
        self.runtime.topics.forget(registration.id());
        registration.author.forget_all(&self.runtime);
        self.runtime.ended(registration.id(), ExitReason::Stopped);
    }

    /// Waits until the other end is dropped; false if it is not by `until`, or nothing is ready
    /// where time stands still meanwhile.
    fn wait_ended(&self, ended: &Receiver<()>, until: Option<Instant>) -> bool {
        let has_ended = || ended.try_recv() == Err(TryRecvError::Disconnected);
        while self.scheduler.step() {
            if has_ended() {
                return true;
            }
        }
        match until {
            _ if self.scheduler.is_seeded() => has_ended(),
            None => ended.recv().is_err(),
            Some(until) => ended.recv_deadline(until) == Err(RecvTimeoutError::Disconnected),
        }
    }

    /// When what is in hand now is to be done.
    fn until_drained(&self) -> Option<Instant> {
        Instant::now().checked_add(self.drain)
    }

    fn forget(&self, id: &str) {
        if let Some(removed) = self.runtime.registry.remove(id) {
            self.runtime.unsupervise(removed.id());
            // Where the start failed, it may have been monitored since it ended.
            self.runtime.ended(removed.id(), ExitReason::Stopped);
        }
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
            self.end(registration, until);
        }
        // What the others said at their end has a time of its own to be written.
        let until = Instant::now().checked_add(drain);
        for registration in own.into_iter().rev() {
            self.wait_until(until, || registration.is_idle());
            self.end(registration, until);
        }
        if !self.runtime.audit.flush_and_wait() {
            self.runtime.emit(&event::Event::AuditNotWritten);
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.end_all(Duration::ZERO);
    }
}
