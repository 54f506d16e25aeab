//! MessagePack as its [specification] has it.
//!
//! [specification]: https://github.com/msgpack/msgpack/blob/master/spec.md

use super::cursor::Cursor;
use super::{Fault, Flaw};

/// Where the object at the start of `body` ends.
pub(crate) fn end_of_object(body: &[u8], max_depth: usize) -> Result<usize, Flaw> {
    let mut cursor = Cursor::new(body);
    // How many objects are still to come: on this level, and on those around it.
    let mut left = 1;
    let mut around = Vec::new();
    loop {
        while left == 0 {
            match around.pop() {
                Some(outer) => left = outer,
                None => return Ok(cursor.at()),
            }
        }
        let start = cursor.at();
        left -= 1;
        if let Some(within) = next(&mut cursor)? {
            if around.len() == max_depth {
                return Err(Flaw { at: start, fault: Fault::TooDeep });
            }
            around.push(left);
            left = within;
        }
    }
}

/// Goes behind an object, or into it: then there are so many objects within.
fn next(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Flaw> {
    let start = cursor.at();
    let first = cursor.byte()?;
    let skip = match first {
        // Small integers, nil, false, true.
        0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 0,
        0x80..=0x8f => return Ok(Some(u64::from(first & 0x0f) * 2)),
        0x90..=0x9f => return Ok(Some(u64::from(first & 0x0f))),
        0xa0..=0xbf => u64::from(first & 0x1f),
        0xc1 => return Err(Flaw { at: start, fault: Fault::Forbidden }),
        // bin 8, 16, 32; str 8, 16, 32.
        0xc4 | 0xd9 => cursor.number(1)?,
        0xc5 | 0xda => cursor.number(2)?,
        0xc6 | 0xdb => cursor.number(4)?,
        // ext 8, 16, 32: the type is a byte more.
        0xc7 => cursor.number(1)? + 1,
        0xc8 => cursor.number(2)? + 1,
        0xc9 => cursor.number(4)? + 1,
        // uint 8, int 8; uint 16, int 16; float 32, uint 32, int 32; float 64, uint 64, int 64.
        0xcc | 0xd0 => 1,
        0xcd | 0xd1 => 2,
        0xca | 0xce | 0xd2 => 4,
        0xcb | 0xcf | 0xd3 => 8,
        // fixext 1, 2, 4, 8, 16.
        0xd4..=0xd8 => (1 << (first - 0xd4)) + 1,
        0xdc => return cursor.number(2).map(Some),
        0xdd => return cursor.number(4).map(Some),
        0xde => return cursor.number(2).map(|pairs| Some(pairs * 2)),
        0xdf => return cursor.number(4).map(|pairs| Some(pairs * 2)),
    };
    cursor.skip(skip)?;
    Ok(None)
}
