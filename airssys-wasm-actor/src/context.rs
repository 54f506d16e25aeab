use std::marker::PhantomData;

use crate::body::Control;
use crate::{Actor, Address};

/// What an actor can do to itself while it handles a message or a command.
pub struct Context<'a, A: Actor> {
    control: &'a mut Control,
    queued: usize,
    of: PhantomData<fn(A)>,
}

impl<'a, A: Actor> Context<'a, A> {
    pub(crate) fn new(control: &'a mut Control, queued: usize) -> Self {
        Self { control, queued, of: PhantomData }
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

    /// Handles its next message only once `receiver` is under its low-water mark and has room
    /// for `burst` more messages, unless that closed a circle of actors that wait for each other.
    pub fn await_room<B: Actor>(&mut self, receiver: &Address<B>, burst: usize) {
        self.control.downstream.push(receiver.downstream(burst));
    }

    /// Messages that were taken out together with this one and come next: 0 where it may be
    /// the last for now.
    pub fn queued(&self) -> usize {
        self.queued
    }
}
