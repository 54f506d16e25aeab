use std::fmt;
use std::time::Duration;

use serde::Deserializer;
use serde::de::{self, Visitor};

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A time like `"100ms"`, which may be 0.
pub(super) fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(TimeVisitor)
}

/// A time like `"100ms"`, longer than 0.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match any(deserializer)? {
        Duration::ZERO => Err(de::Error::custom("it is 0, and has to be longer")),
        time => Ok(time),
    }
}

/// A whole number and a unit. In nanoseconds it fits 64 bits: 584 years are the most.
fn parse(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, nanos) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let number: u64 = number.parse().ok()?;
    number.checked_mul(nanos).map(Duration::from_nanos)
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time, like \"100ms\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).ok_or_else(|| {
            E::custom(format_args!(
                "{text:?} is no time: write a whole number and ns, us, ms, s, m, h or d, like 100ms"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_and_a_unit_are_a_time() {
        let cases = [
            ("0s", 0),
            ("1ns", 1),
            ("2us", 2_000),
            ("100ms", 100_000_000),
            ("5s", 5_000_000_000),
            ("1m", 60_000_000_000),
            ("1h", 3_600_000_000_000),
            ("1d", 86_400_000_000_000),
        ];
        for (text, nanos) in cases {
            assert_eq!(parse(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        let cases =
            ["", "5", "s", "-1s", "1.5s", "1 s", "1S", "1m30s", "213504d", "99999999999999999999s"];
        for text in cases {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,24}|[0-9]{1,25}[a-z]{0,2}") {
            let _ = parse(&text);
        }
    }
}
