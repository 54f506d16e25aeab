use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use airssys_wasm_core::{Crash, CrashKind};

use crate::runtime::Runtime;

/// What a test has go wrong in a component: see [`ComponentSpec::faults`](crate::ComponentSpec::faults).
///
/// By default nothing does.
pub trait Faults: Send + Sync + 'static {
    /// Asked before each start of an instance; that crash is why it fails.
    fn at_start(&self) -> Option<Crash> {
        None
    }

    /// Asked before each message that the component is about to handle.
    fn at_message(&self) -> Option<Fault> {
        None
    }
}

/// What goes wrong with a message.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The component crashes so, and its code does not see the message.
    Crash(Crash),
    /// Its code sees the message so much later, on the system's clock, and other components run
    /// meanwhile. A guest that may not take so long is out of time then.
    Delay(Duration),
}

/// Waits for as long as a handler is delayed that may take `limit`.
pub(crate) async fn delay(
    runtime: Arc<Runtime>,
    delay: Duration,
    limit: Option<Duration>,
) -> Result<(), Crash> {
    let limit = limit.filter(|limit| *limit <= delay);
    let until = runtime.clock.monotonic().saturating_add(limit.unwrap_or(delay));
    poll_fn(|context| {
        if runtime.clock.monotonic() >= until {
            return Poll::Ready(());
        }
        runtime.alarm.wake_at(until, context.waker().clone());
        Poll::Pending
    })
    .await;
    match limit {
        Some(limit) => {
            let cause = format!("in handle-message: it may take {limit:?}");
            Err(Crash::new(CrashKind::TimedOut, cause))
        }
        None => Ok(()),
    }
}
