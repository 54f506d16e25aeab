use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// What one sender remembers of the targets that it sent to.
///
/// The targets are a guest's choice, so there is a bound: the route that was remembered first
/// makes room for a new one. Failures are not remembered.
///
/// ```
/// # use airssys_wasm_broker::Routes;
/// let mut routes = Routes::new(64);
/// let resolve = |target: &str| Ok::<_, ()>(target.len());
/// assert_eq!(routes.route("shop/cart", 1, resolve), Ok(&mut 9));
/// // The same generation: it is not resolved again.
/// assert_eq!(routes.route("shop/cart", 1, |_| Err(())), Ok(&mut 9));
/// assert_eq!(routes.route("shop/cart", 2, |_| Err(())), Err(()));
/// ```
#[derive(Debug)]
pub struct Routes<R> {
    capacity: usize,
    /// Which generation all of it holds for.
    generation: u64,
    remembered: Vec<Remembered<R>>,
    /// Where in `remembered` a target is.
    places: HashMap<Arc<str>, usize, RandomState>,
    /// The place of the last hit: senders mostly send where they sent before.
    last: usize,
    /// The place that is given away next, once all are taken.
    oldest: usize,
}

#[derive(Debug)]
struct Remembered<R> {
    target: Arc<str>,
    route: R,
}

impl<R> Routes<R> {
    /// Remembers nothing yet, and at most `capacity` routes (one, if that is 0) at a time.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            generation: 0,
            remembered: Vec::new(),
            places: HashMap::default(),
            last: 0,
            oldest: 0,
        }
    }

    /// The route to `target`: as remembered, or as `resolve` has it now.
    ///
    /// Routes are forgotten when `generation` is not the one of the call before. It must have
    /// been read before anything that `resolve` reads.
    ///
    /// # Errors
    ///
    /// What `resolve` returns; it is asked again the next time.
    #[inline]
    pub fn route<E>(
        &mut self,
        target: &str,
        generation: u64,
        resolve: impl FnOnce(&str) -> Result<R, E>,
    ) -> Result<&mut R, E> {
        if !(generation == self.generation && self.is_last(target)) {
            self.last = self.find_or_resolve(target, generation, resolve)?;
        }
        Ok(&mut self.remembered[self.last].route)
    }

    /// The routes that are remembered, with their targets, in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut R)> {
        self.remembered.iter_mut().map(|entry| (&*entry.target, &mut entry.route))
    }

    #[inline]
    fn is_last(&self, target: &str) -> bool {
        self.remembered.get(self.last).is_some_and(|entry| &*entry.target == target)
    }

    fn find_or_resolve<E>(
        &mut self,
        target: &str,
        generation: u64,
        resolve: impl FnOnce(&str) -> Result<R, E>,
    ) -> Result<usize, E> {
        if generation != self.generation {
            self.forget_all();
            self.generation = generation;
        }
        if let Some(&place) = self.places.get(target) {
            return Ok(place);
        }
        Ok(self.remember(target, resolve(target)?))
    }

    fn remember(&mut self, target: &str, route: R) -> usize {
        let entry = Remembered { target: target.into(), route };
        let place =
            if self.remembered.len() < self.capacity { self.remembered.len() } else { self.oldest };
        self.places.insert(entry.target.clone(), place);
        match self.remembered.get_mut(place) {
            None => self.remembered.push(entry),
            Some(oldest) => {
                self.places.remove(&std::mem::replace(oldest, entry).target);
                self.oldest = (place + 1) % self.capacity;
            }
        }
        place
    }

    fn forget_all(&mut self) {
        self.remembered.clear();
        self.places.clear();
        self.oldest = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::bool::weighted;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_route_may_be_changed_where_it_is_remembered() {
        let mut routes = Routes::new(2);
        *routes.route("a/b", 0, |_| Ok::<_, ()>(1)).unwrap() += 1;
        assert_eq!(routes.iter_mut().collect::<Vec<_>>(), [("a/b", &mut 2)]);
        assert_eq!(routes.route("a/b", 0, |_| Err(())), Ok(&mut 2));
    }

    #[test]
    fn a_failure_is_not_remembered_and_forgets_nothing_else() {
        let mut routes = Routes::new(2);
        routes.route("a/b", 0, |_| Ok::<_, ()>(1)).unwrap();
        assert_eq!(routes.route("a/c", 0, |_| Err("no")), Err("no"));
        assert_eq!(routes.route("a/b", 0, |_| Err("no")), Ok(&mut 1));
        assert_eq!(routes.route("a/c", 0, |_| Ok::<_, ()>(2)), Ok(&mut 2));
    }

    #[test]
    fn a_capacity_of_none_is_one_of_one() {
        let mut routes = Routes::new(0);
        for target in ["a/b", "a/c", "a/c", "a/b"] {
            assert_eq!(
                routes.route(target, 0, |t| Ok::<_, ()>(t.to_owned())),
                Ok(&mut target.into())
            );
            assert_eq!(routes.iter_mut().count(), 1);
        }
    }

    proptest! {
        #[test]
        fn routes_agree_with_a_queue_that_is_searched(
            capacity in 1usize..6,
            calls in prop::collection::vec((0u8..8, weighted(0.05), weighted(0.2)), 0..200),
        ) {
            let mut routes = Routes::new(capacity);
            let mut model: VecDeque<(String, usize)> = VecDeque::new();
            let mut generation = 0;
            for (number, (target, changed, fails)) in calls.into_iter().enumerate() {
                if changed {
                    generation += 1;
                    model.clear();
                }
                let target = format!("to/{target}");
                let known = model.iter().find(|(known, _)| *known == target);
                let known = known.map(|&(_, route)| route);
                let expected = known.or((!fails).then_some(number));
                let route = routes.route(&target, generation, |asked| {
                    assert_eq!(asked, target);
                    if fails { Err(()) } else { Ok(number) }
                });
                prop_assert_eq!(route.ok().copied(), expected);
                if known.is_none() && !fails {
                    model.push_back((target, number));
                    if model.len() > capacity {
                        model.pop_front();
                    }
                }
                let mut remembered: Vec<(String, usize)> =
                    routes.iter_mut().map(|(target, route)| (target.to_owned(), *route)).collect();
                remembered.sort();
                let mut expected: Vec<(String, usize)> = model.iter().cloned().collect();
                expected.sort();
                prop_assert_eq!(remembered, expected);
                prop_assert_eq!(routes.places.len(), model.len());
            }
        }
    }
}
