//! Components are held up and go on; a seeded system is run step by step.

use std::time::Duration;

use airssys_wasm_actor::Context;

use super::System;
use crate::member::Member;

impl System {
    /// Has a component take no more messages out of its mailbox, after the one in hand, until
    /// [`resume`](Self::resume). It can still be stopped. False if there is none with this id,
    /// or it has ended.
    pub fn suspend(&self, id: &str) -> bool {
        self.command(id, |_, context| context.pause())
    }

    /// Has a suspended component go on.
    pub fn resume(&self, id: &str) -> bool {
        self.command(id, Member::resume)
    }

    fn command(&self, id: &str, command: fn(&mut Member, &mut Context<'_, Member>)) -> bool {
        let registration = self.runtime.registry.get(id);
        registration.is_some_and(|registration| registration.address.command(command).is_ok())
    }

    /// Runs one component that is ready, of a [seeded](crate::SystemBuilder::seeded) system; false if
    /// none is.
    pub fn step(&self) -> bool {
        self.scheduler.step()
    }

    /// Runs what the clock of a [seeded](crate::SystemBuilder::seeded) system has made due, and says
    /// how many timers that were.
    pub fn fire_timers(&self) -> usize {
        self.runtime.timers.fire_due()
    }

    /// When the next timer goes off, on the system's clock.
    pub fn next_timer(&self) -> Option<Duration> {
        self.runtime.timers.next()
    }
}
