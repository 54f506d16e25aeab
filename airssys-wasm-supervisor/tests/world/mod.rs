//! Components that take their time: each is asked by the tree, and answers when a test has it.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use airssys_wasm_supervisor::{
    Action, Backoff, Event, ExitReason, Intensity, Policy, Restart, Run, State, Strategy, Tree,
};

const MAX_RESTARTS: u32 = 3;
const WITHIN: Duration = Duration::from_secs(5);
const ROOT: u32 = 0;

pub(crate) struct World {
    tree: Tree<u32>,
    strategy: Strategy,
    /// By their numbers: all that were ever added, with the group of each.
    parents: Vec<u32>,
    groups: Vec<u32>,
    permanent: HashSet<u32>,
    /// The components that run, or are on their way.
    lives: BTreeMap<u32, Life>,
    /// Was started, and nothing was said of its end.
    wanted: HashSet<u32>,
    /// The operator wanted it stopped at some time.
    stopped: HashSet<u32>,
    /// When the components under the root were started, since the operator did.
    restarts: BTreeMap<u32, Vec<Duration>>,
    by_hand: HashSet<u32>,
    reports: Vec<Event>,
    now: Duration,
}

#[derive(Clone, Copy)]
struct Life {
    run: Run,
    /// It has started.
    up: bool,
    /// It was asked to stop.
    stops: bool,
}

/// What a component does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// As it was asked to: it starts, or stops.
    GoesOn,
    /// It starts, whether or not it was asked to stop meanwhile.
    StartsLate,
    /// It crashes or fails to start, be it just when it should stop.
    Crashes,
    Exits,
}

impl World {
    pub(crate) fn new(strategy: Strategy) -> Self {
        Self {
            tree: Tree::new(ROOT, policy(strategy)),
            strategy,
            parents: vec![ROOT],
            groups: vec![ROOT],
            permanent: HashSet::new(),
            lives: BTreeMap::new(),
            wanted: HashSet::new(),
            stopped: HashSet::new(),
            restarts: BTreeMap::new(),
            by_hand: HashSet::new(),
            reports: Vec::new(),
            now: Duration::from_secs(1000),
        }
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    /// `which` is any number, here and below.
    pub(crate) fn take_turn(&mut self, which: usize, turn: Turn) {
        let Some((&child, &life)) = self.lives.iter().nth(which % self.lives.len().max(1)) else {
            return;
        };
        let Life { run, up, stops } = life;
        match turn {
            Turn::GoesOn if stops => self.ends(child, Event::Stopped(run)),
            Turn::GoesOn | Turn::StartsLate if !up => {
                self.lives.insert(child, Life { up: true, ..life });
                self.report(Event::Started(run));
            }
            Turn::GoesOn | Turn::StartsLate => {}
            Turn::Crashes if up => self.ends(child, Event::Exited(run, ExitReason::Crashed)),
            Turn::Crashes => self.ends(child, Event::StartFailed(run)),
            Turn::Exits => self.ends(child, Event::Exited(run, ExitReason::Normal)),
        }
    }

    /// Something that was reported before is so again.
    pub(crate) fn repeat(&mut self, which: usize) {
        if !self.reports.is_empty() {
            let report = self.reports[which % self.reports.len()];
            assert_eq!(self.tree.report(report, self.now, 0), [], "{report:?}");
        }
    }

    pub(crate) fn add(&mut self, which: usize, restart: Restart, group: Option<Strategy>) {
        let parent = self.groups[which % self.groups.len()];
        let child = self.count();
        let added = match group {
            Some(strategy) => self.tree.add_group(&parent, child, restart, policy(strategy)),
            None => self.tree.add_child(&parent, child, restart),
        };
        if added.is_err() {
            return;
        }
        self.parents.push(parent);
        // No first start is a restart.
        self.by_hand.insert(child);
        if group.is_some() {
            self.groups.push(child);
        }
        if restart == Restart::Permanent {
            self.permanent.insert(child);
        }
    }

    pub(crate) fn start(&mut self, which: usize) {
        let key = which as u32 % self.count();
        let before = self.tree.state(&key);
        if let Ok(actions) = self.tree.start(&key, self.now) {
            // What starts with the whole root begins as fresh as what is started by itself.
            let fresh =
                if key == ROOT { self.tree.children(&ROOT).copied().collect() } else { vec![key] };
            self.by_hand.extend(fresh);
            assert_ne!(before, Some(State::Up));
            self.act(actions);
        }
    }

    pub(crate) fn restart(&mut self, which: usize) {
        let key = which as u32 % self.count();
        if key == ROOT {
            return;
        }
        if let Ok(actions) = self.tree.restart(&key, self.now) {
            self.by_hand.insert(key);
            self.act(actions);
        }
    }

    pub(crate) fn stop(&mut self, which: usize) {
        let key = which as u32 % self.count();
        self.stopped.insert(key);
        let actions = self.tree.stop(&key, self.now);
        self.act(actions);
    }

    pub(crate) fn remove(&mut self, which: usize) {
        let key = which as u32 % self.count();
        self.stopped.insert(key);
        let actions = self.tree.remove(&key, self.now);
        self.act(actions);
    }

    /// Lets all go on until nobody has anything to do.
    pub(crate) fn come_to_quiet(&mut self) {
        for _ in 0..100_000 {
            let busy = self.lives.values().position(|life| life.stops || !life.up);
            let Some(which) = busy else { return self.check_quiet() };
            self.take_turn(which, Turn::GoesOn);
        }
        panic!("it never ends");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lives.is_empty()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.parents.len()).expect("they are few")
    }

    fn ends(&mut self, child: u32, event: Event) {
        self.lives.remove(&child);
        self.report(event);
    }

    fn report(&mut self, event: Event) {
        self.reports.push(event);
        let actions = self.tree.report(event, self.now, 0);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action<u32>>) {
        for action in actions {
            match action {
                Action::Start { child, run, .. } => {
                    let life = Life { run, up: false, stops: false };
                    assert!(self.lives.insert(child, life).is_none(), "{child} runs already");
                    self.wanted.insert(child);
                    self.count_restart(child);
                }
                Action::Stop { child, run } => {
                    let life = self.lives.get_mut(&child).expect("only what runs is stopped");
                    assert!(life.run == run && !life.stops, "{child} is stopped once in each run");
                    life.stops = true;
                }
                Action::Ended { child } => {
                    self.says_end(child);
                    let mut above = self.lineage(child);
                    let may_end = self.stopped.contains(&ROOT)
                        || above.any(|key| {
                            self.stopped.contains(&key) || !self.permanent.contains(&key)
                        });
                    assert!(may_end, "{child} is permanent, and so is what it is in");
                }
                Action::GaveUp { child, .. } => {
                    self.says_end(child);
                    assert!(child != ROOT || self.lives.is_empty(), "the root left some behind");
                }
            }
        }
    }

    fn says_end(&mut self, child: u32) {
        assert!(!self.lives.contains_key(&child), "{child} runs");
        self.wanted.remove(&child);
    }

    /// It, and what it is in, up to but without the root.
    fn lineage(&self, key: u32) -> impl Iterator<Item = u32> {
        let next = |&key: &u32| Some(self.parents[key as usize]);
        std::iter::successors(Some(key), next).take_while(|&key| key != ROOT)
    }

    /// Under a one-for-one root a window can be seen from outside: no component starts more often.
    fn count_restart(&mut self, child: u32) {
        if self.strategy != Strategy::OneForOne || self.parents[child as usize] != ROOT {
            return;
        }
        let restarts = self.restarts.entry(child).or_default();
        if self.by_hand.remove(&child) {
            return restarts.clear();
        }
        restarts.retain(|&at| at >= self.now.saturating_sub(WITHIN));
        restarts.push(self.now);
        assert!(restarts.len() <= MAX_RESTARTS as usize, "{child}: {restarts:?}");
    }

    /// When nothing is under way, each runs or has ended, and that was said.
    fn check_quiet(&self) {
        for key in 0..self.count() {
            let state = self.tree.state(&key).unwrap_or(State::Ended);
            assert!(matches!(state, State::Ended | State::Up), "{key} is {state:?} for ever");
            if !self.groups.contains(&key) {
                assert_eq!(self.lives.contains_key(&key), state == State::Up, "{key}");
                assert_eq!(self.wanted.contains(&key), state == State::Up, "{key}");
            }
            for child in self.tree.children(&key) {
                let child_is_up = self.tree.state(child) == Some(State::Up);
                assert!(state == State::Up || !child_is_up, "{child} is up and {key} is not");
            }
        }
    }
}

fn policy(strategy: Strategy) -> Policy {
    let intensity = Intensity { max_restarts: MAX_RESTARTS, within: WITHIN };
    Policy { strategy, intensity, backoff: Backoff::default() }
}
