//! Ways around a rate, none of which is one.

use std::num::NonZeroU32;
use std::time::Duration;

use airssys_wasm::{ComponentSpec, Rate, SendError};
use airssys_wasm_testkit::{Puppet, TestSystem, guests};

use crate::attacker::{RESTART, attacker};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// One who may send ten times a second, and five times at once.
fn limited(test: &TestSystem) -> Puppet {
    let number = |number| NonZeroU32::new(number).unwrap();
    let rate = Rate { per_second: number(10), burst: number(5) };
    let id = "evil/a";
    let settings = move |_: ComponentSpec| attacker(id, guests::PUPPET).rate(rate);
    test.puppet_with(id, settings)
}

/// Sends in the way that this number says.
fn send(test: &TestSystem, attacker: &Puppet, way: u32) -> Result<(), SendError> {
    match way % 3 {
        0 => attacker.send(test, "test/echo", b""),
        1 => attacker.request(test, "test/echo", b"", Duration::ZERO).map(|_| ()),
        _ => attacker.publish(test, "news/eu", b"").map(|_| ()),
    }
}

#[test]
fn messages_requests_and_publications_share_one_rate() {
    for first in 0..3 {
        let test = stage::seeded(u64::from(first));
        let bystanders = Bystanders::spawn(&test);
        test.spawn_guest("test/echo", guests::ECHO);
        let attacker = limited(&test);
        for way in first..first + 5 {
            assert_eq!(send(&test, &attacker, way), Ok(()), "{way}");
        }
        for way in 0..30 {
            let limited = Err(SendError::RateLimited(100));
            assert_eq!(send(&test, &attacker, way), limited, "{way}");
        }
        test.advance(Duration::from_millis(99));
        assert_eq!(send(&test, &attacker, first), Err(SendError::RateLimited(1)));
        test.advance(Duration::from_millis(1));
        assert_eq!(send(&test, &attacker, first), Ok(()));
        assert_eq!(test.system().metrics("evil/a").unwrap().sends.rate_limited, 31);
        assert_eq!(test.system().quota_usage("evil/a").unwrap().available, Some(0));
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn neither_crashes_nor_refused_sends_give_a_new_burst() {
    let test = stage::seeded(4);
    let bystanders = Bystanders::spawn(&test);
    test.spawn_guest("test/echo", guests::ECHO);
    let attacker = limited(&test);
    for way in 0..5 {
        assert_eq!(send(&test, &attacker, way), Ok(()));
    }
    for crash in 1..=20 {
        test.system().send("evil/a", b"t").unwrap();
        test.advance(RESTART);
        assert_eq!(test.system().metrics("evil/a").unwrap().restarts, crash);
        assert_eq!(attacker.send(&test, "no id", b""), Err(SendError::InvalidTarget));
        assert_eq!(attacker.send(&test, "no/body", b""), Err(SendError::NoSuchComponent));
        let wait = 100 - 2 * crash;
        let limited = Err(SendError::RateLimited(wait));
        assert_eq!(send(&test, &attacker, crash as u32), limited, "only the clock counts");
    }
    bystanders.expect_unharmed(&test);
    test.advance(Duration::from_secs(5));
    expect_rest(&test);
}

#[test]
fn no_way_of_sending_gets_more_than_the_burst_and_the_rate() {
    for seed in 0..30 {
        let test = stage::seeded(seed);
        test.spawn_guest("test/echo", guests::ECHO);
        let attacker = limited(&test);
        let (mut accepted, mut random) = (0, seed);
        for _ in 0..200 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let way = (random >> 33) as u32;
            accepted += u64::from(send(&test, &attacker, way).is_ok());
            test.advance(Duration::from_millis(10));
        }
        assert_eq!(accepted, 5 + 19, "in 1,990 ms, seed {seed}");
        test.run_until_idle();
        expect_rest(&test);
    }
}
