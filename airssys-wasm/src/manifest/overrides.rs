use toml::{Table, Value};

use super::component::ComponentManifest;
use super::entry::Entry;
use super::error::{ManifestError, Place};
use super::source::Source;

/// What the operator writes in place of keys of one `Component.toml`.
#[derive(Default)]
pub(super) struct Overrides(Table);

impl Overrides {
    /// Those of each `[[component]]` of a system manifest, in order.
    pub(super) fn of_entries(system: &Source) -> Result<Vec<Self>, ManifestError> {
        let mut document: Table = system.parse()?;
        let Some(Value::Array(entries)) = document.remove("component") else {
            return Ok(Vec::new());
        };
        let sections = |entry| {
            let Value::Table(mut entry) = entry else {
                return Self::default();
            };
            entry.retain(|key, _| !Entry::OWN_KEYS.contains(&key));
            Self(entry)
        };
        Ok(entries.into_iter().map(sections).collect())
    }

    /// The manifest `own` with these keys in place of its own, for the component that `system`
    /// names `at`.
    pub(super) fn apply(
        self,
        own: &Source,
        system: &Source,
        at: &Place,
    ) -> Result<ComponentManifest, ManifestError> {
        let manifest = ComponentManifest::from_source(own)?;
        if self.0.is_empty() {
            return Ok(manifest);
        }
        let preopens_from = if self.has_preopens() { system } else { own };
        let mut document: Table = own.parse()?;
        merge(&mut document, self.0);
        // Each of the two has been checked alone, so that their keys fit their types.
        let mut manifest: ComponentManifest = document.try_into().map_err(|error| {
            ManifestError::Invalid { at: at.clone(), fault: error.message().to_owned() }
        })?;
        manifest.anchor_paths(own, preopens_from);
        manifest.expect_speakable(|| at.clone())?;
        Ok(manifest)
    }

    fn has_preopens(&self) -> bool {
        let wasi = self.0.get("capabilities").and_then(|capabilities| capabilities.get("wasi"));
        wasi.is_some_and(|wasi| wasi.get("preopens").is_some())
    }
}

/// Tables are merged key by key; anything else is replaced.
fn merge(table: &mut Table, overrides: Table) {
    for (key, value) in overrides {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(table)), Value::Table(overrides)) => merge(table, overrides),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
