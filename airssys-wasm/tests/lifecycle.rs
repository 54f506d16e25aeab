//! How components start, crash, start again, and end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, CrashKind, Event, Grants, Intensity,
    Native, PatternSet, Restart, SendError, SpawnError, Status,
};
use airssys_wasm_testkit::{TestSystem, guests};

fn status(test: &TestSystem, id: &str) -> Status {
    test.system().component(id).unwrap().status
}

fn everywhere() -> Grants {
    Grants { send: PatternSet::parse(["**"]).unwrap(), ..Grants::default() }
}

/// Says to `test/probe` when it starts and when it ends; `init` and `handle` are bodies.
fn speaking(init: &str) -> String {
    format!(
        r#"(import "airssys:component/messaging@0.1.0" "send-message"
             (func $send (param i32 i32 i32 i32 i32)))
           (data (i32.const 512) "test/probeinitshutdown")
           (func $say (param $at i32) (param $length i32)
             (call $send
               (i32.const 512) (i32.const 10) (local.get $at) (local.get $length) (i32.const 256)))
           (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
             (call $say (i32.const 522) (i32.const 4))
             {init}
             (i64.store (i32.const 0) (i64.const 0))
             (i32.const 0))
           (func (export "airssys:component/lifecycle@0.1.0#shutdown")
             (call $say (i32.const 526) (i32.const 8)))
           (func (export "airssys:component/handler@0.1.0#handle-message")
             (param i32 i32) (param $message i32) (param $length i32) (result i32)
             (if (i32.eqz (local.get $length)) (then unreachable))
             (call $say (local.get $message) (local.get $length))
             (call $done))"#
    )
}

fn spawn_speaking(test: &TestSystem, id: &str) -> Result<(), SpawnError> {
    let guest = test.guest(&speaking(""));
    let spec = ComponentSpec::guest(id.parse().unwrap(), &guest).grants(everywhere());
    test.system().spawn(spec)
}

#[test]
fn init_comes_before_the_first_message_and_shutdown_after_the_last() {
    let test = TestSystem::seeded(1);
    let mut probe = test.probe("test/probe");
    spawn_speaking(&test, "test/speaking").unwrap();
    probe.send("test/speaking", b"one").unwrap();
    test.run_until_idle();
    assert!(test.system().stop("test/speaking"));
    let said: Vec<_> = std::iter::from_fn(|| {
        test.run_until_idle();
        Some(String::from_utf8(probe.try_receive()?.message).unwrap())
    })
    .collect();
    assert_eq!(said, ["init", "one", "shutdown"]);
    assert_eq!(status(&test, "test/speaking"), Status::Stopped);
    assert!(!test.system().stop("test/speaking"), "it has ended");
}

#[test]
fn state_is_kept_between_messages_and_lost_in_a_crash() {
    let test = TestSystem::seeded(2);
    let counts = format!(
        "{}{}",
        "(global $n (mut i32) (i32.const 0))",
        r#"(func (export "airssys:component/handler@0.1.0#handle-message")
             (param i32 i32) (param $message i32) (param $length i32) (result i32)
             (if (local.get $length) (then unreachable))
             (global.set $n (i32.add (global.get $n) (i32.const 1)))
             (i32.store (i32.const 16) (global.get $n))
             (call $respond (i32.const 16) (i32.const 4)))"#
    );
    test.spawn_guest("test/counts", &counts);
    let mut probe = test.probe("test/probe");
    for number in 1..=3_u32 {
        let count = probe.request(&test, "test/counts", b"").unwrap();
        assert_eq!(count, number.to_le_bytes());
    }
    assert!(probe.request(&test, "test/counts", b"crash").is_err());
    test.advance(Duration::from_secs(1));
    let count = probe.request(&test, "test/counts", b"").unwrap();
    assert_eq!(count, 1_u32.to_le_bytes());
}

#[test]
fn a_component_that_crashes_too_often_is_given_up_and_its_mail_accounted_for() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let test = TestSystem::with(3, |builder| {
        builder.on_event(move |event| {
            if let Event::Crashed { id, crash, restart } = event {
                seen.lock().unwrap().push((id.to_string(), crash.kind(), restart.is_some()));
            }
        })
    });
    let guest = test.guest(guests::TRAP);
    let intensity = Intensity { max_restarts: 2, within: Duration::from_secs(60) };
    test.spawn(ComponentSpec::guest("test/trap".parse().unwrap(), &guest).intensity(intensity));
    let mut probe = test.probe("test/probe");
    for _ in 0..5 {
        probe.send("test/trap", b"x").unwrap();
    }
    test.run_until_idle();
    assert_eq!(status(&test, "test/trap"), Status::Restarting);
    test.advance(Duration::from_secs(30));
    assert_eq!(status(&test, "test/trap"), Status::GivenUp);
    assert_eq!(probe.send("test/trap", b"x"), Err(SendError::Stopped));
    let counts = test.system().dead_letter_counts();
    assert_eq!((counts.crashed, counts.stopped), (3, 2));
    let crash = |restarts| ("test/trap".to_owned(), CrashKind::Trap, restarts);
    assert_eq!(*events.lock().unwrap(), [crash(true), crash(true), crash(false)]);
}

#[test]
fn a_temporary_component_is_not_started_again() {
    let test = TestSystem::seeded(4);
    let guest = test.guest(guests::TRAP);
    let spec = ComponentSpec::guest("test/trap".parse().unwrap(), &guest);
    test.spawn(spec.restart(Restart::Temporary));
    test.probe("test/probe").send("test/trap", b"").unwrap();
    test.run_until_idle();
    assert_eq!(status(&test, "test/trap"), Status::GivenUp);
}

#[test]
fn an_init_that_fails_is_a_failed_start_and_leaves_nothing() {
    let test = TestSystem::seeded(5);
    let _probe = test.probe("test/probe");
    let refusing = "(i32.store (i32.const 0) (i32.const 1)) (i64.store (i32.const 4) (i64.const 9)) \
                    (i32.store (i32.const 12) (i32.const 0)) (return (i32.const 0))";
    for (init, kind) in [("unreachable", CrashKind::Trap), (refusing, CrashKind::FailedStart)] {
        let guest = test.guest(&speaking(init));
        let spec = ComponentSpec::guest("test/fails".parse().unwrap(), &guest);
        match test.system().spawn(spec.grants(everywhere())) {
            Err(SpawnError::Failed { id, crash }) => {
                assert_eq!((id.as_str(), crash.kind()), ("test/fails", kind));
            }
            other => panic!("{other:?}"),
        }
        assert!(test.system().component("test/fails").is_none());
    }
}

#[test]
fn components_that_start_together_can_send_to_each_other_from_the_first_init_on() {
    let test = TestSystem::seeded(6);
    let guest = test.guest(&speaking(""));
    let early = ComponentSpec::guest("test/early".parse().unwrap(), &guest).grants(everywhere());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let late =
        ComponentSpec::native("test/probe".parse().unwrap(), move || Recorder(Arc::clone(&hears)));
    test.system().spawn_all(vec![early, late]).unwrap();
    test.run_until_idle();
    assert_eq!(*heard.lock().unwrap(), ["test/early init"]);
}

#[test]
fn an_id_is_given_once_and_never_in_the_runtimes_namespace() {
    let test = TestSystem::seeded(7);
    let _probe = test.probe("test/probe");
    spawn_speaking(&test, "test/one").unwrap();
    let again = spawn_speaking(&test, "test/one");
    assert!(matches!(again, Err(SpawnError::DuplicateId(_))), "{again:?}");
    let own = spawn_speaking(&test, "airssys/mine");
    assert!(matches!(own, Err(SpawnError::ReservedId(_))), "{own:?}");
    assert_eq!(status(&test, "test/one"), Status::Running, "the first one is untouched");

    test.system().stop("test/one");
    spawn_speaking(&test, "test/one").unwrap();
    assert_eq!(status(&test, "test/one"), Status::Running);
    test.system().remove("test/one");
    assert!(test.system().component("test/one").is_none());
}

#[test]
fn a_stop_overtakes_the_mail() {
    let test = TestSystem::seeded(8);
    let mut probe = test.probe("test/probe");
    spawn_speaking(&test, "test/one").unwrap();
    for _ in 0..10 {
        probe.send("test/one", b"x").unwrap();
    }
    test.system().stop("test/one");
    assert_eq!(test.system().dead_letter_counts().stopped, 10);
}

/// Writes down what it is sent, and by whom.
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Native for Recorder {
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let text = String::from_utf8_lossy(message);
        assert_ne!(text, "panic");
        self.0.lock().unwrap().push(format!("{sender} {text}"));
        Ok(None)
    }

    fn shutdown(&mut self, context: &mut Context<'_>) {
        self.0.lock().unwrap().push(format!("{} shutdown", context.id()));
    }
}

fn record(test: &TestSystem, id: &str, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = Arc::clone(lines);
    test.spawn(ComponentSpec::native(id.parse().unwrap(), move || Recorder(Arc::clone(&lines))));
}

#[test]
fn a_panic_in_native_code_is_a_crash() {
    let test = TestSystem::seeded(9);
    let lines = Arc::default();
    record(&test, "test/native", &lines);
    let mut probe = test.probe("test/probe");
    for message in [&b"one"[..], b"panic", b"two"] {
        probe.send("test/native", message).unwrap();
    }
    test.run_until_idle();
    assert_eq!(status(&test, "test/native"), Status::Restarting);
    test.advance(Duration::from_secs(1));
    assert_eq!(*lines.lock().unwrap(), ["test/probe one", "test/probe two"]);
    assert_eq!(test.system().dead_letter_counts().crashed, 1);
}

#[test]
fn a_system_ends_in_the_reverse_order_of_its_start_and_drains_first() {
    let lines = Arc::default();
    let output = Shared::default();
    let writes = output.clone();
    let test = TestSystem::with(10, |builder| builder.output(writes));
    record(&test, "test/first", &lines);
    record(&test, "test/second", &lines);
    let mut probe = test.probe("test/probe");
    probe.send("test/first", b"queued").unwrap();
    probe.send("airssys/stdout", b"a line").unwrap();
    drop(probe);
    test.shutdown();
    let ended = ["test/probe queued", "test/second shutdown", "test/first shutdown"];
    assert_eq!(*lines.lock().unwrap(), ended);
    assert_eq!(*output.0.lock().unwrap(), b"a line\n");
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn two_systems_live_side_by_side() {
    let (one, two) = (TestSystem::seeded(11), TestSystem::seeded(11));
    one.spawn_guest("test/echo", guests::ECHO);
    let mut probe = two.probe("test/probe");
    assert_eq!(probe.send("test/echo", b""), Err(SendError::NoSuchComponent));
    two.spawn_guest("test/echo", guests::ECHO);
    assert_eq!(probe.request(&two, "test/echo", b"x").unwrap(), b"x");
}
