use std::fmt;

use airssys_wasm::Codec;
use airssys_wasm::manifest::SystemComponent;

/// The codecs that a component speaks, or that two have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Codecs {
    /// Nothing is declared: any bytes.
    Any,
    /// These; of two that have nothing in common: none.
    These(Vec<Codec>),
}

impl Codecs {
    /// What a component declares.
    pub(super) fn of(component: &SystemComponent) -> Self {
        let supported = &component.manifest.serialization.supported_codecs;
        if supported.is_empty() { Self::Any } else { Self::These(supported.clone()) }
    }

    pub(super) fn in_common(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, codecs) | (codecs, Self::Any) => codecs.clone(),
            (Self::These(ours), Self::These(theirs)) => {
                Self::These(ours.iter().filter(|codec| theirs.contains(codec)).copied().collect())
            }
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
}
