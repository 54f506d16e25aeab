use std::fmt;
use std::str::FromStr;

use crate::{ComponentId, InvalidId};

/// What messages are published under. It has the shape of a component's id, and patterns over
/// ids are patterns over topics too; it names no component.
///
/// ```
/// # use airssys_wasm_core::Topic;
/// let topic: Topic = "orders/eu/paid".parse()?;
/// assert_eq!(topic.as_str(), "orders/eu/paid");
/// assert!("orders".parse::<Topic>().is_err());
/// # Ok::<(), airssys_wasm_core::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(ComponentId);

impl Topic {
    /// Checks `text` and keeps a copy of it.
    ///
    /// # Errors
    ///
    /// Says which rule of ids `text` breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        ComponentId::parse(text).map(Self)
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The topic as an id: what patterns are compared with.
    pub fn as_id(&self) -> &ComponentId {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Topic {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}
