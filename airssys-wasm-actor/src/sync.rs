//! The primitives that whatever threads share here is made of. Under loom they are loom's, so
//! that its tests are of the types that are shipped.

#[cfg(not(loom))]
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
