use std::time::Duration;

use crate::intensity::RecentRestarts;
use crate::{Backoff, Intensity};

/// The restarts that are counted together, and what they are held to.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) intensity: Intensity,
    pub(crate) backoff: Backoff,
    recent: RecentRestarts,
}

impl Window {
    pub(crate) fn new(intensity: Intensity, backoff: Backoff) -> Self {
        Self { intensity, backoff, recent: RecentRestarts::default() }
    }

    /// Counts a restart and returns when it is in order, or what it would exceed.
    pub(crate) fn restart_at(&mut self, now: Duration, random: u64) -> Result<Duration, Intensity> {
        let before = self.recent.add(now, self.intensity).ok_or(self.intensity)?;
        Ok(now.saturating_add(self.backoff.delay(before, random)))
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.recent = RecentRestarts::default();
    }
}
