use std::time::Duration;

use airssys_wasm_actor::{TimerKey, Timers};
use airssys_wasm_core::Health;

/// When a component is asked how it is, and how often in a row it was not well.
#[derive(Debug, Clone)]
pub(crate) struct Checkup {
    interval: Duration,
    /// Unhealthy answers in a row; 0: never.
    restart_after: u32,
    unhealthy: u32,
    next: Option<TimerKey>,
    /// Counts the component's starts: what was meant for an earlier one is not for this.
    life: u64,
}

/// From one question to the next there is at least this time.
const SHORTEST: Duration = Duration::from_millis(1);

impl Checkup {
    pub(crate) fn new(interval: Duration, restart_after: u32) -> Self {
        let interval = interval.max(SHORTEST);
        Self { interval, restart_after, unhealthy: 0, next: None, life: 0 }
    }

    /// The component has started.
    pub(crate) fn begin(&mut self, timers: &Timers, ask: impl FnOnce(u64) + Send + 'static) {
        self.end(timers);
        self.unhealthy = 0;
        self.life += 1;
        self.ask_later(timers, ask);
    }

    /// Asks again after the interval.
    pub(crate) fn ask_later(&mut self, timers: &Timers, ask: impl FnOnce(u64) + Send + 'static) {
        let life = self.life;
        self.next = Some(timers.after(self.interval, move || ask(life)));
    }

    pub(crate) fn is_in(&self, life: u64) -> bool {
        self.life == life
    }

    /// Takes an answer. True if it is one too many that is unhealthy.
    pub(crate) fn answer(&mut self, health: &Health) -> bool {
        self.unhealthy = match health {
            Health::Unhealthy(_) => self.unhealthy.saturating_add(1),
            Health::Healthy | Health::Degraded(_) => 0,
        };
        self.restart_after > 0 && self.unhealthy >= self.restart_after
    }

    /// The component has ended.
    pub(crate) fn end(&mut self, timers: &Timers) {
        if let Some(next) = self.next.take() {
            timers.cancel(next);
        }
    }
}
