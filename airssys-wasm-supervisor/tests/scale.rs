//! Ten thousand children in one group, and each a crash by itself: no time is asserted, but a wait
//! would be noticed.

use std::time::Duration;

use airssys_wasm_supervisor::{Action, Event, ExitReason, Policy, Restart, Run, State, Tree};

const CHILDREN: u32 = 10_000;
const ROOT: u32 = CHILDREN;

fn only_start(actions: &[Action<u32>], expected: u32) -> Run {
    match *actions {
        [Action::Start { child, run, .. }] if child == expected => run,
        _ => panic!("{expected} is not all that is started: {actions:?}"),
    }
}

#[test]
fn ten_thousand_children_crash_and_stop() {
    let now = Duration::from_secs(1000);
    let mut tree = Tree::new(ROOT, Policy::default());
    for child in 0..CHILDREN {
        tree.add_child(&ROOT, child, Restart::Permanent).expect("it is new");
    }
    let mut actions = tree.start(&ROOT, now).expect("it is new");
    let mut runs = Vec::new();
    for child in 0..CHILDREN {
        let run = only_start(&actions, child);
        runs.push(run);
        actions = tree.report(Event::Started(run), now, 0);
    }
    for _ in 0..5 {
        for (child, run) in (0..).zip(&mut runs) {
            let exited = Event::Exited(*run, ExitReason::Crashed);
            *run = only_start(&tree.report(exited, now, 0), child);
            assert_eq!(tree.report(Event::Started(*run), now, 0), []);
        }
    }
    let mut actions = tree.stop(&ROOT, now);
    for (child, run) in (0..CHILDREN).zip(&runs).rev() {
        assert_eq!(actions, [Action::Stop { child, run: *run }]);
        actions = tree.report(Event::Stopped(*run), now, 0);
    }
    assert_eq!(actions.len(), CHILDREN as usize + 1);
    assert_eq!(tree.state(&ROOT), Some(State::Ended));
}
