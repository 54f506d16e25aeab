use std::fmt;

use airssys_wasm::manifest::{SystemComponent, SystemManifest};
use airssys_wasm::{Codec, ComponentId, Grants};

use super::codecs::Codecs;
use crate::standard;

/// One component that may send to another.
pub(super) struct Reach {
    pub(super) from: ComponentId,
    pub(super) to: ComponentId,
    pub(super) right: Right,
    pub(super) codecs: Codecs,
    /// The one of them to use.
    pub(super) best: Option<Codec>,
}

/// By what the one may reach the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Send,
    Request,
    Both,
}

/// One who can be sent to.
pub(super) struct Target<'a> {
    pub(super) id: ComponentId,
    /// None of the runtime's own.
    component: Option<&'a SystemComponent>,
}

impl Reach {
    /// Every pair of a system in which the one may reach the other, as the sender's grants and
    /// the receiver's filter have it.
    pub(super) fn all(manifest: &SystemManifest) -> Vec<Self> {
        let targets = Target::all(manifest);
        let mut reaches = Vec::new();
        for from in &manifest.components {
            for to in targets.iter().filter(|to| to.takes_from(from.id())) {
                if let Some(right) = Right::of(&from.granted.messaging, &to.id) {
                    let (ours, theirs) = (Codecs::of(from), to.codecs());
                    let (codecs, best) = (ours.in_common(&theirs), ours.best_for(&theirs));
                    let (from, to) = (from.id().clone(), to.id.clone());
                    reaches.push(Self { from, to, right, codecs, best });
                }
            }
        }
        reaches
    }
}

impl Right {
    fn of(grants: &Grants, target: &ComponentId) -> Option<Self> {
        match (grants.may_send(target), grants.may_request(target)) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Send),
            (false, true) => Some(Self::Request),
            (false, false) => None,
        }
    }
}

impl<'a> Target<'a> {
    /// All in a system that can be sent to.
    pub(super) fn all(manifest: &'a SystemManifest) -> Vec<Self> {
        let components = manifest.components.iter();
        components
            .map(|component| Self { id: component.id().clone(), component: Some(component) })
            .chain(standard::ids().map(|id| Self { id, component: None }))
            .collect()
    }

    pub(super) fn takes_from(&self, sender: &ComponentId) -> bool {
        self.component.is_none_or(|receiver| receiver.granted.messaging.may_receive(sender))
    }

    pub(super) fn codecs(&self) -> Codecs {
        self.component.map_or(Codecs::Any, Codecs::of)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "send",
            Self::Request => "request",
            Self::Both => "send, request",
        })
    }
}
