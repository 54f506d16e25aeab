//! Components are supervised together.

use std::sync::Arc;

use airssys_wasm_supervisor::{AddError, Policy, Restart};
use thiserror::Error;

use super::System;

/// A group of components to be.
#[derive(Debug, Clone, Default)]
pub struct GroupSpec {
    pub(crate) parent: Option<Arc<str>>,
    pub(crate) restart: Restart,
    pub(crate) policy: Policy,
}

/// Why there is no such group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GroupError {
    /// There is one with this name.
    #[error("there is a group {0} already; choose another name")]
    DuplicateName(String),
    /// There is none that it could be in.
    #[error("there is no group {0} for it to be in; add that one first")]
    NoSuchParent(String),
}

impl GroupSpec {
    /// A permanent group that deals so with the exits of its components, which are counted
    /// together.
    pub fn new(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// The group that it is in; at the start it is directly under the system.
    #[must_use]
    pub fn parent(self, name: &str) -> Self {
        Self { parent: Some(name.into()), ..self }
    }

    /// After which of its ends it starts again, with all that is in it.
    #[must_use]
    pub fn restart(self, restart: Restart) -> Self {
        Self { restart, ..self }
    }
}

impl System {
    /// Adds a group of components, in which there are none yet: see
    /// [`ComponentSpec::group`](crate::ComponentSpec::group). If it has to restart them too often,
    /// it ends, and who it is under decides what follows.
    ///
    /// # Errors
    ///
    /// [`GroupError`].
    pub fn add_group(&self, name: &str, spec: GroupSpec) -> Result<(), GroupError> {
        let GroupSpec { parent, restart, policy } = spec;
        let now = self.runtime.clock.monotonic();
        let added = self.runtime.supervision.add_group(name, parent.as_ref(), restart, policy, now);
        added.map_err(|error| match error {
            AddError::Taken => GroupError::DuplicateName(name.to_owned()),
            AddError::NoSuchGroup => GroupError::NoSuchParent(
                parent.map(|parent| parent.to_string()).unwrap_or_default(),
            ),
        })
    }
}
