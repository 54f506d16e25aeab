//! What the operator asks for.

use std::hash::Hash;
use std::time::Duration;

use thiserror::Error;

use super::node::{Group, Kind, Node, Phase, StartedBy, Then, Work};
use super::nodes::Index;
use super::{Signal, Tree};
use crate::window::Window;
use crate::{Action, Backoff, Intensity, Policy, Restart, Strategy};

/// Why a child was not added to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddError {
    /// The tree has it already.
    #[error("there is one with this key already")]
    Taken,
    /// There is no such group in the tree.
    #[error("there is no such group")]
    NoSuchGroup,
}

/// Why something was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StartError {
    /// It is not in the tree, or is just leaving it.
    #[error("there is none with this key")]
    Unknown,
    /// It is up, or on its way without that.
    #[error("it has been started already")]
    Started,
    /// The group that it is in is not up.
    #[error("its group is not up; start that one")]
    GroupNotUp,
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Adds a component at the end of a group, without starting it. If it is temporary and the
    /// group has been started, it leaves the tree when it ends.
    ///
    /// # Errors
    ///
    /// [`AddError`]. Then nothing has changed.
    pub fn add_child(&mut self, group: &K, child: K, restart: Restart) -> Result<(), AddError> {
        self.add(group, child, restart, Kind::Component(None))
    }

    /// Adds a group without children at the end of a group, as [`add_child`](Self::add_child)
    /// does a component.
    ///
    /// # Errors
    ///
    /// [`AddError`]. Then nothing has changed.
    pub fn add_group(
        &mut self,
        group: &K,
        child: K,
        restart: Restart,
        policy: Policy,
    ) -> Result<(), AddError> {
        self.add(group, child, restart, Kind::Group(Group::new(policy)))
    }

    /// Gives a direct child of a one-for-one root limits of its own in place of the root's. False
    /// if it is no such child.
    pub fn limit(&mut self, child: &K, intensity: Intensity, backoff: Backoff) -> bool {
        let index = self.nodes.index(child);
        let node = index.and_then(|index| self.nodes.get_mut(index));
        let Some(window) = node.and_then(|node| node.own_window.as_mut()) else { return false };
        (window.intensity, window.backoff) = (intensity, backoff);
        true
    }

    /// Starts a component, or a group with all that it has, in order. Its restarts so far no
    /// longer count. If its start fails it is given up at once, as is a group when the first
    /// start of one of its children fails: only restarts are tried again.
    ///
    /// # Errors
    ///
    /// [`StartError`]. Then nothing has changed.
    pub fn start(&mut self, key: &K, now: Duration) -> Result<Vec<Action<K>>, StartError> {
        let index = self.nodes.index(key).ok_or(StartError::Unknown)?;
        let node = self.nodes.get(index).ok_or(StartError::Unknown)?;
        let group = node.parent.and_then(|parent| self.nodes.get(parent));
        if group.is_some_and(|group| !matches!(group.phase, Phase::Starting | Phase::Up)) {
            return Err(StartError::GroupNotUp);
        }
        self.now = now;
        match node.phase {
            Phase::Ended => self.start_in_turn(index),
            Phase::Stopping(Then::Remove) => return Err(StartError::Unknown),
            Phase::Stopping(Then::End | Then::GiveUp { .. } | Then::FailStart) => {
                self.set_phase(index, Phase::Stopping(Then::Start));
            }
            Phase::Stopping(Then::Wait | Then::Start)
            | Phase::Waiting
            | Phase::Starting
            | Phase::Up => return Err(StartError::Started),
        }
        Ok(self.settled())
    }

    /// Stops a component, or a group with all that it has, the last one first. That is no exit:
    /// nothing restarts it, and [`Ended`](Action::Ended) is said when it is done; nothing is done
    /// if it is not up. As in OTP, it starts again when a sibling has its group restart it, or
    /// with its whole group; [`remove`](Self::remove) is for good.
    pub fn stop(&mut self, key: &K, now: Duration) -> Vec<Action<K>> {
        let Some(index) = self.nodes.index(key) else { return Vec::new() };
        self.bring_to_rest(index, Then::End, now)
    }

    /// Stops what is up and starts it again, or starts what is not. It does not count as a restart.
    ///
    /// # Errors
    ///
    /// [`StartError`], save that it may be started. Then nothing has changed.
    pub fn restart(&mut self, key: &K, now: Duration) -> Result<Vec<Action<K>>, StartError> {
        let index = self.nodes.index(key);
        let phase = index.and_then(|index| Some((index, self.nodes.get(index)?.phase)));
        match phase {
            Some((index, Phase::Starting | Phase::Up)) => {
                Ok(self.bring_to_rest(index, Then::Start, now))
            }
            _ => self.start(key, now),
        }
    }

    /// Stops a component or a group and takes it from the tree, with all that it has. Its key is
    /// free once it is at rest. The root stays, and is stopped.
    pub fn remove(&mut self, key: &K, now: Duration) -> Vec<Action<K>> {
        let Some(index) = self.nodes.index(key) else { return Vec::new() };
        let then = if index == self.root { Then::End } else { Then::Remove };
        self.bring_to_rest(index, then, now)
    }

    fn add(&mut self, group: &K, child: K, restart: Restart, kind: Kind) -> Result<(), AddError> {
        if self.nodes.index(&child).is_some() {
            return Err(AddError::Taken);
        }
        let parent = self.nodes.index(group).ok_or(AddError::NoSuchGroup)?;
        let node = self.nodes.get_mut(parent).ok_or(AddError::NoSuchGroup)?;
        let in_spec = node.phase.is_at_rest();
        let group = node.group_mut().ok_or(AddError::NoSuchGroup)?;
        let place = group.next_place;
        group.next_place += 1;
        let counts_alone = parent == self.root && group.strategy == Strategy::OneForOne;
        let own_window =
            counts_alone.then(|| Window::new(group.window.intensity, group.window.backoff));
        self.nodes.insert(Node {
            key: child,
            parent: Some(parent),
            place,
            restart,
            in_spec,
            own_window,
            phase: Phase::Ended,
            started_by: StartedBy::Operator,
            kind,
        });
        Ok(())
    }

    fn bring_to_rest(&mut self, index: Index, then: Then, now: Duration) -> Vec<Action<K>> {
        let Some(phase) = self.nodes.get(index).map(|node| node.phase) else { return Vec::new() };
        self.now = now;
        match phase {
            Phase::Ended if then == Then::Remove => self.nodes.remove(index),
            Phase::Ended => {}
            Phase::Waiting => self.came_to_rest(index, then),
            Phase::Starting | Phase::Up => self.stop_node(index, then),
            Phase::Stopping(Then::Remove) => {}
            Phase::Stopping(_) => self.set_phase(index, Phase::Stopping(then)),
        }
        self.settled()
    }

    /// Starts what is at rest, or leaves that to its group where that one will come by.
    pub(super) fn start_in_turn(&mut self, index: Index) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.phase = Phase::Waiting;
        if let Some(window) = &mut node.own_window {
            window.clear();
        }
        let (parent, place) = (node.parent, node.place);
        let group = parent.and_then(|parent| Some((parent, self.nodes.group(parent)?)));
        let Some((parent, group)) = group else {
            return self.start_node(index, StartedBy::Operator, Duration::ZERO);
        };
        let turn_comes = match group.work {
            Work::Idle => false,
            Work::Stop { from, .. } => place >= from,
            Work::Start { at, .. } => place >= at,
        };
        if turn_comes {
            self.signal(Signal::Continue(parent));
        } else {
            self.start_node(index, StartedBy::Operator, Duration::ZERO);
        }
    }
}
