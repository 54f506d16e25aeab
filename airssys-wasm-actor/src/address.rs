use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use thiserror::Error;

use crate::Actor;
use crate::cell::Cell;
use crate::flow::{Downstream, Receiver, Waiter};

/// Where an actor is reached. Cloning is cheap; the actor lives until it is stopped, or until
/// nobody has its address and it has no mail.
pub struct Address<A: Actor> {
    pub(crate) cell: Arc<Cell<A>>,
}

/// What became of a message that was accepted.
#[derive(Debug)]
#[must_use]
pub struct Sent<M> {
    /// The mailbox is over its high-water mark: a sender that cares waits with
    /// [`Context::await_room`](crate::Context::await_room).
    pub over_high_water: bool,
    /// The mailbox is under its low-water mark.
    pub under_low_water: bool,
    /// For how many more messages there is room.
    pub room: usize,
    /// What was dropped for it, or it itself, by the mailbox's [`Overflow`](crate::Overflow).
    pub dropped: Vec<M>,
}

/// A message that was not accepted, handed back.
#[derive(Error)]
pub enum TrySendError<M> {
    /// There is no room in the mailbox.
    #[error("the mailbox is full")]
    Full(M),
    /// The actor is stopping or has stopped.
    #[error("the actor has stopped")]
    Stopped(M),
}

/// What could not be given to an actor that has stopped, handed back.
#[derive(Error)]
#[error("the actor has stopped")]
pub struct Stopped<M>(pub M);

impl<A: Actor> Address<A> {
    /// Puts `message` into the mailbox.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] or [`TrySendError::Stopped`], with the message.
    pub fn try_send(
        &self,
        message: A::Message,
    ) -> Result<Sent<A::Message>, TrySendError<A::Message>> {
        self.cell.push(message)
    }

    /// Puts `message` into the mailbox, and waits while there is no room. For threads of a host
    /// program: an actor that waited here would hold up its worker.
    ///
    /// # Errors
    ///
    /// [`Stopped`], with the message.
    pub fn send(&self, mut message: A::Message) -> Result<Sent<A::Message>, Stopped<A::Message>> {
        loop {
            match self.try_send(message) {
                Ok(sent) => return Ok(sent),
                Err(TrySendError::Stopped(message)) => return Err(Stopped(message)),
                Err(TrySendError::Full(back)) => message = back,
            }
            self.wait_for_room();
        }
    }

    /// Waits until a message that was [`Full`](TrySendError::Full) is worth another try: until
    /// the mailbox is under its low-water mark or, where it is already, empty.
    pub fn wait_for_room(&self) {
        let (drained, room) = std::sync::mpsc::sync_channel(1);
        let waits = [1, usize::MAX]
            .into_iter()
            .any(|burst| self.cell.await_drain(burst, Waiter::Thread(drained.clone())));
        drop(drained);
        if waits {
            // An error means that the waiter went with its cell: then there is nothing to wait for.
            let _ = room.recv();
        }
    }

    /// Runs `command` on the actor before its next message, whatever is queued.
    ///
    /// # Errors
    ///
    /// [`Stopped`], with the command.
    pub fn command<F>(&self, command: F) -> Result<(), Stopped<F>>
    where
        F: FnOnce(&mut A, &mut crate::Context<'_, A>) + Send + 'static,
    {
        self.cell.command(command)
    }

    /// Wakes the actor where it [waits](crate::Context::wait) in the middle of a message.
    pub fn waker(&self) -> Waker {
        Arc::clone(&self.cell).into()
    }

    /// Accepts no more messages, and still handles those that are queued.
    pub fn close(&self) {
        self.cell.close();
    }

    /// Puts the actor into a place that [`Scheduler::reserve`](crate::Scheduler::reserve) kept
    /// for it, where messages may be waiting already.
    ///
    /// # Errors
    ///
    /// Hands the actor back if there is or was one.
    pub fn install(&self, actor: A) -> Result<(), A> {
        self.cell.install(actor)
    }

    /// Takes back a [reserved](crate::Scheduler::reserve) place in which no actor was installed,
    /// with what was sent there. Elsewhere it does nothing.
    pub fn abandon(&self) -> VecDeque<A::Message> {
        self.cell.abandon()
    }

    /// Messages that are queued, without those that have places of their own.
    pub fn queued(&self) -> usize {
        self.cell.queued()
    }

    /// Whether nothing is queued or in hand, commands included.
    pub fn is_idle(&self) -> bool {
        self.cell.is_idle()
    }

    /// Messages and commands accepted since the beginning. As long as it stays the same and
    /// the actor is idle, nothing has happened there.
    pub fn deliveries(&self) -> u64 {
        self.cell.deliveries()
    }

    /// Messages accepted since the beginning, without those that have places of their own; those
    /// that were dropped later are among them.
    pub fn accepted(&self) -> u64 {
        self.cell.accepted()
    }

    /// Messages that were handled to the end, counted as [`accepted`](Self::accepted) does, and
    /// whenever the actor has handled some in a row.
    pub fn handled(&self) -> u64 {
        self.cell.handled()
    }

    /// The time that the actor took to handle messages, all together. While there is much to do, and
    /// done in less than a microsecond, that is found from one time in sixteen, chosen by chance; but
    /// what says that it [took long](crate::Context::took_long), and did, is always counted.
    pub fn busy(&self) -> Duration {
        self.cell.busy()
    }

    /// Whether both are addresses of one actor.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    pub(crate) fn downstream(&self, burst: usize) -> Downstream {
        Downstream { receiver: Arc::clone(&self.cell) as _, burst }
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

impl<A: Actor> fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("queued", &self.queued()).finish()
    }
}

impl<M> fmt::Debug for TrySendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Stopped(_) => "Stopped(..)",
        })
    }
}

impl<M> fmt::Debug for Stopped<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopped(..)")
    }
}
