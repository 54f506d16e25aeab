use std::time::Duration;

use crate::intensity::RecentRestarts;
use crate::{Backoff, ExitReason, GiveUp, Intensity, Restart};

/// Decides what follows each exit of one component.
///
/// The delay doubles with each restart within the intensity's window, and is `initial` again once
/// that has passed without one. To let a component that was given up begin anew, make a new
/// supervisor.
#[derive(Debug, Clone)]
pub struct Supervisor {
    restart: Restart,
    intensity: Intensity,
    backoff: Backoff,
    recent: RecentRestarts,
}

impl Supervisor {
    /// The supervisor of a component that has not exited yet.
    pub fn new(restart: Restart, intensity: Intensity, backoff: Backoff) -> Self {
        Self { restart, intensity, backoff, recent: RecentRestarts::default() }
    }

    /// What follows an exit at `now` (monotonic time). `random` is any evenly distributed number,
    /// by which the delay is varied.
    pub fn exited(&mut self, reason: ExitReason, now: Duration, random: u64) -> Decision {
        if !self.restart.follows(reason) {
            return Decision::End;
        }
        match self.recent.add(now, self.intensity) {
            Some(before) => Decision::Restart { after: self.backoff.delay(before, random) },
            None => Decision::GiveUp(GiveUp::TooManyRestarts(self.intensity)),
        }
    }
}

impl Default for Supervisor {
    /// Permanent, at most 5 restarts within 60 s, with delays from 100 ms to 60 s.
    fn default() -> Self {
        Self::new(Restart::default(), Intensity::default(), Backoff::default())
    }
}

/// What follows an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// The component starts again.
    Restart {
        /// When, counted from the exit.
        after: Duration,
    },
    /// The component should start again and does not: something is wrong with it.
    GiveUp(GiveUp),
    /// The component has come to its end, as its [`Restart`] has it.
    End,
}
