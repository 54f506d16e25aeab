//! What the members of a storm are told: they are [puppets](Puppet).

use std::time::Duration;

use airssys_wasm_testkit::Puppet;
use rand::RngExt;
use rand::rngs::StdRng;

/// How many there are.
pub(crate) const POPULATION: usize = 1_000;

/// The id of one.
pub(crate) fn name(number: usize) -> String {
    format!("storm/c{number}")
}

/// The id of any.
pub(crate) fn any(random: &mut StdRng) -> String {
    name(random.random_range(..POPULATION))
}

/// To trap. The rest of the message is so many bytes.
pub(crate) fn trap(bytes: usize) -> Vec<u8> {
    let mut order = vec![0; 1 + bytes];
    order[0] = b't';
    order
}

/// To take longer than a message may.
pub(crate) fn spin() -> Vec<u8> {
    b"s".to_vec()
}

/// To respond.
pub(crate) fn echo() -> Vec<u8> {
    b"echo".to_vec()
}

/// To send `order` on.
pub(crate) fn pass_on(target: &str, order: &[u8]) -> Vec<u8> {
    Puppet::order_to_send(target, order, 1)
}

/// To make a request of `order`.
pub(crate) fn ask(target: &str, order: &[u8]) -> Vec<u8> {
    Puppet::order_to_request(target, order, Duration::from_millis(20))
}
