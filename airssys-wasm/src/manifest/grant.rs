use std::fmt;

use airssys_wasm_security::Grants;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::capabilities::{Capabilities, Wasi};
use super::source::Source;

/// `grant`: what the operator allows a component.
pub(super) enum Grant {
    /// All that it asks for.
    Requested,
    /// This, which may not be more.
    Only(Box<Capabilities>),
}

impl Grant {
    /// What a component gets that asks for this. The grant stands in `system`.
    ///
    /// Fails with what the grant covers beyond it, each as it stands in the grant.
    pub(super) fn of(
        self,
        asked: &Capabilities,
        system: &Source,
    ) -> Result<Capabilities, Vec<String>> {
        let Self::Only(mut granted) = self else {
            return Ok(asked.clone());
        };
        granted.wasi.anchor_paths(system);
        let excess = granted.exceeds(asked);
        if !excess.is_empty() {
            return Err(excess);
        }
        let own_filter = || asked.messaging.receive.clone();
        granted.messaging.receive = granted.messaging.receive.take().or_else(own_filter);
        Ok(*granted)
    }
}

impl Capabilities {
    /// What a component gets without a grant: its own filter. None if it asks for anything.
    pub(super) fn without_grant(&self) -> Option<Self> {
        self.asks().is_empty().then(|| Self {
            messaging: Grants { receive: self.messaging.receive.clone(), ..Grants::default() },
            wasi: Wasi::default(),
        })
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GrantVisitor)
    }
}

struct GrantVisitor;

impl<'de> Visitor<'de> for GrantVisitor {
    type Value = Grant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"requested\", or a table with what is granted, as [capabilities] has it")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Grant, E> {
        match text {
            "requested" => Ok(Grant::Requested),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Grant, A::Error> {
        let capabilities = Capabilities::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Grant::Only(Box::new(capabilities)))
    }
}
