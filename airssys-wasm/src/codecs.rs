use airssys_wasm_codec::{Codec, Envelope};

/// What a component that declares codecs takes, and speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Codecs {
    /// At least one; the one that it likes best comes first.
    pub(crate) supported: Vec<Codec>,
    /// Whether a body is looked through before it is taken.
    pub(crate) strict: bool,
}

impl Codecs {
    /// Whether this payload is taken. An empty one always is.
    pub(crate) fn take(&self, payload: &[u8]) -> bool {
        match Envelope::read(payload) {
            Ok(None) => true,
            Ok(Some(envelope)) => {
                self.supported.contains(&envelope.codec)
                    && (!self.strict || envelope.validate().is_ok())
            }
            Err(_) => false,
        }
    }

    /// The codes of what is taken; those come first that `sender` speaks too.
    pub(crate) fn codes_for(&self, sender: Option<&Self>) -> Vec<u64> {
        let speaks = |codec: &&Codec| sender.is_some_and(|ours| ours.supported.contains(*codec));
        let (common, others): (Vec<&Codec>, Vec<&Codec>) = self.supported.iter().partition(speaks);
        common.into_iter().chain(others).map(|codec| codec.code()).collect()
    }

    /// The codes of what both speak.
    pub(crate) fn in_common(&self, codes: &[u64]) -> Vec<u64> {
        let speaks = |code: &u64| self.supported.iter().any(|codec| codec.code() == *code);
        codes.iter().copied().filter(speaks).collect()
    }
}
