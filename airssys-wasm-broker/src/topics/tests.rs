use std::thread;

use proptest::prelude::*;

use super::*;

#[test]
fn a_subscriber_comes_once_at_the_place_of_its_first_subscription_that_covers() {
    let topics = Topics::new(8);
    for (subscriber, pattern) in [("a", 1), ("b", 2), ("c", 2), ("a", 2), ("b", 3)] {
        assert_eq!(topics.subscribe(subscriber, pattern), Ok(true));
    }
    assert_eq!(topics.subscribers(|_, &pattern| pattern == 2), ["b", "c", "a"]);
    assert_eq!(topics.subscribers(|_, _| true), ["a", "b", "c"]);
    assert_eq!(topics.subscribers(|&subscriber, _| subscriber != "b"), ["a", "c"]);
    assert!(topics.subscribers(|_, _| false).is_empty());
}

#[test]
fn a_subscription_that_is_made_again_comes_behind_the_others() {
    let topics = Topics::new(8);
    for subscriber in ["a", "b"] {
        topics.subscribe(subscriber, 1).unwrap();
    }
    assert!(topics.unsubscribe(&"a", &1));
    assert_eq!(topics.subscribe("a", 1), Ok(true));
    assert_eq!(topics.subscribers(|_, _| true), ["b", "a"]);
}

#[test]
fn the_limit_is_each_subscribers_own_and_a_subscription_counts_once() {
    let topics = Topics::new(2);
    assert_eq!(topics.subscribe("a", 1), Ok(true));
    assert_eq!(topics.subscribe("a", 2), Ok(true));
    assert_eq!(topics.subscribe("a", 3), Err(TooManySubscriptions { limit: 2 }));
    assert_eq!(topics.subscribe("a", 2), Ok(false));
    assert_eq!(topics.subscribe("b", 3), Ok(true));
    assert!(topics.unsubscribe(&"a", &1));
    assert_eq!(topics.subscribe("a", 3), Ok(true));
    assert_eq!(topics.subscriptions_of(&"a"), [2, 3]);
    assert_eq!(Topics::new(0).subscribe("a", 1), Err(TooManySubscriptions { limit: 0 }));
}

#[test]
fn nothing_is_kept_of_who_has_no_subscription() {
    let topics = Topics::new(0);
    topics.subscribe("a", 1).unwrap_err();
    assert!(topics.subscriptions.read().of.is_empty());
    let topics = Topics::new(1);
    topics.subscribe("a", 1).unwrap();
    topics.unsubscribe(&"a", &1);
    assert!(topics.subscriptions.read().of.is_empty());
}

#[test]
fn each_change_and_nothing_else_makes_a_new_generation() {
    let topics = Topics::new(1);
    let mut last = topics.generation();
    let mut changed = || std::mem::replace(&mut last, topics.generation()) != topics.generation();
    topics.subscribe("a", 1).unwrap();
    assert!(changed());
    topics.subscribe("a", 1).unwrap();
    topics.subscribe("a", 2).unwrap_err();
    topics.unsubscribe(&"a", &2);
    topics.unsubscribe(&"b", &1);
    topics.forget(&"b");
    topics.subscribers(|_, _| true);
    assert!(!changed());
    topics.unsubscribe(&"a", &1);
    assert!(changed());
    topics.subscribe("a", 2).unwrap();
    assert!(changed());
    topics.forget(&"a");
    assert!(changed());
}

#[test]
fn what_is_remembered_is_never_older_than_the_last_change_that_was_seen() {
    const LAST: u64 = 5000;
    let topics = Topics::new(2);
    let newest = AtomicU64::new(0);
    topics.subscribe("a", 0).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for version in 1..=LAST {
                topics.subscribe("a", version).unwrap();
                topics.unsubscribe(&"a", &(version - 1));
                newest.store(version, Ordering::Release);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut remembered = None;
                loop {
                    let at_least = newest.load(Ordering::Acquire);
                    let generation = topics.generation();
                    let version = match remembered {
                        Some((of, version)) if of == generation => version,
                        _ => topics.subscriptions_of(&"a").into_iter().max().unwrap(),
                    };
                    remembered = Some((generation, version));
                    assert!(version >= at_least, "{version} {at_least}");
                    if at_least == LAST {
                        break;
                    }
                }
            });
        }
    });
}

#[derive(Debug, Clone)]
enum Step {
    Subscribe(u8, u8),
    Unsubscribe(u8, u8),
    Forget(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4u8, 0..6u8).prop_map(|(who, what)| Step::Subscribe(who, what)),
        3 => (0..4u8, 0..6u8).prop_map(|(who, what)| Step::Unsubscribe(who, what)),
        1 => (0..4u8).prop_map(Step::Forget),
    ]
}

proptest! {
    #[test]
    fn topics_agree_with_a_list_that_is_searched(
        limit in 0..5u32, steps in prop::collection::vec(step(), 0..60), covered in 0..64u8
    ) {
        let covers = |pattern: u8| covered & (1 << pattern) != 0;
        let topics = Topics::new(limit);
        let mut model: Vec<(u8, u8)> = Vec::new();
        for step in steps {
            let before = (topics.generation(), model.clone());
            match step {
                Step::Subscribe(who, what) => {
                    let theirs = model.iter().filter(|(of, _)| *of == who).count();
                    let expected = if model.contains(&(who, what)) {
                        Ok(false)
                    } else if theirs == limit as usize {
                        Err(TooManySubscriptions { limit })
                    } else {
                        model.push((who, what));
                        Ok(true)
                    };
                    prop_assert_eq!(topics.subscribe(who, what), expected);
                }
                Step::Unsubscribe(who, what) => {
                    let there = model.contains(&(who, what));
                    model.retain(|&subscription| subscription != (who, what));
                    prop_assert_eq!(topics.unsubscribe(&who, &what), there);
                }
                Step::Forget(who) => {
                    model.retain(|&(of, _)| of != who);
                    topics.forget(&who);
                }
            }
            prop_assert_eq!(topics.generation() == before.0, model == before.1);
            let mut expected = Vec::new();
            for &(who, _) in model.iter().filter(|(_, what)| covers(*what)) {
                if !expected.contains(&who) {
                    expected.push(who);
                }
            }
            prop_assert_eq!(topics.subscribers(|_, &what| covers(what)), expected);
            let theirs: Vec<u8> =
                model.iter().filter(|(of, _)| *of == 0).map(|&(_, what)| what).collect();
            prop_assert_eq!(topics.subscriptions_of(&0), theirs);
        }
    }
}
