//! Components use as much fuel for each call as they may, and no more.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use airssys_wasm::manifest::SystemManifest;
use airssys_wasm::{ComponentSpec, CrashKind, Event, Limits, Status, System, SystemBuilder};
use airssys_wasm_testkit::{TestSystem, guests};

/// Turns in a loop as often as the message says, and forever where it says nothing. Responds with
/// how many messages it has had.
const TURNS: &str = r#"
(global $messages (mut i32) (i32.const 0))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (local $turns i32)
  (if (i32.eqz (local.get $length)) (then (loop $forever (br $forever))))
  (local.set $turns (i32.load (local.get $message)))
  (loop $turn
    (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
  (global.set $messages (i32.add (global.get $messages) (i32.const 1)))
  (i32.store (i32.const 600) (global.get $messages))
  (call $respond (i32.const 600) (i32.const 4)))
"#;

/// In a turn a guest uses more than one unit of fuel, and less than ten.
const FUEL: u64 = 100_000;
const LITTLE: u32 = 10_000;
const MUCH: u32 = 100_000;

/// Whose crashes there were, and of what kind.
type Crashes = Arc<Mutex<Vec<(String, CrashKind)>>>;

fn noting(builder: SystemBuilder, crashes: &Crashes) -> SystemBuilder {
    let crashes = Arc::clone(crashes);
    builder.on_event(move |event| {
        if let Event::Crashed { id, crash, .. } = event {
            crashes.lock().unwrap().push((id.to_string(), crash.kind()));
        }
    })
}

fn limits(fuel: u64) -> Limits {
    Limits {
        message_timeout: Duration::from_secs(60),
        fuel_per_message: NonZeroU64::new(fuel),
        ..Limits::default()
    }
}

/// One whose fuel is limited, and its neighbour of the same code.
fn two(system: &System) -> Vec<ComponentSpec> {
    let guest = system.load(guests::guest(TURNS).as_bytes()).unwrap();
    let spec =
        |id: &str, fuel| ComponentSpec::guest(id.parse().unwrap(), &guest).limits(limits(fuel));
    vec![spec("test/limited", FUEL), spec("test/neighbour", 0)]
}

fn ran_out() -> (String, CrashKind) {
    ("test/limited".to_owned(), CrashKind::OutOfFuel)
}

#[test]
fn who_uses_more_than_it_may_crashes_and_starts_again() {
    for seed in 0..20 {
        let crashes = Crashes::default();
        let test = TestSystem::with(seed, |builder| noting(builder, &crashes));
        test.system().spawn_all(two(test.system())).unwrap();
        let mut probe = test.probe("test/probe");
        let mut turn = |id: &str, turns: u32| {
            let response = probe.request(&test, id, &turns.to_le_bytes()).ok()?;
            Some(u32::from_le_bytes(response.try_into().unwrap()))
        };
        for count in 1..=20 {
            assert_eq!(turn("test/limited", LITTLE), Some(count), "it has all its fuel each time");
        }
        assert_eq!(turn("test/limited", MUCH), None);
        assert_eq!(turn("test/neighbour", MUCH), Some(1), "it is not limited");
        assert_eq!(*crashes.lock().unwrap(), [ran_out()]);
        test.advance(Duration::from_secs(1));
        let mut probe = test.probe("test/another");
        let response = probe.request(&test, "test/limited", &LITTLE.to_le_bytes()).unwrap();
        assert_eq!(response, 1_u32.to_le_bytes(), "it has started anew");
        test.expect_nothing_lost();
    }
}

#[test]
fn it_is_so_on_threads_too() {
    let crashes = Crashes::default();
    let system = noting(System::builder().workers(2), &crashes).build().unwrap();
    let turn = |id: &str, turns: u32| {
        let response = system.request(id, &turns.to_le_bytes()).ok()?;
        Some(u32::from_le_bytes(response[..].try_into().unwrap()))
    };
    system.spawn_all(two(&system)).unwrap();
    for count in 1..=20 {
        assert_eq!(turn("test/limited", LITTLE), Some(count));
    }
    assert_eq!(turn("test/limited", MUCH), None);
    assert_eq!(turn("test/neighbour", MUCH), Some(1));
    assert_eq!(turn("test/limited", LITTLE), Some(1), "it waits for the restart");
    assert_eq!(*crashes.lock().unwrap(), [ran_out()]);
    assert_eq!(system.metrics("test/limited").unwrap().restarts, 1);
    system.shutdown();
}

#[test]
fn a_guest_with_fuel_makes_room_for_others_and_has_a_time_limit() {
    let crashes = Crashes::default();
    let system = noting(System::builder().workers(1), &crashes).build().unwrap();
    let guest = system.load(guests::guest(TURNS).as_bytes()).unwrap();
    let limits = Limits { message_timeout: Duration::from_millis(300), ..limits(u64::MAX) };
    let spinner = ComponentSpec::guest("test/spinner".parse().unwrap(), &guest).limits(limits);
    let echo = system.load(guests::guest(guests::ECHO).as_bytes()).unwrap();
    let echo = ComponentSpec::guest("test/echo".parse().unwrap(), &echo);
    system.spawn_all(vec![spinner, echo]).unwrap();
    let mut sender = system.sender("test/host".parse().unwrap());
    let spins = sender.request("test/spinner", b"", None).unwrap();
    while system.component("test/spinner").unwrap().queued > 0 {
        std::thread::yield_now();
    }
    assert_eq!(&system.request("test/echo", b"awake").unwrap()[..], b"awake");
    assert!(crashes.lock().unwrap().is_empty(), "it was answered beside the spinner");
    assert!(spins.wait().is_err());
    system.shutdown();
    assert_eq!(*crashes.lock().unwrap(), [("test/spinner".to_owned(), CrashKind::TimedOut)]);
}

#[test]
fn a_system_with_the_engine_of_another_limits_the_others_guests() {
    let first = System::builder().workers(1).build().unwrap();
    let crashes = Crashes::default();
    let second = noting(System::builder().workers(1).engine_of(&first), &crashes);
    let second = second.build().unwrap();
    second.spawn_all(two(&first)).unwrap();
    drop(first);
    assert!(second.request("test/limited", &LITTLE.to_le_bytes()).is_ok());
    assert!(second.request("test/limited", &MUCH.to_le_bytes()).is_err());
    second.shutdown();
    assert_eq!(*crashes.lock().unwrap(), [ran_out()]);
}

#[test]
fn one_whose_init_needs_more_does_not_start() {
    let test = TestSystem::seeded(1);
    let echo = guests::ECHO;
    let hasty = format!(
        r#"{echo}
        (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
          (loop $forever (br $forever)) unreachable)
        (func (export "airssys:component/lifecycle@0.1.0#shutdown"))"#
    );
    let spec = test.spec("test/hasty", &hasty).limits(limits(FUEL));
    let error = test.system().spawn(spec).unwrap_err();
    let text = "test/hasty ran out of fuel: in init: it may use 100000 units";
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_manifest_says_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("turns.wat", &guests::guest(TURNS));
    write(
        "Component.toml",
        r#"
        [component]
        id = "test/neighbour"
        version = "0.1.0"
        source = "turns.wat"
        [resources]
        message_timeout = "60s"
        "#,
    );
    write(
        "System.toml",
        &format!(
            r#"
            [system]
            name = "fuel"
            [[component]]
            manifest = "Component.toml"
            [[component]]
            manifest = "Component.toml"
            id = "test/limited"
            [component.resources]
            fuel_per_message = {FUEL}
            "#
        ),
    );
    let manifest = SystemManifest::load(folder.path().join("System.toml")).unwrap();
    let crashes = Crashes::default();
    let system = noting(System::builder(), &crashes).start(&manifest).unwrap();
    assert!(system.request("test/limited", &LITTLE.to_le_bytes()).is_ok());
    assert!(system.request("test/limited", &MUCH.to_le_bytes()).is_err());
    assert!(system.request("test/neighbour", &MUCH.to_le_bytes()).is_ok());
    assert_eq!(system.component("test/neighbour").unwrap().status, Status::Running);
    system.shutdown();
    assert_eq!(*crashes.lock().unwrap(), [ran_out()]);
}
