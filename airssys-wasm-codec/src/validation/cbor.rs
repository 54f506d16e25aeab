//! CBOR as RFC 8949 has it, appendix C without its recursion.

use super::cursor::Cursor;
use super::{Fault, Flaw};

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// Where the data item at the start of `body` ends.
pub(super) fn end_of_item(body: &[u8], max_depth: usize) -> Result<usize, Flaw> {
    let mut cursor = Cursor::new(body);
    let mut level = Level::Items(1);
    let mut around = Vec::new();
    loop {
        while level == Level::Items(0) {
            match around.pop() {
                Some(outer) => level = outer,
                None => return Ok(cursor.at()),
            }
        }
        let start = cursor.at();
        let forbidden = Flaw { at: start, fault: Fault::Forbidden };
        let head = Head::read(&mut cursor)?;
        level = level.after(&head).ok_or(forbidden)?;
        if let Some(within) = head.enter(&mut cursor)? {
            if around.len() == max_depth {
                return Err(Flaw { at: start, fault: Fault::TooDeep });
            }
            around.push(level);
            level = within;
        }
    }
}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    /// So many items.
    Items(u64),
    /// Items, or the end of the array.
    Array,
    /// A key, or the end of the map.
    Key,
    /// The value of a key.
    Value,
    /// Strings of this major type, or the end of the string that they make up.
    Chunks(u8),
}

impl Level {
    /// What may come behind an item with this head, if it may come here.
    fn after(self, head: &Head) -> Option<Self> {
        match self {
            _ if head.is_break() => self.is_endless().then_some(Self::Items(0)),
            Self::Items(count) => Some(Self::Items(count - 1)),
            Self::Array => Some(Self::Array),
            Self::Key => Some(Self::Value),
            Self::Value => Some(Self::Key),
            Self::Chunks(major) => (head.major == major && head.argument.is_some()).then_some(self),
        }
    }

    /// Whether a break may end it.
    fn is_endless(self) -> bool {
        matches!(self, Self::Array | Self::Key | Self::Chunks(_))
    }
}

/// The start of an item: its major type, and a number unless the length is indefinite.
struct Head {
    major: u8,
    argument: Option<u64>,
}

impl Head {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Flaw> {
        let forbidden = Flaw { at: cursor.at(), fault: Fault::Forbidden };
        let first = cursor.byte()?;
        let (major, information) = (first >> 5, first & 0x1f);
        let argument = match information {
            0..=23 => Some(information.into()),
            24..=27 => Some(cursor.number(1 << (information - 24))?),
            31 if !matches!(major, 0 | 1 | TAG) => None,
            _ => return Err(forbidden),
        };
        // The simple values below 32 have to be in the first byte.
        if major == SIMPLE && information == 24 && argument < Some(32) {
            return Err(forbidden);
        }
        Ok(Self { major, argument })
    }

    fn is_break(&self) -> bool {
        self.major == SIMPLE && self.argument.is_none()
    }

    /// Goes behind the item, or into it.
    fn enter(self, cursor: &mut Cursor<'_>) -> Result<Option<Level>, Flaw> {
        Ok(match (self.major, self.argument) {
            (BYTES | TEXT, Some(bytes)) => {
                cursor.skip(bytes)?;
                None
            }
            (BYTES | TEXT, None) => Some(Level::Chunks(self.major)),
            (ARRAY, Some(count)) => Some(Level::Items(count)),
            (ARRAY, None) => Some(Level::Array),
            // More than there can be is as good as too many.
            (MAP, Some(pairs)) => Some(Level::Items(pairs.saturating_mul(2))),
            (MAP, None) => Some(Level::Key),
            (TAG, _) => Some(Level::Items(1)),
            _ => None,
        })
    }
}
