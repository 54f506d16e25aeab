//! Traces through chains of messages, and what is counted of each component.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, Grants, Native, PatternSet, TraceParent,
};
use airssys_wasm_testkit::{TestSystem, VirtualClock, guests};

const FORWARD: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(data (i32.const 512) "test/probetest/echo")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (call $send (i32.const 512) (i32.const 10) (local.get $message) (local.get $length)
    (i32.const 256))
  (call $send-request (i32.const 522) (i32.const 9) (local.get $message) (local.get $length)
    (i64.const 0) (i32.const 256))
  (call $done))
;; Once the request is answered, it sends again.
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64 i32 i32 i32 i32 i32) (result i32)
  (call $send (i32.const 512) (i32.const 10) (i32.const 0) (i32.const 0) (i32.const 256))
  (call $done))
"#;

#[test]
fn a_trace_goes_through_messages_requests_and_callbacks() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    test.spawn_guest("test/echo", guests::ECHO);
    test.spawn_guest("test/forward", FORWARD);
    let parent = TraceParent::root(0x1234, 0x5678);
    let mut host = test.system().sender("test/host".parse().unwrap());
    host.continue_trace(Some(parent));
    host.try_send("test/forward", b"one").unwrap();
    let [first, second] = [(), ()].map(|()| probe.expect_message(&test).info.trace_parent.unwrap());
    assert_eq!((first.trace_id(), second.trace_id()), (0x1234, 0x1234));
    let spans = [parent.span_id(), first.span_id(), second.span_id()];
    assert!(spans[0] != spans[1] && spans[1] != spans[2], "each message is a step of its own");

    host.continue_trace(None);
    host.try_send("test/forward", b"two").unwrap();
    let other = probe.expect_message(&test).info.trace_parent.unwrap();
    assert_ne!(other.trace_id(), 0x1234, "each send from outside begins a trace");
}

#[test]
fn a_guest_sees_the_traceparent_of_its_message() {
    let test = TestSystem::seeded(2);
    let puppet = test.puppet("test/puppet");
    let (info, _) = puppet.context(&test);
    assert!(info.unwrap().trace_parent.is_some());
}

/// Lets a millisecond pass with each message.
struct Slow(Arc<VirtualClock>, Arc<AtomicU64>);

impl Native for Slow {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.0.advance(Duration::from_millis(1));
        self.1.fetch_add(1, Ordering::Relaxed);
        match message {
            b"refuse" => Err(ComponentError::new(1, "no")),
            b"crash" => panic!("as told"),
            b"send" => {
                let _ = context.send_message("test/echo", b"");
                let _ = context.send_message("test/nobody", b"");
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}

#[test]
fn each_component_is_counted_by_what_it_did() {
    let clock = Arc::new(VirtualClock::default());
    let test = TestSystem::with_clock(3, Arc::clone(&clock), |builder| builder);
    test.spawn_guest("test/echo", guests::ECHO);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let make = move || Slow(Arc::clone(&clock), Arc::clone(&counted));
    let grants = Grants { send: PatternSet::parse(["test/echo"]).unwrap(), ..Grants::default() };
    test.spawn(ComponentSpec::native("test/slow".parse().unwrap(), make).grants(grants));
    for message in ["", "", "refuse", "send", "crash", ""] {
        test.system().send("test/slow", message.as_bytes()).unwrap();
    }
    test.advance(Duration::from_secs(1));
    let metrics = test.system().metrics("test/slow").unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 6);
    assert_eq!((metrics.accepted, metrics.queued), (6, 0));
    assert_eq!((metrics.handled, metrics.refused, metrics.crashed), (4, 1, 1));
    assert_eq!(metrics.restarts, 1);
    assert_eq!(metrics.handling_time, Duration::from_millis(6));
    assert_eq!((metrics.sends.accepted, metrics.sends.not_permitted), (1, 1));
    assert_eq!(test.system().metrics("test/nobody"), None);
}
