//! Where the root differs from OTP: under a one-for-one root each direct child is on its own.

mod driver;

use std::time::Duration;

use airssys_wasm_supervisor::{Backoff, Intensity};
use driver::Driver;

#[track_caller]
fn check(tree: &str, steps: &str, expected: &str) {
    let mut driver = Driver::new(tree);
    driver.run("start");
    assert_eq!(driver.run(steps), expected, "{tree}: {steps}");
}

#[test]
fn a_component_given_up_takes_nobody_along() {
    check("one/1 a b", "crash a, crash a", "+a a!");
    check("one/1 a b", "crash a, crash a, crash b", "+a a! +b");
    check("one/1 a b", "crash a, crash b, crash b, crash a", "+a +b b! a!");
}

#[test]
fn a_group_given_up_takes_along_what_is_in_it() {
    check("one/1 g=all/0( a b ) z", "crash a, crash b", "-b +a +b -a g! a! b!");
    check("one/0 f=one/0( g=one/0( a ) b ) z", "crash a", "-b f! g! a! b!");
}

#[test]
fn a_child_whose_first_start_fails_leaves_the_others_be() {
    assert_eq!(Driver::new("one/1 a b c").run("break b, start"), "+a *b b! +c");
    let mut driver = Driver::new("one/1 g=all/9( a b ) c");
    assert_eq!(driver.run("break b, start"), "+a *b -a g! a! b! +c");
}

#[test]
fn what_was_given_up_begins_anew_when_the_operator_starts_it() {
    check("one/1 a b", "crash a, crash a, start a, crash a, crash a", "+a a! +a +a a!");
    check("one/1 a", "crash a, stop, start, crash a, crash a", "+a -a root. a. +a +a a!");
    let steps = "crash a, start g, wait 1, crash x";
    check("one/0 g=one/0( x a )", steps, "-x g! x! a! +x +a -a g! x! a!");
}

#[test]
fn other_roots_count_together_and_end_together() {
    check("all/1 a b", "crash a, crash b", "-b +a +b -a root! a! b!");
    check("rest/1 a b", "crash b, crash a", "+b -b root! a! b!");
}

#[test]
fn a_direct_child_can_have_limits_of_its_own() {
    let mut driver = Driver::new("one/0 a g=one/0( x )");
    let intensity = Intensity { max_restarts: 2, within: Duration::from_secs(5) };
    let backoff = Backoff { initial: Duration::ZERO, max: Duration::ZERO };
    assert!(driver.tree.limit(&"a".to_owned(), intensity, backoff));
    assert!(driver.tree.limit(&"g".to_owned(), intensity, backoff));
    assert!(!driver.tree.limit(&"x".to_owned(), intensity, backoff));
    assert!(!driver.tree.limit(&"root".to_owned(), intensity, backoff));
    driver.run("start");
    assert_eq!(driver.run("crash a, crash a, crash a"), "+a +a a!");
    assert_eq!(driver.run("crash x, crash x, crash x"), "+x +x g! x!");
}
