//! Pointers and lengths that lead out of a guest's memory, and text that is no UTF-8.

use airssys_wasm::{DeadLetterReason, RequestError};
use airssys_wasm_testkit::{Probe, TestSystem};

use crate::attacker::{RESTART, attacker};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// Calls an import as it is told: the first byte says which, five numbers are its arguments, and
/// what follows lies at 0x8000. Responds with the 24 bytes at 256.
const RAW: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "unsubscribe"
  (func $unsubscribe (param i32 i32) (result i32)))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64 i32 i32 i32 i32 i32) (result i32)
  (global.set $free (global.get $arguments))
  (call $done))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (local $text i32) (local $text-length i32) (local $bytes i32) (local $bytes-length i32)
  (local $result i32)
  (memory.copy (i32.const 0x8000)
    (i32.add (local.get $message) (i32.const 21))
    (i32.sub (local.get $length) (i32.const 21)))
  (local.set $text (i32.load offset=1 (local.get $message)))
  (local.set $text-length (i32.load offset=5 (local.get $message)))
  (local.set $bytes (i32.load offset=9 (local.get $message)))
  (local.set $bytes-length (i32.load offset=13 (local.get $message)))
  (local.set $result (i32.load offset=17 (local.get $message)))
  (block $unsubscribe (block $subscribe (block $publish (block $request (block $send
    (br_table $send $request $publish $subscribe $unsubscribe
      (i32.load8_u (local.get $message))))
    (call $send (local.get $text) (local.get $text-length)
      (local.get $bytes) (local.get $bytes-length) (local.get $result))
    (return (call $respond (i32.const 256) (i32.const 24))))
    (call $request (local.get $text) (local.get $text-length)
      (local.get $bytes) (local.get $bytes-length) (i64.const 0) (local.get $result))
    (return (call $respond (i32.const 256) (i32.const 24))))
    (call $publish (local.get $text) (local.get $text-length)
      (local.get $bytes) (local.get $bytes-length) (local.get $result))
    (return (call $respond (i32.const 256) (i32.const 24))))
    (call $subscribe (local.get $text) (local.get $text-length) (local.get $result))
    (return (call $respond (i32.const 256) (i32.const 24))))
  (drop (call $unsubscribe (local.get $text) (local.get $text-length)))
  (call $respond (i32.const 256) (i32.const 24)))
"#;

const SEND: u8 = 0;
const REQUEST: u8 = 1;
const PUBLISH: u8 = 2;
const SUBSCRIBE: u8 = 3;
const UNSUBSCRIBE: u8 = 4;

/// The size of a guest's memory.
const MEMORY: u32 = 0x10_0000;

/// Where the bytes of a call lie, and what they are.
#[derive(Clone, Copy, Debug)]
struct Call<'a> {
    text: (u32, u32),
    bytes: (u32, u32),
    result: u32,
    data: &'a [u8],
}

const GOOD: Call<'_> =
    Call { text: (0x8000, 10), bytes: (0x8000, 10), result: 256, data: b"test/probe" };

fn call(
    test: &TestSystem,
    hand: &mut Probe,
    import: u8,
    call: Call<'_>,
) -> Result<Vec<u8>, RequestError> {
    let Call { text, bytes, result, data } = call;
    let numbers = [text.0, text.1, bytes.0, bytes.1, result];
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    hand.request(test, "evil/raw", &[&[import], &numbers[..], data].concat())
}

#[test]
fn a_pointer_out_of_its_memory_is_a_trap_of_that_guest_alone() {
    let places = [
        (MEMORY, 1),
        (MEMORY - 9, 10),
        (MEMORY + 1, 0),
        (0, MEMORY + 1),
        (0x8000, u32::MAX),
        (0, u32::MAX),
        (1, u32::MAX),
        (u32::MAX, 0),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
        (0x8000_0000, 0x8000_0000),
        (0xffff_8000, 0x8001),
        (0x8000, 0x8000_0000),
        (0x8000, 0x8000_000a),
    ];
    let mut bad: Vec<(Call<'_>, &[u8])> = Vec::new();
    for place in places {
        bad.push((Call { text: place, ..GOOD }, &[SEND, REQUEST, PUBLISH, SUBSCRIBE, UNSUBSCRIBE]));
        bad.push((Call { bytes: place, ..GOOD }, &[SEND, REQUEST, PUBLISH]));
    }
    expect_traps(1, &bad);
}

#[test]
fn text_that_is_no_utf_8_is_a_trap_of_that_guest_alone() {
    let texts: [&[u8]; 9] = [
        b"test/prob\xff",
        b"\x80est/probe",
        b"test/pro\xc3\x28",
        b"test/pr\xe2\x82",
        b"test\xc0\xafprobe",         // an overlong slash
        b"test\xe0\x80\xafprobe",     // a longer one
        b"test/\xed\xa0\x80probe",    // a surrogate
        b"test/\xf4\x90\x80\x80prob", // beyond the last character
        &[0xff; 4096],
    ];
    let calls = texts.map(|data| {
        (Call { text: (0x8000, data.len() as u32), data, ..GOOD }, &[0, 1, 2, 3, 4][..])
    });
    expect_traps(2, &calls);
}

/// Each call traps; a good one before and after it does what it should.
fn expect_traps(seed: u64, bad: &[(Call<'_>, &[u8])]) {
    let test = stage::with(seed, |builder| builder.dead_letters(10_000, 1 << 30));
    let mut bystanders = Bystanders::spawn(&test);
    test.spawn(attacker("evil/raw", RAW));
    let (mut hand, mut target) = (test.probe("test/hand"), test.probe("test/probe"));
    let mut traps = 0;
    for (bad, imports) in bad {
        for &import in *imports {
            let trapped = call(&test, &mut hand, import, *bad);
            assert_eq!(trapped, Err(RequestError::Crashed), "{import} {bad:x?}");
            traps += 1;
            test.advance(RESTART);
        }
        let sent = call(&test, &mut hand, SEND, GOOD).unwrap();
        assert_eq!(sent[0], 0, "it runs again");
        let received = target.expect_message(&test);
        assert_eq!((received.sender.as_str(), &received.message[..]), ("evil/raw", GOOD.data));
        bystanders.work(&test);
    }
    let counted = test.system().metrics("evil/raw").unwrap();
    assert_eq!((counted.crashed, counted.restarts), (traps, traps));
    assert_eq!(test.system().dead_letter_counts().crashed, traps);
    for (_, letter) in test.system().dead_letters() {
        let said = (letter.target.as_str(), letter.reason);
        assert_eq!(said, ("evil/raw", DeadLetterReason::Crashed));
    }
    target.expect_nothing(&test);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn what_a_guest_cannot_be_told_of_is_done_and_forgotten() {
    let test = stage::seeded(4);
    let mut bystanders = Bystanders::spawn(&test);
    test.spawn(attacker("evil/raw", RAW));
    let (mut hand, mut target) = (test.probe("test/hand"), test.probe("test/probe"));
    for result in [MEMORY, MEMORY - 4, u32::MAX, 0xffff_fff8, 0x8000_0000, 257, 258] {
        for (import, arrives) in [(SEND, true), (REQUEST, true), (PUBLISH, false)] {
            let trapped = call(&test, &mut hand, import, Call { result, ..GOOD });
            assert_eq!(trapped, Err(RequestError::Crashed), "{import} {result:x}");
            test.advance(RESTART);
            assert_eq!(target.try_receive().is_some(), arrives, "{import} {result:x}");
            target.expect_nothing(&test);
            expect_rest(&test);
        }
        bystanders.work(&test);
    }
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn the_edges_of_memory_are_memory() {
    let test = stage::seeded(3);
    test.spawn(attacker("evil/raw", RAW));
    let (mut hand, mut target) = (test.probe("test/hand"), test.probe("test/probe"));
    let cases: [(Call<'_>, (u8, u8)); 6] = [
        (Call { text: (MEMORY, 0), ..GOOD }, (1, 0)),
        (Call { text: (MEMORY - 1, 1), ..GOOD }, (1, 0)),
        (Call { text: (0x9000, MEMORY - 0x9000), ..GOOD }, (1, 0)),
        (Call { bytes: (MEMORY, 0), ..GOOD }, (0, 0)),
        (Call { bytes: (MEMORY - 1, 1), ..GOOD }, (0, 0)),
        (Call { bytes: (0, MEMORY), ..GOOD }, (0, 0)),
    ];
    for (edge, (is_error, case)) in cases {
        let answer = call(&test, &mut hand, SEND, edge).unwrap();
        assert_eq!(answer[0], is_error, "{edge:x?}");
        if is_error == 0 {
            assert_eq!(target.expect_message(&test).message.len(), edge.bytes.1 as usize);
        } else {
            assert_eq!(answer[8], case, "invalid-target, {edge:x?}");
        }
    }
    target.expect_nothing(&test);
    expect_rest(&test);
}
