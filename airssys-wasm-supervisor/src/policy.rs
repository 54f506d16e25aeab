use crate::{Backoff, Intensity};

/// Which children of a group are restarted when one of them is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// That one.
    #[default]
    OneForOne,
    /// All: the others are stopped first, the last one first, then all start in their order.
    OneForAll,
    /// That one and those that come after it, in the same way.
    RestForOne,
}

/// How a group deals with the exits of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Policy {
    /// Which children are restarted.
    pub strategy: Strategy,
    /// How often, all children counted together; a restart of many counts once. The direct
    /// children of a one-for-one root are counted each by itself.
    pub intensity: Intensity,
    /// How long each restart waits.
    pub backoff: Backoff,
}
