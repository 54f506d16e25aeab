//! Answers that are no answers, and answers that are too much.

use std::time::Duration;

use crate::attacker::{RESTART, all_rights, attacker};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;
use airssys_wasm::{ComponentError, RequestError};

/// Answers with what it is told: the 16 bytes of the result, and where they are said to lie. What
/// follows lies at 0x8000. It has twice the memory of the others here.
const ANSWER: &str = r#"
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (if (i32.eq (memory.size) (i32.const 16)) (then (drop (memory.grow (i32.const 16)))))
  (memory.copy (i32.const 0) (local.get $message) (i32.const 16))
  (memory.copy (i32.const 0x8000)
    (i32.add (local.get $message) (i32.const 20))
    (i32.sub (local.get $length) (i32.const 20)))
  (i32.load offset=16 (local.get $message)))
"#;

/// The order to answer with these four numbers, said to lie at `place`.
fn order(result: [u32; 4], place: u32, data: &[u8]) -> Vec<u8> {
    let numbers = result.iter().chain([&place]).flat_map(|number| number.to_le_bytes());
    numbers.chain(data.iter().copied()).collect()
}

const MEMORY: u32 = 0x20_0000;
const OK: u32 = 0;
const ERROR: u32 = 1;
const SOME: u32 = 1;

#[test]
fn an_answer_out_of_memory_or_of_no_case_is_a_crash_of_its_author() {
    let test = stage::seeded(1);
    let mut bystanders = Bystanders::spawn(&test);
    test.spawn(attacker("evil/answer", ANSWER));
    let victim = test.puppet("test/victim");
    let cases: [([u32; 4], u32, &[u8]); 17] = [
        ([OK, SOME, MEMORY, 1], 0, b""),
        ([OK, SOME, MEMORY - 1, 2], 0, b""),
        ([OK, SOME, 0, MEMORY + 1], 0, b""),
        ([OK, SOME, 0, u32::MAX], 0, b""),
        ([OK, SOME, u32::MAX, u32::MAX], 0, b""),
        ([OK, SOME, u32::MAX, 0], 0, b""),
        ([OK, 2, 0, 0], 0, b""),
        ([2, 0, 0, 0], 0, b""),
        ([0xff, 0xff, 0, 0], 0, b""),
        ([ERROR, 7, MEMORY, 1], 0, b""),
        ([ERROR, 7, 0, u32::MAX], 0, b""),
        ([ERROR, 7, 0x8000, 3], 0, b"no\xff"),
        ([ERROR, 7, 0x8000, 4], 0, b"\xed\xa0\x80!"),
        ([OK, 0, 0, 0], MEMORY, b""),
        ([OK, 0, 0, 0], MEMORY - 8, b""),
        ([OK, 0, 0, 0], u32::MAX, b""),
        ([OK, 0, 0, 0], 2, b""),
    ];
    let crashes = cases.len() as u64;
    for (result, place, data) in cases {
        let order = order(result, place, data);
        let id = victim.request(&test, "evil/answer", &order, Duration::ZERO).unwrap();
        test.run_until_idle();
        let crashed = (id, Err(RequestError::Crashed));
        assert_eq!(victim.outcomes(&test), [crashed], "{result:x?} at {place:x}");
        test.advance(RESTART);
        bystanders.work(&test);
    }
    let counted = test.system().metrics("evil/answer").unwrap();
    assert_eq!((counted.crashed, counted.restarts), (crashes, crashes));
    let good = order([ERROR, 7, 0x8000, 2], 0, b"no");
    let id = victim.request(&test, "evil/answer", &good, Duration::ZERO).unwrap();
    test.run_until_idle();
    let refused = RequestError::Refused(ComponentError::new(7, "no"));
    assert_eq!(victim.outcomes(&test), [(id, Err(refused))], "it runs again");
    assert_eq!(test.system().metrics("test/victim").unwrap().restarts, 0);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_response_of_any_size_does_its_requester_no_harm() {
    let test = stage::seeded(2);
    let bystanders = Bystanders::spawn(&test);
    test.spawn(attacker("evil/answer", ANSWER));
    let victim = test
        .puppet_with("test/victim", |spec| spec.grants(all_rights(&["**"])).max_message_size(200));
    for size in [201, 1 << 20, MEMORY - 1, MEMORY] {
        let order = order([OK, SOME, 0, size], 0, b"");
        let id = victim.request(&test, "evil/answer", &order, Duration::ZERO).unwrap();
        test.run_until_idle();
        let too_large = (id, Err(RequestError::ResponseTooLarge(200)));
        assert_eq!(victim.outcomes(&test), [too_large], "{size}");
    }
    assert_eq!(test.system().metrics("test/victim").unwrap().restarts, 0);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn a_refusal_of_any_size_does_its_requester_no_harm() {
    let test = stage::seeded(3);
    let bystanders = Bystanders::spawn(&test);
    test.spawn(attacker("evil/answer", ANSWER));
    let victim = test
        .puppet_with("test/victim", |spec| spec.grants(all_rights(&["**"])).max_message_size(200));
    // The guest's memory is all zeros from there on, which is text.
    let order = order([ERROR, 7, 0x9000, MEMORY - 0x9000], 0, b"");
    victim.request(&test, "evil/answer", &order, Duration::ZERO).unwrap();
    test.run_until_idle();
    assert_eq!(test.system().metrics("test/victim").unwrap().callbacks, 1);
    test.advance(Duration::from_secs(1));
    assert_eq!(test.system().metrics("test/victim").unwrap().restarts, 0);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}
