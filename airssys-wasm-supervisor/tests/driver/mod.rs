//! Does what a tree asks for, at once and one thing after the other, and writes it down.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use airssys_wasm_supervisor::{
    Action, Backoff, Event, ExitReason, Intensity, Policy, Restart, Run, Strategy, Tree,
};

/// Components that start and stop at once, unless they are told to fail.
pub(crate) struct Driver {
    pub(crate) tree: Tree<String>,
    now: Duration,
    runs: HashMap<String, Run>,
    failing: HashSet<String>,
    todo: VecDeque<Action<String>>,
    log: Vec<String>,
}

impl Driver {
    /// `all/3 a b:transient c:temporary g:permanent=rest/1( x y )`: a root and its children. The
    /// number is how many restarts are in order within 5 s.
    pub(crate) fn new(tree: &str) -> Self {
        let mut words = tree.split_whitespace();
        let root = policy(words.next().expect("a policy"));
        let mut tree = Tree::new("root".to_owned(), root);
        let mut groups = vec!["root".to_owned()];
        for word in words {
            let group = groups.last().expect("a group").clone();
            if word == ")" {
                groups.pop();
                continue;
            }
            match word.strip_suffix('(').and_then(|word| word.split_once('=')) {
                Some((child, policy_text)) => {
                    let (name, restart) = child_of(child);
                    let policy = policy(policy_text);
                    tree.add_group(&group, name.clone(), restart, policy).expect("it is new");
                    groups.push(name);
                }
                None => {
                    let (name, restart) = child_of(word);
                    tree.add_child(&group, name, restart).expect("it is new");
                }
            }
        }
        Self {
            tree,
            now: Duration::from_secs(1000),
            runs: HashMap::new(),
            failing: HashSet::new(),
            todo: VecDeque::new(),
            log: Vec::new(),
        }
    }

    /// Runs steps, separated by commas, and returns what has been done: `+a` a start, `*a` one
    /// that fails, `-a` a stop, `a.` an end, `a!` given up.
    pub(crate) fn run(&mut self, steps: &str) -> String {
        for step in steps.split(", ") {
            let (verb, name) = step.split_once(' ').unwrap_or((step, "root"));
            let key = name.to_owned();
            match verb {
                "start" => {
                    let actions = self.tree.start(&key, self.now).expect("it can be started");
                    self.todo.extend(actions);
                }
                "restart" => {
                    let actions = self.tree.restart(&key, self.now).expect("it is known");
                    self.todo.extend(actions);
                }
                "stop" => self.todo.extend(self.tree.stop(&key, self.now)),
                "remove" => self.todo.extend(self.tree.remove(&key, self.now)),
                "crash" => self.exits(name, ExitReason::Crashed),
                "exit" => self.exits(name, ExitReason::Normal),
                "break" => drop(self.failing.insert(key)),
                "mend" => drop(self.failing.remove(name)),
                "wait" => self.now += seconds(name),
                _ => panic!("no such step: {step}"),
            }
            self.act();
        }
        std::mem::take(&mut self.log).join(" ")
    }

    fn exits(&mut self, name: &str, reason: ExitReason) {
        let run = self.runs.remove(name).expect("it runs");
        self.report(Event::Exited(run, reason));
    }

    fn report(&mut self, event: Event) {
        let actions = self.tree.report(event, self.now, 0);
        self.todo.extend(actions);
    }

    fn act(&mut self) {
        let mut left = 1000;
        while let Some(action) = self.todo.pop_front() {
            left -= 1;
            assert!(left > 0, "it does not end: {:?}", self.log);
            match action {
                Action::Start { child, run, .. } if self.failing.contains(&child) => {
                    self.log.push(format!("*{child}"));
                    self.report(Event::StartFailed(run));
                }
                Action::Start { child, run, .. } => {
                    self.log.push(format!("+{child}"));
                    self.runs.insert(child, run);
                    self.report(Event::Started(run));
                }
                Action::Stop { child, run } => {
                    assert_eq!(self.runs.remove(&child), Some(run), "{child} runs");
                    self.log.push(format!("-{child}"));
                    self.report(Event::Stopped(run));
                }
                Action::Ended { child } => self.log.push(format!("{child}.")),
                Action::GaveUp { child, .. } => self.log.push(format!("{child}!")),
            }
        }
    }
}

fn policy(text: &str) -> Policy {
    let (strategy, max_restarts) = text.split_once('/').expect("a strategy and a number");
    let strategy = match strategy {
        "one" => Strategy::OneForOne,
        "all" => Strategy::OneForAll,
        "rest" => Strategy::RestForOne,
        _ => panic!("no such strategy: {strategy}"),
    };
    let max_restarts = max_restarts.parse().expect("a number");
    let intensity = Intensity { max_restarts, within: Duration::from_secs(5) };
    let backoff = Backoff { initial: Duration::ZERO, max: Duration::ZERO };
    Policy { strategy, intensity, backoff }
}

fn child_of(text: &str) -> (String, Restart) {
    let (name, restart) = text.split_once(':').unwrap_or((text, "permanent"));
    let restart = match restart {
        "permanent" => Restart::Permanent,
        "transient" => Restart::Transient,
        "temporary" => Restart::Temporary,
        _ => panic!("no such kind: {restart}"),
    };
    (name.to_owned(), restart)
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().expect("a number of seconds"))
}
