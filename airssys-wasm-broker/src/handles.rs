use std::collections::HashMap;

use airssys_wasm_core::{ComponentId, Handle};
use foldhash::fast::RandomState;

/// The components that one sender knows by handle, with a route to each that it sent to.
///
/// How many there are is a guest's choice, so there is a bound: the oldest is voided where there
/// would be one more. A handle is the number of its place, and above that how often the place was
/// given away before.
///
/// ```
/// # use airssys_wasm_broker::Handles;
/// # use airssys_wasm_core::ComponentId;
/// let cart = ComponentId::parse("shop/cart")?;
/// let mut handles = Handles::<()>::new(64);
/// let handle = handles.handle(&cart);
/// assert_eq!(handles.handle(&cart), handle);
/// assert_eq!(handles.component(handle), Some(&cart));
/// handles.void(handle);
/// assert_eq!(handles.component(handle), None);
/// assert_ne!(handles.handle(&cart), handle);
/// # Ok::<(), airssys_wasm_core::InvalidId>(())
/// ```
#[derive(Debug)]
pub struct Handles<R> {
    capacity: usize,
    places: Vec<Place<R>>,
    /// Which place each component has.
    by_component: HashMap<ComponentId, u32, RandomState>,
    free: Vec<u32>,
    /// The place that is voided next, once all are taken.
    oldest: usize,
    /// The handle that was asked for last: messages often come from one sender in a row.
    last: u32,
}

#[derive(Debug)]
struct Place<R> {
    /// How often it was given away before.
    age: u32,
    known: Option<Known<R>>,
}

#[derive(Debug)]
struct Known<R> {
    component: ComponentId,
    /// And for which generation it holds.
    route: Option<(u64, R)>,
}

impl<R> Handles<R> {
    /// Knows nobody yet, and at most `capacity` components (one, if that is 0) at a time.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.clamp(1, u32::MAX as usize),
            places: Vec::new(),
            by_component: HashMap::default(),
            free: Vec::new(),
            oldest: 0,
            last: 0,
        }
    }

    /// The handle of a component: the one that it has, or another.
    pub fn handle(&mut self, component: &ComponentId) -> Handle {
        let is_it = |place: &Place<R>| {
            place.known.as_ref().is_some_and(|known| known.component == *component)
        };
        if !self.places.get(self.last as usize).is_some_and(is_it) {
            self.last = match self.by_component.get(component) {
                Some(&place) => place,
                None => self.take_in(component),
            };
        }
        self.of_place(self.last)
    }

    /// Which component this is a handle of; none if it is void, or no handle at all.
    pub fn component(&self, handle: Handle) -> Option<&ComponentId> {
        let place = self.places.get(place_of(handle))?;
        let known = place.known.as_ref().filter(|_| place.age == age_of(handle))?;
        Some(&known.component)
    }

    /// The route to the component that has this handle: as it was, if that was in the same
    /// `generation`, or as `resolve` has it now, which is told the one of an earlier generation.
    /// Where it fails the handle is void. None if it was before.
    ///
    /// # Errors
    ///
    /// What `resolve` returns.
    pub fn route<E>(
        &mut self,
        handle: Handle,
        generation: u64,
        resolve: impl FnOnce(&ComponentId, Option<R>) -> Result<R, E>,
    ) -> Option<Result<&mut R, E>> {
        self.component(handle)?;
        let known = self.places[place_of(handle)].known.as_mut()?;
        if known.route.as_ref().is_none_or(|(of, _)| *of != generation) {
            let earlier = known.route.take().map(|(_, route)| route);
            match resolve(&known.component, earlier) {
                Ok(route) => known.route = Some((generation, route)),
                Err(error) => {
                    self.void(handle);
                    return Some(Err(error));
                }
            }
        }
        let known = self.places[place_of(handle)].known.as_mut()?;
        known.route.as_mut().map(|(_, route)| Ok(route))
    }

    /// Ends a handle; nothing happens if it is void.
    pub fn void(&mut self, handle: Handle) {
        let Some(place) = self.places.get_mut(place_of(handle)) else { return };
        if place.age != age_of(handle) {
            return;
        }
        let Some(known) = place.known.take() else { return };
        self.by_component.remove(&known.component);
        // After four billion others on this place, a void one is given again.
        place.age = place.age.wrapping_add(1);
        self.free.push(handle.number() as u32);
    }

    fn take_in(&mut self, component: &ComponentId) -> u32 {
        if self.free.is_empty() && self.places.len() == self.capacity {
            self.void(self.of_place(self.oldest as u32));
            self.oldest = (self.oldest + 1) % self.capacity;
        }
        let known = Some(Known { component: component.clone(), route: None });
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place as usize].known = known;
                place
            }
            None => {
                self.places.push(Place { age: 0, known });
                (self.places.len() - 1) as u32
            }
        };
        self.by_component.insert(component.clone(), place);
        place
    }

    fn of_place(&self, place: u32) -> Handle {
        Handle::new(u64::from(self.places[place as usize].age) << 32 | u64::from(place))
    }
}

fn place_of(handle: Handle) -> usize {
    handle.number() as u32 as usize
}

fn age_of(handle: Handle) -> u32 {
    (handle.number() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> ComponentId {
        format!("to/{number}").parse().unwrap()
    }

    #[test]
    fn the_oldest_is_voided_where_there_would_be_one_too_many() {
        let mut handles = Handles::<()>::new(2);
        let [a, b, c] = [0, 1, 2].map(|number| handles.handle(&id(number)));
        assert_eq!(handles.component(a), None);
        assert_eq!(handles.component(b), Some(&id(1)));
        assert_eq!(handles.component(c), Some(&id(2)));
    }

    #[test]
    fn a_route_that_is_no_more_voids_its_handle() {
        let mut handles = Handles::new(2);
        let handle = handles.handle(&id(0));
        assert_eq!(handles.route(handle, 1, |_, _| Ok::<_, ()>(5)), Some(Ok(&mut 5)));
        assert_eq!(handles.route(handle, 1, |_, _| Err(())), Some(Ok(&mut 5)));
        let told = handles.route(handle, 2, |component, earlier| Err((component.clone(), earlier)));
        assert_eq!(told, Some(Err((id(0), Some(5)))));
        assert_eq!(handles.route(handle, 2, |_, _| Ok::<_, ()>(6)), None);
    }

    #[test]
    fn what_is_no_handle_is_void() {
        let mut handles = Handles::<()>::new(2);
        let handle = handles.handle(&id(0));
        for number in [1, 1 << 32, u64::MAX, handle.number() + (5 << 32)] {
            assert_eq!(handles.component(Handle::new(number)), None);
            handles.void(Handle::new(number));
        }
        assert_eq!(handles.component(handle), Some(&id(0)));
    }

    proptest! {
        /// A handle means one component for as long as it means any.
        #[test]
        fn a_handle_means_one_component(
            capacity in 1usize..5,
            steps in prop::collection::vec((0u8..8, any::<bool>()), 0..200),
        ) {
            let mut handles = Handles::<()>::new(capacity);
            let mut given: HashMap<Handle, ComponentId> = HashMap::new();
            for (number, voids) in steps {
                let component = id(number);
                let handle = handles.handle(&component);
                prop_assert_eq!(given.entry(handle).or_insert_with(|| component.clone()), &component);
                prop_assert_eq!(handles.component(handle), Some(&component));
                prop_assert_eq!(handles.handle(&component), handle);
                if voids {
                    handles.void(handle);
                    prop_assert_eq!(handles.component(handle), None);
                }
                let known = given.keys().filter(|handle| handles.component(**handle).is_some());
                prop_assert!(known.count() <= capacity);
                for (handle, component) in &given {
                    let meant = handles.component(*handle);
                    prop_assert!(meant.is_none() || meant == Some(component));
                }
            }
        }
    }
}
