use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use crate::Time;
use crate::waiting::Waiting;

/// `wasi:clocks`, by the clock from outside.
pub(super) struct Clocks<'a> {
    pub(super) time: &'a Time,
    pub(super) waiting: Option<&'a Arc<Waiting>>,
    pub(super) table: &'a mut ResourceTable,
}

pub(super) struct HasClocks;

impl HasData for HasClocks {
    type Data<'a> = Clocks<'a>;
}

/// What a clock of ours promises at best.
const RESOLUTION: Duration = Duration::from_nanos(1);

impl Clocks<'_> {
    fn nanos(&self) -> u64 {
        u64::try_from(self.time.clock.monotonic().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl monotonic_clock::Host for Clocks<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.nanos())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::from(RESOLUTION.subsec_nanos()))
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let wait = Wait { until: when, waiting: self.waiting.cloned() };
        let wait = self.table.push(wait)?;
        subscribe(self.table, wait)
    }

    fn subscribe_duration(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let until = self.nanos().saturating_add(when);
        self.subscribe_instant(until)
    }
}

impl wall_clock::Host for Clocks<'_> {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        let now = Duration::from_nanos(self.time.clock.unix_nanos());
        Ok(Datetime { seconds: now.as_secs(), nanoseconds: now.subsec_nanos() })
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: RESOLUTION.as_secs(), nanoseconds: RESOLUTION.subsec_nanos() })
    }
}

/// A guest waits for a time.
struct Wait {
    until: u64,
    waiting: Option<Arc<Waiting>>,
}

#[async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        poll_fn(|_| match &self.waiting {
            Some(waiting) if waiting.now() < self.until => {
                waiting.wake_at(self.until);
                Poll::Pending
            }
            _ => Poll::Ready(()),
        })
        .await;
    }
}
