mod exit;
mod node;
mod nodes;
mod operator;
mod start;
mod stop;

use std::hash::Hash;
use std::time::Duration;

use node::{Group, Kind, Node, Phase, StartedBy};
use nodes::{Index, Nodes};

use crate::{Action, Event, ExitReason, GiveUp, Intensity, Policy, Restart};

pub use operator::{AddError, StartError};

/// A tree of groups, with components as its leaves: told what has happened and when, it answers
/// what is to be done. See [the crate](crate) for its rules.
///
/// Components and groups are known by keys, unique in the tree. Whoever drives it does each
/// [`Action`] and reports what has come of it, each as an [`Event`]; nothing is awaited but these
/// reports. Times are monotonic, from any fixed beginning.
#[derive(Debug, Clone)]
pub struct Tree<K> {
    nodes: Nodes<K>,
    root: Index,
    runs: u64,
    now: Duration,
    random: u64,
    /// What is still to be looked at before the actions are complete: one thing at most, since
    /// each change matters to one group.
    signal: Option<Signal>,
    actions: Vec<Action<K>>,
}

/// What one node's change means to its group.
#[derive(Debug, Clone, Copy)]
enum Signal {
    /// The group may have something to do.
    Continue(Index),
    /// The child is at rest, and its start failed.
    StartFailed(Index),
    /// The child is at rest, and was not asked to.
    Exited(Index, Exit),
}

#[derive(Debug, Clone, Copy)]
enum Exit {
    Component(ExitReason),
    /// A group had to restart its children more often than this, and has ended.
    Group(Intensity),
}

/// What a key of a [`Tree`] is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not running, and nothing but the operator or its group's restart is going to start it:
    /// not started yet, ended, stopped or given up.
    Ended,
    /// Not running; it is started when its turn comes.
    Waiting,
    /// Being started, or about to be when its back-off has passed.
    Starting,
    /// Running.
    Up,
    /// Asked to stop.
    Stopping,
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// A tree without children, not started yet. What its root gives up, nobody restarts.
    pub fn new(root: K, policy: Policy) -> Self {
        let mut nodes = Nodes::new();
        let root = nodes.insert(Node {
            key: root,
            parent: None,
            place: 0,
            restart: Restart::Permanent,
            in_spec: true,
            own_window: None,
            phase: Phase::Ended,
            started_by: StartedBy::Operator,
            kind: Kind::Group(Group::new(policy)),
        });
        Self {
            nodes,
            root,
            runs: 0,
            now: Duration::ZERO,
            random: 0,
            signal: None,
            actions: Vec::new(),
        }
    }

    /// What follows from `event`, seen at `now`: to be done in this order, each without waiting
    /// for the one before. `random` is any evenly distributed number, by which delays are varied.
    pub fn report(&mut self, event: Event, now: Duration, random: u64) -> Vec<Action<K>> {
        let run = event.run();
        let Some(node) = self.nodes.get(run.node) else { return Vec::new() };
        if node.run() != Some(run) {
            return Vec::new();
        }
        (self.now, self.random) = (now, random);
        match event {
            Event::Started(_) => self.component_started(run.node),
            Event::StartFailed(_) => self.run_over(run.node, ExitReason::Crashed),
            Event::Exited(_, reason) => self.run_over(run.node, reason),
            Event::Stopped(_) => self.run_over(run.node, ExitReason::Normal),
        }
        self.settled()
    }

    /// What this key is doing; `None` if there is none such.
    pub fn state(&self, key: &K) -> Option<State> {
        let node = self.nodes.get(self.nodes.index(key)?)?;
        Some(match node.phase {
            Phase::Ended => State::Ended,
            Phase::Waiting => State::Waiting,
            Phase::Starting => State::Starting,
            Phase::Up => State::Up,
            Phase::Stopping(_) => State::Stopping,
        })
    }

    /// The children of this group in the order of their start; none if it is no group.
    pub fn children(&self, group: &K) -> impl Iterator<Item = &K> {
        let group = self.nodes.index(group).and_then(|index| self.nodes.group(index));
        let children = group.into_iter().flat_map(|group| group.children.values());
        children.filter_map(|&child| Some(&self.nodes.get(child)?.key))
    }

    /// Follows each change upwards until there is none left.
    fn settled(&mut self) -> Vec<Action<K>> {
        while let Some(signal) = self.signal.take() {
            match signal {
                Signal::Continue(group) => self.work_on(group),
                Signal::StartFailed(child) => self.start_failed(child),
                Signal::Exited(child, exit) => self.exited(child, exit),
            }
        }
        std::mem::take(&mut self.actions)
    }

    fn signal(&mut self, signal: Signal) {
        debug_assert!(self.signal.is_none(), "{:?} would be lost to {signal:?}", self.signal);
        self.signal = Some(signal);
    }

    /// Has the group go on that this one is in.
    fn continue_parent(&mut self, index: Index) {
        if let Some(parent) = self.nodes.parent(index) {
            self.signal(Signal::Continue(parent));
        }
    }

    fn set_phase(&mut self, index: Index, phase: Phase) {
        if let Some(node) = self.nodes.get_mut(index) {
            node.phase = phase;
        }
    }
}

/// How what was to run comes to stand still.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Ended,
    GivenUp(GiveUp),
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Says of a node at rest, and of all below it that wait, that they are not started again.
    fn settle(&mut self, index: Index, fate: Fate) {
        let mut rest = vec![(index, fate)];
        let mut forgotten = Vec::new();
        while let Some((index, fate)) = rest.pop() {
            let Some(node) = self.nodes.get_mut(index) else { continue };
            node.phase = Phase::Ended;
            let child = node.key.clone();
            if node.is_forgotten_at_its_end() {
                forgotten.push(index);
            }
            let below = match fate {
                Fate::Ended => Fate::Ended,
                Fate::GivenUp(_) => Fate::GivenUp(GiveUp::WithGroup),
            };
            self.actions.push(match fate {
                Fate::Ended => Action::Ended { child },
                Fate::GivenUp(why) => Action::GaveUp { child, why },
            });
            let waiting = self.nodes.children(index, 0).into_iter().rev().filter(|&child| {
                self.nodes.get(child).is_some_and(|child| child.phase == Phase::Waiting)
            });
            rest.extend(waiting.map(|child| (child, below)));
        }
        forgotten.into_iter().for_each(|index| self.nodes.remove(index));
    }
}
