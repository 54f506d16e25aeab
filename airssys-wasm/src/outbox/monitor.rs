use airssys_wasm_core::{ComponentId, MonitorError};

use super::Sender;

impl Sender {
    /// Who may send to a component or request from it may know how it ends.
    pub(super) fn monitor(&self, target: &str) -> Result<(), MonitorError> {
        let target = ComponentId::parse(target).map_err(|_| MonitorError::InvalidTarget)?;
        if !self.author.authority.may_monitor(&target) {
            return Err(MonitorError::NotPermitted);
        }
        if !self.author.takes_exits {
            return Err(MonitorError::NoHandler);
        }
        self.runtime.monitor(&self.author, &target)
    }

    pub(super) fn demonitor(&self, target: &str) -> bool {
        ComponentId::parse(target)
            .is_ok_and(|target| self.runtime.monitors.end(&self.author, &target))
    }
}
