use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use airssys_wasm_core::ComponentId;
use foldhash::fast::RandomState;
use parking_lot::RwLock;
use thiserror::Error;

/// Which address a component id has. It holds nothing else.
///
/// Senders remember what they resolved ([`Routes`](crate::Routes)), and the generation is how
/// they learn that it no longer holds: it changes with every change of the registry, and of the
/// grants by which routes were judged. A sender reads the generation *before* it resolves, and
/// remembers the result under what it read:
///
/// * The generation moves after the change and before the method that made it returns. So
///   whoever reads the new generation also sees the change, and nothing from before it is ever
///   remembered under the new generation.
/// * What was resolved from the new state under the old generation is true, and is resolved once
///   more than needed.
#[derive(Debug)]
pub struct Registry<A> {
    addresses: RwLock<HashMap<ComponentId, A, RandomState>>,
    generation: AtomicU64,
}

impl<A: Clone> Registry<A> {
    /// A registry of no components.
    pub fn new() -> Self {
        Self { addresses: RwLock::default(), generation: AtomicU64::new(0) }
    }

    /// Gives `id` this address.
    ///
    /// # Errors
    ///
    /// If `id` has an address already, which stays; the new one is handed back.
    pub fn insert(&self, id: ComponentId, address: A) -> Result<(), Taken<A>> {
        {
            let mut addresses = self.addresses.write();
            if addresses.contains_key(&id) {
                return Err(Taken(address));
            }
            addresses.insert(id, address);
        }
        self.invalidate();
        Ok(())
    }

    /// Takes the address of `id` away, and returns it if there was one.
    pub fn remove(&self, id: &str) -> Option<A> {
        let address = self.addresses.write().remove(id)?;
        self.invalidate();
        Some(address)
    }

    /// The address of `id`.
    pub fn get(&self, id: &str) -> Option<A> {
        self.addresses.read().get(id).cloned()
    }

    /// All ids that have an address, sorted.
    pub fn ids(&self) -> Vec<ComponentId> {
        let mut ids: Vec<ComponentId> = self.addresses.read().keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// How many ids have an address.
    pub fn len(&self) -> usize {
        self.addresses.read().len()
    }

    /// Whether no id has an address.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What routes that are resolved after this call are to be remembered under.
    pub fn generation(&self) -> u64 {
        // Acquire: who sees a generation also sees the change, made before the Release in
        // `invalidate`, that it stands for. Read-modify-writes continue the release sequence,
        // so this holds for every change up to that generation and not only for the last.
        self.generation.load(Ordering::Acquire)
    }

    /// Makes every route that was resolved so far out of date. To be called after something else
    /// that routes were judged by, such as grants, has changed.
    pub fn invalidate(&self) {
        // Release: the change comes first; see `generation`.
        self.generation.fetch_add(1, Ordering::Release);
    }
}

impl<A: Clone> Default for Registry<A> {
    fn default() -> Self {
        Self::new()
    }
}

/// The id has an address already. This is the one that was not taken in.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
#[error("a component with this id exists already")]
pub struct Taken<A>(pub A);

impl<A> fmt::Debug for Taken<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::Routes;

    fn id(text: &str) -> ComponentId {
        ComponentId::parse(text).unwrap()
    }

    #[test]
    fn a_second_component_of_an_id_is_handed_back() {
        let registry = Registry::new();
        registry.insert(id("shop/cart"), 1).unwrap();
        assert_eq!(registry.insert(id("shop/cart"), 2), Err(Taken(2)));
        assert_eq!(registry.get("shop/cart"), Some(1));
        assert_eq!(registry.remove("shop/cart"), Some(1));
        assert_eq!(registry.remove("shop/cart"), None);
        assert!(registry.is_empty());
    }

    #[test]
    fn ids_are_sorted() {
        let registry = Registry::new();
        for text in ["b/b", "a/c", "a/b/c"] {
            registry.insert(id(text), ()).unwrap();
        }
        assert_eq!(registry.ids(), [id("a/b/c"), id("a/c"), id("b/b")]);
        assert_eq!(registry.len(), 3);
    }

    #[test]
    fn each_change_and_nothing_else_makes_a_new_generation() {
        let registry = Registry::new();
        let mut last = registry.generation();
        let mut changed =
            || std::mem::replace(&mut last, registry.generation()) != registry.generation();
        registry.insert(id("a/b"), 1).unwrap();
        assert!(changed());
        registry.insert(id("a/b"), 2).unwrap_err();
        registry.remove("a/c");
        registry.get("a/b");
        assert!(!changed());
        registry.remove("a/b");
        assert!(changed());
        registry.invalidate();
        assert!(changed());
    }

    #[test]
    fn a_route_is_never_older_than_the_last_change_that_was_seen() {
        let registry = Registry::new();
        let newest = AtomicU64::new(0);
        registry.insert(id("a/b"), 0).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                for version in 1..=2000 {
                    registry.remove("a/b");
                    registry.insert(id("a/b"), version).unwrap();
                    newest.store(version, Ordering::Release);
                }
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut routes = Routes::new(4);
                    loop {
                        let at_least = newest.load(Ordering::Acquire);
                        let resolve = |target: &str| registry.get(target).ok_or(());
                        if let Ok(&mut version) =
                            routes.route("a/b", registry.generation(), resolve)
                        {
                            assert!(version >= at_least, "{version} {at_least}");
                        }
                        if at_least == 2000 {
                            break;
                        }
                    }
                });
            }
        });
    }
}
