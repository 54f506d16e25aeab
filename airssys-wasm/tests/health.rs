//! Components are asked how they are, and start anew where that is not well.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, CrashKind, Event, Health, Native, Status,
};
use airssys_wasm_testkit::{TestSystem, guests};

/// Is as the last message said: `h`ealthy, `d`egraded or `u`nhealthy; `t` traps and `s` spins when
/// it is asked. Responds with how often it was asked.
const PATIENT: &str = r#"
(global $state (mut i32) (i32.const 0x68))
(data (i32.const 512) "so so")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (if (local.get $length) (then (global.set $state (i32.load8_u (local.get $message)))))
  (call $respond (i32.const 600) (i32.const 4)))
(func (export "airssys:component/health@0.1.0#check") (result i32)
  (i32.store (i32.const 600) (i32.add (i32.load (i32.const 600)) (i32.const 1)))
  (if (i32.eq (global.get $state) (i32.const 0x74)) (then unreachable))
  (if (i32.eq (global.get $state) (i32.const 0x73)) (then (loop $forever (br $forever))))
  (i32.store (i32.const 256)
    (i32.add
      (i32.eq (global.get $state) (i32.const 0x64))
      (i32.mul (i32.const 2) (i32.eq (global.get $state) (i32.const 0x75)))))
  (i32.store (i32.const 260) (i32.const 512))
  (i32.store (i32.const 264) (i32.const 5))
  (i32.const 256))
"#;

const SECOND: Duration = Duration::from_secs(1);

/// What has happened to the health of components, and their crashes.
type Events = Arc<Mutex<Vec<String>>>;

fn watched(seed: u64) -> (TestSystem, Events) {
    let events = Events::default();
    let seen = Arc::clone(&events);
    let test = TestSystem::with(seed, |builder| {
        builder.on_event(move |event| match event {
            Event::HealthChanged { health, .. } => seen.lock().unwrap().push(health.to_string()),
            Event::Crashed { crash, .. } => {
                let unhealthy = crash.kind() == CrashKind::Unhealthy;
                let told = if unhealthy { crash.to_string() } else { "other".to_owned() };
                seen.lock().unwrap().push(told);
            }
            _ => {}
        })
    });
    (test, events)
}

fn spawn(test: &TestSystem, settings: impl FnOnce(ComponentSpec) -> ComponentSpec) {
    let guest = test.guest(PATIENT);
    test.spawn(settings(ComponentSpec::guest("test/patient".parse().unwrap(), &guest)));
}

/// Sends a message, and says how often the guest was asked.
fn asked(test: &TestSystem, message: &[u8]) -> u32 {
    let mut sender = test.system().sender("test/hand".parse().unwrap());
    let mut pending = sender.try_request("test/patient", message, None).unwrap();
    test.run_until_idle();
    let response = pending.try_take().unwrap().unwrap();
    u32::from_le_bytes(response[..].try_into().unwrap())
}

fn health(test: &TestSystem) -> Option<Health> {
    test.system().component("test/patient").unwrap().health
}

#[test]
fn a_guest_is_asked_every_ten_seconds_and_what_it_says_can_be_seen() {
    let (test, events) = watched(1);
    spawn(&test, |spec| spec);
    assert_eq!(health(&test), None);
    test.advance(10 * SECOND - Duration::from_nanos(1));
    assert_eq!((health(&test), asked(&test, b"")), (None, 0));
    test.advance(Duration::from_nanos(1));
    assert_eq!((health(&test), asked(&test, b"d")), (Some(Health::Healthy), 1));
    let so_so = || "so so".to_owned();
    test.advance(10 * SECOND);
    assert_eq!((health(&test), asked(&test, b"")), (Some(Health::Degraded(so_so())), 2));
    test.advance(20 * SECOND);
    assert_eq!(asked(&test, b"u"), 4);
    test.advance(10 * SECOND);
    assert_eq!(health(&test), Some(Health::Unhealthy(so_so())));
    asked(&test, b"h");
    test.advance(10 * SECOND);
    assert_eq!(health(&test), Some(Health::Healthy));
    assert_eq!(*events.lock().unwrap(), ["degraded: so so", "unhealthy: so so", "healthy"]);
    assert!(test.system().wait_idle(), "to be asked later is nothing that is to do");
}

#[test]
fn so_many_unhealthy_answers_in_a_row_are_a_crash() {
    let (test, events) = watched(2);
    spawn(&test, |spec| spec.health(SECOND, 2));
    for state in [b"u", b"h", b"u", b"d", b"u"] {
        asked(&test, state);
        test.advance(SECOND);
    }
    assert_eq!(test.system().metrics("test/patient").unwrap().restarts, 0);
    test.advance(SECOND);
    assert_eq!(events.lock().unwrap().last().unwrap(), "is unhealthy: so so");
    assert!(matches!(health(&test), Some(Health::Unhealthy(_))));
    test.advance(SECOND / 10);
    assert_eq!(test.system().component("test/patient").unwrap().status, Status::Running);
    assert_eq!((health(&test), asked(&test, b"")), (None, 0), "it has started anew");
    // And it is asked once a second, not twice.
    test.advance(5 * SECOND);
    assert_eq!(asked(&test, b""), 5);
    test.expect_nothing_lost();
}

#[test]
fn it_never_crashes_where_that_is_not_wanted() {
    let (test, _) = watched(3);
    spawn(&test, |spec| spec.health(SECOND, 0));
    asked(&test, b"u");
    test.advance(100 * SECOND);
    assert_eq!(asked(&test, b""), 100);
    assert_eq!(test.system().metrics("test/patient").unwrap().restarts, 0);
}

#[test]
fn to_trap_or_to_take_too_long_is_unhealthy_and_a_crash() {
    for (message, said) in [(b"t", "in check"), (b"s", "ran over its time limit")] {
        let (test, events) = watched(4);
        spawn(&test, |spec| spec.health(SECOND, 0));
        asked(&test, message);
        test.advance(SECOND);
        let Some(Health::Unhealthy(why)) = health(&test) else { panic!() };
        assert!(why.contains(said), "{why}");
        assert_eq!(events.lock().unwrap()[1..], ["other"]);
        test.advance(SECOND / 10);
        assert_eq!((health(&test), asked(&test, b"")), (None, 0));
    }
}

#[test]
fn the_question_overtakes_the_mail_and_ends_with_the_component() {
    let (test, _) = watched(5);
    spawn(&test, |spec| spec.health(SECOND, 1));
    test.system().suspend("test/patient");
    test.run_until_idle();
    test.system().send("test/patient", b"u").unwrap();
    test.advance(SECOND);
    assert_eq!(health(&test), Some(Health::Healthy), "it has not come to the message");
    test.system().stop("test/patient");
    assert_eq!(test.system().next_timer(), None);
}

#[test]
fn who_exports_no_health_is_not_asked_and_native_components_where_it_is_set() {
    struct Poorly;

    impl Native for Poorly {
        fn handle_message(
            &mut self,
            _: &ComponentId,
            _: &[u8],
            _: &mut Context<'_>,
        ) -> Result<Option<Vec<u8>>, ComponentError> {
            Ok(None)
        }

        fn check_health(&mut self, _: &mut Context<'_>) -> Health {
            Health::Degraded("poorly".to_owned())
        }
    }

    let test = TestSystem::seeded(6);
    let guest = test.guest(guests::ECHO);
    let echo = ComponentSpec::guest("test/echo".parse().unwrap(), &guest);
    test.spawn(echo.health(SECOND, 1));
    let poorly = |id: &str| ComponentSpec::native(id.parse().unwrap(), || Poorly);
    test.spawn(poorly("test/not-asked"));
    assert_eq!(test.system().next_timer(), None);
    test.spawn(poorly("test/patient").health(SECOND, 1));
    test.advance(3 * SECOND);
    assert_eq!(health(&test), Some(Health::Degraded("poorly".to_owned())));
}
