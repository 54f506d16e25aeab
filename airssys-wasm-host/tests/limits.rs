//! Time, memory, tables and instances, each within its limit.

mod support;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm_core::CrashKind;
use airssys_wasm_host::{Component, Engine, Limits, MemoryBudget, Surroundings};
use support::{
    ECHO, Recorder, crash, engine, fuel_engine, guest, handler, handler_item, id, info, load,
    try_start,
};

const SPIN: &str = "(loop $spin (br $spin)) unreachable";

fn short() -> Limits {
    let time = Duration::from_millis(5);
    Limits {
        message_timeout: time,
        init_timeout: time,
        shutdown_timeout: time,
        ..Limits::default()
    }
}

fn units(fuel: u64) -> Limits {
    Limits { fuel_per_message: NonZeroU64::new(fuel), ..Limits::default() }
}

fn both_meters() -> [Engine; 2] {
    [engine(), fuel_engine()]
}

#[test]
fn a_spinning_handler_is_cut() {
    for engine in both_meters() {
        let mut guest = try_start(&engine, &handler(SPIN), short()).unwrap();
        let crash = crash(guest.handle_message("a/b", b"", &info()));
        assert_eq!(crash.kind(), CrashKind::TimedOut);
        assert_eq!(
            crash.to_string(),
            "ran over its time limit: in handle-message: it may take 5ms"
        );
    }
}

#[test]
fn a_nudged_guest_makes_room_before_its_slice_is_over() {
    let sends = guest(&format!(
        r#"(import "airssys:component/messaging@0.1.0" "send-message"
             (func $send (param i32 i32 i32 i32 i32)))
           {}"#,
        handler_item(
            "(loop $next
               (call $send (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
               (br $next))
             unreachable"
        )
    ));
    let limits = Limits { message_timeout: Duration::from_secs(5), ..Limits::default() };
    let home = engine();
    for engine in [home.clone(), home.with_fuel().unwrap()] {
        let pre = Component::load(&engine, sends.as_bytes()).unwrap().pre().unwrap();
        let nudges = home.clone();
        let nudger = Recorder {
            // Twice as many as its time has ticks.
            most_slices: Some(10_000),
            at_message: Some(Box::new(move || nudges.nudge())),
            ..Recorder::default()
        };
        let mut guest = pre.instantiate(id("test/guest"), Box::new(nudger), limits).unwrap();
        let crash = crash(guest.handle_message("a/b", b"", &info()));
        assert!(crash.to_string().contains("it had to end at once"), "{crash}");
    }
}

#[test]
fn a_spinning_guest_makes_room_after_each_slice() {
    let limits = Limits { message_timeout: Duration::from_millis(50), ..Limits::default() };
    let mut guest = try_start(&engine(), &handler(SPIN), limits).unwrap();
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(crash.kind(), CrashKind::TimedOut);
    // A slice is a tick, and counts for two at the most.
    let outbox = guest.outbox::<Recorder>().unwrap();
    assert!(outbox.slices >= 24, "{}", outbox.slices);
    assert_eq!(outbox.late, 1, "at the first tick");
}

#[test]
fn a_guest_is_ended_when_it_makes_room() {
    let mut guest = try_start(&engine(), &handler(SPIN), Limits::default()).unwrap();
    guest.outbox_mut::<Recorder>().unwrap().most_slices = Some(3);
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(
        crash.to_string(),
        "ran over its time limit: in handle-message: it had to end at once"
    );
    assert_eq!(guest.outbox::<Recorder>().unwrap().slices, 3);
}

#[test]
fn a_spinning_init_or_shutdown_is_cut() {
    let text = guest(&format!(
        r#"{}
           (func (export "airssys:component/lifecycle@0.1.0#init") (result i32) {SPIN})
           (func (export "airssys:component/lifecycle@0.1.0#shutdown") {SPIN})"#,
        handler_item("(call $no-response)")
    ));
    for engine in both_meters() {
        let mut guest = try_start(&engine, &text, short()).unwrap();
        assert_eq!(crash(guest.init()).kind(), CrashKind::TimedOut);
        let mut guest = try_start(&engine, &text, short()).unwrap();
        assert_eq!(guest.shutdown().unwrap_err().kind(), CrashKind::TimedOut);
    }
}

#[test]
fn a_spinning_start_function_is_cut() {
    let text = guest(&format!(
        "{} (func $start {SPIN}) (start $start)",
        handler_item("(call $no-response)")
    ));
    for engine in both_meters() {
        let crash = try_start(&engine, &text, short()).err().unwrap();
        assert_eq!(crash.kind(), CrashKind::TimedOut);
        assert_eq!(
            crash.to_string(),
            "ran over its time limit: in start: it may take 5ms (at `start`)"
        );
    }
}

/// Each unit of the message's length is a turn of the loop.
const TURNS: &str = "(local $turns i32)
    (local.set $turns (i32.mul (local.get $length) (i32.const 100)))
    (loop $turn
      (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (call $no-response)";

#[test]
fn every_message_has_its_whole_time() {
    let mut guest = try_start(&fuel_engine(), &handler(TURNS), short()).unwrap();
    for _ in 0..20 {
        guest.handle_message("a/b", &[0; 60], &info()).unwrap();
    }
    let crash = crash(guest.handle_message("a/b", &[0; 200], &info()));
    assert_eq!(crash.kind(), CrashKind::TimedOut);
}

#[test]
fn fuel_ends_a_guest_at_the_same_turn_each_time() {
    let survives = |length: usize| {
        let mut guest = try_start(&fuel_engine(), &handler(TURNS), short()).unwrap();
        guest.handle_message("a/b", &vec![0; length], &info()).is_ok()
    };
    let first = (1..200).find(|&length| !survives(length)).unwrap();
    assert!(survives(first - 1));
    assert!(!survives(first));
}

/// One that counts fuel beside the time, and one that counts the time in it.
fn engines_with_fuel() -> [Engine; 2] {
    [engine(), fuel_engine()].map(|engine| engine.with_fuel().expect("there was an engine"))
}

#[test]
fn every_message_has_all_its_fuel_and_no_more() {
    for engine in engines_with_fuel() {
        let mut guest = try_start(&engine, &handler(TURNS), units(50_000)).unwrap();
        for _ in 0..20 {
            guest.handle_message("a/b", &[0; 60], &info()).unwrap();
        }
        let crash = crash(guest.handle_message("a/b", &[0; 200], &info()));
        assert_eq!(crash.kind(), CrashKind::OutOfFuel);
        assert_eq!(crash.to_string(), "ran out of fuel: in handle-message: it may use 50000 units");
    }
}

#[test]
fn init_shutdown_and_start_functions_have_no_more_fuel_than_a_message() {
    let lifecycle = guest(&format!(
        r#"{}
           (func (export "airssys:component/lifecycle@0.1.0#init") (result i32) {SPIN})
           (func (export "airssys:component/lifecycle@0.1.0#shutdown") {SPIN})"#,
        handler_item("(call $no-response)")
    ));
    let start = guest(&format!(
        "{} (func $start {SPIN}) (start $start)",
        handler_item("(call $no-response)")
    ));
    for engine in engines_with_fuel() {
        let mut guest = try_start(&engine, &lifecycle, units(1000)).unwrap();
        assert_eq!(crash(guest.init()).kind(), CrashKind::OutOfFuel);
        let mut guest = try_start(&engine, &lifecycle, units(1000)).unwrap();
        assert_eq!(guest.shutdown().unwrap_err().kind(), CrashKind::OutOfFuel);
        let crash = try_start(&engine, &start, units(1000)).err().unwrap();
        assert_eq!(
            crash.to_string(),
            "ran out of fuel: in start: it may use 1000 units (at `start`)"
        );
    }
}

#[test]
fn who_has_fuel_left_is_cut_at_its_time_and_makes_room_until_then() {
    for engine in engines_with_fuel() {
        let limits = Limits { message_timeout: Duration::from_millis(50), ..units(u64::MAX) };
        let mut guest = try_start(&engine, &handler(SPIN), limits).unwrap();
        let crash = crash(guest.handle_message("a/b", b"", &info()));
        assert_eq!(
            crash.to_string(),
            "ran over its time limit: in handle-message: it may take 50ms"
        );
    }
    let engine = engine().with_fuel().unwrap();
    let mut guest = try_start(&engine, &handler(SPIN), units(u64::MAX)).unwrap();
    guest.outbox_mut::<Recorder>().unwrap().most_slices = Some(3);
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(crash.kind(), CrashKind::TimedOut);
    assert_eq!(guest.outbox::<Recorder>().unwrap().slices, 3);
}

#[test]
fn without_a_limit_there_is_fuel_and_a_limit_needs_an_engine_that_counts() {
    for engine in engines_with_fuel() {
        let mut guest = try_start(&engine, &handler(TURNS), Limits::default()).unwrap();
        assert!(guest.handle_message("a/b", &[0; 60], &info()).is_ok());
    }
    let crash = try_start(&engine(), ECHO, units(1000)).err().unwrap();
    assert_eq!(crash.kind(), CrashKind::FailedStart);
}

#[test]
fn the_engine_with_fuel_outlives_the_one_that_it_was_made_by() {
    let first = engine();
    let with_fuel = first.clone().with_fuel().unwrap();
    drop(first);
    let mut guest = try_start(&with_fuel.clone(), &handler(SPIN), short()).unwrap();
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(crash.kind(), CrashKind::TimedOut, "somebody counts its ticks");
}

#[test]
fn limits_without_end_are_possible() {
    for engine in both_meters() {
        let limits = Limits {
            memory: usize::MAX,
            message_timeout: Duration::MAX,
            init_timeout: Duration::MAX,
            ..Limits::default()
        };
        let mut echo = try_start(&engine, ECHO, limits).unwrap();
        assert!(echo.handle_message("a/b", b"", &info()).is_ok());
    }
}

/// Grows its memory by one page per byte of the message.
const GROW: &str = "(i32.store8 (i32.const 256)
      (i32.ne (memory.grow (local.get $length)) (i32.const -1)))
    (call $respond (i32.const 256) (i32.const 1))";

#[test]
fn memory_over_the_limit_is_a_crash() {
    let limits = Limits { memory: 4 << 16, ..Limits::default() };
    let mut guest = try_start(&engine(), &handler(GROW), limits).unwrap();
    assert_eq!(guest.handle_message("a/b", &[0; 3], &info()).unwrap(), Some(vec![1]));
    let crash = crash(guest.handle_message("a/b", &[0; 1], &info()));
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);
    assert_eq!(
        crash.to_string(),
        "went over a resource limit: in handle-message: it wanted 327680 bytes of memory, and its \
         limit is 262144"
    );
}

#[test]
fn a_maximum_of_the_guests_own_is_no_crash() {
    let text = handler(GROW)
        .replace(r#"(memory (export "memory") 1)"#, r#"(memory (export "memory") 1 2)"#);
    let mut guest = try_start(&engine(), &text, Limits::default()).unwrap();
    assert_eq!(guest.handle_message("a/b", &[0; 2], &info()).unwrap(), Some(vec![0]));
    assert_eq!(guest.handle_message("a/b", &[0; 1], &info()).unwrap(), Some(vec![1]));
}

#[test]
fn all_instances_share_one_budget_of_memory() {
    let budget = Arc::new(MemoryBudget::new(4 << 16));
    let pre = load(&handler(GROW)).unwrap().pre().unwrap();
    let start = || {
        let memory = Some(Arc::clone(&budget));
        let surroundings = Surroundings { memory, ..Surroundings::default() };
        pre.instantiate_in(
            surroundings,
            id("a/b"),
            Box::new(Recorder::default()),
            Limits::default(),
        )
    };
    let (mut one, mut two) = (start().unwrap(), start().unwrap());
    assert_eq!(one.handle_message("a/b", &[0; 2], &info()).unwrap(), Some(vec![1]));
    assert_eq!(budget.used(), budget.limit());

    let crash = crash(two.handle_message("a/b", &[0; 1], &info()));
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);
    assert_eq!(
        crash.to_string(),
        "went over a resource limit: in handle-message: it wanted more memory, all instances would \
         have 327680 bytes together, and their limit is 262144"
    );
    let crash = start().err().unwrap();
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);

    drop(one);
    assert_eq!(budget.used(), 1 << 16);
    let _three = start().unwrap();
    drop(two);
    assert_eq!(budget.used(), 1 << 16);
}

#[test]
fn memory_over_the_limit_from_the_start_is_no_instance() {
    let limits = Limits { memory: 65_535, ..Limits::default() };
    let crash = try_start(&engine(), ECHO, limits).err().unwrap();
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);
    assert!(crash.to_string().ends_with("its limit is 65535"), "{crash}");
}

#[test]
fn table_elements_over_the_limit_are_a_crash() {
    let text = guest(&format!(
        "(table $table 0 funcref) {}",
        handler_item(
            "(drop (table.grow $table (ref.null func) (local.get $length))) (call $no-response)"
        )
    ));
    let limits = Limits { table_elements: 10, ..Limits::default() };
    let mut guest = try_start(&engine(), &text, limits).unwrap();
    guest.handle_message("a/b", &[0; 10], &info()).unwrap();
    let crash = crash(guest.handle_message("a/b", &[0; 1], &info()));
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);
    assert!(crash.to_string().contains("11 table elements"), "{crash}");
}

#[test]
fn instances_over_the_limit_are_no_instance() {
    let limits = Limits { instances: 0, ..Limits::default() };
    let crash = try_start(&engine(), ECHO, limits).err().unwrap();
    assert_eq!(crash.kind(), CrashKind::ResourceLimit);
    assert!(!crash.to_string().contains('\n'), "{crash}");
}
