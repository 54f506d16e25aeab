use std::fmt;
use std::time::Duration;

use airssys_wasm::DeadLetter;
use airssys_wasm_core::Clock;

use crate::accounts;
use crate::journal::What;
use crate::situation::Situation;
use crate::test_system::TestSystem;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a test expects of the system as a whole.
impl TestSystem {
    /// Runs until the component crashes, and says how: a line as it is logged. A crash that was asked
    /// for before does not count.
    ///
    /// # Panics
    ///
    /// If it has not when no component is ready. It says what happened instead.
    #[track_caller]
    pub fn expect_crash(&self, of: &str) -> String {
        let crash = |what: &What| match what {
            What::Crashed { id, line } if id.as_str() == of => Some(line.clone()),
            _ => None,
        };
        let Some(line) = self.step_until(|| self.journal.take(crash)) else {
            self.fail(format_args!("{of} has not crashed"));
        };
        line
    }

    /// Lets as much time pass as it takes until the component has started again after a crash. A
    /// restart that was asked for before does not count.
    ///
    /// # Panics
    ///
    /// If it has not after a day, or once no component is ready and no timer is set. It says what
    /// happened instead.
    #[track_caller]
    pub fn expect_restart(&self, of: &str) {
        let restart = |what: &What| match what {
            What::Restarted { id } if id.as_str() == of => Some(()),
            _ => None,
        };
        let until = self.clock().monotonic() + DAY;
        while self.step_until(|| self.journal.take(restart)).is_none() {
            match self.system().next_timer().filter(|timer| *timer <= until) {
                Some(timer) => self.advance_to(timer),
                None => self.fail(format_args!("{of} has not started again")),
            }
        }
    }

    /// Runs until a message to `target` has become a dead letter. One that was asked for before does
    /// not count.
    ///
    /// # Panics
    ///
    /// If none has when no component is ready. It says what happened instead.
    #[track_caller]
    pub fn expect_dead_letter(&self, target: &str) -> DeadLetter {
        let letter = |what: &What| match what {
            What::DeadLetter(letter) if letter.target.as_str() == target => Some(letter.clone()),
            _ => None,
        };
        let Some(letter) = self.step_until(|| self.journal.take(letter)) else {
            self.fail(format_args!("no message to {target} has become a dead letter"));
        };
        letter
    }

    /// Checks that no component has crashed since the last crash that was asked for.
    ///
    /// # Panics
    ///
    /// If one has. It says which, and how.
    #[track_caller]
    pub fn expect_no_crash(&self) {
        let crash = |what: &What| match what {
            What::Crashed { line, .. } => Some(line.clone()),
            _ => None,
        };
        if let Some(line) = self.journal.take(crash) {
            self.fail(format_args!("{line}"));
        }
    }

    /// Fails the test, and says what has happened in the system, for checks of the test's own.
    ///
    /// # Panics
    ///
    /// That is what it is for.
    #[track_caller]
    pub fn fail(&self, what: fmt::Arguments<'_>) -> ! {
        let (system, now) = (self.system(), self.clock().monotonic());
        let situation = Situation { system, events: self.journal.last(), now };
        panic!("{what} (seed {}):\n{situation}", self.seed());
    }

    /// Checks that each message which was accepted has come to one end, or is queued; it may be
    /// asked at any time when no component runs.
    ///
    /// # Panics
    ///
    /// If one was lost, or counted twice.
    pub fn expect_nothing_lost(&self) {
        if let Some(lost) = accounts::lost(self.system()) {
            panic!("{lost} (seed {})", self.seed());
        }
    }
}
