use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, Context, ExitReason, Native, RequestError, RequestId, TimerId,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::outcomes::Outcomes;
use crate::random::message;

/// What chaos.wat is, in Rust; it also counts how its requests end, and sees that each does so
/// once.
pub(crate) struct NativeChaos {
    random: StdRng,
    open: Vec<RequestId>,
    /// The last that was set.
    timer: Option<TimerId>,
    outcomes: Arc<Outcomes>,
}

impl NativeChaos {
    pub(crate) fn new(seed: u64, outcomes: Arc<Outcomes>) -> Self {
        Self { random: StdRng::seed_from_u64(seed), open: Vec::new(), timer: None, outcomes }
    }

    fn act(&mut self, left: u8, context: &mut Context<'_>) {
        let mut message = message(&mut self.random);
        message[1] = left;
        let target = format!("c/{}", self.random.random_range(0..8));
        let topic = format!("t/{}", self.random.random_range(0..3));
        match self.random.random_range(0..16) {
            0..2 => {
                let delay = Duration::from_millis(self.random.random_range(0..100));
                if let Ok(id) = context.send_after(&target, &message, delay) {
                    self.timer = Some(id);
                }
            }
            2..5 => drop(context.monitor(&target)),
            5..8 => drop(context.send_message(&target, &message)),
            8..12 => {
                let timeout = Duration::from_millis(self.random.random_range(1..200));
                if let Ok(id) = context.send_request(&target, &message, Some(timeout)) {
                    self.open.push(id);
                }
            }
            12 => drop(context.publish(&topic, &message)),
            13 => drop(context.subscribe(&topic)),
            14 => {
                if self.timer.take().is_some_and(|timer| context.cancel_timer(timer)) {
                    self.outcomes.add_cancelled_timer();
                }
            }
            _ => {
                // One that has ended cannot be cancelled: its callback is on the way.
                if self.open.last().is_some_and(|last| context.cancel_request(*last)) {
                    self.open.pop();
                    self.outcomes.add_cancelled();
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), ComponentError> {
        match self.random.random_range(0..32) {
            0 => panic!("at random"),
            1..4 => Err(ComponentError::new(7, "at random")),
            _ => Ok(()),
        }
    }
}

impl Native for NativeChaos {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let left = message.get(1).copied().unwrap_or(0);
        if let Some(left) = left.checked_sub(1) {
            for _ in 0..self.random.random_range(1..3) {
                self.act(left, context);
            }
        }
        self.end()?;
        let length = self.random.random_range(0..900);
        Ok(self.random.random::<bool>().then(|| vec![0x55; length]))
    }

    fn handle_exit(
        &mut self,
        _: &ComponentId,
        reason: &ExitReason,
        context: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        self.outcomes.add_exit(reason);
        self.act(1, context);
        self.end()
    }

    fn handle_callback(
        &mut self,
        id: RequestId,
        outcome: Result<&[u8], &RequestError>,
        context: &mut Context<'_>,
    ) -> Result<(), ComponentError> {
        match self.open.iter().position(|open| *open == id) {
            Some(at) => drop(self.open.swap_remove(at)),
            None => self.outcomes.add_unasked(),
        }
        self.outcomes.add_request(outcome.err());
        self.act(0, context);
        self.end()
    }
}
