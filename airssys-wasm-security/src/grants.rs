use std::fmt;

use airssys_wasm_core::ComponentId;

use crate::{Pattern, PatternSet, Right};

/// Whom one component may send to, request from and receive from, and on which topics it may
/// publish and which it may subscribe to. A topic has the shape of a component id.
///
/// The default is what a component has that was granted nothing: it may send nowhere, and takes
/// messages from anyone who may send to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Targets of messages.
    pub send: PatternSet,
    /// Targets of requests. A right to send is none to request, nor the other way round.
    pub request: PatternSet,
    /// Senders that the component takes messages from; `None`: anyone.
    pub receive: Option<PatternSet>,
    /// Topics that it may publish on.
    pub publish: PatternSet,
    /// Topics that it may subscribe to.
    pub subscribe: PatternSet,
}

impl Grants {
    /// Whether a message may go to `target`.
    pub fn may_send(&self, target: &ComponentId) -> bool {
        self.send.matches(target)
    }

    /// Whether a request may go to `target`.
    pub fn may_request(&self, target: &ComponentId) -> bool {
        self.request.matches(target)
    }

    /// Whether a message or a request may come from `sender`.
    pub fn may_receive(&self, sender: &ComponentId) -> bool {
        self.receive.as_ref().is_none_or(|senders| senders.matches(sender))
    }

    /// Whether a message may be published on `topic`.
    pub fn may_publish(&self, topic: &ComponentId) -> bool {
        self.publish.matches(topic)
    }

    /// Whether the topics of `pattern` may be subscribed to: one pattern that was granted covers
    /// all of them.
    pub fn may_subscribe(&self, pattern: &Pattern) -> bool {
        self.subscribe.covers(pattern)
    }

    /// Adds a pattern to a right. False if nothing changed: it was there, or is about receiving
    /// where that is from anyone.
    pub fn grant(&mut self, right: Right, pattern: Pattern) -> bool {
        self.patterns_mut(right).is_some_and(|patterns| patterns.insert(pattern))
    }

    /// Takes exactly this pattern from a right; others may still cover what it did. False if
    /// nothing changed: it was not there.
    pub fn revoke(&mut self, right: Right, pattern: &Pattern) -> bool {
        self.patterns_mut(right).is_some_and(|patterns| patterns.remove(pattern))
    }

    /// What is granted here beyond what was `asked` for.
    ///
    /// `receive` is the component's own filter and nothing that it asks for. Where these grants
    /// have none they say nothing about it; where they have one, it may not let in whom the
    /// component's own keeps out.
    pub fn exceeds(&self, asked: &Self) -> Vec<Excess> {
        let mut excesses = beyond(Right::Send, &self.send, &asked.send);
        excesses.extend(beyond(Right::Request, &self.request, &asked.request));
        if let (Some(granted), Some(asked)) = (&self.receive, &asked.receive) {
            excesses.extend(beyond(Right::Receive, granted, asked));
        }
        excesses.extend(beyond(Right::Publish, &self.publish, &asked.publish));
        excesses.extend(beyond(Right::Subscribe, &self.subscribe, &asked.subscribe));
        excesses
    }

    /// The patterns of a right; `None`: messages are received from anyone.
    pub fn patterns(&self, right: Right) -> Option<&PatternSet> {
        match right {
            Right::Send => Some(&self.send),
            Right::Request => Some(&self.request),
            Right::Receive => self.receive.as_ref(),
            Right::Publish => Some(&self.publish),
            Right::Subscribe => Some(&self.subscribe),
        }
    }

    fn patterns_mut(&mut self, right: Right) -> Option<&mut PatternSet> {
        match right {
            Right::Send => Some(&mut self.send),
            Right::Request => Some(&mut self.request),
            Right::Receive => self.receive.as_mut(),
            Right::Publish => Some(&mut self.publish),
            Right::Subscribe => Some(&mut self.subscribe),
        }
    }
}

fn beyond(right: Right, granted: &PatternSet, asked: &PatternSet) -> Vec<Excess> {
    let wider = granted.iter().filter(|pattern| !asked.covers(pattern));
    wider.map(|pattern| Excess { right, pattern: pattern.clone() }).collect()
}

/// A pattern that grants more than was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// The right that it was granted for.
    pub right: Right,
    /// The pattern, as it was granted.
    pub pattern: Pattern,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}", self.right, self.pattern.as_str())
    }
}

#[cfg(test)]
mod tests;
