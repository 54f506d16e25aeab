use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;

use super::component::Restart;
use super::error::ManifestError;
use super::source::{Source, Step};
use super::system::{Backoff, Strategy, SystemSupervision};
use super::{time, value};

/// A `[[group]]` of the system manifest: components that are supervised together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// By which components name it, and other groups.
    pub name: String,
    /// The group that it is in itself, which stands above it; none: it is directly under the system.
    pub parent: Option<String>,
    /// After which of its ends it starts again.
    #[serde(deserialize_with = "value::word")]
    pub restart: Restart,
    /// Which of its components start again when one ends.
    #[serde(deserialize_with = "value::word")]
    pub strategy: Strategy,
    /// Restarts within [`within`](Self::within), all its components counted together; with one more,
    /// the group ends.
    #[serde(deserialize_with = "value::one")]
    pub max_restarts: u32,
    /// The time in which restarts are counted.
    #[serde(deserialize_with = "time::positive")]
    pub within: Duration,
    /// How long a restart waits.
    #[serde(deserialize_with = "value::table")]
    pub backoff: Backoff,
}

impl Default for Group {
    fn default() -> Self {
        let SystemSupervision { strategy, max_restarts, within, backoff } =
            SystemSupervision::default();
        let (name, parent, restart) = (String::new(), None, Restart::Permanent);
        Self { name, parent, restart, strategy, max_restarts, within, backoff }
    }
}

/// An error if a group has no name, or another's, or a parent that does not stand above it.
pub(super) fn expect_sound(groups: &[Group], source: &Source) -> Result<(), ManifestError> {
    let mut names = HashSet::new();
    for (index, group) in groups.iter().enumerate() {
        let at = |key| [Step::Key("group"), Step::Item(index), Step::Key(key)];
        let name = &group.name;
        if name.is_empty() {
            let fault = "a group needs a `name`; add one".to_owned();
            let at = source.place_of(&[Step::Key("group"), Step::Item(index)]);
            return Err(ManifestError::Group { at, fault });
        }
        if let Some(parent) = group.parent.as_ref().filter(|it| !names.contains(it.as_str())) {
            return Err(ManifestError::Group {
                at: source.place_of(&at("parent")),
                fault: format!("no group `{parent}` stands above this one; add it there"),
            });
        }
        if !names.insert(name.as_str()) {
            return Err(ManifestError::Group {
                at: source.place_of(&at("name")),
                fault: format!("there is a group `{name}` already; give one of the two another"),
            });
        }
    }
    Ok(())
}

/// An error if the component with this index is in a group that there is not.
pub(super) fn expect_known(
    groups: &[Group],
    name: Option<&String>,
    index: usize,
    source: &Source,
) -> Result<(), ManifestError> {
    let unknown = name.filter(|name| groups.iter().all(|group| group.name != **name));
    unknown.map_or(Ok(()), |name| {
        Err(ManifestError::Group {
            at: source.place_of(&[Step::Key("component"), Step::Item(index), Step::Key("group")]),
            fault: format!("there is no group `{name}`; add [[group]] with name = {name:?}"),
        })
    })
}
