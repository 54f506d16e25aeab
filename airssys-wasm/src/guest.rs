use std::fmt;

use airssys_wasm_codec::Digest;
use airssys_wasm_host::{Component, Description, Engine, InstancePre, LoadError};

use crate::outbox::Outbox;

/// A guest's code, compiled and linked: components are spawned from it as often as wanted.
#[derive(Clone)]
pub struct Guest {
    component: Component,
    digest: Digest,
    pub(crate) pre: InstancePre<Outbox>,
}

impl Guest {
    pub(crate) fn load(engine: &Engine, source: &[u8]) -> Result<Self, LoadError> {
        let component = Component::load(engine, source)?;
        let pre = component.pre()?;
        Ok(Self { component, digest: Digest::of(source), pre })
    }

    /// The digest of the bytes that it was loaded from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it imports and exports.
    pub fn description(&self) -> &Description {
        self.component.description()
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guest").field(self.description()).finish()
    }
}
