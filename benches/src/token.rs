//! The message that all benchmarks pass around: 64 bytes with a count in them.

/// A token's size in bytes.
pub const SIZE: usize = 64;

/// A token with this count.
pub fn token(count: u64) -> [u8; SIZE] {
    let mut token = [7; SIZE];
    token[0] = b'c';
    token[8..16].copy_from_slice(&count.to_le_bytes());
    token
}

/// A token with this count that has another size, of 16 bytes or more.
pub fn sized(count: u64, size: usize) -> Vec<u8> {
    let mut sized = vec![7; size];
    sized[..16].copy_from_slice(&token(count)[..16]);
    sized
}

/// The count of a token, and the token counted down by one; `None` at 0.
pub fn count_down(message: &[u8]) -> Option<[u8; SIZE]> {
    let mut token: [u8; SIZE] = message.try_into().unwrap();
    let count = u64::from_le_bytes(token[8..16].try_into().unwrap());
    token[8..16].copy_from_slice(&count.checked_sub(1)?.to_le_bytes());
    Some(token)
}
