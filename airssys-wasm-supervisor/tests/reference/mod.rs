//! A supervision tree as OTP's own is written: a call per supervisor, each blocked until what it
//! does is done. It is slow and short, and writes the same log as the driver.

use airssys_wasm_supervisor::{ExitReason, Restart};

#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) restart: Restart,
    /// Runs; a group: with whatever of it runs.
    pub(crate) up: bool,
    /// It, or its group, means to have it run.
    wanted: bool,
    /// Where it is counted by itself.
    own_restarts: Vec<f64>,
    pub(crate) group: Option<Group>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) strategy: &'static str,
    pub(crate) max: usize,
    pub(crate) children: Vec<Child>,
    restarts: Vec<f64>,
}

/// What a run has: the log, and what is true outside of the tree.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) log: Vec<String>,
    pub(crate) now: f64,
    pub(crate) broken: Vec<String>,
}

struct Failed;

/// Whether a group outlived an exit.
#[derive(PartialEq)]
enum After {
    Up,
    GaveUp,
}

impl Child {
    pub(crate) fn new(name: &str, restart: Restart, group: Option<Group>) -> Self {
        let (up, wanted, own_restarts) = (false, false, Vec::new());
        Self { name: name.to_owned(), restart, up, wanted, own_restarts, group }
    }

    /// The text that the driver makes the same tree of.
    pub(crate) fn text(&self) -> String {
        let text = format!("{}:{:?}", self.name, self.restart).to_lowercase();
        match &self.group {
            None => text,
            Some(group) => format!("{text}={}( {})", group.policy(), group.text()),
        }
    }

    pub(crate) fn find(&mut self, name: &str) -> Option<&mut Self> {
        if self.name == name {
            return Some(self);
        }
        self.group.as_mut()?.children.iter_mut().find_map(|child| child.find(name))
    }

    /// The path from here to this name, by index.
    fn path(&self, name: &str) -> Option<Vec<usize>> {
        if self.name == name {
            return Some(Vec::new());
        }
        let children = &self.group.as_ref()?.children;
        children.iter().enumerate().find_map(|(index, child)| {
            let mut path = child.path(name)?;
            path.insert(0, index);
            Some(path)
        })
    }

    /// All names below, and whether each can be stopped or started.
    pub(crate) fn names(&self) -> Vec<(String, bool, bool, bool)> {
        let Some(group) = &self.group else { return Vec::new() };
        let of_child = |child: &Self| {
            let mut names =
                vec![(child.name.clone(), child.group.is_none(), child.up, self.up && !child.up)];
            names.extend(child.names());
            names
        };
        group.children.iter().flat_map(of_child).collect()
    }

    fn start(&mut self, world: &mut World) -> Result<(), Failed> {
        self.wanted = true;
        match &mut self.group {
            None if world.broken.contains(&self.name) => {
                world.log.push(format!("*{}", self.name));
                return Err(Failed);
            }
            None => world.log.push(format!("+{}", self.name)),
            Some(group) => {
                group.restarts.clear();
                group.children.iter_mut().for_each(|child| child.wanted = true);
                if group.start_from(0, world).is_err() {
                    self.stop(world);
                    return Err(Failed);
                }
            }
        }
        self.up = true;
        Ok(())
    }

    /// Leaves it wanted.
    fn stop(&mut self, world: &mut World) {
        match &mut self.group {
            None if self.up => world.log.push(format!("-{}", self.name)),
            None => {}
            Some(group) => group.children.iter_mut().rev().for_each(|child| child.stop(world)),
        }
        self.up = false;
    }

    /// Says what becomes of all that was wanted.
    fn settle(&mut self, mark: char, world: &mut World) {
        if std::mem::take(&mut self.wanted) {
            world.log.push(format!("{}{mark}", self.name));
            let children = self.group.iter_mut().flat_map(|group| &mut group.children);
            children.for_each(|child| child.settle(mark, world));
        }
    }

    fn exited(&mut self, path: &[usize], reason: ExitReason, world: &mut World) -> After {
        let (&index, rest) = path.split_first().expect("the root does not exit");
        let is_root = self.name == "root";
        let group = self.group.as_mut().expect("a group");
        let child = &mut group.children[index];
        let (reason, mark) = if rest.is_empty() {
            child.up = false;
            (reason, '.')
        } else if child.exited(rest, reason, world) == After::Up {
            return After::Up;
        } else {
            (ExitReason::Normal, '!')
        };
        if !child.restart.follows(reason) {
            child.settle(mark, world);
            return After::Up;
        }
        let after = group.restart(index, is_root && group.strategy == "one", world);
        if after == After::GaveUp {
            self.stop(world);
        }
        after
    }
}

impl Group {
    pub(crate) fn new(strategy: &'static str, max: usize, children: Vec<Child>) -> Self {
        Self { strategy, max, children, restarts: Vec::new() }
    }

    pub(crate) fn policy(&self) -> String {
        format!("{}/{}", self.strategy, self.max)
    }

    pub(crate) fn text(&self) -> String {
        self.children.iter().map(|child| child.text() + " ").collect()
    }

    /// The index of the one that fails.
    fn start_from(&mut self, first: usize, world: &mut World) -> Result<(), usize> {
        for (index, child) in self.children.iter_mut().enumerate().skip(first) {
            if child.wanted && child.start(world).is_err() {
                return Err(index);
            }
        }
        Ok(())
    }

    fn restart(&mut self, mut index: usize, alone: bool, world: &mut World) -> After {
        loop {
            let recent =
                if alone { &mut self.children[index].own_restarts } else { &mut self.restarts };
            recent.retain(|at| *at >= world.now - 5.0);
            if recent.len() >= self.max {
                if alone {
                    self.children[index].settle('!', world);
                    return After::Up;
                }
                return After::GaveUp;
            }
            recent.push(world.now);
            let first = match self.strategy {
                "one" => {
                    match self.children[index].start(world) {
                        Ok(()) => return After::Up,
                        Err(Failed) => continue,
                    };
                }
                "all" => 0,
                _ => index,
            };
            for child in self.children[first..].iter_mut().rev() {
                child.stop(world);
                match child.restart {
                    Restart::Temporary => child.settle('.', world),
                    _ => child.wanted = true,
                }
            }
            match self.start_from(first, world) {
                Ok(()) => return After::Up,
                Err(failed) => index = failed,
            }
        }
    }
}

/// What can happen to a root.
impl Child {
    pub(crate) fn boot(&mut self, world: &mut World) {
        if self.group.as_ref().is_some_and(|group| group.strategy != "one") {
            if self.start(world).is_err() {
                self.settle('!', world);
            }
            return;
        }
        (self.up, self.wanted) = (true, true);
        let group = self.group.as_mut().expect("a group");
        group.children.iter_mut().for_each(|child| child.wanted = true);
        for child in &mut group.children {
            if child.start(world).is_err() {
                child.settle('!', world);
            }
        }
    }

    pub(crate) fn exit(&mut self, name: &str, reason: ExitReason, world: &mut World) {
        let path = self.path(name).expect("it is known");
        if self.exited(&path, reason, world) == After::GaveUp {
            self.settle('!', world);
        }
    }

    pub(crate) fn stop_by_hand(&mut self, name: &str, world: &mut World) {
        let child = self.find(name).expect("it is known");
        child.stop(world);
        child.settle('.', world);
    }

    pub(crate) fn start_by_hand(&mut self, name: &str, world: &mut World) {
        let child = self.find(name).expect("it is known");
        child.own_restarts.clear();
        if child.start(world).is_err() {
            child.settle('!', world);
        }
    }
}
