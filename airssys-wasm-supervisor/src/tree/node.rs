use std::collections::BTreeMap;
use std::time::Duration;

use super::nodes::Index;
use crate::window::Window;
use crate::{Intensity, Policy, Restart, Run, Strategy};

/// A component or a group: what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Node<K> {
    pub(super) key: K,
    /// `None`: the root.
    pub(super) parent: Option<Index>,
    /// Where it stands among its siblings: later ones have higher places.
    pub(super) place: u64,
    pub(super) restart: Restart,
    /// Whether it was there before its group started, so that it comes back with it.
    pub(super) in_spec: bool,
    /// Under a one-for-one root: its restarts are counted here and not in the group's window.
    pub(super) own_window: Option<Window>,
    pub(super) phase: Phase,
    pub(super) started_by: StartedBy,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `None` at rest.
    Component(Option<Run>),
    Group(Group),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// At rest, and nothing is going to start it.
    Ended,
    /// At rest, until its group has it start or ends itself.
    Waiting,
    /// On its way up. A group: its children are, one after the other.
    Starting,
    Up,
    /// Something of it may still run.
    Stopping(Then),
}

/// What follows once nothing of it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Wait,
    End,
    Start,
    Remove,
    /// Of groups: more restarts than this were due. One that never was up has failed to start.
    GiveUp {
        exceeded: Intensity,
        was_up: bool,
    },
    /// Of groups: a child's first start failed.
    FailStart,
}

/// Who wants a start: this decides what follows when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartedBy {
    /// Its group, which starts too.
    Group,
    Operator,
    Restart,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) strategy: Strategy,
    pub(super) window: Window,
    /// By place.
    pub(super) children: BTreeMap<u64, Index>,
    pub(super) next_place: u64,
    pub(super) work: Work,
    /// No child is started before this time in the work at hand.
    pub(super) not_before: Duration,
}

/// What a group is at; one child at a time, the next one when that has come to rest, or is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Idle,
    /// The children at `from` and after it are stopped, the last one first; those that are not
    /// below `below` are at rest. Then they are started, unless the group itself stops.
    Stop {
        from: u64,
        below: u64,
    },
    /// The children that wait are started; before `at` there is none left.
    Start {
        at: u64,
        by: StartedBy,
    },
}

impl Group {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            strategy: policy.strategy,
            window: Window::new(policy.intensity, policy.backoff),
            children: BTreeMap::new(),
            next_place: 0,
            work: Work::Idle,
            not_before: Duration::ZERO,
        }
    }

    /// Whether it is on its way to stop the child at `place`, or has just done so.
    pub(super) fn takes_down(&self, place: u64) -> bool {
        matches!(self.work, Work::Stop { from, .. } if place >= from)
    }
}

impl Phase {
    pub(super) fn is_at_rest(self) -> bool {
        matches!(self, Self::Ended | Self::Waiting)
    }
}

impl<K> Node<K> {
    pub(super) fn group(&self) -> Option<&Group> {
        match &self.kind {
            Kind::Group(group) => Some(group),
            Kind::Component(_) => None,
        }
    }

    pub(super) fn group_mut(&mut self) -> Option<&mut Group> {
        match &mut self.kind {
            Kind::Group(group) => Some(group),
            Kind::Component(_) => None,
        }
    }

    pub(super) fn run(&self) -> Option<Run> {
        match self.kind {
            Kind::Component(run) => run,
            Kind::Group(_) => None,
        }
    }

    /// Temporary and not in its group's spec: nothing could ever start it again.
    pub(super) fn is_forgotten_at_its_end(&self) -> bool {
        self.restart == Restart::Temporary && !self.in_spec
    }

    /// What becomes of it when its group takes it down, to restart (`ends` false) or to end.
    pub(super) fn taken_down(&self, group_ends: bool) -> Then {
        let comes_back = self.restart != Restart::Temporary || (group_ends && self.in_spec);
        if comes_back { Then::Wait } else { Then::End }
    }
}
