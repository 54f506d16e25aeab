//! What the audit log says of a system that runs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use airssys_wasm::{AuditSettings, Codec, ComponentSpec, Grants, Right, SendError};
use airssys_wasm_testkit::{TestSystem, guests, patterns};
use serde_json::{Value, json};

fn records(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A record's values of these keys.
fn of(record: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| record.get(*key).cloned().unwrap_or(Value::Null)).collect()
}

/// Has one system refuse, accept, dead-letter and change its grants.
fn run(settings: AuditSettings) {
    let test = TestSystem::with(1, |builder| builder.audit(settings));
    let guest = test.guest(guests::REFUSE);
    test.spawn(ComponentSpec::guest("test/refuse".parse().unwrap(), &guest));
    test.spawn(ComponentSpec::guest("test/json".parse().unwrap(), &guest).codecs([Codec::JSON]));
    let shy = Grants { receive: Some(patterns(&["other/*"])), ..Grants::default() };
    test.spawn(ComponentSpec::guest("test/shy".parse().unwrap(), &guest).grants(shy));
    let sender = test.puppet_with("test/sender", |spec| {
        spec.grants(Grants { send: patterns(&["test/*"]), ..Grants::default() })
    });
    assert_eq!(sender.send(&test, "test/refuse", b"secret"), Ok(()));
    assert_eq!(sender.send(&test, "other/id", b"secret"), Err(SendError::NotPermitted));
    assert_eq!(sender.send(&test, "test/shy", b"secret"), Err(SendError::NotPermitted));
    assert_eq!(sender.send(&test, "te\"st\n", b""), Err(SendError::InvalidTarget));
    let not_json = Err(SendError::CodecNotAccepted(vec![0x200]));
    assert_eq!(sender.send(&test, "test/json", b"\x55secret"), not_json);
    test.run_until_idle();
    let pattern = "test/*".parse().unwrap();
    assert_eq!(test.system().revoke("test/sender", Right::Send, &pattern), Ok(true));
    test.shutdown();
}

#[test]
fn refusals_dead_letters_and_changed_grants_are_recorded_always() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    run(AuditSettings::new(&file));
    let records = records(&file);
    let keys = ["v", "event", "from", "to", "bytes", "outcome", "denied_by"];
    let sends: Vec<Value> = records
        .iter()
        .filter(|record| record["event"] == "message")
        .map(|record| of(record, &keys))
        .collect();
    let expected = [
        json!([1, "message", "test/sender", "other/id", 6, "not-permitted", "sender"]),
        json!([1, "message", "test/sender", "test/shy", 6, "not-permitted", "receiver"]),
        json!([1, "message", "test/sender", "te\"st\n", 0, "invalid-target", null]),
        json!([1, "message", "test/sender", "test/json", 7, "codec-not-accepted", null]),
    ];
    assert_eq!(sends, expected);
    let others: Vec<&Value> =
        records.iter().filter(|record| record["event"] != "message").collect();
    let [letter, change] = others.as_slice() else { panic!("{others:?}") };
    let keys = ["event", "from", "to", "reason", "delivery", "bytes"];
    let expected = json!(["dead-letter", "test/sender", "test/refuse", "refused", 1, 6]);
    assert_eq!(of(letter, &keys), expected);
    let keys = ["event", "component", "change", "right", "pattern"];
    let expected = json!(["grant", "test/sender", "revoked", "send", "test/*"]);
    assert_eq!(of(change, &keys), expected);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("secret"), "payloads are never in the log");
}

#[test]
fn messages_and_digests_are_recorded_where_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    run(AuditSettings { messages: true, digests: true, ..AuditSettings::new(&file) });
    let records = records(&file);
    let accepted: Vec<&Value> =
        records.iter().filter(|record| record["outcome"] == "accepted").collect();
    // Five orders to the puppet, and what it sent.
    assert_eq!(accepted.len(), 6);
    assert_eq!(accepted.iter().filter(|record| record["event"] == "request").count(), 5);
    let sent = accepted.iter().find(|record| record["event"] == "message").unwrap();
    assert_eq!(of(sent, &["from", "to"]), json!(["test/sender", "test/refuse"]));
    let digest = airssys_wasm::Digest::of(b"secret").to_string();
    assert_eq!(sent["digest"], json!(digest));
    let trace = sent["trace_parent"].as_str().unwrap();
    let order = accepted[0]["trace_parent"].as_str().unwrap();
    let (trace_id, span) = (&order[3..35], &order[36..52]);
    assert_eq!(&trace[3..35], trace_id, "the order led to it");
    assert_eq!(sent["parent_span"], json!(span));
}

#[test]
fn a_log_that_cannot_be_written_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-there/audit.jsonl");
    let error = airssys_wasm::System::builder().audit(AuditSettings::new(&file)).build();
    let text = error.err().unwrap().to_string();
    assert!(text.contains("not-there/audit.jsonl"), "{text}");
}
