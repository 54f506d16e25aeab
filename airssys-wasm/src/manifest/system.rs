use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::entry::{Entry, SystemComponent};
use super::error::ManifestError;
use super::overrides::Overrides;
use super::size::{self, ByteSize};
use super::source::Source;
use super::{time, value};

/// The system manifest, with the manifests of its components.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemManifest {
    /// The system as a whole.
    pub system: System,
    /// Its components, in the order in which they start.
    pub components: Vec<SystemComponent>,
    /// What happens when one of them ends.
    pub supervision: SystemSupervision,
    /// How many dead letters are kept.
    pub dead_letters: DeadLetters,
    /// Where refusals are recorded, if anywhere.
    pub audit: Option<Audit>,
}

impl SystemManifest {
    /// Reads the system manifest at `path` and the manifests that it names.
    ///
    /// # Errors
    ///
    /// If a file is not there, something in one is not allowed, two components have the same id,
    /// or a grant is missing or too wide.
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, ManifestError> {
        let source = Source::read(path.into(), None)?;
        let Document { system, component, supervision, dead_letters, audit } = source.parse()?;
        let overrides = Overrides::of_entries(&source)?;

        let mut components = Vec::with_capacity(component.len());
        for (index, (entry, overrides)) in component.into_iter().zip(overrides).enumerate() {
            components.push(entry.load(index, overrides, &source)?);
        }
        expect_distinct(&components)?;
        Ok(Self {
            system,
            components,
            supervision,
            dead_letters,
            audit: audit.map(|audit| Audit { file: source.resolve(&audit.file), ..audit }),
        })
    }
}

fn expect_distinct(components: &[SystemComponent]) -> Result<(), ManifestError> {
    let mut places = HashMap::new();
    for component in components {
        if let Some(first) = places.insert(component.id(), &component.at) {
            return Err(ManifestError::DuplicateId {
                id: component.id().clone(),
                at: component.at.clone(),
                first: first.clone(),
            });
        }
    }
    Ok(())
}

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, deserialize_with = "value::table")]
    system: System,
    #[serde(default, deserialize_with = "value::tables")]
    component: Vec<Entry>,
    #[serde(default, deserialize_with = "value::table")]
    supervision: SystemSupervision,
    #[serde(default, deserialize_with = "value::table")]
    dead_letters: DeadLetters,
    #[serde(default, deserialize_with = "value::some_table")]
    audit: Option<Audit>,
}

/// `[system]`: the system as a whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct System {
    /// Its name, for people; `airssys` unless it is given another.
    pub name: String,
    /// How many guests compute at once; none: one per core.
    #[serde(deserialize_with = "value::some")]
    pub workers: Option<NonZeroU32>,
    /// The time after which a guest makes room for others.
    #[serde(deserialize_with = "time::positive")]
    pub slice: Duration,
    /// Threads for guests over their slice.
    #[serde(deserialize_with = "value::one")]
    pub spare_threads: u32,
    /// What the memories of all guests may have together; none: there is no limit.
    #[serde(deserialize_with = "value::some")]
    pub memory: Option<ByteSize>,
    /// The time-out of requests that name none.
    #[serde(deserialize_with = "time::positive")]
    pub request_timeout: Duration,
    /// The time in which mailboxes drain at shutdown.
    #[serde(deserialize_with = "time::any")]
    pub drain: Duration,
}

impl Default for System {
    fn default() -> Self {
        Self {
            name: "airssys".to_owned(),
            workers: None,
            slice: Duration::from_millis(1),
            spare_threads: 256,
            memory: None,
            request_timeout: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }
}

/// `[supervision]` of a system: what happens when a component ends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SystemSupervision {
    /// Which components start again.
    #[serde(deserialize_with = "value::word")]
    pub strategy: Strategy,
    /// Restarts within [`within`](Self::within); with one more, the supervisor gives up.
    #[serde(deserialize_with = "value::one")]
    pub max_restarts: u32,
    /// The time in which restarts are counted.
    #[serde(deserialize_with = "time::positive")]
    pub within: Duration,
    /// How long a restart waits.
    #[serde(deserialize_with = "value::table")]
    pub backoff: Backoff,
}

impl Default for SystemSupervision {
    fn default() -> Self {
        Self {
            strategy: Strategy::OneForOne,
            max_restarts: 5,
            within: Duration::from_secs(60),
            backoff: Backoff::default(),
        }
    }
}

/// Which components start again when one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// That one.
    OneForOne,
    /// All.
    OneForAll,
    /// That one and those after it.
    RestForOne,
}

/// How long a restart waits: longer each time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    /// The first time.
    #[serde(deserialize_with = "time::any")]
    pub initial: Duration,
    /// At most.
    #[serde(deserialize_with = "time::any")]
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial: Duration::from_millis(100), max: Duration::from_secs(60) }
    }
}

/// `[dead_letters]`: how many are kept.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadLetters {
    /// Letters.
    #[serde(deserialize_with = "value::one")]
    pub max_count: u32,
    /// Their bytes together.
    #[serde(deserialize_with = "value::one")]
    pub max_bytes: ByteSize,
}

impl Default for DeadLetters {
    fn default() -> Self {
        Self { max_count: 10_000, max_bytes: ByteSize(64 << 20) }
    }
}

/// `[audit]`: where refusals are recorded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// One JSON record per line.
    pub file: PathBuf,
    /// Whether every message is recorded, and not only refusals.
    #[serde(default)]
    pub messages: bool,
    /// Whether the digests of messages are recorded.
    #[serde(default)]
    pub digests: bool,
    /// The size at which the file is put aside and a new one begun.
    #[serde(default = "Audit::default_max_bytes", deserialize_with = "size::positive")]
    pub max_bytes: ByteSize,
    /// How many files that were put aside are kept.
    #[serde(default = "Audit::default_keep", deserialize_with = "value::one")]
    pub keep: u32,
}

impl Audit {
    fn default_max_bytes() -> ByteSize {
        ByteSize(64 << 20)
    }

    fn default_keep() -> u32 {
        8
    }
}
