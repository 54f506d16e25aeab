//! Grants are given and taken while the system runs.

use airssys_wasm_security::{Grants, Pattern, Right};
use thiserror::Error;

use super::System;

/// There is no component with this id whose grants could be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no component {id:?} in the system; `System::components` lists those that are")]
pub struct UnknownComponent {
    /// The id that was asked for.
    pub id: String,
}

impl System {
    /// What a component is granted now.
    pub fn grants(&self, id: &str) -> Option<Grants> {
        self.runtime.registry.get(id)?.author.authority.grants()
    }

    /// Grants a component one pattern more. It holds from the next send on. False if it had just
    /// this pattern already.
    ///
    /// # Errors
    ///
    /// [`UnknownComponent`].
    pub fn grant(
        &self,
        id: &str,
        right: Right,
        pattern: Pattern,
    ) -> Result<bool, UnknownComponent> {
        self.change(id, |grants| grants.grant(right, pattern))
    }

    /// Takes one pattern from a component. No send that begins after this has returned is
    /// accepted by it; others that the component has may still cover the same targets. False if
    /// it did not have just this pattern.
    ///
    /// # Errors
    ///
    /// [`UnknownComponent`].
    pub fn revoke(
        &self,
        id: &str,
        right: Right,
        pattern: &Pattern,
    ) -> Result<bool, UnknownComponent> {
        self.change(id, |grants| grants.revoke(right, pattern))
    }

    /// Puts these in the place of all that a component was granted, and of its filter.
    ///
    /// # Errors
    ///
    /// [`UnknownComponent`].
    pub fn set_grants(&self, id: &str, grants: Grants) -> Result<(), UnknownComponent> {
        self.change(id, |current| *current = grants)
    }

    fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Grants) -> T,
    ) -> Result<T, UnknownComponent> {
        let unknown = || UnknownComponent { id: id.to_owned() };
        let runtime = &self.runtime;
        let known = runtime.registry.get(id).ok_or_else(unknown)?;
        let changed = known.author.authority.change(|grants| {
            let before = grants.clone();
            let changed = change(grants);
            let at = runtime.clock.unix_nanos();
            runtime.audit.grants_changed(runtime.outside, at, known.id(), &before, grants);
            changed
        });
        // What was decided by the grants as they were holds no more.
        runtime.registry.invalidate();
        changed.ok_or_else(unknown)
    }
}
