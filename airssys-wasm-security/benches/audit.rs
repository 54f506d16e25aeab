//! Writing an audit record as its line of JSON: what the log's own thread does for each.

use std::hint::black_box;

use airssys_wasm_core::{ComponentId, SendError, TraceParent};
use airssys_wasm_security::audit::{Attempt, AttemptKind, AuditEvent, Record, Refusal, Target};
use criterion::{Criterion, criterion_group, criterion_main};

fn attempt() -> Attempt {
    let id = |text| ComponentId::parse(text).expect("well-formed");
    Attempt {
        kind: AttemptKind::Message,
        sender: id("namespace/segment-of-it/component-01"),
        target: id("namespace/segment-of-it/component-02").into(),
        topic: None,
        size: 64,
        outcome: Ok(()),
        trace: None,
        parent_span: None,
        digest: None,
    }
}

fn write_json(c: &mut Criterion) {
    let refusal = Refusal { error: SendError::NotPermitted, denied_by: None, codecs: None };
    let trace = TraceParent::root(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7);
    let attempts = [
        ("accepted", attempt()),
        ("refused", Attempt { outcome: Err(Box::new(refusal)), ..attempt() }),
        ("traced", Attempt { trace: Some(trace), parent_span: Some(7), ..attempt() }),
        ("hostile", Attempt { target: Target::named(&"\u{202e}\n".repeat(60)), ..attempt() }),
    ];
    let mut group = c.benchmark_group("audit/write_json");
    let mut out = Vec::new();
    for (name, attempt) in attempts {
        let record = Record { at: 1_700_000_000_123_456_789, event: AuditEvent::Sent(attempt) };
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                black_box(&record).write_json(&mut out);
                out.len()
            })
        });
    }
}

criterion_group!(benches, write_json);
criterion_main!(benches);
