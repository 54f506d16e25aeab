use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_actor::Context;
use airssys_wasm_core::ComponentId;
use airssys_wasm_supervisor::{
    Action, AddError, Backoff, Event, Intensity, Policy, Restart, Run, Tree,
};
use parking_lot::Mutex;

use crate::member::Member;
use crate::runtime::Runtime;

/// Who supervises whom: the runtime's own components apart from all others.
pub(crate) struct Supervision {
    own: Mutex<Tree<Key>>,
    theirs: Mutex<Tree<Key>>,
    policy: Policy,
}

/// What there is in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Root,
    Group(Arc<str>),
    Component(ComponentId),
}

/// What a component wants of its supervisor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Supervised {
    /// The group that it is in; none: the system itself.
    pub(crate) group: Option<Arc<str>>,
    pub(crate) restart: Restart,
    /// These count where it stands directly under a one-for-one root.
    pub(crate) intensity: Option<Intensity>,
    pub(crate) backoff: Option<Backoff>,
}

/// What follows for a component whose run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It starts again after so long, or once others have stopped.
    Restart(Duration),
    Ended,
    GivenUp,
}

/// Why a component cannot start in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSupervised {
    NoSuchGroup,
    /// It has ended, or is just being restarted.
    GroupNotUp,
}

impl Supervision {
    /// Of no component yet.
    pub(crate) fn new(policy: Policy, now: Duration) -> Self {
        let (own, theirs) = (tree(Policy::default(), now), tree(policy, now));
        Self { own: Mutex::new(own), theirs: Mutex::new(theirs), policy }
    }

    /// Adds a group without components, which is up from then on.
    pub(crate) fn add_group(
        &self,
        name: &str,
        parent: Option<&Arc<str>>,
        restart: Restart,
        policy: Policy,
        now: Duration,
    ) -> Result<(), AddError> {
        let mut tree = self.theirs.lock();
        let key = Key::Group(name.into());
        tree.add_group(&group_key(parent), key.clone(), restart, policy)?;
        // Without children there is nothing that somebody would have to do.
        drop(tree.start(&key, now));
        Ok(())
    }

    /// Puts a component into its group, and says in which run it is to start now.
    pub(crate) fn add(
        &self,
        id: &ComponentId,
        supervised: &Supervised,
        now: Duration,
    ) -> Result<Run, NotSupervised> {
        let mut tree = self.tree_of(id).lock();
        let key = Key::Component(id.clone());
        let group = group_key(supervised.group.as_ref());
        let added = tree.add_child(&group, key.clone(), supervised.restart);
        added.map_err(|error| match error {
            AddError::NoSuchGroup => NotSupervised::NoSuchGroup,
            AddError::Taken => NotSupervised::GroupNotUp,
        })?;
        let intensity = supervised.intensity.unwrap_or(self.policy.intensity);
        let backoff = supervised.backoff.unwrap_or(self.policy.backoff);
        tree.limit(&key, intensity, backoff);
        let started = tree.start(&key, now).unwrap_or_default();
        let run = started.iter().find_map(|action| match action {
            Action::Start { child, run, .. } if *child == key => Some(*run),
            _ => None,
        });
        if run.is_none() {
            drop(tree.remove(&key, now));
        }
        run.ok_or(NotSupervised::GroupNotUp)
    }

    fn tree_of(&self, id: &ComponentId) -> &Mutex<Tree<Key>> {
        if id.namespace() == "airssys" { &self.own } else { &self.theirs }
    }
}

impl Runtime {
    /// Tells the supervisor of component `id` what has become of it, has done what follows for
    /// others, and says what follows for itself.
    pub(crate) fn report(self: &Arc<Self>, id: &ComponentId, event: Event) -> Fate {
        let (now, random) = (self.clock.monotonic(), self.random());
        let actions = self.supervision.tree_of(id).lock().report(event, now, random);
        let fate = actions.iter().find_map(|action| match action {
            Action::Start { child: Key::Component(child), after, .. } if child == id => {
                Some(Fate::Restart(*after))
            }
            Action::Ended { child: Key::Component(child) } if child == id => Some(Fate::Ended),
            Action::GaveUp { child: Key::Component(child), .. } if child == id => {
                Some(Fate::GivenUp)
            }
            _ => None,
        });
        self.act(actions, id);
        fate.unwrap_or(Fate::Restart(Duration::ZERO))
    }

    /// Takes a component out of its tree, which the operator is about to stop. Its run, if it has
    /// one, is to be [reported](Self::report) as stopped when it is.
    pub(crate) fn unsupervise(self: &Arc<Self>, id: &ComponentId) -> Option<Run> {
        let key = Key::Component(id.clone());
        let now = self.clock.monotonic();
        let mut actions = self.supervision.tree_of(id).lock().remove(&key, now);
        let mut own_run = None;
        actions.retain(|action| match action {
            Action::Stop { child, run } if *child == key => {
                own_run = Some(*run);
                false
            }
            _ => true,
        });
        self.act(actions, id);
        own_run
    }

    /// Has members do what their supervisors want, but for what a member does itself that is
    /// `reporting`.
    fn act(self: &Arc<Self>, actions: Vec<Action<Key>>, reporting: &ComponentId) {
        for action in actions {
            match action {
                Action::Start { child: Key::Component(id), run, after } => {
                    self.start_after(id, run, after);
                }
                Action::Stop { child: Key::Component(id), run } => {
                    let halts = self.tell(&id, move |member, context| member.halt(run, context));
                    if !halts {
                        self.report(&id, Event::Stopped(run));
                    }
                }
                Action::Ended { child: Key::Component(id) } if *reporting != id => {
                    self.tell(&id, |member, context| member.retire(context));
                }
                Action::GaveUp { child: Key::Component(id), why } if *reporting != id => {
                    self.tell(&id, move |member, context| member.give_up(why, context));
                }
                Action::GaveUp { child: Key::Group(name), why } => {
                    tracing::error!("the group {name} is given up: {why}");
                }
                _ => {}
            }
        }
    }

    fn start_after(self: &Arc<Self>, id: ComponentId, run: Run, after: Duration) {
        let Some(registration) = self.registry.get(id.as_str()) else { return };
        // By its address: by then there may be another of this id.
        let (address, runtime) = (registration.address.clone(), Arc::downgrade(self));
        self.timers.after(after, move || {
            let starts = address.command(move |member, context| member.restart(run, context));
            if let (Err(_), Some(runtime)) = (starts, runtime.upgrade()) {
                runtime.report(&id, Event::Stopped(run));
            }
        });
    }

    /// Has a member do something; false if there is none, or it has ended.
    fn tell(
        &self,
        id: &ComponentId,
        what: impl FnOnce(&mut Member, &mut Context<'_, Member>) + Send + 'static,
    ) -> bool {
        let registration = self.registry.get(id.as_str());
        registration.is_some_and(|registration| registration.address.command(what).is_ok())
    }
}

fn tree(policy: Policy, now: Duration) -> Tree<Key> {
    let mut tree = Tree::new(Key::Root, policy);
    // Without children there is nothing that somebody would have to do.
    drop(tree.start(&Key::Root, now));
    tree
}

fn group_key(name: Option<&Arc<str>>) -> Key {
    name.map_or(Key::Root, |name| Key::Group(Arc::clone(name)))
}
