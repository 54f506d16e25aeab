//! Flow control: who waits for whose mailbox to drain.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use crate::sync::Mutex;

/// A receiver that was filled, and how much room its sender wants there.
#[derive(Clone)]
pub(crate) struct Downstream {
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) burst: usize,
}

/// A cell as others see it that wait for it, or that it waits for.
pub(crate) trait Receiver: Send + Sync {
    /// Calls `waiter` once the mailbox has drained; false if it has already.
    fn await_drain(&self, burst: usize, waiter: Waiter) -> bool;

    /// For whom this one waits itself.
    fn waits_for(&self) -> Option<Arc<dyn Receiver>>;

    /// Ends its own wait.
    fn drained(self: Arc<Self>);
}

/// Who waits for room in a mailbox.
pub(crate) enum Waiter {
    Actor(Arc<dyn Receiver>),
    Thread(SyncSender<()>),
}

impl Waiter {
    pub(crate) fn wake(self) {
        match self {
            Self::Actor(actor) => actor.drained(),
            // The buffer of one takes it; if the thread has gone, nobody waits.
            Self::Thread(thread) => drop(thread.try_send(())),
        }
    }
}

/// Keeps the graph of waits free of circles. Whoever sets a wait holds this; waits end without it.
#[derive(Default)]
pub(crate) struct Waits(Mutex<()>);

impl Waits {
    /// Runs `set`, which makes `waiting` wait for `receiver`, unless `receiver` waits for
    /// `waiting` already, directly or through others.
    pub(crate) fn set(
        &self,
        waiting: &Arc<dyn Receiver>,
        receiver: &Arc<dyn Receiver>,
        set: impl FnOnce(),
    ) -> bool {
        let _only_setter = self.0.lock();
        let mut next = Some(Arc::clone(receiver));
        while let Some(receiver) = next {
            if is_same(&receiver, waiting) {
                return false;
            }
            next = receiver.waits_for();
        }
        set();
        true
    }
}

fn is_same(one: &Arc<dyn Receiver>, other: &Arc<dyn Receiver>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}
