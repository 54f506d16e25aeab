use airssys_wasm_broker::Routes;
use airssys_wasm_core::{SendError, SubscribeError, Topic};
use airssys_wasm_security::Pattern;
use airssys_wasm_security::audit::AttemptKind;
use rand::rngs::SmallRng;

use super::route::{Right, Route};
use super::{Draft, Sender, Turn};
use crate::payload::{Content, Payload};

/// What a sender remembers of a topic: who wants it. It holds for one generation of registry and
/// subscriptions.
pub(super) struct Publication {
    topic: Topic,
    subscribers: Vec<Route>,
}

impl Sender {
    pub(super) fn subscribe(&self, pattern: &str) -> Result<(), SubscribeError> {
        let pattern = Pattern::parse(pattern).map_err(|_| SubscribeError::InvalidPattern)?;
        if !self.author.authority.may_subscribe(&pattern) {
            return Err(SubscribeError::NotPermitted);
        }
        let subscribed = self.runtime.topics.subscribe(self.id.clone(), pattern);
        subscribed.map_err(|error| SubscribeError::TooManySubscriptions(error.limit))?;
        Ok(())
    }

    pub(super) fn unsubscribe(&self, pattern: &str) -> bool {
        Pattern::parse(pattern)
            .is_ok_and(|pattern| self.runtime.topics.unsubscribe(&self.id, &pattern))
    }

    /// Judges the sender, then each subscriber as a target; says how many took it.
    pub(super) fn publish(
        &self,
        publications: &mut Routes<Publication>,
        turn: &mut Turn,
        random: &mut SmallRng,
        topic: &str,
        message: &[u8],
    ) -> Result<u32, SendError> {
        self.expect_open()?;
        let Publication { topic, subscribers } = self.publication(publications, topic)?;
        self.expect_within_size(message)?;
        self.take_from_quota(turn)?;
        let payload = Payload::copy_of(message);
        let mut taken = 0;
        for route in subscribers {
            let copy = Draft::new(Content::Payload(&payload));
            let copy = Draft { topic: Some(topic.clone()), ..copy };
            let sent = route
                .expect_taken(message, &self.author, Right::Send)
                .and_then(|()| self.post(route, turn, random, copy));
            match sent {
                Ok(()) => taken += 1,
                Err(error) => self.missed(turn, random, route, topic, &payload, &error),
            }
        }
        self.author.sends.published.bump();
        self.author.sends.copies.add(u64::from(taken));
        Ok(taken)
    }

    fn publication<'known>(
        &self,
        publications: &'known mut Routes<Publication>,
        topic: &str,
    ) -> Result<&'known mut Publication, SendError> {
        let (registry, topics) = (&self.runtime.registry, &self.runtime.topics);
        // Each only grows: the sum is new when one of them is.
        let generation = registry.generation().wrapping_add(topics.generation());
        publications.route(topic, generation, |topic| {
            let topic = Topic::parse(topic).map_err(|_| SendError::InvalidTarget)?;
            if !self.author.authority.may_publish(&topic) {
                return Err(SendError::NotPermitted);
            }
            Ok(self.find_subscribers(topic))
        })
    }

    /// Those who subscribed to `topic`, and may.
    fn find_subscribers(&self, topic: Topic) -> Publication {
        let runtime = &self.runtime;
        let subscribers = runtime.topics.subscribers(|subscriber, pattern| {
            pattern.matches(topic.as_id())
                && runtime
                    .registry
                    .get(subscriber.as_str())
                    .is_some_and(|known| known.author.authority.may_subscribe(pattern))
        });
        let subscribers = subscribers
            .iter()
            .filter_map(|subscriber| runtime.registry.get(subscriber.as_str()))
            .map(|known| Route::new(known, &self.id, false, false))
            .collect();
        Publication { topic, subscribers }
    }

    /// Accounts for a subscriber that a publication did not reach.
    #[cold]
    fn missed(
        &self,
        turn: &mut Turn,
        random: &mut SmallRng,
        route: &Route,
        topic: &Topic,
        payload: &Payload,
        error: &SendError,
    ) {
        let (kind, target) = (AttemptKind::Publication, route.target().as_str());
        self.audit_refusal(turn, kind, target, Some(topic), payload, error);
        if *error == SendError::MailboxFull {
            let now = self.runtime.clock.monotonic();
            let trace_parent = turn.trace(random);
            let payload = payload.to_bytes();
            self.runtime.missed(&self.id, &route.receiver, payload, now, trace_parent);
        }
    }
}
