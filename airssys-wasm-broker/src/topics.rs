use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use parking_lot::RwLock;
use thiserror::Error;

/// Who subscribed to what: subscribers `S` with their patterns `P`, and what a pattern covers is
/// for the caller to say.
///
/// Publishers remember the subscribers of a topic as senders remember routes, and the generation
/// is how they learn that those no longer hold. A publisher reads the generation *before* it
/// asks for the subscribers, and remembers them under what it read; the same holds then as for
/// [`Registry`](crate::Registry). Where nothing changes, the generation does not.
///
/// ```
/// # use airssys_wasm_broker::{Topics, TooManySubscriptions};
/// let topics = Topics::new(8);
/// topics.subscribe("shop/billing", "orders/")?;
/// topics.subscribe("shop/stock", "orders/eu/")?;
/// topics.subscribe("shop/stock", "orders/")?;
///
/// let subscribers = topics.subscribers(|_, prefix| "orders/eu/1".starts_with(prefix));
/// assert_eq!(subscribers, ["shop/billing", "shop/stock"]);
/// # Ok::<(), TooManySubscriptions>(())
/// ```
#[derive(Debug)]
pub struct Topics<S, P> {
    max_per_subscriber: u32,
    subscriptions: RwLock<Subscriptions<S, P>>,
    generation: AtomicU64,
}

#[derive(Debug)]
struct Subscriptions<S, P> {
    /// In the order in which they were made; no subscriber is without one.
    of: HashMap<S, Vec<Subscription<P>>, RandomState>,
    /// How many were ever made.
    made: u64,
}

#[derive(Debug)]
struct Subscription<P> {
    /// Its place in the order of all.
    number: u64,
    pattern: P,
}

impl<S: Clone + Eq + Hash, P: Clone + Eq> Topics<S, P> {
    /// No subscriptions yet, and at most so many for each subscriber.
    pub fn new(max_per_subscriber: u32) -> Self {
        Self {
            max_per_subscriber,
            subscriptions: RwLock::new(Subscriptions { of: HashMap::default(), made: 0 }),
            generation: AtomicU64::new(0),
        }
    }

    /// Subscribes to what a pattern covers. False if the subscriber has this subscription.
    ///
    /// # Errors
    ///
    /// If the subscriber has as many others as it may have.
    pub fn subscribe(&self, subscriber: S, pattern: P) -> Result<bool, TooManySubscriptions> {
        {
            let mut subscriptions = self.subscriptions.write();
            let Subscriptions { of, made } = &mut *subscriptions;
            let so_far = of.get(&subscriber).map(Vec::as_slice).unwrap_or_default();
            if so_far.iter().any(|subscription| subscription.pattern == pattern) {
                return Ok(false);
            }
            if so_far.len() >= self.max_per_subscriber as usize {
                return Err(TooManySubscriptions { limit: self.max_per_subscriber });
            }
            of.entry(subscriber).or_default().push(Subscription { number: *made, pattern });
            *made += 1;
        }
        self.invalidate();
        Ok(true)
    }

    /// Ends one subscription. False if there is none of exactly this pattern.
    pub fn unsubscribe(&self, subscriber: &S, pattern: &P) -> bool {
        {
            let mut subscriptions = self.subscriptions.write();
            let Some(theirs) = subscriptions.of.get_mut(subscriber) else {
                return false;
            };
            let this = |subscription: &Subscription<P>| subscription.pattern == *pattern;
            let Some(at) = theirs.iter().position(this) else {
                return false;
            };
            theirs.remove(at);
            if theirs.is_empty() {
                subscriptions.of.remove(subscriber);
            }
        }
        self.invalidate();
        true
    }

    /// Ends all subscriptions of a subscriber.
    pub fn forget(&self, subscriber: &S) {
        let forgotten = self.subscriptions.write().of.remove(subscriber);
        if forgotten.is_some() {
            self.invalidate();
        }
    }

    /// Who has a subscription that `covers` accepts: each once, in the order of their first such
    /// subscription.
    ///
    /// `covers` is called with the subscriptions locked. It must not call back.
    pub fn subscribers(&self, mut covers: impl FnMut(&S, &P) -> bool) -> Vec<S> {
        let mut covered: Vec<(u64, S)> = {
            let subscriptions = self.subscriptions.read();
            let first = |(subscriber, theirs): (&S, &Vec<Subscription<P>>)| {
                let first = theirs.iter().find(|theirs| covers(subscriber, &theirs.pattern))?;
                Some((first.number, subscriber.clone()))
            };
            subscriptions.of.iter().filter_map(first).collect()
        };
        covered.sort_unstable_by_key(|&(number, _)| number);
        covered.into_iter().map(|(_, subscriber)| subscriber).collect()
    }

    /// The patterns that a subscriber has subscribed to, in the order in which it did.
    pub fn subscriptions_of(&self, subscriber: &S) -> Vec<P> {
        let subscriptions = self.subscriptions.read();
        let theirs = subscriptions.of.get(subscriber).map(Vec::as_slice).unwrap_or_default();
        theirs.iter().map(|subscription| subscription.pattern.clone()).collect()
    }

    /// What subscribers that are asked for after this call are to be remembered under.
    pub fn generation(&self) -> u64 {
        // Acquire: who sees a generation also sees the change that it stands for, and all before
        // it; as in `Registry`.
        self.generation.load(Ordering::Acquire)
    }

    fn invalidate(&self) {
        // Release: the change comes first; see `generation`.
        self.generation.fetch_add(1, Ordering::Release);
    }
}

/// The subscriber has as many subscriptions as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("there are {limit} subscriptions already, and that is the limit")]
pub struct TooManySubscriptions {
    /// How many it may have.
    pub limit: u32,
}

#[cfg(test)]
mod tests;
