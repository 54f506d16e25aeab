//! From manifests to a running system.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use airssys_wasm_actor::{MailboxLimits, Overflow};
use airssys_wasm_codec::Digest;
use airssys_wasm_core::ComponentId;
use airssys_wasm_host::{
    HostPattern, InvalidPattern as InvalidHostPattern, Limits, LoadError, Preopen, WasiGrants,
};
use airssys_wasm_security::{Binding, Rate};
use airssys_wasm_supervisor::{Backoff, Intensity, Policy, Restart, Strategy};
use thiserror::Error;

use crate::audit_log::AuditSettings;
use crate::builder::{BuildError, SystemBuilder};
use crate::guest::Guest;
use crate::manifest::{self, Place, SystemComponent, SystemManifest, SystemSupervision};
use crate::spec::ComponentSpec;
use crate::system::{GroupError, GroupSpec, SpawnError, System};

/// Why a system did not start from its manifest. The text is one line: what, where, and what to
/// do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no engine on this machine.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A component's source cannot be read.
    #[error("{id}: cannot read {}: {cause}; correct `source` in its Component.toml", path.display())]
    Unreadable {
        /// Whose.
        id: ComponentId,
        /// The source.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A component's source is not what its digest says.
    #[error(
        "{at}: {id}: {} has the digest {found}, and {named_by} names {expected}; name the new digest \
         there if the change is wanted", path.display()
    )]
    WrongDigest {
        /// Where the system manifest names the component.
        at: Box<Place>,
        /// Whose.
        id: ComponentId,
        /// The source.
        path: PathBuf,
        /// What is named.
        expected: Box<Digest>,
        /// What it is.
        found: Box<Digest>,
        /// Where the digest is named.
        named_by: &'static str,
    },
    /// A component's source cannot run here.
    #[error("{id}: {}: {cause}", path.display())]
    Unloadable {
        /// Whose.
        id: ComponentId,
        /// The source.
        path: PathBuf,
        /// Why.
        #[source]
        cause: LoadError,
    },
    /// A pattern over hosts is none.
    #[error(
        "{at}: {id}: in what it is granted of WASI, {cause}; correct it there or in its Component.toml"
    )]
    BadHost {
        /// Where the system manifest names the component.
        at: Box<Place>,
        /// Whose.
        id: ComponentId,
        /// What is wrong with it.
        cause: InvalidHostPattern,
    },
    /// There is a group twice, or one in a group that there is not.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// A component did not start.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

impl SystemBuilder {
    /// Makes a system and starts the components of its manifest in their order. What the
    /// manifest says goes before what was set here.
    ///
    /// # Errors
    ///
    /// The first component that cannot be read, loaded or started. Those before it are stopped
    /// again.
    pub fn start(self, manifest: &SystemManifest) -> Result<System, StartError> {
        let system = self.build_for(manifest)?;
        let specs = system.specs(manifest)?;
        system.spawn_all(specs)?;
        Ok(system)
    }

    /// Makes a system with the settings of a manifest, and none of its components yet.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_for(self, manifest: &SystemManifest) -> Result<System, BuildError> {
        let settings = &manifest.system;
        let dead_letters = &manifest.dead_letters;
        let builder = self
            .supervision(policy(&manifest.supervision))
            .slice(settings.slice)
            .spare_threads(settings.spare_threads as usize)
            .request_timeout(settings.request_timeout)
            .drain(settings.drain)
            .dead_letters(dead_letters.max_count as usize, bytes(dead_letters.max_bytes));
        let builder = match &manifest.audit {
            Some(audit) => builder.audit(audit_settings(audit)),
            None => builder,
        };
        let builder = match settings.memory {
            Some(memory) => builder.memory(bytes(memory)),
            None => builder,
        };
        let builder = match settings.workers {
            Some(workers) => builder.workers(workers.get() as usize),
            None => builder,
        };
        builder.build()
    }
}

impl System {
    /// Reads and loads the components of a manifest, without starting them.
    ///
    /// # Errors
    ///
    /// The first component that cannot be read or loaded.
    pub fn specs(&self, manifest: &SystemManifest) -> Result<Vec<ComponentSpec>, StartError> {
        warn_of_what_has_no_effect(manifest);
        for group in &manifest.groups {
            self.add_group(&group.name, group_spec(group))?;
        }
        let mut guests = HashMap::new();
        manifest
            .components
            .iter()
            .map(|component| {
                let path = &component.manifest.component.source;
                let guest = match guests.get(path) {
                    Some(loaded) => loaded,
                    None => {
                        let loaded = self.load_source(component.id(), path)?;
                        guests.entry(path.clone()).or_insert(loaded)
                    }
                };
                expect_digest(component, guest.digest())?;
                let spec = spec(component, guest).wasi(wasi_grants(component)?);
                guest.link(&spec.wasi, &spec.limits).map_err(|cause| StartError::Unloadable {
                    id: component.id().clone(),
                    path: path.clone(),
                    cause,
                })?;
                Ok(spec)
            })
            .collect()
    }

    fn load_source(&self, id: &ComponentId, path: &Path) -> Result<Guest, StartError> {
        let source = fs::read(path).map_err(|cause| StartError::Unreadable {
            id: id.clone(),
            path: path.to_owned(),
            cause,
        })?;
        self.compile(&source).map_err(|cause| StartError::Unloadable {
            id: id.clone(),
            path: path.to_owned(),
            cause,
        })
    }
}

fn group_spec(group: &manifest::Group) -> GroupSpec {
    let manifest::Group { strategy, max_restarts, within, .. } = *group;
    let backoff = group.backoff.clone();
    let supervision = SystemSupervision { strategy, max_restarts, within, backoff };
    let spec = GroupSpec::new(policy(&supervision)).restart(group.restart.into());
    match &group.parent {
        Some(parent) => spec.parent(parent),
        None => spec,
    }
}

fn policy(supervision: &SystemSupervision) -> Policy {
    let SystemSupervision { strategy, max_restarts, within, backoff } = supervision;
    Policy {
        strategy: match strategy {
            manifest::Strategy::OneForOne => Strategy::OneForOne,
            manifest::Strategy::OneForAll => Strategy::OneForAll,
            manifest::Strategy::RestForOne => Strategy::RestForOne,
        },
        intensity: Intensity { max_restarts: *max_restarts, within: *within },
        backoff: Backoff { initial: backoff.initial, max: backoff.max },
    }
}

fn audit_settings(audit: &manifest::Audit) -> AuditSettings {
    AuditSettings {
        messages: audit.messages,
        digests: audit.digests,
        max_bytes: audit.max_bytes.bytes(),
        keep: audit.keep as usize,
        ..AuditSettings::new(&audit.file)
    }
}

fn expect_digest(component: &SystemComponent, found: &Digest) -> Result<(), StartError> {
    let named = [
        (&component.manifest.component.digest, "its Component.toml"),
        (&component.granted_to, "the grant in the system manifest"),
    ];
    for (expected, named_by) in named {
        let judged = expected.map_or(Ok(()), |digest| Binding::to(digest).judge(found));
        judged.map_err(|unbound| StartError::WrongDigest {
            at: Box::new(component.at.clone()),
            id: component.id().clone(),
            path: component.manifest.component.source.clone(),
            expected: Box::new(unbound.bound_to),
            found: Box::new(unbound.found),
            named_by,
        })?;
    }
    Ok(())
}

/// What a component is granted of WASI. A variable that this process does not have, it has not
/// either.
fn wasi_grants(component: &SystemComponent) -> Result<WasiGrants, StartError> {
    let manifest::Wasi { stdio, env, preopens, network, http } = &component.granted.wasi;
    let bad_host = |cause| StartError::BadHost {
        at: Box::new(component.at.clone()),
        id: component.id().clone(),
        cause,
    };
    let variable = |name: &String| Some((name.clone(), std::env::var(name).ok()?));
    let preopen = |preopen: &manifest::Preopen| Preopen {
        host: preopen.host.clone(),
        guest: preopen.guest.clone(),
        write: preopen.write,
    };
    let with_port = |host: &String| HostPattern::with_port(host).map_err(bad_host);
    let with_any_port = |host: &String| HostPattern::with_any_port(host).map_err(bad_host);
    Ok(WasiGrants {
        stdio: *stdio,
        env: env.iter().filter_map(variable).collect(),
        preopens: preopens.iter().map(preopen).collect(),
        network: network.iter().map(with_port).collect::<Result<_, _>>()?,
        http: http.iter().map(with_any_port).collect::<Result<_, _>>()?,
    })
}

fn spec(component: &SystemComponent, guest: &Guest) -> ComponentSpec {
    let manifest = &component.manifest;
    let mut grants = component.granted.messaging.clone();
    grants.receive = grants.receive.or_else(|| manifest.capabilities.messaging.receive.clone());
    let spec = ComponentSpec::guest(component.id().clone(), guest)
        .grants(grants)
        .codecs(manifest.serialization.by_preference())
        .strict_codecs(manifest.serialization.strict)
        .mailbox(MailboxLimits {
            capacity: manifest.mailbox.capacity.get() as usize,
            max_bytes: bytes(manifest.mailbox.max_bytes),
            overflow: manifest.mailbox.overflow.into(),
        })
        .limits(Limits {
            memory: bytes(manifest.resources.memory),
            message_timeout: manifest.resources.message_timeout,
            init_timeout: manifest.resources.init_timeout,
            shutdown_timeout: manifest.resources.shutdown_timeout,
            fuel_per_message: manifest.resources.fuel_per_message,
            ..Limits::default()
        })
        .max_message_size(
            u32::try_from(manifest.quota.max_message_size.bytes()).unwrap_or(u32::MAX),
        )
        .pending_requests(manifest.quota.pending_requests)
        .pending_timers(manifest.quota.pending_timers)
        .health(manifest.health.interval, manifest.health.restart_after)
        .monitors(manifest.quota.monitors)
        .config(manifest.config.clone())
        .max_deliveries(manifest.mailbox.max_deliveries.get())
        .restart(manifest.supervision.restart.into());
    let spec = match &component.group {
        Some(group) => spec.group(group),
        None => spec,
    };
    let rate = manifest.quota.message_rate.zip(manifest.quota.burst());
    match rate {
        Some((per_second, burst)) => spec.rate(Rate { per_second, burst }),
        None => spec,
    }
}

fn bytes(size: manifest::ByteSize) -> usize {
    usize::try_from(size.bytes()).unwrap_or(usize::MAX)
}

/// An operator who sets something is to learn that it has no effect.
fn warn_of_what_has_no_effect(manifest: &SystemManifest) {
    for component in &manifest.components {
        let (id, quota) = (component.id(), &component.manifest.quota);
        if quota.message_burst.is_some() && quota.message_rate.is_none() {
            tracing::warn!("{id}: message_burst has no effect without message_rate; add that");
        }
    }
}

impl From<manifest::Overflow> for Overflow {
    fn from(overflow: manifest::Overflow) -> Self {
        match overflow {
            manifest::Overflow::Reject => Self::Reject,
            manifest::Overflow::DropOldest => Self::DropOldest,
            manifest::Overflow::DropNewest => Self::DropNewest,
        }
    }
}

impl From<manifest::Restart> for Restart {
    fn from(restart: manifest::Restart) -> Self {
        match restart {
            manifest::Restart::Permanent => Self::Permanent,
            manifest::Restart::Transient => Self::Transient,
            manifest::Restart::Temporary => Self::Temporary,
        }
    }
}
