use std::ops::Deref;

use bytes::Bytes;

/// The bytes of a message. Few of them lie in the message itself, and take no memory of their own.
#[derive(Clone)]
pub(crate) enum Payload {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Bytes),
}

/// With the length and which of the two it is, 80 bytes.
const SHORT: usize = 78;

/// What a payload is to be made of.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    Bytes(&'a [u8]),
    /// Its long bytes are shared, not copied.
    Payload(&'a Payload),
}

impl Content<'_> {
    pub(crate) fn to_payload(self) -> Payload {
        match self {
            Self::Bytes(bytes) => Payload::copy_of(bytes),
            Self::Payload(payload) => payload.clone(),
        }
    }

    /// Replaces what is in `payload`.
    pub(crate) fn write_to(self, payload: &mut Payload) {
        let from = &*self;
        match payload {
            Payload::Short { length, bytes } if from.len() <= SHORT => {
                bytes[..from.len()].copy_from_slice(from);
                *length = from.len() as u8;
            }
            _ => *payload = self.to_payload(),
        }
    }
}

impl Deref for Content<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Payload(payload) => payload,
        }
    }
}

impl Payload {
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        Self::short(bytes).unwrap_or_else(|| Self::Long(Bytes::copy_from_slice(bytes)))
    }

    /// Leaves no bytes in it, and none that it holds elsewhere.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Short { length, .. } => *length = 0,
            Self::Long(_) => *self = Self::Short { length: 0, bytes: [0; SHORT] },
        }
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Short { .. } => Bytes::copy_from_slice(self),
            Self::Long(bytes) => bytes.clone(),
        }
    }

    /// What it takes of memory beside its own place.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(bytes) => bytes.len(),
        }
    }

    fn short(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self::Short { length: from.len() as u8, bytes })
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::short(&bytes).unwrap_or_else(|| Self::Long(bytes.into()))
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::short(&bytes).unwrap_or(Self::Long(bytes))
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_it_was_made_of_however_long() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 1000] {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            for payload in [Payload::copy_of(&bytes), Payload::from(Bytes::from(bytes.clone()))] {
                assert_eq!(&*payload, &bytes);
                assert_eq!(payload.to_bytes(), bytes);
                assert_eq!(payload.memory() > 0, length > SHORT);
                let contents = [Content::Bytes(&bytes), Content::Payload(&payload)];
                for (content, earlier) in contents.iter().zip([3, SHORT + 3, 3]) {
                    let mut again = Payload::copy_of(&vec![7; earlier]);
                    content.write_to(&mut again);
                    assert_eq!(&*again, &bytes);
                    again.clear();
                    assert_eq!((again.len(), again.memory()), (0, 0));
                }
            }
        }
    }
}
