//! One report at a time: what is asked for when, and what late and doubled reports do not change.

use std::time::Duration;

use airssys_wasm_supervisor::{
    Action, AddError, Event, ExitReason, GiveUp, Intensity, Policy, Restart, Run, StartError,
    State, Strategy, Tree,
};

const CRASHED: ExitReason = ExitReason::Crashed;
const NOW: Duration = Duration::from_secs(1000);

type Actions = Vec<Action<&'static str>>;

fn policy(strategy: Strategy) -> Policy {
    Policy { strategy, ..Policy::default() }
}

fn tree(strategy: Strategy, children: &[&'static str]) -> Tree<&'static str> {
    let mut tree = Tree::new("root", policy(strategy));
    for child in children {
        tree.add_child(&"root", child, Restart::Permanent).expect("it is new");
    }
    tree
}

/// A tree that is up, and the runs of its children.
fn up<const N: usize>(
    strategy: Strategy,
    children: [&'static str; N],
) -> (Tree<&'static str>, [Run; N]) {
    let mut tree = tree(strategy, &children);
    let mut actions = tree.start(&"root", NOW).expect("it is new");
    let runs = children.map(|child| {
        let run = started(&actions, child, 0);
        actions = tree.report(Event::Started(run), NOW, 0);
        run
    });
    assert_eq!(actions, []);
    (tree, runs)
}

/// The run of the only action: a start of `child` after so many milliseconds.
#[track_caller]
fn started(actions: &Actions, child: &str, after: u64) -> Run {
    match actions[..] {
        [Action::Start { child: found, run, after: wait }] if found == child => {
            assert_eq!(wait, Duration::from_millis(after));
            run
        }
        _ => panic!("{child} is not all that is started: {actions:?}"),
    }
}

fn at(millis: u64) -> Duration {
    NOW + Duration::from_millis(millis)
}

#[test]
fn a_child_starts_when_the_one_before_it_has() {
    let mut tree = tree(Strategy::OneForOne, &["a", "b"]);
    let a = started(&tree.start(&"root", NOW).expect("it is new"), "a", 0);
    assert_eq!(tree.state(&"a"), Some(State::Starting));
    assert_eq!(tree.state(&"b"), Some(State::Waiting));
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    assert_eq!(tree.state(&"root"), Some(State::Starting));
    assert_eq!(tree.report(Event::Started(b), NOW, 0), []);
    assert_eq!(tree.state(&"root"), Some(State::Up));
}

#[test]
fn a_child_waits_for_the_one_before_it_whatever_others_do() {
    let mut tree = tree(Strategy::OneForOne, &["a", "b", "c"]);
    let a = started(&tree.start(&"root", NOW).expect("it is new"), "a", 0);
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    tree.stop(&"a", NOW);
    assert_eq!(tree.report(Event::Stopped(a), NOW, 0), [Action::Ended { child: "a" }]);
    started(&tree.report(Event::Started(b), NOW, 0), "c", 0);
}

#[test]
fn a_group_that_gives_up_before_it_is_up_has_failed_to_start() {
    let mut tree = Tree::new("root", policy(Strategy::OneForAll));
    let none = Intensity { max_restarts: 0, within: Duration::from_secs(1) };
    let strict = Policy { intensity: none, ..Policy::default() };
    tree.add_group(&"root", "g", Restart::Permanent, strict).expect("it is new");
    tree.add_child(&"g", "a", Restart::Permanent).expect("it is new");
    tree.add_child(&"g", "b", Restart::Permanent).expect("it is new");
    let a = started(&tree.start(&"root", NOW).expect("it is new"), "a", 0);
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    let actions = tree.report(Event::Exited(a, CRASHED), NOW, 0);
    assert_eq!(actions, [Action::Stop { child: "b", run: b }]);
    let actions = tree.report(Event::Stopped(b), NOW, 0);
    assert_eq!(actions[0], Action::GaveUp { child: "root", why: GiveUp::FailedStart });
}

#[test]
fn a_group_taken_down_while_it_gives_up_does_not_exit_too() {
    let mut tree = Tree::new("root", policy(Strategy::RestForOne));
    let none = Intensity { max_restarts: 0, within: Duration::from_secs(1) };
    let strict = Policy { intensity: none, ..Policy::default() };
    tree.add_child(&"root", "z", Restart::Permanent).expect("it is new");
    tree.add_group(&"root", "g", Restart::Permanent, strict).expect("it is new");
    tree.add_child(&"g", "a", Restart::Permanent).expect("it is new");
    tree.add_child(&"g", "b", Restart::Permanent).expect("it is new");
    let z = started(&tree.start(&"root", NOW).expect("it is new"), "z", 0);
    let a = started(&tree.report(Event::Started(z), NOW, 0), "a", 0);
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    tree.report(Event::Started(b), NOW, 0);
    tree.report(Event::Exited(a, CRASHED), NOW, 0);
    assert_eq!(tree.report(Event::Exited(z, CRASHED), NOW, 0), []);
    let z = started(&tree.report(Event::Stopped(b), NOW, 0), "z", 100);
    started(&tree.report(Event::Started(z), NOW, 0), "a", 0);
}

#[test]
fn a_child_stops_when_the_one_after_it_has() {
    let (mut tree, [a, b, c]) = up(Strategy::OneForAll, ["a", "b", "c"]);
    let actions = tree.report(Event::Exited(b, CRASHED), NOW, 0);
    assert_eq!(actions, [Action::Stop { child: "c", run: c }]);
    let actions = tree.report(Event::Stopped(c), NOW, 0);
    assert_eq!(actions, [Action::Stop { child: "a", run: a }]);
    started(&tree.report(Event::Stopped(a), NOW, 0), "a", 100);
}

#[test]
fn a_back_off_is_counted_from_the_exit_and_passes_once() {
    let (mut tree, [a, b]) = up(Strategy::OneForAll, ["a", "b"]);
    tree.report(Event::Exited(a, CRASHED), at(0), 0);
    let a = started(&tree.report(Event::Stopped(b), at(30), 0), "a", 70);
    let b = started(&tree.report(Event::Started(a), at(30), 0), "b", 0);
    tree.report(Event::Started(b), at(30), 0);

    tree.report(Event::Exited(b, CRASHED), at(1000), 0);
    let a = started(&tree.report(Event::Stopped(a), at(1000), 0), "a", 200);
    started(&tree.report(Event::StartFailed(a), at(1200), u64::MAX), "a", 360);
}

#[test]
fn a_group_that_starts_again_waits_before_its_first_component() {
    let mut tree = Tree::new("root", policy(Strategy::OneForAll));
    let none = Policy {
        intensity: Intensity { max_restarts: 0, within: Duration::from_secs(1) },
        ..Policy::default()
    };
    tree.add_group(&"root", "empty", Restart::Permanent, Policy::default()).expect("it is new");
    tree.add_group(&"root", "g", Restart::Permanent, none).expect("it is new");
    tree.add_child(&"g", "a", Restart::Permanent).expect("it is new");
    tree.add_child(&"g", "b", Restart::Permanent).expect("it is new");
    let a = started(&tree.start(&"root", NOW).expect("it is new"), "a", 0);
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    tree.report(Event::Started(b), NOW, 0);
    let actions = tree.report(Event::Exited(a, CRASHED), NOW, 0);
    assert_eq!(actions, [Action::Stop { child: "b", run: b }]);
    let a = started(&tree.report(Event::Stopped(b), NOW, 0), "a", 100);
    started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
}

#[test]
fn a_crash_while_being_stopped_is_the_stop() {
    let (mut tree, [a, b]) = up(Strategy::OneForAll, ["a", "b"]);
    tree.report(Event::Exited(a, CRASHED), NOW, 0);
    // It does not count: the delay is that of the first restart.
    let a = started(&tree.report(Event::Exited(b, CRASHED), NOW, 0), "a", 100);
    assert_eq!(tree.report(Event::Stopped(b), NOW, 0), []);
    started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
}

#[test]
fn a_crash_before_the_stop_reached_it_is_the_stop() {
    let (mut tree, [a, b, c]) = up(Strategy::OneForAll, ["a", "b", "c"]);
    tree.report(Event::Exited(b, CRASHED), NOW, 0);
    assert_eq!(tree.report(Event::Exited(a, CRASHED), NOW, 0), []);
    started(&tree.report(Event::Stopped(c), NOW, 0), "a", 100);
}

#[test]
fn a_crash_before_the_rest_has_it_reach_further() {
    let (mut tree, [a, b, c]) = up(Strategy::RestForOne, ["a", "b", "c"]);
    tree.report(Event::Exited(b, CRASHED), NOW, 0);
    assert_eq!(tree.report(Event::Exited(a, CRASHED), NOW, 0), []);
    let a = started(&tree.report(Event::Stopped(c), NOW, 0), "a", 200);
    let b = started(&tree.report(Event::Started(a), at(200), 0), "b", 0);
    started(&tree.report(Event::Started(b), at(200), 0), "c", 0);
}

#[test]
fn a_crash_while_others_start_again_begins_the_restart_anew() {
    let (mut tree, [a, b]) = up(Strategy::OneForAll, ["a", "b"]);
    tree.report(Event::Exited(a, CRASHED), NOW, 0);
    let a = started(&tree.report(Event::Stopped(b), NOW, 0), "a", 100);
    let b = started(&tree.report(Event::Started(a), at(100), 0), "b", 0);
    let actions = tree.report(Event::Exited(a, CRASHED), at(100), 0);
    assert_eq!(actions, [Action::Stop { child: "b", run: b }]);
    // It had started before it heard of the stop.
    assert_eq!(tree.report(Event::Started(b), at(100), 0), []);
    started(&tree.report(Event::Stopped(b), at(100), 0), "a", 200);
}

#[test]
fn reports_of_an_earlier_run_change_nothing() {
    let (mut tree, [a]) = up(Strategy::OneForOne, ["a"]);
    let again = started(&tree.report(Event::Exited(a, CRASHED), NOW, 0), "a", 100);
    let before = tree.clone();
    for late in [
        Event::Started(a),
        Event::StartFailed(a),
        Event::Exited(a, CRASHED),
        Event::Exited(a, ExitReason::Normal),
        Event::Stopped(a),
    ] {
        assert_eq!(tree.report(late, NOW, 0), [], "{late:?}");
    }
    assert_eq!(format!("{before:?}"), format!("{tree:?}"));
    assert_eq!(tree.report(Event::Started(again), NOW, 0), []);
    assert_eq!(tree.report(Event::Started(again), NOW, 0), []);
    assert_eq!(tree.state(&"a"), Some(State::Up));
}

#[test]
fn a_stop_that_nobody_asked_for_is_a_normal_exit() {
    let (mut tree, [a]) = up(Strategy::OneForOne, ["a"]);
    started(&tree.report(Event::Stopped(a), NOW, 0), "a", 100);
}

#[test]
fn what_waits_for_its_time_can_be_stopped_and_given_a_fresh_start() {
    let (mut tree, [a]) = up(Strategy::OneForOne, ["a"]);
    let a = started(&tree.report(Event::Exited(a, CRASHED), NOW, 0), "a", 100);
    assert_eq!(tree.stop(&"a", NOW), [Action::Stop { child: "a", run: a }]);
    assert_eq!(tree.stop(&"a", NOW), []);
    assert_eq!(tree.report(Event::Stopped(a), NOW, 0), [Action::Ended { child: "a" }]);
    assert_eq!(tree.state(&"a"), Some(State::Ended));
    let a = started(&tree.start(&"a", NOW).expect("it has ended"), "a", 0);
    tree.report(Event::Started(a), NOW, 0);
    started(&tree.report(Event::Exited(a, CRASHED), NOW, 0), "a", 100);
}

#[test]
fn a_stop_in_the_middle_of_a_restart_lets_it_go_on_without_that_one() {
    let (mut tree, [a, b, c]) = up(Strategy::OneForAll, ["a", "b", "c"]);
    tree.report(Event::Exited(a, CRASHED), NOW, 0);
    assert_eq!(tree.stop(&"c", NOW), []);
    assert_eq!(tree.stop(&"a", NOW), [Action::Ended { child: "a" }]);
    let actions = tree.report(Event::Stopped(c), NOW, 0);
    assert_eq!(actions, [Action::Ended { child: "c" }, Action::Stop { child: "b", run: b }]);
    let b = started(&tree.report(Event::Stopped(b), NOW, 0), "b", 100);
    assert_eq!(tree.report(Event::Started(b), NOW, 0), []);
    assert_eq!(tree.state(&"a"), Some(State::Ended));
}

#[test]
fn one_that_is_started_while_its_group_restarts_waits_for_its_turn() {
    let (mut tree, [a, b]) = up(Strategy::OneForAll, ["a", "b"]);
    tree.report(Event::Exited(a, CRASHED), NOW, 0);
    tree.add_child(&"root", "c", Restart::Temporary).expect("it is new");
    assert_eq!(tree.start(&"c", NOW), Ok(vec![]));
    let a = started(&tree.report(Event::Stopped(b), NOW, 0), "a", 100);
    let b = started(&tree.report(Event::Started(a), NOW, 0), "b", 0);
    started(&tree.report(Event::Started(b), NOW, 0), "c", 0);
}

#[test]
fn a_temporary_child_of_a_group_that_is_up_leaves_the_tree_at_its_end() {
    let (mut tree, [_]) = up(Strategy::OneForOne, ["a"]);
    tree.add_child(&"root", "t", Restart::Temporary).expect("it is new");
    let t = started(&tree.start(&"t", NOW).expect("it is new"), "t", 0);
    tree.report(Event::Started(t), NOW, 0);
    assert_eq!(tree.report(Event::Exited(t, CRASHED), NOW, 0), [Action::Ended { child: "t" }]);
    assert_eq!(tree.state(&"t"), None);
    assert_eq!(tree.children(&"root").collect::<Vec<_>>(), [&"a"]);
}

#[test]
fn what_was_removed_is_gone_when_it_has_stopped() {
    let (mut tree, [a, _]) = up(Strategy::RestForOne, ["a", "b"]);
    assert_eq!(tree.remove(&"a", NOW), [Action::Stop { child: "a", run: a }]);
    assert_eq!(tree.start(&"a", NOW), Err(StartError::Unknown));
    let again = tree.add_child(&"root", "a", Restart::Permanent);
    assert_eq!(again, Err(AddError::Taken));
    assert_eq!(tree.report(Event::Stopped(a), NOW, 0), [Action::Ended { child: "a" }]);
    assert_eq!(tree.state(&"a"), None);
    assert_eq!(tree.report(Event::Stopped(a), NOW, 0), []);
    // It comes back as the last.
    tree.add_child(&"root", "a", Restart::Permanent).expect("it is gone");
    assert_eq!(tree.children(&"root").collect::<Vec<_>>(), [&"b", &"a"]);
    started(&tree.start(&"a", NOW).expect("it is new"), "a", 0);
    assert_eq!(tree.state(&"b"), Some(State::Up));
}

#[test]
fn why_something_was_given_up_is_said() {
    let mut tree = Tree::new("root", Policy::default());
    let intensity = Intensity { max_restarts: 0, within: Duration::from_secs(1) };
    let strict = Policy { intensity, ..Policy::default() };
    tree.add_group(&"root", "g", Restart::Transient, strict).expect("it is new");
    tree.add_child(&"g", "a", Restart::Permanent).expect("it is new");
    let a = started(&tree.start(&"root", NOW).expect("it is new"), "a", 0);
    tree.report(Event::Started(a), NOW, 0);
    let actions = tree.report(Event::Exited(a, CRASHED), NOW, 0);
    let why = GiveUp::TooManyRestarts(intensity);
    let expected =
        [Action::GaveUp { child: "g", why }, Action::GaveUp { child: "a", why: GiveUp::WithGroup }];
    assert_eq!(actions, expected);
    let a = started(&tree.start(&"g", NOW).expect("it was given up"), "a", 0);
    let why = GiveUp::FailedStart;
    let expected =
        [Action::GaveUp { child: "g", why }, Action::GaveUp { child: "a", why: GiveUp::WithGroup }];
    assert_eq!(tree.report(Event::StartFailed(a), NOW, 0), expected);
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut tree = tree(Strategy::OneForOne, &["a"]);
    assert_eq!(tree.add_child(&"root", "a", Restart::Permanent), Err(AddError::Taken));
    assert_eq!(tree.add_child(&"a", "b", Restart::Permanent), Err(AddError::NoSuchGroup));
    assert_eq!(tree.add_child(&"x", "b", Restart::Permanent), Err(AddError::NoSuchGroup));
    assert_eq!(tree.start(&"x", NOW), Err(StartError::Unknown));
    assert_eq!(tree.start(&"a", NOW), Err(StartError::GroupNotUp));
    assert_eq!(tree.stop(&"x", NOW), []);
    assert_eq!(tree.remove(&"x", NOW), []);
    tree.start(&"root", NOW).expect("it is new");
    assert_eq!(tree.start(&"root", NOW), Err(StartError::Started));
    assert_eq!(tree.start(&"a", NOW), Err(StartError::Started));
}
