//! What the components are doing, and have done.

use airssys_wasm_core::{ComponentId, Health};

use super::System;
use crate::metrics::Metrics;
use crate::quota::QuotaUsage;
use crate::registration::{Registration, Status};

/// One component, as [`System::components`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentStatus {
    /// Its id.
    pub id: ComponentId,
    /// What it is doing.
    pub status: Status,
    /// What it last said of its health; none if it was not asked since it started.
    pub health: Option<Health>,
    /// Messages in its mailbox.
    pub queued: usize,
    /// Its requests that have not ended.
    pub open_requests: usize,
    /// Its timers that have not gone off.
    pub pending_timers: usize,
    /// Responses and other outcomes that came after its request had ended.
    pub late_responses: u64,
}

impl System {
    /// All components, in the order of their start.
    pub fn components(&self) -> Vec<ComponentStatus> {
        let members = self.members.lock().clone();
        members.iter().map(|registration| ComponentStatus::of(registration)).collect()
    }

    /// One component.
    pub fn component(&self, id: &str) -> Option<ComponentStatus> {
        let registration = self.runtime.registry.get(id)?;
        Some(ComponentStatus::of(&registration))
    }

    /// What one component has done.
    pub fn metrics(&self, id: &str) -> Option<Metrics> {
        Some(self.runtime.registry.get(id)?.metrics())
    }

    /// How much of its quota one component has used.
    pub fn quota_usage(&self, id: &str) -> Option<QuotaUsage> {
        Some(self.runtime.registry.get(id)?.quota_usage(&self.runtime))
    }
}

impl ComponentStatus {
    fn of(registration: &Registration) -> Self {
        let requester = &registration.author.requester;
        Self {
            id: registration.id().clone(),
            status: registration.status(),
            health: registration.health.lock().clone(),
            queued: registration.address.queued(),
            open_requests: requester.open_requests(),
            pending_timers: registration.author.timetable.len(),
            late_responses: requester.late(),
        }
    }
}
