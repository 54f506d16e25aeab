//! What everything that threads share is made of. Under loom it is loom's: so its tests are of the
//! very types that are shipped.

#[cfg(not(loom))]
mod lock;

#[cfg(not(loom))]
mod real {
    pub(crate) use super::lock::{Lock, LockGuard};
    pub(crate) use crossbeam_deque as deque;
    pub(crate) use parking_lot::{Condvar, Mutex};
    pub(crate) use std::sync::atomic;
    pub(crate) use std::thread;
}

#[cfg(loom)]
mod model;

#[cfg(loom)]
pub(crate) use model::*;
#[cfg(not(loom))]
pub(crate) use real::*;
