//! Guests that wait in WASI: none holds a thread, and none waits longer than it may.
#![allow(clippy::unwrap_used)]

mod support;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use airssys_wasm_core::{CrashKind, Failure};
use airssys_wasm_host::{Engine, Instance, Limits, WasiGrants};
use support::wasi::{Task, VirtualTime, in_time, link, message_timeout, wasi_handler};
use support::{ECHO, Recorder, crash, engine, fuel_engine, id, info};

const SECOND: Duration = Duration::from_secs(1);

const IMPORTS: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration"
      (func $in (param i64) (result i32)))
    (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
    (import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func $forget (param i32)))"#;

/// Sleeps for as many nanoseconds as each eight bytes of the message say.
const SLEEPS: &str = "
    (local $pollable i32)
    (loop $next
      (if (i32.ge_u (local.get $length) (i32.const 8)) (then
        (local.set $pollable (call $in (i64.load (local.get $message))))
        (call $block (local.get $pollable))
        (call $forget (local.get $pollable))
        (local.set $message (i32.add (local.get $message) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 8)))
        (br $next))))
    (call $no-response)";

const SPINS: &str = "(loop $spin (br $spin)) unreachable";

fn message(sleeps: &[u64]) -> Vec<u8> {
    sleeps.iter().flat_map(|seconds| (seconds * 1_000_000_000).to_le_bytes()).collect()
}

fn start(engine: &Engine, time: &Arc<VirtualTime>, body: &str, limit: Duration) -> Instance {
    let pre = link(engine, &wasi_handler(IMPORTS, body), WasiGrants::default()).unwrap();
    assert!(pre.can_wait());
    let limits = message_timeout(limit);
    pre.instantiate_in(in_time(time), id("test/guest"), Box::new(Recorder::default()), limits)
        .unwrap()
}

fn sleeper(time: &Arc<VirtualTime>, limit: Duration) -> Instance {
    start(&engine(), time, SLEEPS, limit)
}

#[test]
fn a_guest_that_sleeps_is_woken_when_its_time_comes() {
    let time = Arc::new(VirtualTime::default());
    for engine in [engine(), fuel_engine()] {
        let mut guest = start(&engine, &time, SLEEPS, 20 * SECOND);
        let message = message(&[10]);
        let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
        assert!(call.run().is_none());
        time.advance(10 * SECOND - Duration::from_nanos(1));
        assert!(!call.is_woken());
        time.advance(Duration::from_nanos(1));
        assert!(call.is_woken());
        assert_eq!(call.run().unwrap().unwrap(), None);
    }
}

#[test]
fn the_next_call_waits_again() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 5 * SECOND);
    for _ in 0..3 {
        let message = message(&[4]);
        let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
        assert!(call.run().is_none());
        time.advance(4 * SECOND);
        assert!(call.run().unwrap().is_ok());
    }
}

#[test]
fn a_guest_that_sleeps_over_its_limit_is_cut_there() {
    let time = Arc::new(VirtualTime::default());
    for (engine, sleeps) in [(engine(), &[10_u64][..]), (fuel_engine(), &[10]), (engine(), &[3, 3])]
    {
        let mut guest = start(&engine, &time, SLEEPS, 5 * SECOND);
        let message = message(sleeps);
        let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
        assert!(call.run().is_none());
        for _ in 0..4 {
            time.advance(SECOND);
            assert!(call.run().is_none());
        }
        // What it computed counts, too: its time may be up a little earlier than the clock's.
        time.advance(SECOND);
        assert!(call.is_woken());
        let crash = crash(call.run().unwrap());
        assert_eq!(crash.kind(), CrashKind::TimedOut);
        assert_eq!(crash.to_string(), "ran over its time limit: in handle-message: it may take 5s");
        drop(call);
        let again = crash_of_next(&mut guest);
        assert_eq!(again, CrashKind::TimedOut);
    }
}

fn crash_of_next(guest: &mut Instance) -> CrashKind {
    crash(guest.handle_message("a/b", b"", &info())).kind()
}

#[test]
fn a_guest_is_not_charged_for_being_kept_waiting() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 5 * SECOND);
    let message = message(&[2, 2]);
    let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
    assert!(call.run().is_none());
    time.advance(2 * SECOND);
    assert!(call.is_woken());
    time.advance(20 * SECOND);
    assert!(call.run().is_none());
    time.advance(2 * SECOND);
    time.advance(20 * SECOND);
    assert!(call.run().unwrap().is_ok());
}

#[test]
fn a_guest_is_not_charged_for_an_alarm_that_goes_off_late() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 5 * SECOND);
    let message = message(&[2, 2]);
    let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
    assert!(call.run().is_none());
    time.advance(20 * SECOND);
    assert!(call.run().is_none());
    time.advance(20 * SECOND);
    assert!(call.run().unwrap().is_ok());
}

#[test]
fn what_came_in_time_is_not_cut_for_being_polled_late() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 5 * SECOND);
    let message = message(&[4]);
    let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
    assert!(call.run().is_none());
    // Both times are over when its alarm goes off.
    time.advance(6 * SECOND);
    assert!(call.run().unwrap().is_ok());
}

#[test]
fn many_waits_do_not_pile_up_alarms() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 1000 * SECOND);
    let message = message(&[1; 100]);
    let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
    let done = loop {
        match call.run() {
            Some(done) => break done,
            None => time.advance(SECOND),
        }
        assert!(time.alarms() <= 2);
    };
    assert!(done.is_ok());
}

#[test]
fn two_instances_wait_at_the_same_time_on_one_thread() {
    let time = Arc::new(VirtualTime::default());
    let pre = link(&engine(), &wasi_handler(IMPORTS, SLEEPS), WasiGrants::default()).unwrap();
    let start = |name| {
        let limits = message_timeout(20 * SECOND);
        pre.instantiate_in(in_time(&time), id(name), Box::new(Recorder::default()), limits).unwrap()
    };
    let (mut long, mut short) = (start("test/long"), start("test/short"));
    let (ten, five) = (message(&[10]), message(&[5]));
    let mut long = Task::new(long.handle_message_async("a/b", &ten, info()));
    let mut short = Task::new(short.handle_message_async("a/b", &five, info()));
    assert!(long.run().is_none() && short.run().is_none());
    time.advance(5 * SECOND);
    assert!(short.run().unwrap().is_ok());
    assert!(!long.is_woken());
    time.advance(5 * SECOND);
    assert!(long.run().unwrap().is_ok());
}

#[test]
fn a_spinning_guest_makes_room_and_is_cut() {
    let time = Arc::new(VirtualTime::default());
    for engine in [engine(), fuel_engine()] {
        let mut guest = start(&engine, &time, SPINS, Duration::from_millis(20));
        let mut call = Task::new(guest.handle_message_async("a/b", b"", info()));
        let mut turns = 0;
        let done = loop {
            turns += 1;
            if let Some(done) = call.poll() {
                break done;
            }
            assert!(call.is_woken());
        };
        assert_eq!(crash(done).kind(), CrashKind::TimedOut);
        assert!(turns > 1);
    }
}

#[test]
fn a_call_that_is_given_up_ends_the_instance() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 5 * SECOND);
    let message = message(&[1]);
    let mut call = Task::new(guest.handle_message_async("a/b", &message, info()));
    assert!(call.run().is_none());
    drop(call);
    assert_eq!(crash_of_next(&mut guest), CrashKind::Abandoned);
    time.advance(SECOND);
    drop(guest);
}

#[test]
fn a_call_that_never_began_is_none() {
    let mut guest = sleeper(&Arc::default(), SECOND);
    drop(guest.handle_message_async("a/b", b"", info()));
    assert!(guest.handle_message("a/b", b"", &info()).is_ok());
}

#[test]
fn who_has_a_thread_to_spare_may_wait_on_it() {
    let time = Arc::new(VirtualTime::default());
    let mut guest = sleeper(&time, 20 * SECOND);
    let caller = thread::spawn(move || guest.handle_message("a/b", &message(&[10]), &info()));
    while time.alarms() == 0 {
        thread::yield_now();
    }
    time.advance(10 * SECOND);
    assert!(caller.join().unwrap().is_ok());
}

#[test]
fn a_call_within_tokio_does_not_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let time = Arc::new(VirtualTime::default());
    runtime.block_on(async {
        let mut guest = sleeper(&time, SECOND);
        assert!(guest.handle_message("a/b", &message(&[0]), &info()).is_ok());
        assert!(guest.handle_message_async("a/b", &message(&[0]), info()).await.is_ok());
    });
}

#[test]
fn the_machines_time_wakes_by_default() {
    let pre = link(&engine(), &wasi_handler(IMPORTS, SLEEPS), WasiGrants::default()).unwrap();
    let limits = message_timeout(5 * SECOND);
    let mut guest =
        pre.instantiate(id("test/guest"), Box::new(Recorder::default()), limits).unwrap();
    let a_millisecond = 1_000_000_u64.to_le_bytes();
    assert!(guest.handle_message("a/b", &a_millisecond, &info()).is_ok());
}

#[test]
fn who_imports_nothing_that_waits_is_called_at_once() {
    let pre = link(&engine(), ECHO.as_bytes(), WasiGrants::default()).unwrap();
    assert!(!pre.can_wait());
    let mut echo = pre
        .instantiate(id("test/echo"), Box::new(Recorder::default()), Default::default())
        .unwrap();
    let mut call = Task::new(echo.handle_message_async("a/b", b"x", info()));
    assert_eq!(call.poll().unwrap().unwrap(), Some(b"x".to_vec()));

    let reads_the_clock = wasi_handler(
        r#"(import "wasi:clocks/monotonic-clock@0.2.12" "now" (func $now (result i64)))"#,
        "(i64.store (i32.const 256) (call $now)) (call $respond (i32.const 256) (i32.const 8))",
    );
    let pre = link(&engine(), &reads_the_clock, WasiGrants::default()).unwrap();
    assert!(!pre.can_wait());
    let time = Arc::new(VirtualTime::default());
    time.advance(7 * SECOND);
    let mut guest = pre
        .instantiate_in(
            in_time(&time),
            id("a/b"),
            Box::new(Recorder::default()),
            Default::default(),
        )
        .unwrap();
    let now = guest.handle_message("a/b", b"", &info()).unwrap().unwrap();
    assert_eq!(now, 7_000_000_000_u64.to_le_bytes());
}

#[test]
fn a_guest_that_waits_in_its_start_function_is_cut() {
    let core = support::guest(&format!(
        "{IMPORTS} {} (func $start (call $block (call $in (i64.const 100_000_000_000))))
         (start $start)",
        support::handler_item("(call $no-response)")
    ));
    let time = Arc::new(VirtualTime::default());
    let pre = link(&engine(), &support::wasi::component(&core), WasiGrants::default()).unwrap();
    let (id, outbox) = (id("a/b"), Box::new(Recorder::default()));
    let start = pre.instantiate_async(in_time(&time), id, outbox, Default::default());
    let mut start = Task::new(start);
    assert!(start.run().is_none());
    time.advance(5 * SECOND);
    let crash = start.run().unwrap().err().unwrap();
    assert_eq!(crash.kind(), CrashKind::TimedOut);
}

#[test]
fn a_refusal_after_a_wait_is_no_crash() {
    let time = Arc::new(VirtualTime::default());
    let refuses = "(call $block (call $in (i64.const 1)))
        (call $refuse (i32.const 4) (i32.const 0) (i32.const 0))";
    let mut guest = start(&engine(), &time, refuses, SECOND);
    for _ in 0..2 {
        let mut call = Task::new(guest.handle_message_async("a/b", b"", info()));
        assert!(call.run().is_none());
        time.advance(SECOND / 2);
        assert!(matches!(call.run().unwrap(), Err(Failure::Refused(_))));
    }
}

#[test]
fn who_waits_uses_no_fuel_and_who_computes_beside_it_does() {
    let time = Arc::new(VirtualTime::default());
    for engine in [engine(), fuel_engine()].map(|engine| engine.with_fuel().unwrap()) {
        let pre = link(&engine, &wasi_handler(IMPORTS, SLEEPS), WasiGrants::default()).unwrap();
        let fuel_per_message = NonZeroU64::new(10_000);
        let limits = Limits { fuel_per_message, ..message_timeout(20 * SECOND) };
        let mut guest = pre
            .instantiate_in(in_time(&time), id("test/guest"), Box::new(Recorder::default()), limits)
            .unwrap();
        let (sleep, naps) = (message(&[10]), message(&[0; 1000]));
        for _ in 0..3 {
            let mut call = Task::new(guest.handle_message_async("a/b", &sleep, info()));
            assert!(call.run().is_none());
            time.advance(10 * SECOND);
            assert!(call.run().unwrap().is_ok());
        }
        let mut call = Task::new(guest.handle_message_async("a/b", &naps, info()));
        assert_eq!(crash(call.run().unwrap()).kind(), CrashKind::OutOfFuel);
    }
}
