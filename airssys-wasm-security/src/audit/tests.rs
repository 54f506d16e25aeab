use std::collections::BTreeSet;

use airssys_wasm_core::{SendError, Topic};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

fn accepted() -> Attempt {
    Attempt {
        kind: AttemptKind::Message,
        sender: id("shop/cart"),
        target: Target::named("shop/stock"),
        topic: None,
        size: 64,
        outcome: Ok(()),
        trace: None,
        parent_span: None,
        digest: None,
    }
}

fn refused(error: SendError) -> AuditEvent {
    let refusal = Refusal { error, denied_by: None, codecs: None };
    AuditEvent::Sent(Attempt { outcome: Err(Box::new(refusal)), ..accepted() })
}

fn sent_to(target: &str) -> AuditEvent {
    AuditEvent::Sent(Attempt { target: Target::named(target), ..accepted() })
}

fn denied(by: DeniedBy) -> AuditEvent {
    let (error, denied_by) = (SendError::NotPermitted, Some(by));
    let refusal = Refusal { error, denied_by, codecs: None };
    AuditEvent::Sent(Attempt { outcome: Err(Box::new(refusal)), ..accepted() })
}

fn codecs_disagree(codecs: Codecs) -> AuditEvent {
    let error = SendError::CodecNotAccepted(vec![0x51, 0x0200]);
    let refusal = Refusal { error, denied_by: None, codecs: Some(codecs) };
    AuditEvent::Sent(Attempt { outcome: Err(Box::new(refusal)), ..accepted() })
}

fn trace() -> TraceParent {
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap()
}

fn line(event: AuditEvent) -> String {
    let mut out = Vec::new();
    Record { at: 1_700_000_000_123_456_789, event }.write_json(&mut out);
    String::from_utf8(out).unwrap()
}

fn value(event: AuditEvent) -> Value {
    serde_json::from_str(&line(event)).unwrap()
}

/// Every kind of record with the line that it is to have, without what all lines begin with.
fn golden() -> Vec<(AuditEvent, &'static str)> {
    let traced = Attempt {
        kind: AttemptKind::Request,
        size: u32::MAX,
        trace: Some(trace()),
        parent_span: Some(0xb7ad_6b71_6920_3331),
        digest: Some("bciqjq".into()),
        ..accepted()
    };
    let published = Attempt {
        kind: AttemptKind::Publication,
        topic: Some(Topic::parse("orders/eu").unwrap()),
        parent_span: Some(1),
        ..accepted()
    };
    let letter = DeadLetter {
        sender: id("shop/cart"),
        target: id("shop/stock"),
        reason: "crashed",
        delivery: 3,
        size: 0,
        trace: None,
    };
    let traced_letter = DeadLetter { trace: Some(trace()), ..letter.clone() };
    let grant = |change| GrantChange {
        component: id("shop/cart"),
        right: Right::Subscribe,
        pattern: Pattern::parse("shop/orders/**").unwrap(),
        change,
    };
    let codecs = Codecs { offered: Some(0x30_0700), in_common: vec![0x51] };
    vec![
        (
            AuditEvent::Sent(accepted()),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"accepted""#,
        ),
        (
            AuditEvent::Sent(traced),
            r#""request","from":"shop/cart","to":"shop/stock","bytes":4294967295,"outcome":"accepted","trace_parent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","parent_span":"b7ad6b7169203331","digest":"bciqjq""#,
        ),
        (
            AuditEvent::Sent(published),
            r#""publication","from":"shop/cart","to":"shop/stock","topic":"orders/eu","bytes":64,"outcome":"accepted","parent_span":"0000000000000001""#,
        ),
        (
            denied(DeniedBy::Receiver),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"not-permitted","denied_by":"receiver""#,
        ),
        (
            denied(DeniedBy::Sender),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"not-permitted","denied_by":"sender""#,
        ),
        (
            refused(SendError::InvalidTarget),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"invalid-target""#,
        ),
        (
            refused(SendError::NoSuchComponent),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"no-such-component""#,
        ),
        (
            refused(SendError::NotPermitted),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"not-permitted""#,
        ),
        (
            codecs_disagree(codecs),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"codec-not-accepted","accepts":[81,512],"codec":3147520,"in_common":[81]"#,
        ),
        (
            codecs_disagree(Codecs::default()),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"codec-not-accepted","accepts":[81,512],"in_common":[]"#,
        ),
        (
            refused(SendError::MessageTooLarge(1 << 20)),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"message-too-large","limit_bytes":1048576"#,
        ),
        (
            refused(SendError::RateLimited(250)),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"rate-limited","retry_after_ms":250"#,
        ),
        (
            refused(SendError::MailboxFull),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"mailbox-full""#,
        ),
        (
            refused(SendError::TooManyRequests(1000)),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"too-many-requests","limit":1000"#,
        ),
        (
            refused(SendError::Stopped),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"stopped""#,
        ),
        (
            refused(SendError::NoCallback),
            r#""message","from":"shop/cart","to":"shop/stock","bytes":64,"outcome":"no-callback""#,
        ),
        (
            AuditEvent::DeadLetter(letter),
            r#""dead-letter","from":"shop/cart","to":"shop/stock","bytes":0,"reason":"crashed","delivery":3"#,
        ),
        (
            AuditEvent::DeadLetter(traced_letter),
            r#""dead-letter","from":"shop/cart","to":"shop/stock","bytes":0,"reason":"crashed","delivery":3,"trace_parent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#,
        ),
        (
            AuditEvent::Grant(grant(Change::Granted)),
            r#""grant","component":"shop/cart","change":"granted","right":"subscribe","pattern":"shop/orders/**""#,
        ),
        (
            AuditEvent::Grant(grant(Change::Revoked)),
            r#""grant","component":"shop/cart","change":"revoked","right":"subscribe","pattern":"shop/orders/**""#,
        ),
        (AuditEvent::Lost(u64::MAX), r#""lost","records":18446744073709551615"#),
    ]
}

#[test]
fn each_kind_of_record_has_its_line() {
    for (event, rest) in golden() {
        let expected =
            format!(r#"{{"v":1,"time":"2023-11-14T22:13:20.123456789Z","event":{rest}}}"#);
        assert_eq!(line(event), expected + "\n");
    }
}

#[test]
fn the_keys_of_all_lines_are_those_of_the_documentation() {
    let documented = include_str!("../audit.rs").lines().filter_map(|line| {
        let row = line.strip_prefix("//! | `")?;
        row.split_once('`').map(|(key, _)| key.to_owned())
    });
    let mut found = BTreeSet::new();
    let events = golden().into_iter().map(|(event, _)| event);
    for event in events.chain([sent_to(&"a".repeat(256))]) {
        let Value::Object(object) = value(event) else { panic!("each line is an object") };
        assert!(object.values().all(|value| !value.is_null()));
        found.extend(object.into_iter().map(|(key, _)| key));
    }
    assert_eq!(found, documented.collect());
}

#[test]
fn records_are_appended() {
    let mut out = b"so far\n".to_vec();
    for number in 0..2 {
        Record { at: 0, event: AuditEvent::Lost(number) }.write_json(&mut out);
    }
    let epoch = "1970-01-01T00:00:00.000000000Z";
    let line = |number| {
        format!("{{\"v\":1,\"time\":\"{epoch}\",\"event\":\"lost\",\"records\":{number}}}\n")
    };
    assert_eq!(String::from_utf8(out).unwrap(), format!("so far\n{}{}", line(0), line(1)));
}

#[test]
fn all_of_time_can_be_written() {
    let mut out = Vec::new();
    Record { at: u64::MAX, event: AuditEvent::Lost(0) }.write_json(&mut out);
    let line = String::from_utf8(out).unwrap();
    assert!(line.contains(r#""time":"2554-07-21T23:34:33.709551615Z""#), "{line}");
}

#[test]
fn what_a_terminal_or_a_reader_might_take_for_something_else_is_escaped() {
    let target = "\"}\n\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{2028}shop/c\u{430}rt\\\u{1f980}\0";
    let expected =
        r#""to":"\"}\n\u001b[2J\u007f\u009b\u202e\u2028shop/c\u0430rt\\\ud83e\udd80\u0000","#;
    let line = line(sent_to(target));
    assert!(line.contains(expected), "{line}");
    assert_eq!(value(sent_to(target))["to"], target);
}

#[test]
fn a_text_that_is_no_id_is_kept_up_to_an_ids_length() {
    let longest = "a".repeat(255);
    let Value::Object(object) = value(sent_to(&longest)) else { panic!("an object") };
    assert_eq!(object["to"], longest);
    assert!(!object.contains_key("to_truncated"));

    let object = value(sent_to(&(longest.clone() + "a")));
    assert_eq!((&object["to"], &object["to_truncated"]), (&longest.into(), &true.into()));

    let in_the_middle = "\u{1f980}".repeat(64);
    let object = value(sent_to(&in_the_middle));
    assert_eq!(
        (&object["to"], &object["to_truncated"]),
        (&in_the_middle[..252].into(), &true.into())
    );
}

proptest! {
    #[test]
    fn any_target_is_one_line_of_ascii_that_reads_as_it_was_named(target in "\\PC{0,60}|.{0,60}|(?s).{0,60}") {
        let line = line(sent_to(&target));
        prop_assert!(line.bytes().rev().skip(1).all(|byte| (b' '..=b'~').contains(&byte)), "{}", line);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let object = value(sent_to(&target));
        prop_assert_eq!(object["to"].as_str(), Some(target.as_str()));
    }
}
