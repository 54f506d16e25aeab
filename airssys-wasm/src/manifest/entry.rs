use std::collections::BTreeMap;
use std::path::PathBuf;

use airssys_wasm_codec::Digest;
use airssys_wasm_core::ComponentId;
use serde::Deserialize;

use super::capabilities::Capabilities;
use super::component::{
    self, ComponentManifest, ComponentSupervision, Health, Mailbox, Quota, Resources, Serialization,
};
use super::error::{ManifestError, Place};
use super::grant::Grant;
use super::overrides::Overrides;
use super::source::{Source, Step};
use super::value;

/// A component of a system, as its operator runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemComponent {
    /// Its manifest, with what the operator overrides; that may be the id.
    pub manifest: ComponentManifest,
    /// What it was granted: no more than it asks for. Where the grant says nothing of `receive`,
    /// the component's own filter stands.
    pub granted: Capabilities,
    /// The digest of the only binary for which the grant holds, if the operator names one.
    pub granted_to: Option<Digest>,
    /// The group that it is in; none: it is directly under the system.
    pub group: Option<String>,
    /// Where the system manifest names it.
    pub at: Place,
}

impl SystemComponent {
    /// The id that it runs under.
    pub fn id(&self) -> &ComponentId {
        &self.manifest.component.id
    }
}

/// A `[[component]]` of the system manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the sections are read for the checks of their types")]
pub(super) struct Entry {
    manifest: PathBuf,
    grant: Option<Grant>,
    #[serde(default, deserialize_with = "component::some_free_id")]
    id: Option<ComponentId>,
    #[serde(default, deserialize_with = "value::some")]
    digest: Option<Digest>,
    group: Option<String>,

    // The sections of `Component.toml`, so that what is wrong in one is found at its place in
    // this file. Here absent keys have their defaults; `Overrides` has what was written.
    #[serde(default, deserialize_with = "value::table")]
    serialization: Serialization,
    #[serde(default, deserialize_with = "value::table")]
    capabilities: Capabilities,
    #[serde(default, deserialize_with = "value::table")]
    quota: Quota,
    #[serde(default, deserialize_with = "value::table")]
    resources: Resources,
    #[serde(default, deserialize_with = "value::table")]
    mailbox: Mailbox,
    #[serde(default, deserialize_with = "value::table")]
    supervision: ComponentSupervision,
    #[serde(default, deserialize_with = "value::table")]
    health: Health,
    #[serde(default, deserialize_with = "component::config")]
    config: BTreeMap<String, String>,
}

impl Entry {
    /// The keys that are no section of `Component.toml`.
    pub(super) const OWN_KEYS: [&str; 5] = ["manifest", "grant", "id", "digest", "group"];

    /// Reads the component's manifest and applies what the operator says about it. This is the
    /// entry with this `index` in `system`.
    pub(super) fn load(
        self,
        index: usize,
        overrides: Overrides,
        system: &Source,
    ) -> Result<SystemComponent, ManifestError> {
        let place_of =
            |key| system.place_of(&[Step::Key("component"), Step::Item(index), Step::Key(key)]);
        let at = place_of("manifest");

        let own = Source::read(system.resolve(&self.manifest), Some(at.clone()))?;
        let mut manifest = overrides.apply(&own, system, &at)?;
        manifest.expect_binary(&own)?;
        if let Some(id) = self.id {
            manifest.component.id = id;
        }

        let id = &manifest.component.id;
        let asked = &manifest.capabilities;
        let granted = match self.grant {
            None => asked.without_grant().ok_or_else(|| ManifestError::NotGranted {
                id: id.clone(),
                asked: asked.asks(),
                at: at.clone(),
            }),
            Some(grant) => grant.of(asked, system).map_err(|excess| ManifestError::GrantTooWide {
                id: id.clone(),
                excess,
                at: place_of("grant"),
                manifest: own.path().to_owned(),
            }),
        }?;
        Ok(SystemComponent { manifest, granted, granted_to: self.digest, group: self.group, at })
    }
}
