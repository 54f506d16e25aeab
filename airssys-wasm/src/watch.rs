use std::collections::BTreeMap;

use airssys_wasm_actor::Address;
use airssys_wasm_core::{ComponentId, ExitReason, MonitorError};
use parking_lot::Mutex;

use crate::mail::Mail;
use crate::member::Member;

/// Whom one component monitors, and what it has not been told yet.
///
/// Of each component that it monitors at most one notice lies in its mailbox: what that one says
/// is kept here until it is handled, and newer news take its place. So there are no more notices
/// than monitors.
pub(crate) struct Watch {
    watched: Mutex<Watched>,
    limit: u32,
    /// Where notices go; none for the host program, which has handles instead.
    address: Option<Address<Member>>,
}

#[derive(Default)]
struct Watched {
    targets: BTreeMap<ComponentId, Target>,
    /// Notices in the mailbox that nothing is told by any more.
    stale: usize,
}

#[derive(Default)]
struct Target {
    waiting: Option<Notice>,
    /// There will be no more news.
    has_ended: bool,
}

/// News of a component that is monitored.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) reason: ExitReason,
    /// Nanoseconds since the Unix epoch.
    pub(crate) at: u64,
}

impl Watch {
    pub(crate) fn new(limit: u32, address: Option<Address<Member>>) -> Self {
        Self { watched: Mutex::default(), limit, address }
    }

    /// Begins to monitor `target`. False if it does already.
    pub(crate) fn begin(&self, target: &ComponentId) -> Result<bool, MonitorError> {
        let mut watched = self.watched.lock();
        if let Some(known) = watched.targets.get_mut(target) {
            return Ok(std::mem::take(&mut known.has_ended));
        }
        if watched.targets.len() + watched.stale >= self.limit as usize {
            return Err(MonitorError::TooManyMonitors(self.limit));
        }
        watched.targets.insert(target.clone(), Target::default());
        Ok(true)
    }

    /// Notes news of `target`. True if a notice is to be [posted](Self::post) for it.
    pub(crate) fn note(&self, target: &ComponentId, notice: Notice, is_last: bool) -> bool {
        let mut watched = self.watched.lock();
        let Some(known) = watched.targets.get_mut(target) else { return false };
        known.has_ended |= is_last;
        known.waiting.replace(notice).is_none()
    }

    /// Puts a notice into the mailbox: it has a place of its own there.
    pub(crate) fn post(&self, target: ComponentId) {
        if let Some(address) = &self.address {
            // One that has stopped need not be told.
            drop(address.try_send(Mail::Exit(target)));
        }
    }

    /// What a notice in the mailbox tells; none if it is not wanted any more.
    pub(crate) fn take(&self, target: &ComponentId) -> Option<Notice> {
        let mut watched = self.watched.lock();
        let known = watched.targets.get_mut(target);
        let Some(notice) = known.and_then(|known| known.waiting.take()) else {
            watched.stale = watched.stale.saturating_sub(1);
            return None;
        };
        if watched.targets.get(target).is_some_and(|known| known.has_ended) {
            watched.targets.remove(target);
        }
        Some(notice)
    }

    /// Ends a monitor; false if there was none.
    pub(crate) fn end(&self, target: &ComponentId) -> bool {
        let mut watched = self.watched.lock();
        let Some(ended) = watched.targets.remove(target) else { return false };
        watched.stale += usize::from(ended.waiting.is_some());
        true
    }

    /// Ends all, and says of which components.
    pub(crate) fn end_all(&self) -> Vec<ComponentId> {
        let mut watched = self.watched.lock();
        let ended = std::mem::take(&mut watched.targets);
        watched.stale += ended.values().filter(|ended| ended.waiting.is_some()).count();
        ended.into_keys().collect()
    }

    /// How many components it monitors.
    pub(crate) fn len(&self) -> usize {
        self.watched.lock().targets.len()
    }

    /// The most of these.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(reason: ExitReason) -> Notice {
        Notice { reason, at: 0 }
    }

    #[test]
    fn newer_news_takes_the_place_of_older_in_one_notice() {
        let watch = Watch::new(1, None);
        let target = ComponentId::parse("test/target").expect("a constant");
        assert_eq!(watch.begin(&target), Ok(true));
        assert_eq!(watch.begin(&target), Ok(false));
        let crashed = ExitReason::Crashed(String::new());
        assert!(watch.note(&target, notice(crashed), false));
        assert!(!watch.note(&target, notice(ExitReason::Stopped), true), "it lies there already");
        assert_eq!(watch.take(&target).map(|told| told.reason), Some(ExitReason::Stopped));
        assert_eq!((watch.len(), watch.take(&target).is_none()), (0, true));
    }

    #[test]
    fn one_that_has_ended_is_monitored_anew_before_that_was_heard() {
        let watch = Watch::new(1, None);
        let target = ComponentId::parse("test/target").expect("a constant");
        assert_eq!(watch.begin(&target), Ok(true));
        assert!(watch.note(&target, notice(ExitReason::Stopped), true));
        assert_eq!(watch.begin(&target), Ok(true), "there is another of this id");
        assert!(watch.take(&target).is_some());
        assert_eq!(watch.len(), 1);
    }
}
