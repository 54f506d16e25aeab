use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::MailboxLimits;
use airssys_wasm_codec::{Codec, Digest};
use airssys_wasm_core::ComponentId;
use airssys_wasm_host::{Extensions, Limits, LoadError, WasiGrants};
use airssys_wasm_security::{Binding, Grants, Rate};
use airssys_wasm_supervisor::{Backoff, Intensity, Restart};

use crate::blueprint::{Blueprint, ExtensionsFactory, GuestBlueprint, NativeFactory};
use crate::checkup::Checkup;
use crate::codecs::Codecs;
use crate::faults::Faults;
use crate::guest::Guest;
use crate::native::Native;
use crate::supervision::{NotSupervised, Supervised};
use crate::system::SpawnError;

/// A component to be: its id and code, and all that may be set for it.
///
/// The defaults are those of `Component.toml`. It may send to nobody until it is granted that.
///
/// ```
/// # use airssys_wasm::{ComponentSpec, Context, Grants, Native, PatternSet};
/// # fn spec<N: Native>(make: fn() -> N) -> Result<ComponentSpec, Box<dyn std::error::Error>> {
/// let grants = Grants { send: PatternSet::parse(["shop/*"])?, ..Grants::default() };
/// let spec = ComponentSpec::native("shop/cart".parse()?, make).grants(grants);
/// # Ok(spec)
/// # }
/// ```
#[derive(Clone)]
pub struct ComponentSpec {
    pub(crate) id: ComponentId,
    pub(crate) code: Code,
    pub(crate) grants: Grants,
    pub(crate) wasi: WasiGrants,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) extensions: Option<ExtensionsFactory>,
    pub(crate) mailbox: MailboxLimits,
    pub(crate) limits: Limits,
    pub(crate) max_message_size: u32,
    pub(crate) rate: Option<Rate>,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) strict_codecs: bool,
    pub(crate) binding: Option<Binding<Digest>>,
    pub(crate) pending_requests: u32,
    pub(crate) pending_timers: u32,
    pub(crate) monitors: u32,
    pub(crate) max_deliveries: u32,
    pub(crate) health: Option<(Duration, u32)>,
    pub(crate) supervised: Supervised,
    pub(crate) faults: Option<Arc<dyn Faults>>,
}

#[derive(Clone)]
pub(crate) enum Code {
    Guest(Guest),
    Native(NativeFactory),
}

const MAX_MESSAGE_SIZE: u32 = 1 << 20;
const PENDING_REQUESTS: u32 = 1000;
const PENDING_TIMERS: u32 = 1000;
const MONITORS: u32 = 1000;
const HEALTH_INTERVAL: Duration = Duration::from_secs(10);
const RESTART_AFTER: u32 = 3;

impl ComponentSpec {
    /// A component of a guest's code.
    pub fn guest(id: ComponentId, guest: &Guest) -> Self {
        Self::new(id, Code::Guest(guest.clone()))
    }

    /// A component in Rust. `make` is called at the start, and again after each crash.
    pub fn native<N: Native>(
        id: ComponentId,
        make: impl Fn() -> N + Send + Sync + 'static,
    ) -> Self {
        Self::new(id, Code::Native(Arc::new(move || Box::new(make()))))
    }

    fn new(id: ComponentId, code: Code) -> Self {
        Self {
            id,
            code,
            grants: Grants::default(),
            wasi: WasiGrants::default(),
            config: Vec::new(),
            extensions: None,
            mailbox: MailboxLimits::default(),
            limits: Limits::default(),
            max_message_size: MAX_MESSAGE_SIZE,
            rate: None,
            codecs: Vec::new(),
            strict_codecs: false,
            binding: None,
            pending_requests: PENDING_REQUESTS,
            pending_timers: PENDING_TIMERS,
            monitors: MONITORS,
            max_deliveries: 1,
            health: None,
            supervised: Supervised::default(),
            faults: None,
        }
    }

    /// The same for a component of another id.
    #[must_use]
    pub fn with_id(self, id: ComponentId) -> Self {
        Self { id, ..self }
    }

    /// Whom it may send to and request from, and whom it takes messages from.
    #[must_use]
    pub fn grants(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }

    /// What of the machine a guest is given through WASI; at the start nothing.
    #[must_use]
    pub fn wasi(self, wasi: WasiGrants) -> Self {
        Self { wasi, ..self }
    }

    /// What a guest finds in `wasi:config/store`: keys and values.
    #[must_use]
    pub fn config(self, config: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { config: config.into_iter().collect(), ..self }
    }

    /// Makes what functions of the host program's own find in a guest's
    /// [`State`](airssys_wasm_host::State), at the start and again after each crash.
    #[must_use]
    pub fn extensions(self, make: impl Fn() -> Extensions + Send + Sync + 'static) -> Self {
        Self { extensions: Some(Arc::new(make)), ..self }
    }

    /// What it is granted holds for the binary with this digest only: spawned of another guest, or
    /// of native code, it is an error.
    #[must_use]
    pub fn granted_to(self, digest: Digest) -> Self {
        Self { binding: Some(Binding::to(digest)), ..self }
    }

    /// The codecs that it takes and speaks, the one that it likes best first; none: any bytes.
    #[must_use]
    pub fn codecs(self, codecs: impl IntoIterator<Item = Codec>) -> Self {
        Self { codecs: codecs.into_iter().collect(), ..self }
    }

    /// Whether messages to it are looked through before they are taken: what says that it is
    /// CBOR, JSON or MessagePack has to be one well-formed item of that, and nothing behind it.
    /// It has no effect without [`codecs`](Self::codecs).
    #[must_use]
    pub fn strict_codecs(self, strict: bool) -> Self {
        Self { strict_codecs: strict, ..self }
    }

    /// How fast it may send; at the start there is no limit.
    #[must_use]
    pub fn rate(self, rate: Rate) -> Self {
        Self { rate: Some(rate), ..self }
    }

    /// How much its mailbox holds.
    #[must_use]
    pub fn mailbox(self, mailbox: MailboxLimits) -> Self {
        Self { mailbox, ..self }
    }

    /// How much memory, time and fuel a guest may use.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The largest message that it may send or be sent, in bytes; at the start 1 MiB.
    #[must_use]
    pub fn max_message_size(self, max_message_size: u32) -> Self {
        Self { max_message_size, ..self }
    }

    /// How many of its requests may be open; at the start 1,000.
    #[must_use]
    pub fn pending_requests(self, pending_requests: u32) -> Self {
        Self { pending_requests, ..self }
    }

    /// How many of its timers may be set and not have gone off; at the start 1,000.
    #[must_use]
    pub fn pending_timers(self, pending_timers: u32) -> Self {
        Self { pending_timers, ..self }
    }

    /// How many components it may monitor; at the start 1,000.
    #[must_use]
    pub fn monitors(self, monitors: u32) -> Self {
        Self { monitors, ..self }
    }

    /// How often a message is delivered, if the component crashes with it in hand, before it becomes
    /// a dead letter; at the start once. It is delivered again after the restart, before all others.
    #[must_use]
    pub fn max_deliveries(self, max_deliveries: u32) -> Self {
        Self { max_deliveries, ..self }
    }

    /// How often it is asked how it is, where it can say that, and after how many unhealthy answers
    /// in a row it crashes; 0: never. At the start a guest is asked every 10 s, and crashes at the
    /// third; a native component is not asked.
    #[must_use]
    pub fn health(self, interval: Duration, restart_after: u32) -> Self {
        Self { health: Some((interval, restart_after)), ..self }
    }

    /// The group that it is in, by the name under which it was [added](crate::System::add_group); at
    /// the start it is directly under the system.
    #[must_use]
    pub fn group(mut self, name: &str) -> Self {
        self.supervised.group = Some(name.into());
        self
    }

    /// After which ends it starts again; at the start after all.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.supervised.restart = restart;
        self
    }

    /// How often it may start again before it is given up, where that is counted for it alone:
    /// directly under a system that restarts one for one. At the start as the system has it.
    #[must_use]
    pub fn intensity(mut self, intensity: Intensity) -> Self {
        self.supervised.intensity = Some(intensity);
        self
    }

    /// How long a restart waits, where [`intensity`](Self::intensity) counts.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.supervised.backoff = Some(backoff);
        self
    }

    /// What is to go wrong with it, for a test of how those around it take that; see the testkit.
    #[must_use]
    pub fn faults(self, faults: impl Faults) -> Self {
        Self { faults: Some(Arc::new(faults)), ..self }
    }

    /// What it speaks, where it declares that.
    pub(crate) fn declared_codecs(&self) -> Option<Arc<Codecs>> {
        (!self.codecs.is_empty()).then(|| {
            Arc::new(Codecs { supported: self.codecs.clone(), strict: self.strict_codecs })
        })
    }

    /// An error if the grants are bound to another binary.
    pub(crate) fn expect_binding(&self) -> Result<(), SpawnError> {
        let Some(binding) = &self.binding else { return Ok(()) };
        let judged = match &self.code {
            Code::Guest(guest) => binding.judge(guest.digest()),
            Code::Native(_) => return Err(SpawnError::NoBinary(self.id.clone())),
        };
        judged.map_err(|unbound| SpawnError::WrongBinary {
            id: self.id.clone(),
            expected: Box::new(unbound.bound_to),
            found: Box::new(unbound.found),
        })
    }

    pub(crate) fn not_supervised(&self, why: NotSupervised) -> SpawnError {
        match (why, &self.supervised.group) {
            (NotSupervised::NoSuchGroup, Some(group)) => {
                SpawnError::NoSuchGroup { id: self.id.clone(), group: Arc::clone(group) }
            }
            _ => SpawnError::GroupNotUp(self.id.clone()),
        }
    }

    pub(crate) fn takes_callbacks(&self) -> bool {
        match &self.code {
            Code::Guest(guest) => guest.description().interfaces.callback,
            Code::Native(_) => true,
        }
    }

    /// How it is asked how it is, where it can say that.
    pub(crate) fn checkup(&self) -> Option<Checkup> {
        let (interval, restart_after) = match &self.code {
            Code::Guest(guest) if guest.description().interfaces.health => {
                self.health.unwrap_or((HEALTH_INTERVAL, RESTART_AFTER))
            }
            Code::Guest(_) => return None,
            Code::Native(_) => self.health?,
        };
        Some(Checkup::new(interval, restart_after))
    }

    pub(crate) fn takes_exits(&self) -> bool {
        match &self.code {
            Code::Guest(guest) => guest.description().interfaces.exits,
            Code::Native(_) => true,
        }
    }

    /// The largest message for which there can be room.
    pub(crate) fn receivable(&self) -> u32 {
        u32::try_from(self.mailbox.max_bytes)
            .map_or(self.max_message_size, |max_bytes| max_bytes.min(self.max_message_size))
    }

    /// An error if it imports what it was not granted.
    pub(crate) fn blueprint(&self) -> Result<Blueprint, LoadError> {
        Ok(match &self.code {
            Code::Guest(guest) => Blueprint::Guest(Box::new(GuestBlueprint {
                pre: guest.link(&self.wasi, &self.limits)?,
                limits: self.limits,
                config: self.config.clone(),
                extensions: self.extensions.clone(),
            })),
            Code::Native(make) => Blueprint::Native(Arc::clone(make)),
        })
    }
}
