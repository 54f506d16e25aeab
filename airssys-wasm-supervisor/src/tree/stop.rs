//! A group stops its children.

use std::hash::Hash;

use super::node::{Kind, Phase, StartedBy, Then, Work};
use super::nodes::Index;
use super::{Exit, Fate, Signal, Tree};
use crate::Action;

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Has what is not at rest come to rest.
    pub(super) fn stop_node(&mut self, index: Index, then: Then) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.phase = Phase::Stopping(then);
        match &mut node.kind {
            Kind::Component(Some(run)) => {
                let (child, run) = (node.key.clone(), *run);
                self.actions.push(Action::Stop { child, run });
            }
            Kind::Component(None) => {}
            Kind::Group(group) => {
                group.work = Work::Stop { from: 0, below: u64::MAX };
                self.signal(Signal::Continue(index));
            }
        }
    }

    /// Goes on with what a group is at.
    pub(super) fn work_on(&mut self, index: Index) {
        let Some(group) = self.nodes.group(index) else { return };
        match group.work {
            Work::Idle => {}
            Work::Stop { from, below } => self.stop_next(index, from, below),
            Work::Start { at, by } => self.start_next(index, at, by),
        }
    }

    /// The children from place `from` on that are below `below`: stops the last one that is not
    /// at rest, unless it is being stopped.
    fn stop_next(&mut self, index: Index, from: u64, mut below: u64) {
        loop {
            let Some(group) = self.nodes.group_mut(index) else { return };
            group.work = Work::Stop { from, below };
            let Some((&place, &child)) = group.children.range(from..below).next_back() else {
                break;
            };
            let Some(phase) = self.nodes.get(child).map(|node| node.phase) else { return };
            if phase.is_at_rest() {
                below = place;
                continue;
            }
            self.take_down(index, child);
            if let Some(group) = self.nodes.group_mut(index) {
                group.work = Work::Stop { from, below: place + 1 };
            }
            return;
        }
        self.all_stopped(index, from);
    }

    /// Stops a child for its group's sake. One that is stopping already is waited for.
    fn take_down(&mut self, group: Index, child: Index) {
        let ends = self.is_stopping(group);
        let Some(node) = self.nodes.get(child) else { return };
        if matches!(node.phase, Phase::Starting | Phase::Up) {
            self.stop_node(child, node.taken_down(ends));
        }
    }

    fn all_stopped(&mut self, index: Index, from: u64) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        let phase = node.phase;
        let Some(group) = node.group_mut() else { return };
        if let Phase::Stopping(then) = phase {
            group.work = Work::Idle;
            return self.came_to_rest(index, then);
        }
        group.work = Work::Start { at: from, by: StartedBy::Restart };
        self.signal(Signal::Continue(index));
    }

    /// Nothing of this node runs any more.
    pub(super) fn came_to_rest(&mut self, index: Index, then: Then) {
        self.set_phase(index, Phase::Waiting);
        match then {
            Then::Wait => self.continue_parent(index),
            Then::End => {
                self.continue_parent(index);
                self.settle(index, Fate::Ended);
            }
            Then::Start => self.start_in_turn(index),
            Then::Remove => {
                self.continue_parent(index);
                self.settle(index, Fate::Ended);
                self.nodes.remove(index);
            }
            Then::GiveUp { exceeded, was_up: true } => {
                self.signal(Signal::Exited(index, Exit::Group(exceeded)));
            }
            Then::GiveUp { was_up: false, .. } | Then::FailStart => {
                self.signal(Signal::StartFailed(index));
            }
        }
    }

    pub(super) fn is_stopping(&self, index: Index) -> bool {
        self.nodes.get(index).is_some_and(|node| matches!(node.phase, Phase::Stopping(_)))
    }
}
