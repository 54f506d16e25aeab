//! What messages order the guest to do.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

const SETS_ALLOCATION: u32 = 16;
const SETS_FREEING: u32 = 17;
const RETURNS: u32 = 18;
const SHOWS: u32 = 19;
const SPINS: u32 = 20;
const RECURSES: u32 = 21;

/// Where the result is unless it is said otherwise, and where the guest's own text is.
const RESULT: u32 = 0;
const TEXT: u32 = 1024;
const FREE: u32 = 2048;
/// What is written to is below, but for what large allocations are given.
pub(crate) const SHOWN: u32 = 8192;

/// More than one call may hand over; and so many outcomes that they are.
const TOO_MUCH: u32 = 0x801_0000;
const TOO_MANY: u32 = 0x60_0000;

/// Has the guest answer with so much of its memory, or with all at 0.
pub(crate) fn show(bytes: u32) -> Vec<u8> {
    order(SHOWS, [bytes, 0, 0, 0, 0, 0, 0])
}

/// Some orders: most are such as an honest guest follows.
pub(crate) fn orders(random: &mut SmallRng) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..random.random_range(0..4)).flat_map(|_| one(random)).collect();
    if random.random_ratio(1, 200) {
        bytes.truncate(random.random_range(0..=bytes.len()));
    }
    bytes
}

fn one(random: &mut SmallRng) -> Vec<u8> {
    let number = match random.random_range(0..100) {
        0..50 => random.random_range(0..14),
        50..60 => random.random_range(24..28),
        60..75 => return result(random),
        75 => 14,
        76 => random.random_range(15..24),
        77..80 => {
            return order(
                SETS_ALLOCATION,
                [random.random_range(0..8), address(random), random.random_range(0..4), 0, 0, 0, 0],
            );
        }
        80..83 => return order(SETS_FREEING, [random.random_range(0..6), 0, 0, 0, 0, 0, 0]),
        83..90 => return order(SETS_ALLOCATION, [0; 7]),
        90..97 => return order(SETS_FREEING, [0; 7]),
        97 => return order(RETURNS, [address(random), 0, 0, 0, 0, 0, 0]),
        98 => return order(RETURNS, [RESULT, 0, 0, 0, 0, 0, 0]),
        _ => return show(if random.random_ratio(1, 4) { address(random) } else { SHOWN }),
    };
    if [SPINS, RECURSES].contains(&number) && random.random_ratio(3, 4) {
        return Vec::new();
    }
    let mut words = [0; 7].map(|_| address(random));
    if number == 14 {
        words[0] = random.random_range(0..3);
    } else if random.random_ratio(9, 10) {
        honest(number, &mut words, random);
    }
    order(number, words)
}

/// Sets a word of the result, or of what it refers to.
fn result(random: &mut SmallRng) -> Vec<u8> {
    let base = *[RESULT, RESULT, 96, 3072, 3072 + 16].choose(random).unwrap();
    let at = base + 4 * random.random_range(0..4);
    let word = match random.random_range(0..6) {
        0 | 1 => random.random_range(0..4),
        2 => TEXT + random.random_range(0..20),
        3 => random.random_range(0..32),
        4 => *[255, TOO_MANY].choose(random).unwrap(),
        _ => address(random),
    };
    order(13, [at, word, 0, 0, 0, 0, 0])
}

/// Addresses and lengths that are what they should be.
fn honest(number: u32, words: &mut [u32; 7], random: &mut SmallRng) {
    let (text, length) = (TEXT, random.random_range(0..11));
    let place = FREE + 8 * random.random_range(0..16);
    (words[0], words[1], words[2], words[3]) = (text, length, TEXT, random.random_range(0..21));
    match number {
        0 | 7 => words[4] = place,
        1 | 9 => words[6] = place,
        3 | 4 | 8 | 25 => words[0] = place,
        5 | 11 | 24 => words[2] = place,
        26 | 27 => {
            words[2] = TEXT;
            words[6] = place;
        }
        _ => {}
    }
}

fn address(random: &mut SmallRng) -> u32 {
    const PLACES: [u32; 10] =
        [0, 8, TEXT, FREE, 0x1_0000, 0x2_0000, 0x5_0000, TOO_MUCH, 0x8000_0000, u32::MAX];
    let near = *PLACES.choose(random).unwrap();
    match random.random_range(0..8) {
        0 => random.random(),
        1 => random.random_range(0..0x1_0000),
        2..5 => near,
        _ => near.wrapping_add(random.random_range(0..65)).wrapping_sub(32),
    }
}

fn order(number: u32, words: [u32; 7]) -> Vec<u8> {
    let words = std::iter::once(number).chain(words);
    words.flat_map(u32::to_le_bytes).collect()
}
