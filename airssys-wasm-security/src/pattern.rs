use std::fmt;
use std::iter::repeat;
use std::str::FromStr;

use airssys_wasm_core::{ComponentId, InvalidId, MAX_ID_BYTES, is_segment_byte, segment_fault};
use thiserror::Error;

const MAX_SEGMENTS: usize = 8;
/// How many segments a component id may have.
const ID_SEGMENTS: std::ops::RangeInclusive<usize> = 2..=MAX_SEGMENTS;

/// Which component ids a grant is about: 1 to 8 segments joined by `/`.
///
/// In a segment, `*` stands for any characters of that one segment, also for none. The last
/// segment may be `**`: one or more segments, whatever they are.
///
/// ```
/// # use airssys_wasm_core::ComponentId;
/// # use airssys_wasm_security::Pattern;
/// let id = |text| ComponentId::parse(text);
///
/// let shop = Pattern::parse("shop/*")?;
/// assert!(shop.matches(&id("shop/cart")?));
/// assert!(!shop.matches(&id("shopping/cart")?));
/// assert!(!shop.matches(&id("shop/cart/1")?));
///
/// let all_of_shop = Pattern::parse("shop/**")?;
/// assert!(all_of_shop.matches(&id("shop/cart/1")?));
/// assert!(all_of_shop.covers(&shop));
/// assert!(!shop.covers(&all_of_shop));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A pattern may match no id at all, as `*` alone, for every id has two segments.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: Box<str>,
    /// The segments before a final `**`, or all of them.
    fixed: usize,
    open_ended: bool,
}

impl Pattern {
    /// Checks `text` and keeps a copy of it.
    ///
    /// # Errors
    ///
    /// Says which rule `text` breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidPattern::TooLong { bytes: text.len() });
        }
        let segments = text.split('/').count();
        if segments > MAX_SEGMENTS {
            return Err(InvalidPattern::SegmentCount { segments });
        }
        let open_ended = text == "**" || text.ends_with("/**");
        let fixed = segments - usize::from(open_ended);
        for segment in text.split('/').take(fixed) {
            if segment.contains("**") {
                return Err(InvalidPattern::DoubleStar);
            }
            if let Some(fault) =
                segment_fault(segment, |byte| is_segment_byte(byte) || byte == b'*')
            {
                return Err(InvalidPattern::Segment(fault));
            }
        }
        Ok(Self { text: text.into(), fixed, open_ended })
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this pattern is about `id`.
    pub fn matches(&self, id: &ComponentId) -> bool {
        let segments = id.segments().count();
        self.spans(segments)
            && self
                .segments(segments)
                .zip(id.segments())
                .all(|(glob, segment)| glob_covers(glob, segment))
    }

    /// Whether every id that `other` matches is matched by this pattern.
    pub fn covers(&self, other: &Self) -> bool {
        ID_SEGMENTS.filter(|&count| other.spans(count)).all(|count| {
            self.spans(count)
                && self
                    .segments(count)
                    .zip(other.segments(count))
                    .all(|(ours, theirs)| glob_covers(ours, theirs))
        })
    }

    /// Whether ids of `count` segments can match.
    fn spans(&self, count: usize) -> bool {
        if self.open_ended { count > self.fixed } else { count == self.fixed }
    }

    /// The pattern written out for ids of `count` segments, which it [`spans`](Self::spans).
    fn segments(&self, count: usize) -> impl Iterator<Item = &str> {
        self.text.split('/').take(self.fixed).chain(repeat("*")).take(count)
    }
}

/// Whether `glob` matches all that `other` stands for, be it a plain segment or a glob.
///
/// A `*` of `other` is read as one more character, which only a `*` of `glob` can match: were it
/// matched by anything else, some text in its place would not be. So this is exact, but for a
/// glob that has every character of the alphabet in it, where it may say no too often.
fn glob_covers(glob: &str, other: &str) -> bool {
    let (glob, other) = (glob.as_bytes(), other.as_bytes());
    let (mut at, mut other_at) = (0, 0);
    // Behind the last `*`, and where what it stands for ends so far.
    let mut retry = None;
    while other_at < other.len() {
        if glob.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, other_at));
        } else if glob.get(at) == Some(&other[other_at]) {
            at += 1;
            other_at += 1;
        } else if let Some((behind_star, end)) = retry {
            at = behind_star;
            other_at = end + 1;
            retry = Some((behind_star, other_at));
        } else {
            return false;
        }
    }
    glob[at..].iter().all(|&byte| byte == b'*')
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse(text)
    }
}

/// Why a text is not a pattern over component ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// Longer than any component id.
    #[error("it has {bytes} bytes, and {MAX_ID_BYTES} are the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More than 8 segments.
    #[error("it has {segments} segments joined by `/`, and {MAX_SEGMENTS} are the most")]
    SegmentCount {
        /// How many it has.
        segments: usize,
    },
    /// A `**` that is not the whole of the last segment.
    #[error("`**` may only be the whole last segment, as in `shop/**`")]
    DoubleStar,
    /// A segment that, its `*` aside, could not stand in an id.
    #[error("{0}")]
    Segment(InvalidId),
}

#[cfg(test)]
mod tests;
