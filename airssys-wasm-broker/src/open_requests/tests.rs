use proptest::prelude::*;

use super::*;

fn id(number: u64) -> RequestId {
    RequestId::from_halves(number, number)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_closed_request_keeps_its_slot_and_a_cancelled_one_does_not() {
    let mut requests = OpenRequests::new(2);
    requests.open(id(1), seconds(1), 'a').unwrap();
    requests.open(id(2), seconds(1), 'b').unwrap();
    assert_eq!(requests.open(id(3), seconds(1), 'c'), Err(TooMany { limit: 2 }));
    assert_eq!(requests.close(id(1)), Some('a'));
    assert_eq!(requests.open(id(3), seconds(1), 'c'), Err(TooMany { limit: 2 }));
    assert_eq!(requests.cancel(id(2)), Some('b'));
    assert_eq!(requests.slots_in_use(), 1);
    requests.open(id(3), seconds(1), 'c').unwrap();
    requests.release(1);
    assert_eq!((requests.slots_in_use(), requests.len()), (1, 1));
}

#[test]
fn a_request_ends_once_whoever_ends_it() {
    let mut requests = OpenRequests::new(8);
    for end in [OpenRequests::close, OpenRequests::cancel] {
        requests.open(id(1), seconds(1), ()).unwrap();
        assert_eq!(end(&mut requests, id(1)), Some(()));
        assert_eq!(requests.close(id(1)), None);
        assert_eq!(requests.cancel(id(1)), None);
        assert_eq!(requests.expire(seconds(9)), []);
    }
    requests.open(id(1), seconds(1), ()).unwrap();
    assert_eq!(requests.expire(seconds(1)), [(id(1), ())]);
    assert_eq!(requests.close(id(1)), None);
}

#[test]
fn an_id_that_comes_again_does_not_get_the_old_ones_deadline() {
    let mut requests = OpenRequests::new(8);
    requests.open(id(0), seconds(1), ()).unwrap();
    requests.open(id(1), seconds(2), ()).unwrap();
    requests.cancel(id(1));
    requests.open(id(1), seconds(9), ()).unwrap();
    assert_eq!(requests.expire(seconds(3)), [(id(0), ())]);
    assert_eq!(requests.next_deadline(), Some(seconds(9)));
}

#[test]
fn a_limit_of_none_takes_none() {
    assert_eq!(OpenRequests::new(0).open(id(1), seconds(1), ()), Err(TooMany { limit: 0 }));
}

#[test]
fn after_a_million_requests_nothing_is_left_of_them() {
    let mut requests = OpenRequests::new(1000);
    for number in 0..1_000_000u64 {
        requests.open(id(number), seconds(number % 977 + 1_000_000), number).unwrap();
        // Some 998 are open at a time, and they end in another order than they began.
        if number >= 998 {
            let ended = (number - 998) ^ 1;
            assert_eq!(requests.close(id(ended)), Some(ended));
            requests.release(1);
        }
        assert!(requests.deadlines.len() <= 2 * requests.open.len().max(1));
    }
    for number in 999_002..1_000_000 {
        assert_eq!(requests.cancel(id(number)), Some(number));
    }
    assert_eq!((requests.len(), requests.slots_in_use()), (0, 0));
    assert_eq!((requests.next_deadline(), requests.deadlines.len()), (None, 0));
    assert!(requests.open.capacity() <= 4 * ROOM, "{}", requests.open.capacity());
    assert!(requests.deadlines.capacity() <= 4 * ROOM, "{}", requests.deadlines.capacity());
}

#[test]
fn the_table_shrinks_when_most_have_ended_though_the_first_has_not() {
    let mut requests = OpenRequests::new(100_000);
    for number in 0..100_000 {
        requests.open(id(number), seconds(number), ()).unwrap();
    }
    for number in 1..100_000 {
        requests.cancel(id(number));
    }
    assert_eq!(requests.next_deadline(), Some(seconds(0)));
    assert!(requests.deadlines.len() <= 2);
    assert!(requests.open.capacity() <= 5 * ROOM, "{}", requests.open.capacity());
    assert!(requests.deadlines.capacity() <= 5 * ROOM, "{}", requests.deadlines.capacity());
}

/// The same in a list that is searched, with an entry for each slot.
#[derive(Default)]
struct Model {
    open: Vec<(RequestId, Duration, usize)>,
    awaiting_callback: usize,
}

impl Model {
    fn has(&self, id: RequestId) -> bool {
        self.open.iter().any(|&(open, ..)| open == id)
    }

    fn end(&mut self, id: RequestId) -> Option<usize> {
        let at = self.open.iter().position(|&(open, ..)| open == id)?;
        Some(self.open.remove(at).2)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Open { id: u64, deadline: u64 },
    Close(u64),
    Cancel(u64),
    Expire(u64),
    Release(u32),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..12u64, 0..20u64).prop_map(|(id, deadline)| Step::Open { id, deadline }),
        4 => (0..12u64).prop_map(Step::Close),
        3 => (0..12u64).prop_map(Step::Cancel),
        2 => (0..20u64).prop_map(Step::Expire),
        3 => (0..4u32).prop_map(Step::Release),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #[test]
    fn open_requests_agree_with_a_list_that_is_searched(
        limit in 0..10u32, steps in prop::collection::vec(step(), 0..200)
    ) {
        let mut requests = OpenRequests::new(limit);
        let mut model = Model::default();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Open { id: of, .. } if model.has(id(of)) => {}
                Step::Open { id: of, deadline } => {
                    let full = model.open.len() + model.awaiting_callback == limit as usize;
                    let opened = requests.open(id(of), seconds(deadline), number);
                    prop_assert_eq!(opened, if full { Err(TooMany { limit }) } else { Ok(()) });
                    if !full {
                        model.open.push((id(of), seconds(deadline), number));
                    }
                }
                Step::Close(of) => {
                    let ended = model.end(id(of));
                    model.awaiting_callback += usize::from(ended.is_some());
                    prop_assert_eq!(requests.close(id(of)), ended);
                }
                Step::Cancel(of) => prop_assert_eq!(requests.cancel(id(of)), model.end(id(of))),
                Step::Expire(now) => {
                    let mut due = model.open.clone();
                    due.retain(|&(_, deadline, _)| deadline <= seconds(now));
                    due.sort_by_key(|&(_, deadline, number)| (deadline, number));
                    model.open.retain(|&(_, deadline, _)| deadline > seconds(now));
                    model.awaiting_callback += due.len();
                    let due: Vec<_> = due.into_iter().map(|(id, _, what)| (id, what)).collect();
                    prop_assert_eq!(requests.expire(seconds(now)), due);
                }
                Step::Release(callbacks) => {
                    let awaiting = &mut model.awaiting_callback;
                    *awaiting = awaiting.saturating_sub(callbacks as usize);
                    requests.release(callbacks);
                }
                Step::Clear => {
                    let open = std::mem::take(&mut model).open;
                    let open: Vec<_> = open.into_iter().map(|(id, _, what)| (id, what)).collect();
                    prop_assert_eq!(requests.clear(), open);
                }
            }
            prop_assert_eq!(requests.len(), model.open.len());
            let slots = model.open.len() + model.awaiting_callback;
            prop_assert_eq!(requests.slots_in_use() as usize, slots);
            let next = model.open.iter().map(|&(_, deadline, _)| deadline).min();
            prop_assert_eq!(requests.next_deadline(), next);
            prop_assert!(requests.deadlines.len() <= 2 * requests.open.len());
        }
    }
}
