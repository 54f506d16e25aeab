use proptest::prelude::*;

use super::*;

const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);

fn limiter(per_second: u32, burst: u32) -> RateLimiter {
    let count = |count| NonZeroU32::new(count).unwrap();
    RateLimiter::new(Rate { per_second: count(per_second), burst: count(burst) })
}

/// Sends one if it may be sent.
fn accepts(limiter: &mut RateLimiter, now: Duration) -> bool {
    let accepted = limiter.check(now).is_ok();
    if accepted {
        limiter.count(now);
    }
    accepted
}

/// A bucket that holds `burst` tokens and gets `per_second` of them each second. What is in it is
/// counted in billionths of a token: as many as come in a nanosecond are a whole number.
struct Bucket {
    per_second: u128,
    burst: u128,
    level: u128,
    last: Duration,
}

const TOKEN: u128 = 1_000_000_000;

impl Bucket {
    fn full(rate: Rate) -> Self {
        let burst = u128::from(rate.burst.get());
        let per_second = u128::from(rate.per_second.get());
        Self { per_second, burst, level: burst * TOKEN, last: Duration::ZERO }
    }

    fn refill(&mut self, now: Duration) {
        let came = (now - self.last).as_nanos() * self.per_second;
        self.level = (self.level + came).min(self.burst * TOKEN);
        self.last = now;
    }

    fn accepts(&mut self, now: Duration) -> bool {
        self.refill(now);
        let accepted = self.level >= TOKEN;
        self.level -= if accepted { TOKEN } else { 0 };
        accepted
    }
}

#[test]
fn a_third_of_a_second_is_not_rounded() {
    let mut limiter = limiter(3, 2);
    let mut now = Duration::ZERO;
    for _ in 0..300_000 {
        now += limiter.check(now).map_or_else(|too_soon| too_soon.wait, |()| Duration::ZERO);
        assert!(accepts(&mut limiter, now));
    }
    // Two came at once and 299,998 thirds of a second after them; no fraction of a nanosecond was
    // lost on the way.
    assert_eq!(now, Duration::from_nanos(299_998_000_000_000u64.div_ceil(3)));
}

#[test]
fn the_largest_numbers_neither_overflow_nor_let_too_many_through() {
    let mut limiter = limiter(u32::MAX, u32::MAX);
    limiter.count(Duration::MAX);
    assert_eq!(limiter.available(Duration::MAX), u32::MAX - 1);
    assert_eq!(limiter.check(Duration::MAX), Ok(()));
    let TooSoon { wait } = limiter.check(Duration::ZERO).unwrap_err();
    assert_eq!(Duration::MAX - wait, Duration::from_nanos(999_999_999));
    assert_eq!(TooSoon { wait: Duration::MAX }.milliseconds(), u64::MAX);
}

#[test]
fn a_debt_beyond_all_time_is_still_answered() {
    let mut limiter = limiter(1, 1);
    limiter.count(Duration::MAX);
    limiter.count(Duration::MAX);
    assert_eq!(limiter.check(Duration::ZERO), Err(TooSoon { wait: Duration::MAX }));
    assert_eq!(limiter.available(Duration::MAX), 0);
    // So many that a `u32` would begin again at none.
    let mut limiter = self::limiter(1, 5);
    limiter.count(Duration::from_secs(u64::from(u32::MAX)));
    assert_eq!(limiter.available(Duration::ZERO), 0);
}

#[test]
fn time_that_goes_back_gives_nothing_away_and_takes_nothing() {
    let mut limiter = limiter(10, 2);
    let now = Duration::from_secs(100);
    assert!(accepts(&mut limiter, now) && accepts(&mut limiter, now));
    let before = Duration::from_secs(40);
    assert_eq!(limiter.check(before), Err(TooSoon { wait: Duration::from_millis(60_100) }));
    assert_eq!(limiter.available(before), 0);
    assert_eq!(limiter.check(now), Err(TooSoon { wait: Duration::from_millis(100) }));
    assert_eq!(limiter.available(now + Duration::from_millis(200)), 2);
}

#[test]
fn what_is_sent_too_soon_is_owed() {
    let mut limiter = limiter(1000, 1);
    for _ in 0..5 {
        limiter.count(Duration::ZERO);
    }
    assert_eq!(limiter.check(Duration::ZERO).unwrap_err().milliseconds(), 5);
}

/// Rates small, large and of every awkward remainder.
fn rates() -> impl Strategy<Value = (u32, u32)> {
    let per_second = prop_oneof![1..10u32, 1..2000u32, 1..=u32::MAX];
    (per_second, prop_oneof![1..8u32, 1..=u32::MAX])
}

/// Steps from one send to the next: none, within an interval or so, and long ones.
fn steps() -> impl Strategy<Value = Vec<Duration>> {
    let step = prop_oneof![
        3 => Just(0),
        3 => 0..3000u64,
        3 => 0..400_000_000u64,
        1 => 0..3_000_000_000u64,
    ];
    prop::collection::vec(step.prop_map(Duration::from_nanos), 1..80)
}

/// When the sends are, the first at `start` nanoseconds.
fn times(start: u64, steps: &[Duration]) -> impl Iterator<Item = Duration> {
    steps.iter().scan(Duration::from_nanos(start), |now, step| {
        *now += *step;
        Some(*now)
    })
}

proptest! {
    #[test]
    fn it_accepts_what_a_bucket_of_tokens_does(
        (per_second, burst) in rates(), start: u64, steps in steps()
    ) {
        let mut limiter = limiter(per_second, burst);
        let mut bucket = Bucket::full(limiter.rate());
        for now in times(start, &steps) {
            bucket.refill(now);
            prop_assert_eq!(u128::from(limiter.available(now)), bucket.level / TOKEN);
            prop_assert_eq!(accepts(&mut limiter, now), bucket.accepts(now), "{:?}", now);
        }
    }

    #[test]
    fn no_span_of_time_has_more_than_its_share(
        per_second in prop_oneof![1..10u32, 1..2000u32, 1..=u32::MAX],
        burst in 1..8u32,
        start: u64,
        steps in steps(),
    ) {
        let mut limiter = limiter(per_second, burst);
        let sends = times(start, &steps);
        let accepted: Vec<Duration> = sends.filter(|&now| accepts(&mut limiter, now)).collect();
        for (nth, first) in accepted.iter().enumerate() {
            for (count, last) in accepted[nth..].iter().enumerate() {
                let share = (*last - *first).as_nanos() * u128::from(per_second);
                let most = u128::from(burst) * TOKEN + share;
                prop_assert!((count as u128 + 1) * TOKEN <= most, "{:?}..{:?}", first, last);
            }
        }
    }

    #[test]
    fn the_stated_wait_is_exact(
        per_second in prop_oneof![1..10u32, 1..2000u32, 1..=u32::MAX],
        burst in 1..8u32,
        start: u64,
        debt in 0..20u32,
    ) {
        let mut limiter = limiter(per_second, burst);
        let now = Duration::from_nanos(start);
        for _ in 0..burst + debt {
            limiter.count(now);
        }
        let too_soon = limiter.check(now).unwrap_err();
        let wait = too_soon.wait;
        prop_assert_eq!(limiter.check(now + wait), Ok(()));
        prop_assert_eq!(limiter.check(now + wait - NANO), Err(TooSoon { wait: NANO }));
        let milliseconds = u32::try_from(too_soon.milliseconds()).unwrap();
        prop_assert_eq!(limiter.check(now + MILLI * milliseconds), Ok(()));
        prop_assert!(limiter.check(now + MILLI * (milliseconds - 1)).is_err());
    }

    #[test]
    fn one_that_was_given_back_was_never_taken(
        (per_second, burst) in rates(), start: u64, steps in steps()
    ) {
        let mut limiter = limiter(per_second, burst);
        for now in times(start, &steps) {
            let before = limiter.clone();
            if limiter.take(now).is_err() {
                continue;
            }
            let mut given_back = limiter.clone();
            given_back.give_back();
            for later in [Duration::ZERO, NANO, MILLI, 1000 * MILLI].map(|wait| now + wait) {
                prop_assert_eq!(given_back.available(later), before.available(later));
                prop_assert_eq!(given_back.check(later), before.check(later));
            }
        }
    }

    #[test]
    fn at_rest_a_whole_burst_is_available(
        (per_second, burst) in rates(), start: u64, counted in 0..20u32
    ) {
        let mut limiter = limiter(per_second, burst);
        let now = Duration::from_nanos(start);
        prop_assert_eq!(limiter.available(now), burst);
        for _ in 0..counted {
            limiter.count(now);
        }
        prop_assert_eq!(limiter.available(now), burst.saturating_sub(counted));
        prop_assert_eq!(limiter.available(now + Duration::from_secs(20)), burst);
    }
}
