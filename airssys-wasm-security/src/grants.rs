use std::fmt;

use airssys_wasm_core::ComponentId;

use crate::{Pattern, PatternSet};

/// Whom one component may send to, request from, and receive from.
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
        excesses
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

/// What a grant lets a component do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Send messages.
    Send,
    /// Make requests.
    Request,
    /// Receive messages and requests.
    Receive,
}

/// The key of a manifest's `[capabilities.messaging]`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Send => "send",
            Self::Request => "request",
            Self::Receive => "receive",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> PatternSet {
        PatternSet::parse(texts.iter().copied()).unwrap()
    }

    fn id(text: &str) -> ComponentId {
        ComponentId::parse(text).unwrap()
    }

    #[test]
    fn nothing_is_granted_unless_it_is() {
        let none = Grants::default();
        assert!(!none.may_send(&id("airssys/stdout")));
        assert!(!none.may_request(&id("airssys/stdout")));
        assert!(none.may_receive(&id("words/split")));
    }

    #[test]
    fn send_does_not_imply_request_nor_the_reverse() {
        let grants = Grants { send: set(&["a/b"]), request: set(&["a/c"]), receive: None };
        assert!(grants.may_send(&id("a/b")) && !grants.may_request(&id("a/b")));
        assert!(grants.may_request(&id("a/c")) && !grants.may_send(&id("a/c")));
    }

    #[test]
    fn a_filter_keeps_out_all_others_and_an_empty_one_everyone() {
        let of_words = Grants { receive: Some(set(&["words/*"])), ..Grants::default() };
        assert!(of_words.may_receive(&id("words/split")));
        assert!(!of_words.may_receive(&id("wordsmith/split")));
        let of_none = Grants { receive: Some(set(&[])), ..Grants::default() };
        assert!(!of_none.may_receive(&id("words/split")));
    }

    #[test]
    fn a_grant_may_be_narrower_than_what_was_asked_for_but_not_wider() {
        let asked = Grants {
            send: set(&["shop/*", "airssys/stdout"]),
            request: set(&["shop/stock"]),
            receive: Some(set(&["shop/*"])),
        };
        assert_eq!(asked.exceeds(&asked), []);
        let narrower = Grants { send: set(&["shop/cart-*"]), ..Grants::default() };
        assert_eq!(narrower.exceeds(&asked), []);
        let wider = Grants {
            send: set(&["shop/cart", "shop/**"]),
            request: set(&["shop/*", "airssys/stdout"]),
            receive: Some(set(&["**"])),
        };
        let excesses: Vec<String> = wider.exceeds(&asked).iter().map(Excess::to_string).collect();
        let expected = [
            r#"send = "shop/**""#,
            r#"request = "shop/*""#,
            r#"request = "airssys/stdout""#,
            r#"receive = "**""#,
        ];
        assert_eq!(excesses, expected);
    }

    #[test]
    fn what_was_not_asked_for_cannot_be_granted() {
        let granted = Grants { send: set(&["a/b"]), ..Grants::default() };
        assert_eq!(granted.exceeds(&Grants::default()).len(), 1);
    }
}
