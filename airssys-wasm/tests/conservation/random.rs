use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    Backoff, Codec, ComponentSpec, Grants, Intensity, Limits, MailboxLimits, Overflow, PatternSet,
    Rate, Restart,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::Guests;
use crate::native::NativeChaos;
use crate::outcomes::Outcomes;

/// A component with settings of all kinds, mostly tight ones.
pub(crate) fn spec(
    random: &mut StdRng,
    id: &str,
    guests: &Guests,
    outcomes: &Arc<Outcomes>,
) -> ComponentSpec {
    let id = id.parse().unwrap();
    let spec = match random.random_range(0..4) {
        0 => {
            let (seed, outcomes) = (random.random(), Arc::clone(outcomes));
            ComponentSpec::native(id, move || NativeChaos::new(seed, Arc::clone(&outcomes)))
        }
        1 => ComponentSpec::guest(id, &guests.without),
        _ => ComponentSpec::guest(id, &guests.with_callback),
    };
    let spec = spec
        .grants(grants(random))
        .mailbox(mailbox(random))
        .limits(Limits {
            message_timeout: Duration::from_millis(1),
            init_timeout: Duration::from_millis(1),
            shutdown_timeout: Duration::from_millis(1),
            ..Limits::default()
        })
        .max_message_size(random.random_range(50..500))
        .pending_requests(random.random_range(0..6))
        .pending_timers(random.random_range(0..6))
        .restart(choose(random, &[Restart::Permanent, Restart::Transient, Restart::Temporary]))
        .intensity(Intensity {
            max_restarts: random.random_range(0..10),
            within: Duration::from_secs(1),
        })
        .backoff(Backoff { initial: Duration::from_millis(5), max: Duration::from_millis(50) })
        .strict_codecs(random.random());
    let spec = match random.random_range(0..10) {
        0 => spec.codecs([Codec::RAW]),
        1 => spec.codecs([Codec::CBOR, Codec::RAW]),
        _ => spec,
    };
    if random.random_range(0..4) == 0 {
        let number = |number| NonZeroU32::new(number).unwrap();
        let (per_second, burst) = (random.random_range(1..200), random.random_range(1..5));
        return spec.rate(Rate { per_second: number(per_second), burst: number(burst) });
    }
    spec
}

fn grants(random: &mut StdRng) -> Grants {
    let mut set = |choices: &[&str]| {
        let chosen = choose(random, choices);
        PatternSet::parse(chosen.split_whitespace()).unwrap()
    };
    let (send, request) =
        (set(&["c/*", "c/*", "**", "c/0 c/1 c/2"]), set(&["c/*", "**", "c/0 c/3", ""]));
    let (publish, subscribe) = (set(&["t/*", "t/*", ""]), set(&["t/*", "t/**", "t/0 t/1"]));
    let receive = set(&["**", "**", "**", "**", "**", "c/*", "**", "test/* c/2"]);
    Grants { send, request, publish, subscribe, receive: Some(receive) }
}

fn mailbox(random: &mut StdRng) -> MailboxLimits {
    let overflows = [Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest];
    MailboxLimits {
        capacity: random.random_range(1..8),
        max_bytes: choose(random, &[600, 2_000, 1 << 20]),
        overflow: choose(random, &overflows),
    }
}

/// A message as chaos.wat understands it.
pub(crate) fn message(random: &mut StdRng) -> Vec<u8> {
    let mut message = vec![if random.random() { 0x55 } else { 0x51 }, random.random_range(0..6)];
    message.extend(random.random::<u64>().to_le_bytes());
    if random.random_range(0..8) == 0 {
        message.resize(random.random_range(10..400), 0);
    }
    message
}

pub(crate) fn choose<T: Copy>(random: &mut StdRng, choices: &[T]) -> T {
    choices[random.random_range(..choices.len())]
}
