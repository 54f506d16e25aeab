use std::collections::BTreeMap;
use std::sync::Arc;

use airssys_wasm_core::{ComponentId, MonitorError};
use parking_lot::Mutex;

use crate::registration::Author;
use crate::system::MonitorSlot;
use crate::watch::Notice;

/// Who is told of whose exits.
///
/// Each watcher knows its side itself ([`Watch`](crate::watch::Watch)). Both change under the lock
/// of this one; what follows from it in mailboxes is done without.
#[derive(Default)]
pub(crate) struct Monitors(Mutex<BTreeMap<ComponentId, Watchers>>);

/// Those who monitor one component.
#[derive(Default)]
struct Watchers {
    components: BTreeMap<ComponentId, Arc<Author>>,
    handles: Vec<Arc<MonitorSlot>>,
}

impl Monitors {
    /// Has `watcher` be told of exits of `target`. Where `ended` knows of one after which there
    /// is none, it is told of that at once.
    pub(crate) fn begin(
        &self,
        watcher: &Arc<Author>,
        target: &ComponentId,
        ended: impl FnOnce() -> Option<Notice>,
    ) -> Result<(), MonitorError> {
        let mut monitors = self.0.lock();
        if !watcher.watch.begin(target)? {
            return Ok(());
        }
        let Some(notice) = ended() else {
            let watchers = monitors.entry(target.clone()).or_default();
            watchers.components.insert(watcher.id.clone(), Arc::clone(watcher));
            return Ok(());
        };
        let is_to_post = watcher.watch.note(target, notice, true);
        drop(monitors);
        if is_to_post {
            watcher.watch.post(target.clone());
        }
        Ok(())
    }

    /// The same for a handle of a host program.
    pub(crate) fn begin_handle(
        &self,
        slot: &Arc<MonitorSlot>,
        target: &ComponentId,
        ended: impl FnOnce() -> Option<Notice>,
    ) {
        let mut monitors = self.0.lock();
        match ended() {
            None => {
                monitors.entry(target.clone()).or_default().handles.push(Arc::clone(slot));
            }
            Some(notice) => slot.tell(notice.reason, true),
        }
    }

    /// Ends one monitor; false if there was none.
    pub(crate) fn end(&self, watcher: &Author, target: &ComponentId) -> bool {
        let mut monitors = self.0.lock();
        remove(&mut monitors, target, |watchers| drop(watchers.components.remove(&watcher.id)));
        watcher.watch.end(target)
    }

    /// Ends a handle's.
    pub(crate) fn end_handle(&self, slot: &Arc<MonitorSlot>, target: &ComponentId) {
        let mut monitors = self.0.lock();
        remove(&mut monitors, target, |watchers| {
            watchers.handles.retain(|other| !Arc::ptr_eq(other, slot));
        });
    }

    /// Ends all monitors of a component.
    pub(crate) fn forget(&self, watcher: &Author) {
        let mut monitors = self.0.lock();
        for target in watcher.watch.end_all() {
            remove(&mut monitors, &target, |watchers| {
                drop(watchers.components.remove(&watcher.id))
            });
        }
    }

    /// Tells of an exit of `target` those who may know. If it is the last, their monitors end.
    pub(crate) fn tell(&self, target: &ComponentId, notice: &Notice, is_last: bool) {
        let mut monitors = self.0.lock();
        let ended = if is_last { monitors.remove(target) } else { None };
        let Some(watchers) = ended.as_ref().or_else(|| monitors.get(target)) else { return };
        for slot in &watchers.handles {
            slot.tell(notice.reason.clone(), is_last);
        }
        let mut to_post = Vec::new();
        for watcher in watchers.components.values() {
            if watcher.authority.may_monitor(target) {
                if watcher.watch.note(target, notice.clone(), is_last) {
                    to_post.push(Arc::clone(watcher));
                }
            } else if is_last {
                watcher.watch.end(target);
            }
        }
        drop(monitors);
        for watcher in to_post {
            watcher.watch.post(target.clone());
        }
    }
}

fn remove(
    monitors: &mut BTreeMap<ComponentId, Watchers>,
    target: &ComponentId,
    remove: impl FnOnce(&mut Watchers),
) {
    let Some(watchers) = monitors.get_mut(target) else { return };
    remove(watchers);
    if watchers.components.is_empty() && watchers.handles.is_empty() {
        monitors.remove(target);
    }
}
