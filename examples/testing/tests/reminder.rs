//! The reminder, in systems of the tests' own.

use std::time::Duration;

use airssys_wasm_testkit::airssys_wasm::{Grants, RequestError, SendError};
use airssys_wasm_testkit::{FaultInjector, Probe, TestSystem, each_seed, patterns};
use reminder::REMINDER;

const MINUTE: Duration = Duration::from_secs(60);

/// A system with the reminder in it, and the bell that it rings.
fn system(seed: u64) -> (TestSystem, Probe) {
    let test = TestSystem::seeded(seed);
    test.spawn(test.component("demo/reminder", REMINDER));
    let bell = test.probe("demo/bell");
    (test, bell)
}

#[test]
fn it_answers_how_many_it_has_taken() {
    let (test, mut bell) = system(1);
    for taken in 1..=3_u32 {
        bell.expect_answer(&test, "demo/reminder", b"tea", &taken.to_le_bytes());
    }
}

#[test]
fn it_rings_after_a_minute_and_not_before() {
    let (test, mut bell) = system(1);
    bell.send("demo/reminder", b"tea").unwrap();
    test.advance(MINUTE - Duration::from_nanos(1));
    bell.expect_nothing(&test);
    test.advance(Duration::from_nanos(1));
    bell.expect(&test, "demo/reminder", b"tea");
}

#[test]
fn it_refuses_what_it_may_not_send_on() {
    let test = TestSystem::seeded(1);
    let elsewhere = Grants { send: patterns(&["other/*"]), ..Grants::default() };
    test.spawn(test.component("demo/reminder", REMINDER).grants(elsewhere));
    let mut bell = test.probe("demo/bell");
    let answer = bell.request(&test, "demo/reminder", b"tea");
    let Err(RequestError::Refused(error)) = answer else { panic!("{answer:?}") };
    assert_eq!((error.code, error.message.as_str()), (1, "no timer"));
}

#[test]
fn a_crash_costs_the_reminders_that_it_has_taken() {
    let test = TestSystem::seeded(1);
    let faults = FaultInjector::new();
    test.spawn(test.component("demo/reminder", REMINDER).faults(faults.clone()));
    let mut bell = test.probe("demo/bell");
    bell.send("demo/reminder", b"tea").unwrap();
    faults.trap_at(2);
    bell.send("demo/reminder", b"cake").unwrap();
    test.expect_crash("demo/reminder");
    assert_eq!(test.expect_dead_letter("demo/reminder").payload, &b"cake"[..]);
    test.expect_restart("demo/reminder");
    bell.send("demo/reminder", b"bread").unwrap();
    test.advance(MINUTE);
    bell.expect(&test, "demo/reminder", b"bread");
    bell.expect_nothing(&test);
}

#[test]
fn who_sends_to_a_full_mailbox_is_told() {
    let (test, mut bell) = system(1);
    let filled = test.fill_mailbox("demo/reminder", b"tea");
    assert_eq!(bell.send("demo/reminder", b"cake"), Err(SendError::MailboxFull));
    test.advance(MINUTE);
    for _ in 0..filled {
        bell.expect(&test, "demo/reminder", b"tea");
    }
}

#[test]
fn reminders_ring_in_the_order_in_which_they_came() {
    each_seed(100, |seed| {
        let (test, mut bell) = system(seed);
        let mut client = test.probe("demo/client");
        for number in 0..20_u8 {
            client.send("demo/reminder", &[number]).unwrap();
            test.step();
        }
        test.advance(MINUTE);
        for number in 0..20_u8 {
            bell.expect(&test, "demo/reminder", &[number]);
        }
        test.expect_nothing_lost();
    });
}
