use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// The longest component id, in bytes.
pub const MAX_ID_BYTES: usize = 255;

const SEGMENTS: std::ops::RangeInclusive<usize> = 2..=8;
const MAX_SEGMENT_BYTES: usize = 63;

/// The name of a component: 2 to 8 segments joined by `/`, at most 255 bytes.
///
/// A segment is one of `[a-z0-9]` followed by up to 62 of `[a-z0-9._-]`. The first segment is
/// the namespace; `airssys` is the runtime's own. Cloning shares the text.
///
/// ```
/// # use airssys_wasm_core::{ComponentId, InvalidId};
/// let id = ComponentId::parse("shop/eu/cart-1")?;
/// assert_eq!(id.segments().count(), 3);
/// assert!(ComponentId::parse("../etc/passwd").is_err());
/// # Ok::<(), InvalidId>(())
/// ```
#[expect(clippy::derived_hash_with_manual_eq, reason = "equal texts are equal, shared or not")]
#[derive(Clone, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(Arc<str>);

impl PartialEq for ComponentId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl ComponentId {
    /// Checks `text` and keeps a copy of it.
    ///
    /// # Errors
    ///
    /// Says which rule `text` breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidId::TooLong { bytes: text.len() });
        }
        let mut segments = 0;
        for segment in text.split('/') {
            segments += 1;
            if let Some(fault) = segment_fault(segment, is_segment_byte) {
                return Err(fault);
            }
        }
        if !SEGMENTS.contains(&segments) {
            return Err(InvalidId::SegmentCount { segments });
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first segment.
    pub fn namespace(&self) -> &str {
        self.segments().next().unwrap_or_default()
    }

    /// The segments in order, the namespace first.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }
}

/// Whether a byte may stand in a segment after its first.
pub fn is_segment_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')
}

/// What is wrong with one segment, if anything: `allowed` says which bytes may stand in it,
/// and of `.`, `_` and `-` none may stand first.
pub fn segment_fault(segment: &str, allowed: fn(u8) -> bool) -> Option<InvalidId> {
    if segment.is_empty() {
        return Some(InvalidId::EmptySegment);
    }
    if segment.len() > MAX_SEGMENT_BYTES {
        return Some(InvalidId::SegmentTooLong { bytes: segment.len() });
    }
    let stray = segment.char_indices().find(|&(at, c)| {
        let byte = u8::try_from(c).unwrap_or(0);
        !allowed(byte) || (at == 0 && matches!(byte, b'.' | b'_' | b'-'))
    })?;
    Some(match stray {
        (0, character) => InvalidId::FirstCharacter { character },
        (_, character) => InvalidId::Character { character },
    })
}

/// Why a text is not a component id (or not a pattern over them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// Longer than [`MAX_ID_BYTES`].
    #[error("it has {bytes} bytes, and {MAX_ID_BYTES} are the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not 2 to 8 segments (a pattern: 1 to 8).
    #[error("it has {segments} segment(s) joined by `/`, and 2 to 8 are needed")]
    SegmentCount {
        /// How many it has.
        segments: usize,
    },
    /// Two `/` in a row, or one at the start or the end.
    #[error("one of its segments is empty")]
    EmptySegment,
    /// A segment of more than 63 bytes.
    #[error("one of its segments has {bytes} bytes, and {MAX_SEGMENT_BYTES} are the most")]
    SegmentTooLong {
        /// The segment's length.
        bytes: usize,
    },
    /// A segment that starts with something else than `[a-z0-9]`.
    #[error("a segment starts with {character:?}: only a-z and 0-9 may stand first")]
    FirstCharacter {
        /// What it starts with.
        character: char,
    },
    /// A character outside `[a-z0-9._-]`.
    #[error("{character:?} is not allowed: a segment has only a-z, 0-9, `.`, `_` and `-`")]
    Character {
        /// The first such character.
        character: char,
    },
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComponentId({})", self.0)
    }
}

impl FromStr for ComponentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl AsRef<str> for ComponentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Maps keyed by id are looked up by text.
impl Borrow<str> for ComponentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rules_of_the_contract_hold_at_their_edges() {
        let segment = "a".repeat(63);
        for good in ["a/b", "0/9", "a.b/c_d-e", "a/b/c/d/e/f/g/h", &format!("{segment}/x")] {
            assert!(ComponentId::parse(good).is_ok(), "{good}");
        }
        let cases = [
            ("", InvalidId::EmptySegment),
            ("a", InvalidId::SegmentCount { segments: 1 }),
            ("a/b/c/d/e/f/g/h/i", InvalidId::SegmentCount { segments: 9 }),
            ("a//b", InvalidId::EmptySegment),
            ("/a/b", InvalidId::EmptySegment),
            ("a/b/", InvalidId::EmptySegment),
            ("a/../b", InvalidId::FirstCharacter { character: '.' }),
            ("a/-b", InvalidId::FirstCharacter { character: '-' }),
            ("a/_b", InvalidId::FirstCharacter { character: '_' }),
            ("Shop/cart", InvalidId::FirstCharacter { character: 'S' }),
            ("shop/cArt", InvalidId::Character { character: 'A' }),
            ("shop/c\u{430}rt", InvalidId::Character { character: '\u{430}' }),
            ("shop/c rt", InvalidId::Character { character: ' ' }),
            ("shop/c\0", InvalidId::Character { character: '\0' }),
            ("shop/*", InvalidId::FirstCharacter { character: '*' }),
        ];
        for (bad, why) in cases {
            assert_eq!(ComponentId::parse(bad), Err(why), "{bad:?}");
        }
        let long_segment = format!("{segment}a/x");
        assert_eq!(ComponentId::parse(&long_segment), Err(InvalidId::SegmentTooLong { bytes: 64 }));
        let most = [&segment[..], &segment[..], &segment[..], &segment[..]].join("/");
        assert_eq!(most.len(), MAX_ID_BYTES);
        assert!(ComponentId::parse(&most).is_ok());
        assert_eq!(ComponentId::parse(&format!("{most}a")), Err(InvalidId::TooLong { bytes: 256 }));
    }

    proptest! {
        #[test]
        fn what_the_grammar_makes_is_accepted_unchanged(
            text in "[a-z0-9][a-z0-9._-]{0,20}(/[a-z0-9][a-z0-9._-]{0,20}){1,7}"
        ) {
            let id = ComponentId::parse(&text);
            prop_assert_eq!(id.as_ref().map(ComponentId::as_str), Ok(text.as_str()));
        }

        #[test]
        fn any_text_is_judged_as_the_grammar_says(text in "[a-z0-9A-Z._/ *\u{e9}-]{0,40}") {
            let segments: Vec<&str> = text.split('/').collect();
            let expected = (2..=8).contains(&segments.len()) && segments.iter().all(|segment| {
                let mut chars = segment.chars();
                chars.next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                    && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
            });
            prop_assert_eq!(ComponentId::parse(&text).is_ok(), expected);
        }
    }
}
