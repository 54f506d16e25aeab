use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use airssys_wasm_codec::{Codec, Digest};
use airssys_wasm_core::ComponentId;
use serde::{Deserialize, Deserializer, de};

use super::capabilities::Capabilities;
use super::error::{ManifestError, Place};
use super::size::{self, ByteSize};
use super::source::{Source, Step};
use super::time;
use super::value::{self, Value};

/// `Component.toml`: what a component is, what it asks for, and within which limits it runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentManifest {
    /// Which component this is.
    #[serde(deserialize_with = "value::table")]
    pub component: Component,
    /// The codecs that it speaks.
    #[serde(default, deserialize_with = "value::table")]
    pub serialization: Serialization,
    /// What it asks for, and from whom it takes messages.
    #[serde(default, deserialize_with = "value::table")]
    pub capabilities: Capabilities,
    /// How much it may send.
    #[serde(default, deserialize_with = "value::table")]
    pub quota: Quota,
    /// How much memory and time it may take.
    #[serde(default, deserialize_with = "value::table")]
    pub resources: Resources,
    /// Its mailbox.
    #[serde(default, deserialize_with = "value::table")]
    pub mailbox: Mailbox,
    /// Whether it starts again.
    #[serde(default, deserialize_with = "value::table")]
    pub supervision: ComponentSupervision,
    /// How its health is watched, if it exports `health`.
    #[serde(default, deserialize_with = "value::table")]
    pub health: Health,
    /// What it reads through `wasi:config/store`. Numbers and booleans are given to it as text.
    #[serde(default, deserialize_with = "config")]
    pub config: BTreeMap<String, String>,
}

impl ComponentManifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    ///
    /// If it or its `source` is not there, or something in it is not allowed.
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, ManifestError> {
        let source = Source::read(path.into(), None)?;
        let manifest = Self::from_source(&source)?;
        manifest.expect_binary(&source)?;
        Ok(manifest)
    }

    /// Reads a manifest from `text`, as if it stood at `path`, without looking for its `source`.
    ///
    /// # Errors
    ///
    /// If something in it is not allowed.
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, ManifestError> {
        Self::from_source(&Source::new(path, text))
    }

    pub(super) fn from_source(source: &Source) -> Result<Self, ManifestError> {
        let mut manifest: Self = source.parse()?;
        manifest.anchor_paths(source, source);
        let preference = [Step::Key("serialization"), Step::Key("preferred_codec")];
        manifest.expect_speakable(|| source.place_of(&preference))?;
        Ok(manifest)
    }

    /// Makes its paths relative to where the program runs. They are relative to `own`, the file
    /// that names `source`, and to `preopens`, the one that names the folders.
    pub(super) fn anchor_paths(&mut self, own: &Source, preopens: &Source) {
        self.component.source = own.resolve(&self.component.source);
        self.capabilities.wasi.anchor_paths(preopens);
    }

    pub(super) fn expect_binary(&self, own: &Source) -> Result<(), ManifestError> {
        let named_at = [Step::Key("component"), Step::Key("source")];
        own.expect_file(&self.component.source, &named_at)
    }

    /// An error if it prefers a codec that is none of those it declares.
    pub(super) fn expect_speakable(&self, at: impl FnOnce() -> Place) -> Result<(), ManifestError> {
        let Serialization { supported_codecs, preferred_codec, .. } = &self.serialization;
        let Some(preferred) = preferred_codec else {
            return Ok(());
        };
        if supported_codecs.is_empty() || supported_codecs.contains(preferred) {
            return Ok(());
        }
        Err(ManifestError::Invalid {
            at: at(),
            fault: format!(
                "`preferred_codec` in [serialization]: {preferred} is not in `supported_codecs`; add it there"
            ),
        })
    }
}

/// `[component]`: which component this is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its id. The namespace `airssys` is the runtime's own.
    #[serde(deserialize_with = "free_id")]
    pub id: ComponentId,
    /// Its version, for people.
    pub version: Option<String>,
    /// The component, the core module, or the `.wat` text of either.
    pub source: PathBuf,
    /// The digest that the binary has to have.
    #[serde(default, deserialize_with = "value::some")]
    pub digest: Option<Digest>,
}

/// `[serialization]`: the codecs that a component speaks.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serialization {
    /// Those that it takes; none: any bytes.
    #[serde(deserialize_with = "value::list")]
    pub supported_codecs: Vec<Codec>,
    /// The one that it likes best.
    #[serde(deserialize_with = "value::some")]
    pub preferred_codec: Option<Codec>,
    /// Whether messages in a self-delimiting format (CBOR, JSON, MessagePack) are taken only if
    /// they are well-formed.
    pub strict: bool,
}

impl Serialization {
    /// What the component speaks, the codec that it likes best first.
    pub fn by_preference(&self) -> Vec<Codec> {
        let is_other = |codec: &&Codec| Some(**codec) != self.preferred_codec;
        let others = self.supported_codecs.iter().filter(is_other);
        let preferred = self.preferred_codec.filter(|_| !self.supported_codecs.is_empty());
        preferred.iter().chain(others).copied().collect()
    }
}

/// `[quota]`: how much a component may send.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Messages per second; none: no limit.
    #[serde(deserialize_with = "value::some")]
    pub message_rate: Option<NonZeroU32>,
    /// Messages at once, where it is not the default: see [`burst`](Self::burst).
    #[serde(deserialize_with = "value::some")]
    pub message_burst: Option<NonZeroU32>,
    /// The largest message that it sends or receives; less than 4 GiB.
    #[serde(deserialize_with = "size::of_message")]
    pub max_message_size: ByteSize,
    /// Requests without an answer.
    #[serde(deserialize_with = "value::one")]
    pub pending_requests: u32,
    /// Timers that have not gone off.
    #[serde(deserialize_with = "value::one")]
    pub pending_timers: u32,
    /// Components that it monitors.
    #[serde(deserialize_with = "value::one")]
    pub monitors: u32,
}

impl Quota {
    /// Messages at once: a tenth of the rate and at least 1, unless the manifest says otherwise.
    /// None where there is no rate.
    pub fn burst(&self) -> Option<NonZeroU32> {
        let tenth = NonZeroU32::new(self.message_rate?.get() / 10);
        self.message_burst.or(tenth).or(Some(NonZeroU32::MIN))
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            message_rate: None,
            message_burst: None,
            max_message_size: ByteSize(1 << 20),
            pending_requests: 1000,
            pending_timers: 1000,
            monitors: 1000,
        }
    }
}

/// `[resources]`: how much memory, time and fuel a component may take.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resources {
    /// Linear memory.
    #[serde(deserialize_with = "size::positive")]
    pub memory: ByteSize,
    /// For one message: the time in which the guest runs or waits, not in which it is kept waiting.
    #[serde(deserialize_with = "time::positive")]
    pub message_timeout: Duration,
    /// For `init`.
    #[serde(deserialize_with = "time::positive")]
    pub init_timeout: Duration,
    /// For `shutdown`.
    #[serde(deserialize_with = "time::positive")]
    pub shutdown_timeout: Duration,
    /// For one call, in wasmtime's units, about one per instruction; none: not counted.
    #[serde(deserialize_with = "value::some")]
    pub fuel_per_message: Option<NonZeroU64>,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            memory: ByteSize(64 << 20),
            message_timeout: Duration::from_millis(100),
            init_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(1),
            fuel_per_message: None,
        }
    }
}

/// `[mailbox]`: how much waits for a component, and what happens to more.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mailbox {
    /// Messages.
    #[serde(deserialize_with = "value::one")]
    pub capacity: NonZeroU32,
    /// Their bytes together.
    #[serde(deserialize_with = "size::positive")]
    pub max_bytes: ByteSize,
    /// What happens to a message for which there is no room.
    #[serde(deserialize_with = "value::word")]
    pub overflow: Overflow,
    /// How often a message is tried on which the component crashes.
    #[serde(deserialize_with = "value::one")]
    pub max_deliveries: NonZeroU32,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            capacity: const { NonZeroU32::new(1000).unwrap() },
            max_bytes: ByteSize(16 << 20),
            overflow: Overflow::Reject,
            max_deliveries: NonZeroU32::MIN,
        }
    }
}

/// What happens to a message for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overflow {
    /// The sender gets `mailbox-full`.
    Reject,
    /// The oldest in the mailbox becomes a dead letter.
    DropOldest,
    /// The new one becomes a dead letter.
    DropNewest,
}

/// `[supervision]` of a component: whether it starts again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComponentSupervision {
    /// After which ends it starts again.
    #[serde(deserialize_with = "value::word")]
    pub restart: Restart,
}

impl Default for ComponentSupervision {
    fn default() -> Self {
        Self { restart: Restart::Permanent }
    }
}

/// After which ends a component starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// After each.
    Permanent,
    /// After a crash.
    Transient,
    /// Never.
    Temporary,
}

/// `[health]`: how a component's health is watched.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Health {
    /// The time from one question to the next.
    #[serde(deserialize_with = "time::positive")]
    pub interval: Duration,
    /// Unhealthy answers in a row after which it is restarted; 0: it never is.
    #[serde(deserialize_with = "value::one")]
    pub restart_after: u32,
}

impl Default for Health {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), restart_after: 3 }
    }
}

/// An id outside the runtime's own namespace.
fn free_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ComponentId, D::Error> {
    let id = ComponentId::read(deserializer)?;
    if id.namespace() == "airssys" {
        return Err(de::Error::custom(format_args!(
            "{id} is in the namespace `airssys`, which is the runtime's own; choose another"
        )));
    }
    Ok(id)
}

/// [`free_id`] of a key that may be absent.
pub(super) fn some_free_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ComponentId>, D::Error> {
    free_id(deserializer).map(Some)
}

pub(super) fn config<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let settings = BTreeMap::<String, Setting>::deserialize(deserializer)?;
    Ok(settings.into_iter().map(|(key, Setting(text))| (key, text)).collect())
}

/// One value of `[config]`, as the guest sees it.
struct Setting(String);

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text)),
            toml::Value::Integer(number) => Ok(Self(number.to_string())),
            toml::Value::Boolean(truth) => Ok(Self(truth.to_string())),
            other => Err(de::Error::custom(format_args!(
                "the guest reads texts, and this is of the type {}; put it in quotes",
                other.type_str()
            ))),
        }
    }
}
