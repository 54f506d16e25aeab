//! Any tree, with components that take their time, crash at any moment and report late and twice:
//! nothing panics, nothing is lost, nothing hangs.

mod world;

use std::time::Duration;

use airssys_wasm_supervisor::{Restart, Strategy};
use proptest::prelude::{Strategy as _, *};
use proptest::sample::select;
use world::{Turn, World};

#[derive(Debug, Clone, Copy)]
enum Step {
    Turn(Turn),
    Repeat,
    Start,
    Stop,
    Restart,
    Remove,
    Add(Restart, Option<Strategy>),
    Wait(u64),
}

impl Step {
    fn happen(self, world: &mut World, which: usize) {
        match self {
            Self::Turn(turn) => world.take_turn(which, turn),
            Self::Repeat => world.repeat(which),
            Self::Start => world.start(which),
            Self::Stop => world.stop(which),
            Self::Restart => world.restart(which),
            Self::Remove => world.remove(which),
            Self::Add(restart, group) => world.add(which, restart, group),
            Self::Wait(millis) => world.wait(Duration::from_millis(millis)),
        }
    }
}

fn strategy() -> impl proptest::strategy::Strategy<Value = Strategy> {
    select(vec![Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne])
}

fn addition() -> impl proptest::strategy::Strategy<Value = Step> {
    let restart = select(vec![Restart::Permanent, Restart::Transient, Restart::Temporary]);
    (restart, prop::option::weighted(0.3, strategy()))
        .prop_map(|(restart, group)| Step::Add(restart, group))
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    prop_oneof![
        30 => Just(Step::Turn(Turn::GoesOn)),
        3 => Just(Step::Turn(Turn::StartsLate)),
        12 => Just(Step::Turn(Turn::Crashes)),
        3 => Just(Step::Turn(Turn::Exits)),
        5 => Just(Step::Repeat),
        4 => Just(Step::Start),
        2 => Just(Step::Stop),
        2 => Just(Step::Restart),
        1 => Just(Step::Remove),
        3 => addition(),
        5 => (0..3000u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_a_tree_comes_to_rest_with_all_accounted_for(
        root in strategy(),
        children in prop::collection::vec((addition(), any::<usize>()), 0..12),
        steps in prop::collection::vec((step(), any::<usize>()), 0..200),
    ) {
        let mut world = World::new(root);
        for (addition, which) in children {
            addition.happen(&mut world, which);
        }
        world.start(0);
        for (step, which) in steps {
            step.happen(&mut world, which);
        }
        world.come_to_quiet();
        world.stop(0);
        world.come_to_quiet();
        prop_assert!(world.is_empty());
    }
}
