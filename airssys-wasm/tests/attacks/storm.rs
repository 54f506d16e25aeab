//! Components that send to each other, or to themselves, more than anybody can handle.

use crate::attacker::{attacker, mailbox};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;
use airssys_wasm::{ComponentSpec, Overflow, Status};

/// The first byte is a kind of storm, and is kept; the rest is the next one's id. After that each
/// message leads to two more to that one: messages, requests, or publications under `news/eu`.
const STORM: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(data (i32.const 700) "news/eu")
(global $kind (mut i32) (i32.const 0))
(global $length (mut i32) (i32.const 0))
(func $one
  (if (i32.eq (global.get $kind) (i32.const 0x6d)) ;; 'm'
    (then (call $send
      (i32.const 512) (global.get $length) (i32.const 0) (i32.const 9) (i32.const 256))))
  (if (i32.eq (global.get $kind) (i32.const 0x72)) ;; 'r'
    (then (call $request
      (i32.const 512) (global.get $length) (i32.const 0) (i32.const 9) (i64.const 0)
      (i32.const 256))))
  (if (i32.eq (global.get $kind) (i32.const 0x70)) ;; 'p'
    (then (call $publish
      (i32.const 700) (i32.const 7) (i32.const 0) (i32.const 9) (i32.const 256)))))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $rest i32) (result i32)
  (if (i32.eqz (global.get $length))
    (then
      (global.set $kind (i32.load8_u (local.get $message)))
      (global.set $length (i32.sub (local.get $rest) (i32.const 1)))
      (memory.copy
        (i32.const 512) (i32.add (local.get $message) (i32.const 1)) (global.get $length))
      (if (i32.eq (global.get $kind) (i32.const 0x70))
        (then (call $subscribe (i32.const 700) (i32.const 7) (i32.const 256))))))
  (call $one)
  (call $one)
  (call $done))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64 i32 i32 i32 i32 i32) (result i32)
  (call $one)
  (global.set $free (global.get $arguments))
  (call $done))
"#;

const POLICIES: [Overflow; 3] = [Overflow::Reject, Overflow::DropOldest, Overflow::DropNewest];

/// A storm of this kind, around circles of several sizes, by each policy and in many schedules;
/// bystanders work while it lasts.
fn expect_others_go_on(kind: u8, settings: impl Fn(ComponentSpec) -> ComponentSpec) {
    for seed in 0..36 {
        let size = [1, 2, 3, 10][seed as usize % 4];
        let policy = POLICIES[seed as usize % 3];
        let test = stage::seeded(seed);
        let mut bystanders = Bystanders::spawn(&test);
        let ids: Vec<String> = (0..size).map(|number| format!("evil/{number}")).collect();
        for id in &ids {
            test.spawn(settings(attacker(id, STORM).mailbox(mailbox(4, policy))));
        }
        for (id, next) in ids.iter().zip(ids.iter().cycle().skip(1)) {
            test.system().send(id, &[&[kind], next.as_bytes()].concat()).unwrap();
        }
        for _ in 0..10 {
            for _ in 0..40 {
                test.step();
            }
            bystanders.work(&test);
        }
        let handled = |id: &String| {
            let counted = test.system().metrics(id).unwrap();
            counted.handled + counted.callbacks
        };
        let so_far: u64 = ids.iter().map(handled).sum();
        assert!(so_far > 100, "a storm, seed {seed}: {so_far}");
        assert!(ids.iter().all(|id| handled(id) > 0), "all are in it, seed {seed}");
        test.expect_nothing_lost();
        for id in &ids {
            assert!(test.system().stop(id));
            assert_eq!(test.system().component(id).unwrap().status, Status::Stopped);
        }
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
        let ended = |count: fn(&airssys_wasm::Metrics) -> u64| -> u64 {
            ids.iter().map(|id| count(&test.system().metrics(id).unwrap())).sum()
        };
        let dead = test.system().dead_letter_counts();
        assert_eq!(dead.dropped, ended(|counted| counted.dropped), "seed {seed}");
        assert_eq!(dead.stopped, ended(|counted| counted.stopped), "seed {seed}");
        assert_eq!(dead.missed, ended(|counted| counted.missed), "seed {seed}");
        assert_eq!((dead.refused, dead.crashed), (0, 0), "seed {seed}");
    }
}

#[test]
fn a_storm_of_messages_stays_among_those_who_make_it() {
    expect_others_go_on(b'm', |spec| spec);
}

#[test]
fn a_storm_of_requests_stays_among_those_who_make_it() {
    expect_others_go_on(b'r', |spec| spec.pending_requests(5));
}

#[test]
fn a_storm_of_publications_stays_among_those_who_make_it() {
    expect_others_go_on(b'p', |spec| spec);
}
