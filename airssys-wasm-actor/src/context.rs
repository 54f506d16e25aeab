use std::time::Duration;

use crate::body::Control;
use crate::{Actor, Address};

/// What an actor can do to itself while it handles a message or a command.
pub struct Context<'a, A: Actor> {
    control: &'a mut Control,
    again: &'a mut Option<A::Message>,
    worker: usize,
    began: Option<Duration>,
    queued: usize,
}

impl<'a, A: Actor> Context<'a, A> {
    pub(crate) fn new(
        control: &'a mut Control,
        again: &'a mut Option<A::Message>,
        worker: usize,
        began: Option<Duration>,
        queued: usize,
    ) -> Self {
        Self { control, again, worker, began, queued }
    }

    /// Ends the actor after this call.
    pub fn stop(&mut self) {
        self.control.stopping = true;
    }

    /// Handles commands only, from after this call until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.control.paused = true;
    }

    /// Handles messages again.
    pub fn resume(&mut self) {
        self.control.paused = false;
    }

    /// Is not done with the message in hand: [`Actor::proceed`] goes on with it once somebody has
    /// woken the actor by its [waker](Address::waker), and until it is done no other message is
    /// handled. Commands are.
    pub fn wait(&mut self) {
        self.control.suspended = true;
    }

    /// Puts a message back, which is then the next, before all that is queued. In a command there
    /// is no message to be put back, and it has no effect.
    pub fn put_back(&mut self, message: A::Message) {
        *self.again = Some(message);
    }

    /// Handles its next message only once `receiver` is under its low-water mark and has room
    /// for `burst` more messages, unless that closed a circle of actors that wait for each other.
    pub fn await_room<B: Actor>(&mut self, receiver: &Address<B>, burst: usize) {
        self.control.downstream.push(receiver.downstream(burst));
    }

    /// Which of the scheduler's workers this runs on, counted from 0.
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// When this call began, on the scheduler's clock, where that is known without asking it. While
    /// there is much to do the clock is asked now and then: this may be the time of some messages
    /// ago, of which none [took long](Self::took_long).
    pub fn began(&self) -> Option<Duration> {
        self.began
    }

    /// Says that this call may have taken long: the time of the next one is asked of the clock, and
    /// its own is [counted](Address::busy) whatever is drawn.
    pub fn took_long(&mut self) {
        self.control.took_long = true;
    }

    /// Messages that were taken out together with this one and come next: 0 where it may be
    /// the last for now.
    pub fn queued(&self) -> usize {
        self.queued
    }
}
