use airssys_wasm_core::{ComponentId, Topic};
use airssys_wasm_security::{Grants, Pattern};
use parking_lot::RwLock;

/// By what right one sends and receives.
///
/// It is looked at when a route is made, not on each send: whoever changes it makes the routes
/// out of date.
pub(crate) enum Authority {
    /// For the operator: to anyone.
    Operator,
    /// As far as it was granted.
    Granted(Box<RwLock<Grants>>),
}

impl Authority {
    pub(crate) fn granted(grants: Grants) -> Self {
        Self::Granted(Box::new(RwLock::new(grants)))
    }

    pub(crate) fn is_operator(&self) -> bool {
        matches!(self, Self::Operator)
    }

    /// Whether messages may go to `target`, and whether requests may.
    pub(crate) fn may_reach(&self, target: &ComponentId) -> (bool, bool) {
        match self {
            Self::Operator => (true, true),
            Self::Granted(grants) => {
                let grants = grants.read();
                (grants.may_send(target), grants.may_request(target))
            }
        }
    }

    /// Whether it may know how `target` ends: as far as it may reach it.
    pub(crate) fn may_monitor(&self, target: &ComponentId) -> bool {
        let (may_send, may_request) = self.may_reach(target);
        may_send || may_request
    }

    pub(crate) fn may_receive(&self, sender: &ComponentId) -> bool {
        self.judge(|grants| grants.may_receive(sender))
    }

    pub(crate) fn may_publish(&self, topic: &Topic) -> bool {
        self.judge(|grants| grants.may_publish(topic.as_id()))
    }

    pub(crate) fn may_subscribe(&self, pattern: &Pattern) -> bool {
        self.judge(|grants| grants.may_subscribe(pattern))
    }

    /// A copy of the grants; `None`: there are no bounds.
    pub(crate) fn grants(&self) -> Option<Grants> {
        match self {
            Self::Operator => None,
            Self::Granted(grants) => Some(grants.read().clone()),
        }
    }

    /// Changes the grants, if there are any to change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Grants) -> T) -> Option<T> {
        match self {
            Self::Operator => None,
            Self::Granted(grants) => Some(change(&mut grants.write())),
        }
    }

    fn judge(&self, is_allowed: impl FnOnce(&Grants) -> bool) -> bool {
        match self {
            Self::Operator => true,
            Self::Granted(grants) => is_allowed(&grants.read()),
        }
    }
}
