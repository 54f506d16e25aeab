//! A group starts its children.

use std::hash::Hash;
use std::time::Duration;

use super::node::{Kind, Phase, StartedBy, Work};
use super::nodes::Index;
use super::{Signal, Tree};
use crate::window::Window;
use crate::{Action, Run};

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Starts what is at rest.
    pub(super) fn start_node(&mut self, index: Index, by: StartedBy, not_before: Duration) {
        let run = Run { node: index, number: self.runs };
        let after = not_before.saturating_sub(self.now);
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.phase = Phase::Starting;
        node.started_by = by;
        match &mut node.kind {
            Kind::Component(current) => {
                *current = Some(run);
                self.runs += 1;
                self.actions.push(Action::Start { child: node.key.clone(), run, after });
            }
            Kind::Group(group) => {
                // A supervisor that starts is a new one.
                group.window.clear();
                group.not_before = not_before;
                group.work = Work::Start { at: 0, by: StartedBy::Group };
                for child in self.nodes.children(index, 0) {
                    let Some(child) = self.nodes.get_mut(child) else { continue };
                    child.phase = Phase::Waiting;
                    child.own_window.iter_mut().for_each(Window::clear);
                }
                self.signal(Signal::Continue(index));
            }
        }
    }

    /// The children from place `at` on: starts the next one that waits, unless one is on its way.
    pub(super) fn start_next(&mut self, index: Index, mut at: u64, by: StartedBy) {
        loop {
            let Some(group) = self.nodes.group_mut(index) else { return };
            group.work = Work::Start { at, by };
            let not_before = group.not_before;
            let Some((&place, &child)) = group.children.range(at..).next() else { break };
            let Some(phase) = self.nodes.get(child).map(|node| node.phase) else { return };
            match phase {
                Phase::Waiting => self.start_node(child, by, not_before),
                Phase::Starting | Phase::Stopping(_) => {}
                Phase::Up | Phase::Ended => {
                    at = place + 1;
                    continue;
                }
            }
            if let Some(group) = self.nodes.group_mut(index) {
                group.work = Work::Start { at: place, by };
            }
            return;
        }
        self.all_started(index);
    }

    fn all_started(&mut self, index: Index) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        if node.phase == Phase::Starting {
            node.phase = Phase::Up;
        }
        if let Some(group) = node.group_mut() {
            group.work = Work::Idle;
        }
        self.continue_parent(index);
    }

    pub(super) fn component_started(&mut self, index: Index) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        if node.phase != Phase::Starting {
            return;
        }
        node.phase = Phase::Up;
        self.end_back_off(index);
        self.continue_parent(index);
    }

    /// The back-off has passed: for those that start after this one there is none, whatever the
    /// clock says.
    fn end_back_off(&mut self, mut index: Index) {
        while let Some(node) = self.nodes.get(index) {
            let (place, Some(parent)) = (node.place, node.parent) else { return };
            let Some(group) = self.nodes.group_mut(parent) else { return };
            if !matches!(group.work, Work::Start { at, .. } if at == place) {
                return;
            }
            group.not_before = Duration::ZERO;
            index = parent;
        }
    }
}
