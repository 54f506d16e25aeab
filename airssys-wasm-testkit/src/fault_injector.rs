use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{Crash, CrashKind, Fault, Faults};
use parking_lot::Mutex;

/// Has things go wrong in a component, when the test wants it: give a clone of it to
/// [`ComponentSpec::faults`](airssys_wasm::ComponentSpec::faults), and keep one.
///
/// ```
/// use airssys_wasm_testkit::{FaultInjector, TestSystem, guests};
///
/// let test = TestSystem::seeded(1);
/// let faults = FaultInjector::new();
/// test.spawn(test.spec("demo/echo", guests::ECHO).faults(faults.clone()));
/// let mut probe = test.probe("demo/probe");
///
/// faults.trap_at(2);
/// assert_eq!(probe.request(&test, "demo/echo", b"one").unwrap(), b"one");
/// probe.request(&test, "demo/echo", b"two").unwrap_err();
/// test.expect_crash("demo/echo");
/// ```
#[derive(Debug, Clone, Default)]
pub struct FaultInjector(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    /// How many messages come up to the one that traps, that one among them.
    trap_at: Option<u32>,
    refused_starts: u32,
    delay: Duration,
}

impl FaultInjector {
    /// One that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the `nth` message from now on trap, with the instance as if the guest had done so; 1 is
    /// the next. A message that is delivered again counts again.
    ///
    /// # Panics
    ///
    /// If `nth` is 0.
    pub fn trap_at(&self, nth: u32) {
        assert!(nth > 0, "messages are counted from 1");
        self.0.lock().trap_at = Some(nth);
    }

    /// Has the next `count` starts of an instance fail.
    pub fn refuse_starts(&self, count: u32) {
        self.0.lock().refused_starts = count;
    }

    /// Has each message wait for so long before the component handles it, while others run. A guest
    /// whose time limit is not longer is out of time. [`Duration::ZERO`] ends it.
    pub fn delay(&self, delay: Duration) {
        self.0.lock().delay = delay;
    }
}

impl Faults for FaultInjector {
    fn at_start(&self) -> Option<Crash> {
        let refused_starts = &mut self.0.lock().refused_starts;
        *refused_starts = refused_starts.checked_sub(1)?;
        Some(Crash::new(CrashKind::FailedStart, INJECTED))
    }

    fn at_message(&self) -> Option<Fault> {
        let plan = &mut *self.0.lock();
        plan.trap_at = plan.trap_at.map(|nth| nth - 1);
        if plan.trap_at == Some(0) {
            plan.trap_at = None;
            return Some(Fault::Crash(Crash::new(CrashKind::Trap, INJECTED)));
        }
        (!plan.delay.is_zero()).then_some(Fault::Delay(plan.delay))
    }
}

const INJECTED: &str = "the test wanted it";
