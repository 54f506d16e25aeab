//! What was read of a manifest, against what is written in it.

use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use airssys_wasm_security::PatternSet;
use toml::{Table, Value};

use crate::manifest::{Capabilities, ComponentManifest, Wasi};
use crate::schema;

/// Panics unless `read` has what is written in `document`, and the contract's defaults where
/// nothing is. Its files are relative to `own`, and the folders in it to `preopens`.
pub fn expect_component(read: &ComponentManifest, document: &Table, own: &Path, preopens: &Path) {
    let ComponentManifest { component, serialization, quota, resources, mailbox, health, .. } =
        read;
    let section = |name| document.get(name);

    let written = section("component");
    assert_eq!(component.id.as_str(), text(written, "id"));
    assert_eq!(component.version.as_deref(), key(written, "version").and_then(Value::as_str));
    assert_eq!(component.source, own.join(text(written, "source")));
    let digest = key(written, "digest").and_then(Value::as_str);
    assert_eq!(component.digest, digest.map(|text| text.parse().expect("a digest")));

    let written = section("serialization");
    let codecs = &serialization.supported_codecs;
    let codecs: Vec<String> = codecs.iter().map(ToString::to_string).collect();
    assert_eq!(codecs, texts(written, "supported_codecs"));
    let preferred = serialization.preferred_codec.map(|codec| codec.to_string());
    assert_eq!(preferred.as_deref().unwrap_or_default(), text(written, "preferred_codec"));
    assert_eq!(serialization.strict, is_set(written, "strict"));

    let written = section("quota");
    let rate = quota.message_rate.map_or(0, u32::from);
    assert_eq!(u128::from(rate), amount(written, "message_rate", 0));
    let burst = quota.message_burst.map_or(0, u32::from);
    assert_eq!(u128::from(burst), amount(written, "message_burst", 0));
    let most = amount(written, "max_message_size", 1 << 20);
    assert_eq!(u128::from(quota.max_message_size.bytes()), most);
    assert_eq!(u128::from(quota.pending_requests), amount(written, "pending_requests", 1000));
    assert_eq!(u128::from(quota.pending_timers), amount(written, "pending_timers", 1000));
    assert_eq!(u128::from(quota.monitors), amount(written, "monitors", 1000));

    let written = section("resources");
    assert_eq!(u128::from(resources.memory.bytes()), amount(written, "memory", 64 << 20));
    expect_time(resources.message_timeout, written, "message_timeout", 100_000_000);
    expect_time(resources.init_timeout, written, "init_timeout", 5_000_000_000);
    expect_time(resources.shutdown_timeout, written, "shutdown_timeout", 1_000_000_000);
    let fuel = resources.fuel_per_message.map_or(0, u64::from);
    assert_eq!(u128::from(fuel), amount(written, "fuel_per_message", 0));

    let written = section("mailbox");
    assert_eq!(u128::from(mailbox.capacity.get()), amount(written, "capacity", 1000));
    assert_eq!(u128::from(mailbox.max_bytes.bytes()), amount(written, "max_bytes", 16 << 20));
    expect_word(mailbox.overflow, written, "overflow", "reject");
    assert_eq!(u128::from(mailbox.max_deliveries.get()), amount(written, "max_deliveries", 1));

    expect_word(read.supervision.restart, section("supervision"), "restart", "permanent");
    expect_time(health.interval, section("health"), "interval", 10_000_000_000);
    let after = amount(section("health"), "restart_after", 3);
    assert_eq!(u128::from(health.restart_after), after);

    let settings = section("config").and_then(Value::as_table);
    assert_eq!(read.config.len(), settings.map_or(0, Table::len));
    for (name, value) in settings.into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(read.config.get(name), Some(&value), "{name}");
    }
    expect_capabilities(&read.capabilities, section("capabilities"), preopens);
}

/// Panics unless `read` has what is written in the table; the folders are relative to `base`.
pub fn expect_capabilities(read: &Capabilities, written: Option<&Value>, base: &Path) {
    let messaging = key(written, "messaging");
    expect_patterns(&read.messaging.send, messaging, "send");
    expect_patterns(&read.messaging.request, messaging, "request");
    expect_patterns(&read.messaging.publish, messaging, "publish");
    expect_patterns(&read.messaging.subscribe, messaging, "subscribe");
    let receive = key(messaging, "receive");
    assert_eq!(read.messaging.receive.is_some(), receive.is_some());
    expect_patterns(&read.messaging.receive.clone().unwrap_or_default(), messaging, "receive");

    let Wasi { stdio, env, preopens, network, http } = &read.wasi;
    let written = key(written, "wasi");
    assert_eq!(*stdio, is_set(written, "stdio"));
    assert_eq!(*env, texts(written, "env"));
    assert_eq!(*network, texts(written, "network"));
    assert_eq!(*http, texts(written, "http"));
    let folders = items(written, "preopens");
    assert_eq!(preopens.len(), folders.len());
    for (preopen, folder) in preopens.iter().zip(folders) {
        let folder = Some(folder);
        assert_eq!(preopen.host, base.join(text(folder, "host")));
        assert_eq!(preopen.guest, text(folder, "guest"));
        assert_eq!(preopen.write, is_set(folder, "write"));
    }
}

/// Panics unless `read` is the time at `name`, or so many nanoseconds where there is none.
pub fn expect_time(read: Duration, table: Option<&Value>, name: &str, default: u128) {
    assert_eq!(read.as_nanos(), amount(table, name, default), "{name}");
}

/// Panics unless `read` is the variant that is written at `name`, or `default`.
pub fn expect_word(read: impl Debug, table: Option<&Value>, name: &str, default: &str) {
    let written = key(table, name).and_then(Value::as_str).unwrap_or(default);
    assert_eq!(format!("{read:?}").to_lowercase(), written.replace('-', ""));
}

/// The number, the bytes or the nanoseconds at `name`.
pub fn amount(table: Option<&Value>, name: &str, default: u128) -> u128 {
    let amount = |value| schema::bytes(value).or_else(|| schema::nanos(value));
    key(table, name).map_or(default, |value| amount(value).expect("it is allowed"))
}

/// The text at `name`; empty if there is none.
pub fn text<'a>(table: Option<&'a Value>, name: &str) -> &'a str {
    key(table, name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether there is `true` at `name`.
pub fn is_set(table: Option<&Value>, name: &str) -> bool {
    key(table, name) == Some(&Value::Boolean(true))
}

/// The value at `name`.
pub fn key<'a>(table: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    table?.get(name)
}

/// The list at `name`; empty if there is none.
pub fn items<'a>(table: Option<&'a Value>, name: &str) -> &'a [Value] {
    key(table, name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'a>(table: Option<&'a Value>, name: &str) -> Vec<&'a str> {
    items(table, name).iter().filter_map(Value::as_str).collect()
}

fn expect_patterns(read: &PatternSet, table: Option<&Value>, name: &str) {
    let read: Vec<&str> = read.iter().map(|pattern| pattern.as_str()).collect();
    let mut written: Vec<&str> = Vec::new();
    for text in texts(table, name) {
        // It is a set.
        if !written.contains(&text) {
            written.push(text);
        }
    }
    assert_eq!(read, written, "{name}");
}
