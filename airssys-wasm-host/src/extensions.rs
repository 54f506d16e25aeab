use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

/// Values of the host program's own that go with one instance, at most one of each type: what its
/// own imports work on.
///
/// ```
/// use airssys_wasm_host::Extensions;
///
/// let mut extensions = Extensions::new();
/// extensions.insert(7_u32);
/// assert_eq!(extensions.get::<u32>(), Some(&7));
/// assert_eq!(extensions.get::<String>(), None);
/// ```
#[derive(Default)]
pub struct Extensions {
    /// Mostly there are none, and then it is one word that is not there.
    values: Option<Box<Values>>,
}

#[derive(Default)]
struct Values(HashMap<TypeId, Box<dyn Any + Send>>);

impl Extensions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value in, and hands out the one of this type that it replaces.
    pub fn insert<T: Send + 'static>(&mut self, value: T) -> Option<T> {
        let values = self.values.get_or_insert_default();
        let replaced = values.0.insert(TypeId::of::<T>(), Box::new(value))?;
        replaced.downcast().ok().map(|replaced| *replaced)
    }

    /// The value of this type.
    pub fn get<T: Send + 'static>(&self) -> Option<&T> {
        self.values.as_ref()?.0.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The value of this type.
    pub fn get_mut<T: Send + 'static>(&mut self) -> Option<&mut T> {
        self.values.as_mut()?.0.get_mut(&TypeId::of::<T>())?.downcast_mut()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").finish_non_exhaustive()
    }
}
