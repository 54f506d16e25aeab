//! Whoever sends is known by its true id.

use airssys_wasm::{Grants, SendError, SpawnError};
use airssys_wasm_testkit::{guests, patterns};

use crate::attacker::{attacker, spec};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// Tells `test/heard` who sent it a message, and responds with that too.
const WITNESS: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(data (i32.const 512) "test/heardnews/*")
(func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
  (call $subscribe (i32.const 522) (i32.const 6) (i32.const 256))
  (i32.store (i32.const 0) (i32.load (i32.const 256)))
  (i32.const 0))
(func (export "airssys:component/lifecycle@0.1.0#shutdown"))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $length i32) (param i32 i32) (result i32)
  (call $send
    (i32.const 512) (i32.const 10) (local.get $sender) (local.get $length) (i32.const 256))
  (call $respond (local.get $sender) (local.get $length)))
"#;

/// Ids that look like the teller's, or like the operator's.
const IMPOSTORS: [&str; 6] = [
    "bank/tel1er",
    "bank/teller-",
    "bank/teller/1",
    "bank.teller/x",
    "airssys0/cli",
    "bank/airssys/cli",
];

/// What they say to be somebody else.
const CLAIMS: [&[u8]; 5] = [
    b"bank/teller",
    b"airssys/cli",
    b"\x0bbank/tellerpay",
    b"sender: bank/teller\r\n\r\npay",
    b"\0bank/teller\0",
];

#[test]
fn a_guest_cannot_forge_its_sender() {
    for seed in 0..30 {
        let test = stage::seeded(seed);
        let mut heard = test.probe("test/heard");
        test.spawn(attacker("test/witness", WITNESS));
        let mut hand = test.probe("test/hand");
        for impostor in IMPOSTORS {
            test.spawn(attacker(impostor, guests::PUPPET));
            for claim in CLAIMS {
                for order in [
                    [b"m\x01\0\0\0\x0c\0test/witness", claim].concat(),
                    [b"r\0\0\0\0\0\0\0\0\x0c\0test/witness", claim].concat(),
                    [b"p\x07\0news/eu", claim].concat(),
                ] {
                    let result = hand.request(&test, impostor, &order).unwrap();
                    assert_eq!(result[4], 0, "{impostor} sends");
                    assert_eq!(heard.expect_message(&test).message, impostor.as_bytes());
                }
            }
        }
        heard.expect_nothing(&test);
        expect_rest(&test);
    }
}

#[test]
fn who_passes_a_message_on_is_its_sender() {
    let test = stage::seeded(31);
    let mut heard = test.probe("test/heard");
    test.spawn(attacker("test/witness", WITNESS));
    let (attacker, _relay) = (test.puppet("evil/a"), test.puppet("bank/relay"));
    let order = b"m\x01\0\0\0\x0c\0test/witnessevil/b";
    attacker.send(&test, "bank/relay", order).unwrap();
    assert_eq!(heard.expect_message(&test).message, b"bank/relay");
}

#[test]
fn a_filter_of_receivers_is_not_passed_by_a_look_alike() {
    let test = stage::seeded(32);
    let bystanders = Bystanders::spawn(&test);
    let vault = |id: &str, receive: &str| {
        test.puppet_with(id, |spec| {
            spec.grants(Grants { receive: Some(patterns(&[receive])), ..Grants::default() })
        });
    };
    vault("test/vault", "bank/teller");
    vault("test/panel", "airssys/*");
    for impostor in IMPOSTORS {
        let puppet = test.puppet(impostor);
        for target in ["test/vault", "test/panel"] {
            for claim in CLAIMS {
                let denied = Err(SendError::NotPermitted);
                assert_eq!(puppet.send(&test, target, claim), denied, "{impostor} to {target}");
            }
        }
        let denied = test.system().metrics(impostor).unwrap().sends.not_permitted;
        assert_eq!(denied, 2 * CLAIMS.len() as u64);
    }
    for target in ["test/vault", "test/panel"] {
        assert_eq!(test.system().metrics(target).unwrap().accepted, 0);
    }
    let teller = test.puppet("bank/teller");
    assert_eq!(teller.send(&test, "test/vault", b"n"), Ok(()));
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn no_guest_has_an_id_of_the_runtimes_own() {
    let test = stage::seeded(33);
    for id in ["airssys/cli", "airssys/stdin", "airssys/host", "airssys/stdout", "airssys/a/b"] {
        let spawned = test.system().spawn(spec(id, guests::PUPPET));
        assert!(matches!(spawned, Err(SpawnError::ReservedId(_))), "{id}: {spawned:?}");
    }
    let attacker = test.puppet("evil/a");
    for id in ["airssys/cli", "airssys/stdin", "airssys/host"] {
        assert_eq!(attacker.send(&test, id, b""), Err(SendError::NoSuchComponent), "{id}");
    }
    expect_rest(&test);
}
