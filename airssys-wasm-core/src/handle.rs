/// A number that stands for a component, to the component that it was given to. It is void once
/// that component is gone or may not be reached any more; a void one is never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u64);

impl Handle {
    /// The handle with this number: what a guest hands in is looked up, not trusted.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }
}
