use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// How often a component may be restarted: a crash that would make it more than `max_restarts`
/// times `within` this time is the last.
///
/// ```
/// # use airssys_wasm_supervisor::Intensity;
/// assert_eq!(Intensity::default().to_string(), "5 restarts within 60s");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Intensity {
    /// So many restarts are in order; 0: none is.
    pub max_restarts: u32,
    /// The length of the window, which slides and has both its ends in it.
    pub within: Duration,
}

impl Default for Intensity {
    /// 5 restarts within 60 s.
    fn default() -> Self {
        Self { max_restarts: 5, within: Duration::from_secs(60) }
    }
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} restarts within {:?}", self.max_restarts, self.within)
    }
}

/// The restarts of the last while, each counted from when it was decided.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentRestarts(VecDeque<Duration>);

impl RecentRestarts {
    /// Adds one at `now` and returns how many there were in the window before it; `None`, and
    /// nothing is added, if `intensity` has no room for it.
    pub(crate) fn add(&mut self, now: Duration, intensity: Intensity) -> Option<u32> {
        let window_began = now.saturating_sub(intensity.within);
        while self.0.front().is_some_and(|&restart| restart < window_began) {
            self.0.pop_front();
        }
        let before = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        if before >= intensity.max_restarts {
            return None;
        }
        self.0.push_back(now);
        Some(before)
    }
}
