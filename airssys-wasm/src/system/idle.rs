//! When there is nothing left to do.

use std::thread;
use std::time::{Duration, Instant};

use super::System;

/// How long to wait before a look at a system in which nothing runs and mail waits for a timer.
const LOOK: Duration = Duration::from_millis(2);

impl System {
    /// Waits until no message is queued or in hand and no request of a component is open. Timers
    /// that have not gone off do not count: one that is set again and again would never let it be.
    /// A [seeded](crate::SystemBuilder::seeded) system runs until nothing is ready, and is idle then
    /// unless something waits for the clock.
    pub fn wait_idle(&self) -> bool {
        self.wait_until(None, || self.is_idle())
    }

    /// The same, for at most `time`; false if the system is not idle by then.
    pub fn wait_idle_for(&self, time: Duration) -> bool {
        self.wait_until(Instant::now().checked_add(time), || self.is_idle())
    }

    pub(super) fn wait_until(&self, until: Option<Instant>, is_so: impl Fn() -> bool) -> bool {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            self.scheduler.wait_quiet_for(left.unwrap_or(Duration::MAX));
            if is_so() {
                return true;
            }
            if left == Some(Duration::ZERO) || self.scheduler.is_seeded() {
                return false;
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Two looks at which every member is idle, with nothing delivered between them, show that
    /// nothing was under way at the time of the first.
    pub(super) fn is_idle(&self) -> bool {
        let members = self.members.lock().clone();
        let look = || {
            members.iter().try_fold(0, |deliveries: u64, member| {
                member.is_idle().then(|| deliveries + member.address.deliveries())
            })
        };
        let first = look();
        first.is_some() && first == look()
    }
}
