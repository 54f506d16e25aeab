//! The keys of the manifests, and what each may be.

use airssys_wasm_codec::{Codec, Digest};
use toml::{Table, Value};

use crate::ids;

/// What a value may be.
pub enum Rule {
    /// Any text.
    Text,
    /// A component id outside the namespace `airssys`.
    Id,
    /// A pattern of component ids.
    Pattern,
    /// A codec's name.
    Codec,
    /// A multihash in multibase.
    Digest,
    /// `true` or `false`.
    Flag,
    /// A whole number, from this one to that one.
    Count(u32, i64),
    /// A number of bytes, from this one to that one.
    Size(u128, u128),
    /// A time of at least so many nanoseconds.
    Time(u128),
    /// One of these words.
    Word(&'static [&'static str]),
    /// What a guest reads as its configuration.
    Settings,
    /// `"requested"`, or a table with what is granted.
    Grant,
    /// A list.
    List(&'static Rule),
    /// A table with these keys and no others.
    Keys(&'static [Key]),
}

/// A key of a table.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub rule: Rule,
    /// Whether it may not be absent.
    pub required: bool,
}

const fn key(name: &'static str, rule: Rule) -> Key {
    Key { name, rule, required: false }
}

const fn required(name: &'static str, rule: Rule) -> Key {
    Key { name, rule, required: true }
}

const U32: i64 = u32::MAX as i64;
const U64: u128 = u64::MAX as u128;

/// `[capabilities]`.
pub const CAPABILITIES: Rule = Rule::Keys(&[
    key(
        "messaging",
        Rule::Keys(&[
            key("send", Rule::List(&Rule::Pattern)),
            key("request", Rule::List(&Rule::Pattern)),
            key("receive", Rule::List(&Rule::Pattern)),
            key("publish", Rule::List(&Rule::Pattern)),
            key("subscribe", Rule::List(&Rule::Pattern)),
        ]),
    ),
    key(
        "wasi",
        Rule::Keys(&[
            key("stdio", Rule::Flag),
            key("env", Rule::List(&Rule::Text)),
            key("preopens", Rule::List(&PREOPEN)),
            key("network", Rule::List(&Rule::Text)),
            key("http", Rule::List(&Rule::Text)),
        ]),
    ),
]);

const PREOPEN: Rule = Rule::Keys(&[
    required("host", Rule::Text),
    required("guest", Rule::Text),
    key("write", Rule::Flag),
]);

const SERIALIZATION: Rule = Rule::Keys(&[
    key("supported_codecs", Rule::List(&Rule::Codec)),
    key("preferred_codec", Rule::Codec),
    key("strict", Rule::Flag),
]);

const QUOTA: Rule = Rule::Keys(&[
    key("message_rate", Rule::Count(1, U32)),
    key("message_burst", Rule::Count(1, U32)),
    key("max_message_size", Rule::Size(1, U32 as u128)),
    key("pending_requests", Rule::Count(0, U32)),
    key("pending_timers", Rule::Count(0, U32)),
    key("monitors", Rule::Count(0, U32)),
]);

const RESOURCES: Rule = Rule::Keys(&[
    key("memory", Rule::Size(1, U64)),
    key("message_timeout", Rule::Time(1)),
    key("init_timeout", Rule::Time(1)),
    key("shutdown_timeout", Rule::Time(1)),
    key("fuel_per_message", Rule::Count(1, i64::MAX)),
]);

const MAILBOX: Rule = Rule::Keys(&[
    key("capacity", Rule::Count(1, U32)),
    key("max_bytes", Rule::Size(1, U64)),
    key("overflow", Rule::Word(&["reject", "drop-oldest", "drop-newest"])),
    key("max_deliveries", Rule::Count(1, U32)),
]);

const RESTART: Rule =
    Rule::Keys(&[key("restart", Rule::Word(&["permanent", "transient", "temporary"]))]);

const HEALTH: Rule =
    Rule::Keys(&[key("interval", Rule::Time(1)), key("restart_after", Rule::Count(0, U32))]);

/// `Component.toml`.
pub static COMPONENT: Rule = Rule::Keys(&[
    required(
        "component",
        Rule::Keys(&[
            required("id", Rule::Id),
            key("version", Rule::Text),
            required("source", Rule::Text),
            key("digest", Rule::Digest),
        ]),
    ),
    key("serialization", SERIALIZATION),
    key("capabilities", CAPABILITIES),
    key("quota", QUOTA),
    key("resources", RESOURCES),
    key("mailbox", MAILBOX),
    key("supervision", RESTART),
    key("health", HEALTH),
    key("config", Rule::Settings),
]);

const STRATEGY: Rule = Rule::Word(&["one-for-one", "one-for-all", "rest-for-one"]);

const BACKOFF: Rule = Rule::Keys(&[key("initial", Rule::Time(0)), key("max", Rule::Time(0))]);

/// The system manifest.
pub static SYSTEM: Rule = Rule::Keys(&[
    key(
        "system",
        Rule::Keys(&[
            key("name", Rule::Text),
            key("workers", Rule::Count(1, U32)),
            key("slice", Rule::Time(1)),
            key("spare_threads", Rule::Count(0, U32)),
            key("memory", Rule::Size(0, U64)),
            key("request_timeout", Rule::Time(1)),
            key("drain", Rule::Time(0)),
        ]),
    ),
    key(
        "component",
        Rule::List(&Rule::Keys(&[
            required("manifest", Rule::Text),
            key("grant", Rule::Grant),
            key("id", Rule::Id),
            key("digest", Rule::Digest),
            key("group", Rule::Text),
            key("serialization", SERIALIZATION),
            key("capabilities", CAPABILITIES),
            key("quota", QUOTA),
            key("resources", RESOURCES),
            key("mailbox", MAILBOX),
            key("supervision", RESTART),
            key("health", HEALTH),
            key("config", Rule::Settings),
        ])),
    ),
    key(
        "group",
        Rule::List(&Rule::Keys(&[
            key("name", Rule::Text),
            key("parent", Rule::Text),
            key("restart", Rule::Word(&["permanent", "transient", "temporary"])),
            key("strategy", STRATEGY),
            key("max_restarts", Rule::Count(0, U32)),
            key("within", Rule::Time(1)),
            key("backoff", BACKOFF),
        ])),
    ),
    key(
        "supervision",
        Rule::Keys(&[
            key("strategy", STRATEGY),
            key("max_restarts", Rule::Count(0, U32)),
            key("within", Rule::Time(1)),
            key("backoff", BACKOFF),
        ]),
    ),
    key(
        "dead_letters",
        Rule::Keys(&[key("max_count", Rule::Count(0, U32)), key("max_bytes", Rule::Size(0, U64))]),
    ),
    key(
        "audit",
        Rule::Keys(&[
            required("file", Rule::Text),
            key("messages", Rule::Flag),
            key("digests", Rule::Flag),
            key("max_bytes", Rule::Size(1, U64)),
            key("keep", Rule::Count(0, U32)),
        ]),
    ),
]);

impl Rule {
    /// Whether `value` keeps to this rule.
    pub fn allows(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(_)) | (Self::Flag, Value::Boolean(_)) => true,
            (Self::Id, Value::String(text)) => ids::is_id(text) && !text.starts_with("airssys/"),
            (Self::Pattern, Value::String(text)) => ids::is_pattern(text),
            (Self::Codec, Value::String(text)) => text.parse::<Codec>().is_ok(),
            (Self::Digest, Value::String(text)) => text.parse::<Digest>().is_ok(),
            (&Self::Count(least, most), &Value::Integer(count)) => {
                (i64::from(least)..=most).contains(&count)
            }
            (&Self::Size(least, most), _) => {
                bytes(value).is_some_and(|size| (least..=most).contains(&size))
            }
            (&Self::Time(least), _) => {
                nanos(value).is_some_and(|time| (least..=U64).contains(&time))
            }
            (Self::Word(words), Value::String(word)) => words.contains(&word.as_str()),
            (Self::Settings, Value::Table(table)) => table.values().all(|value| {
                matches!(value, Value::String(_) | Value::Integer(_) | Value::Boolean(_))
            }),
            (Self::Grant, Value::String(word)) => word == "requested",
            (Self::Grant, value) => CAPABILITIES.allows(value),
            (Self::List(rule), Value::Array(items)) => items.iter().all(|item| rule.allows(item)),
            (Self::Keys(keys), Value::Table(table)) => allow(keys, table),
            _ => false,
        }
    }
}

fn allow(keys: &[Key], table: &Table) -> bool {
    let known = |name: &String| keys.iter().any(|key| key.name == name);
    table.keys().all(known)
        && keys.iter().all(|key| match table.get(key.name) {
            Some(value) => key.rule.allows(value),
            None => !key.required,
        })
}

/// Whether this document is a `Component.toml`.
pub fn is_component(document: &Table) -> bool {
    COMPONENT.allows(&Value::Table(document.clone())) && is_speakable(document)
}

/// Whether it prefers a codec that it declares, if it declares any.
fn is_speakable(document: &Table) -> bool {
    let Some(serialization) = document.get("serialization") else { return true };
    match (serialization.get("supported_codecs"), serialization.get("preferred_codec")) {
        (Some(Value::Array(supported)), Some(preferred)) => {
            supported.is_empty() || supported.contains(preferred)
        }
        _ => true,
    }
}

/// The number of bytes in a value like `64`, `"64"` or `"64 MiB"`.
pub fn bytes(value: &Value) -> Option<u128> {
    let text = match value {
        Value::Integer(bytes) => return u128::try_from(*bytes).ok(),
        Value::String(text) => text,
        _ => return None,
    };
    let (number, unit) = number(text)?;
    let bytes = match unit.trim_start_matches(' ') {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1000 * 1000,
        "GB" => 1000 * 1000 * 1000,
        "TB" => 1000 * 1000 * 1000 * 1000,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        "GiB" => 1024 * 1024 * 1024,
        "TiB" => 1024 * 1024 * 1024 * 1024,
        _ => return None,
    };
    number.checked_mul(bytes)
}

/// The nanoseconds in a value like `"100ms"`.
pub fn nanos(value: &Value) -> Option<u128> {
    let (number, unit) = number(value.as_str()?)?;
    let nanos = match unit {
        "ns" => 1,
        "us" => 1000,
        "ms" => 1000 * 1000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 60 * 60_000_000_000,
        "d" => 24 * 60 * 60_000_000_000,
        _ => return None,
    };
    number.checked_mul(nanos)
}

/// The digits that `text` starts with, and what is behind them.
fn number(text: &str) -> Option<(u128, &str)> {
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - behind.len()];
    Some((digits.parse().ok()?, behind))
}
