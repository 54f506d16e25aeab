use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thiserror::Error;
use wasmtime::ResourceLimiter;

/// How much one instance may have, and how long its calls may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, in all linear memories of the instance together.
    pub memory: usize,
    /// Elements, in all tables of the instance together.
    pub table_elements: usize,
    /// Core instances within the component; also the most memories, and the most tables.
    pub instances: usize,
    /// For `handle-message` and `handle-callback`.
    pub message_timeout: Duration,
    /// For the start functions of core modules, and again for `init`.
    pub init_timeout: Duration,
    /// For `shutdown`.
    pub shutdown_timeout: Duration,
    /// Units of wasmtime's fuel, about one per instruction, that each call may use; none: as much
    /// as it wants. It needs an engine [with fuel](crate::Engine::with_fuel), and holds beside the
    /// time limits.
    pub fuel_per_message: Option<NonZeroU64>,
}

impl Default for Limits {
    /// 64 MiB, 262,144 elements, 256 instances; 100 ms, 5 s and 1 s; fuel is not limited.
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            table_elements: 1 << 18,
            instances: 256,
            message_timeout: Duration::from_millis(100),
            init_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(1),
            fuel_per_message: None,
        }
    }
}

/// What the memories of many instances may have together. What an instance had is given back when
/// it is dropped.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    /// A budget of this many bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    /// Bytes that all may have.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that all have now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The error is how much all would have.
    fn take(&self, bytes: usize) -> Result<(), usize> {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(drop).map_err(|used| used.saturating_add(bytes))
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Counts what one instance has, against its limits.
pub(crate) struct Meter {
    memory: Share,
    /// What it has of it is what its memory uses.
    budget: Option<Arc<MemoryBudget>>,
    table_elements: Share,
    instances: usize,
}

impl Meter {
    pub(crate) fn new(limits: &Limits, budget: Option<Arc<MemoryBudget>>) -> Self {
        Self {
            memory: Share::new(limits.memory),
            budget,
            table_elements: Share::new(limits.table_elements),
            instances: limits.instances,
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.give_back(self.memory.used);
        }
    }
}

/// A guest wanted more than its limits give it.
#[derive(Debug, Error)]
pub(crate) enum OverLimit {
    #[error("it wanted {wanted} bytes of memory, and its limit is {limit}")]
    Memory { wanted: usize, limit: usize },
    #[error(
        "it wanted more memory, all instances would have {wanted} bytes together, and their limit is \
         {limit}"
    )]
    AllMemory { wanted: usize, limit: usize },
    #[error("it wanted {wanted} table elements, and its limit is {limit}")]
    TableElements { wanted: usize, limit: usize },
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.memory.limit;
        let may_grow = self
            .memory
            .grow(current, desired, maximum)
            .map_err(|wanted| OverLimit::Memory { wanted, limit })?;
        if let Some(budget) = &self.budget
            && let Err(wanted) = budget.take(self.memory.last)
        {
            self.memory.take_back();
            return Err(OverLimit::AllMemory { wanted, limit: budget.limit }.into());
        }
        Ok(may_grow)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        if let Some(budget) = &self.budget {
            budget.give_back(self.memory.last);
        }
        self.memory.take_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.table_elements.limit;
        self.table_elements
            .grow(current, desired, maximum)
            .map_err(|wanted| OverLimit::TableElements { wanted, limit }.into())
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.table_elements.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}

/// What is used of one limit.
struct Share {
    used: usize,
    limit: usize,
    /// What the last growth added: given back where it then fails for another reason.
    last: usize,
}

impl Share {
    fn new(limit: usize) -> Self {
        Self { used: 0, limit, last: 0 }
    }

    /// Whether it may grow by itself; the error is how much there would be in all.
    fn grow(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, usize> {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let added = desired.saturating_sub(current);
        let wanted = self.used.saturating_add(added);
        if wanted > self.limit {
            return Err(wanted);
        }
        self.used = wanted;
        self.last = added;
        Ok(true)
    }

    fn take_back(&mut self) {
        self.used -= self.last;
        self.last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_share_one_limit() {
        let mut share = Share::new(10);
        assert_eq!(share.grow(0, 4, None), Ok(true));
        assert_eq!(share.grow(0, 6, None), Ok(true));
        assert_eq!(share.grow(4, 5, None), Err(11));
    }

    #[test]
    fn a_growth_that_failed_is_given_back() {
        let mut share = Share::new(10);
        assert_eq!(share.grow(0, 8, None), Ok(true));
        share.take_back();
        share.take_back();
        assert_eq!(share.grow(0, 10, None), Ok(true));
    }

    #[test]
    fn the_guests_own_maximum_is_no_broken_limit() {
        let mut share = Share::new(10);
        assert_eq!(share.grow(0, 20, Some(15)), Ok(false));
        assert_eq!(share.grow(0, 10, Some(15)), Ok(true));
    }
}
