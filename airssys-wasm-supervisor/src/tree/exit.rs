//! What follows when something ends that was not asked to.

use std::hash::Hash;
use std::time::Duration;

use super::node::{Kind, Phase, StartedBy, Then, Work};
use super::nodes::Index;
use super::{Exit, Fate, Signal, Tree};
use crate::{ExitReason, GiveUp, Restart, Strategy};

impl<K: Clone + Eq + Hash> Tree<K> {
    /// A component's run has ended, in whatever way.
    pub(super) fn run_over(&mut self, index: Index, reason: ExitReason) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.kind = Kind::Component(None);
        let phase = node.phase;
        if let Phase::Stopping(then) = phase {
            return self.came_to_rest(index, then);
        }
        node.phase = Phase::Waiting;
        self.signal(match (phase, reason) {
            (Phase::Starting, ExitReason::Crashed) => Signal::StartFailed(index),
            _ => Signal::Exited(index, Exit::Component(reason)),
        });
    }

    pub(super) fn exited(&mut self, index: Index, exit: Exit) {
        if self.was_taken_down(index) {
            return;
        }
        let Some(node) = self.nodes.get(index) else { return };
        let (reason, fate) = match exit {
            Exit::Component(reason) => (reason, Fate::Ended),
            // As OTP has it: a supervisor that gives up ends with the reason `shutdown`, after
            // which a transient child is not started again.
            Exit::Group(exceeded) => {
                (ExitReason::Normal, Fate::GivenUp(GiveUp::TooManyRestarts(exceeded)))
            }
        };
        if node.parent.is_some() && node.restart.follows(reason) {
            self.restart_is_due(index);
        } else {
            self.continue_parent(index);
            self.settle(index, fate);
        }
    }

    pub(super) fn start_failed(&mut self, index: Index) {
        if self.was_taken_down(index) {
            return;
        }
        let Some(node) = self.nodes.get(index) else { return };
        match (node.parent, node.started_by) {
            (Some(_), StartedBy::Restart) if node.restart != Restart::Temporary => {
                self.restart_is_due(index);
            }
            (Some(group), StartedBy::Group) if node.own_window.is_none() => {
                self.stop_node(group, Then::FailStart);
            }
            _ => {
                self.continue_parent(index);
                self.settle(index, Fate::GivenUp(GiveUp::FailedStart));
            }
        }
    }

    /// Whether its group was about to stop it anyway: then that has been done.
    fn was_taken_down(&mut self, index: Index) -> bool {
        let Some(node) = self.nodes.get(index) else { return true };
        let Some(parent) = node.parent else { return false };
        let ends = self.is_stopping(parent);
        let taken_down =
            ends || self.nodes.group(parent).is_some_and(|group| group.takes_down(node.place));
        if taken_down {
            self.came_to_rest(index, node.taken_down(ends));
        }
        taken_down
    }

    fn restart_is_due(&mut self, index: Index) {
        let (now, random) = (self.now, self.random);
        let Some(node) = self.nodes.get_mut(index) else { return };
        let (Some(parent), place) = (node.parent, node.place) else { return };
        if let Some(window) = &mut node.own_window {
            match window.restart_at(now, random) {
                Ok(at) => self.start_node(index, StartedBy::Restart, at),
                Err(exceeded) => {
                    self.continue_parent(index);
                    self.settle(index, Fate::GivenUp(GiveUp::TooManyRestarts(exceeded)));
                }
            }
            return;
        }
        let Some(group) = self.nodes.group_mut(parent) else { return };
        let strategy = group.strategy;
        match (group.window.restart_at(now, random), strategy) {
            (Ok(at), Strategy::OneForOne) => self.start_node(index, StartedBy::Restart, at),
            (Ok(at), Strategy::RestForOne) => self.restart_from(parent, place, at),
            (Ok(at), Strategy::OneForAll) => self.restart_from(parent, 0, at),
            (Err(exceeded), _) => {
                let was_up = self.nodes.get(parent).is_some_and(|group| group.phase == Phase::Up);
                self.stop_node(parent, Then::GiveUp { exceeded, was_up });
            }
        }
    }

    /// Stops the children from this place on, and starts them again. If the group is at such a
    /// restart already, that one begins anew, and reaches further where this one does.
    fn restart_from(&mut self, index: Index, place: u64, not_before: Duration) {
        let Some(group) = self.nodes.group_mut(index) else { return };
        let (from, below) = match group.work {
            Work::Stop { from, below } => (from.min(place), below),
            Work::Idle | Work::Start { .. } => (place, u64::MAX),
        };
        group.not_before = not_before;
        group.work = Work::Stop { from, below };
        // As in OTP, whatever has ended or was stopped before starts along with its siblings.
        for child in self.nodes.children(index, place) {
            if let Some(node) = self.nodes.get_mut(child)
                && node.phase == Phase::Ended
                && node.restart != Restart::Temporary
            {
                node.phase = Phase::Waiting;
            }
        }
        self.signal(Signal::Continue(index));
    }
}
