use std::collections::BTreeMap;

use airssys_wasm::ComponentId;
use airssys_wasm::manifest::{ComponentManifest, SystemManifest};
use thiserror::Error;

use crate::args;
use crate::standard;

/// Whom the command line can send to, and the largest message in bytes that each takes.
pub(super) struct Targets(BTreeMap<ComponentId, u64>);

/// What the runtime's own components take.
const OWN_LIMIT: u64 = 1 << 20;

/// The command line names components that the system does not have.
#[derive(Debug, Error)]
#[error(
    "the system has no component {}; correct the command line: there are {}",
    .unknown.join(", "), .known.join(", ")
)]
pub(super) struct UnknownTargets {
    /// Each with the option that names it.
    unknown: Vec<String>,
    known: Vec<String>,
}

impl Targets {
    pub(super) fn of(manifest: &SystemManifest) -> Self {
        let components = manifest.components.iter().map(|component| {
            let limit = largest_message(&component.manifest);
            (component.id().clone(), limit)
        });
        let own = standard::ids().map(|id| (id, OWN_LIMIT));
        Self(components.chain(own).collect())
    }

    /// The largest message that `id` takes, in bytes.
    pub(super) fn limit(&self, id: &ComponentId) -> u64 {
        self.0.get(id).copied().unwrap_or(OWN_LIMIT)
    }

    /// An error unless all that the command line names are there.
    pub(super) fn expect_all(&self, args: &args::Run) -> Result<(), UnknownTargets> {
        let outgoing = args.outgoing.0.iter().map(|one| (one.kind.option(), &one.target));
        let named = outgoing.chain(args.stdin.iter().map(|id| ("--stdin", id)));
        let unknown: Vec<String> = named
            .filter(|(_, id)| !self.0.contains_key(*id))
            .map(|(option, id)| format!("{id} ({option})"))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(UnknownTargets { unknown, known: self.0.keys().map(ToString::to_string).collect() })
    }
}

fn largest_message(manifest: &ComponentManifest) -> u64 {
    manifest.quota.max_message_size.bytes().min(manifest.mailbox.max_bytes.bytes())
}
