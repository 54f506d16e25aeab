use std::fmt;

use airssys_wasm::Codec;
use airssys_wasm::manifest::SystemComponent;

/// The codecs that a component speaks, or that two have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Codecs {
    /// Nothing is declared: any bytes.
    Any,
    /// These, the one that is liked best first; of two that have nothing in common: none.
    These(Vec<Codec>),
}

impl Codecs {
    /// What a component declares.
    pub(super) fn of(component: &SystemComponent) -> Self {
        let supported = component.manifest.serialization.by_preference();
        if supported.is_empty() { Self::Any } else { Self::These(supported) }
    }

    pub(super) fn in_common(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, codecs) | (codecs, Self::Any) => codecs.clone(),
            (Self::These(ours), Self::These(theirs)) => {
                Self::These(ours.iter().filter(|codec| theirs.contains(codec)).copied().collect())
            }
        }
    }

    /// What should be used to send to one who takes `theirs`: of what both speak what the sender
    /// likes best or, where the receiver does not speak that, what the receiver does.
    pub(super) fn best_for(&self, theirs: &Self) -> Option<Codec> {
        let Self::These(common) = self.in_common(theirs) else { return None };
        let liked = [self, theirs].into_iter().filter_map(Self::preferred);
        liked.chain(common.first().copied()).find(|codec| common.contains(codec))
    }

    /// The one that is liked best.
    pub(super) fn preferred(&self) -> Option<Codec> {
        match self {
            Self::Any => None,
            Self::These(codecs) => codecs.first().copied(),
        }
    }

    pub(super) fn are_none(&self) -> bool {
        matches!(self, Self::These(codecs) if codecs.is_empty())
    }
}

impl fmt::Display for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::These(codecs) if codecs.is_empty() => f.write_str("none"),
            Self::These(codecs) => {
                let names: Vec<String> = codecs.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_declares_nothing_speaks_what_the_other_does() {
        let json_and_cbor = Codecs::These(vec![Codec::JSON, Codec::CBOR]);
        let cbor_and_raw = Codecs::These(vec![Codec::CBOR, Codec::RAW]);
        let borsh = Codecs::These(vec![Codec::BORSH]);
        assert_eq!(Codecs::Any.in_common(&json_and_cbor), json_and_cbor);
        assert_eq!(json_and_cbor.in_common(&Codecs::Any), json_and_cbor);
        assert_eq!(json_and_cbor.in_common(&cbor_and_raw), Codecs::These(vec![Codec::CBOR]));
        assert!(json_and_cbor.in_common(&borsh).are_none());
        assert!(!Codecs::Any.in_common(&Codecs::Any).are_none());
    }

    #[test]
    fn what_the_sender_likes_best_is_suggested_and_then_what_the_receiver_does() {
        let these = |codecs: &[Codec]| Codecs::These(codecs.to_vec());
        let (json, cbor, raw) = (Codec::JSON, Codec::CBOR, Codec::RAW);
        let ours = these(&[json, cbor, raw]);
        assert_eq!(ours.best_for(&these(&[raw, cbor, json])), Some(json));
        assert_eq!(ours.best_for(&these(&[raw, cbor])), Some(raw));
        assert_eq!(ours.best_for(&these(&[Codec::BORSH, cbor, raw])), Some(cbor));
        assert_eq!(ours.best_for(&these(&[Codec::BORSH])), None);
        assert_eq!(ours.best_for(&Codecs::Any), Some(json));
        assert_eq!(Codecs::Any.best_for(&ours), Some(json));
        assert_eq!(Codecs::Any.best_for(&Codecs::Any), None);
    }
}
