//! Grants that almost cover, and what is learnt without one.

use std::time::Duration;

use airssys_wasm::{Codec, Grants, Overflow, Right, SendError, SubscribeError};
use airssys_wasm_testkit::{Puppet, TestSystem, guests, patterns};

use crate::attacker::{all_rights, mailbox, spec};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

/// A pattern, ids that it covers, and ids that it all but covers.
const COVERED: [(&str, &[&str], &[&str]); 14] = [
    (
        "shop/cart",
        &["shop/cart"],
        &["shop/car", "shop/cart1", "shop/cart/1", "shops/cart", "a/shop/cart", "shop/cart-"],
    ),
    (
        "shop/*",
        &["shop/cart", "shop/1"],
        &["shopping/cart", "shop/cart/1", "a/shop", "sho/cart", "shop.eu/cart", "xshop/cart"],
    ),
    ("shop/**", &["shop/cart", "shop/cart/1", "shop/a/b/c/d/e/f/g"], &["shopping/cart", "a/shop"]),
    ("shop/*/1", &["shop/cart/1"], &["shop/1", "shop/a/b/1", "shop/cart/11", "shop/cart/1/1"]),
    (
        "shop/cart-*",
        &["shop/cart-", "shop/cart-1"],
        &["shop/cart", "shop/cart-1/2", "shop/xcart-1"],
    ),
    (
        "shop/*-eu",
        &["shop/cart-eu"],
        &["shop/cart-eu1", "shop/cart-eu/1", "shop/cart.eu", "shop/eu"],
    ),
    ("shop/c*t", &["shop/cart", "shop/ct"], &["shop/carts", "shop/xcart", "shop/c/t"]),
    ("shop/a*a", &["shop/aa", "shop/aba"], &["shop/a", "shop/ab"]),
    ("*/cart", &["shop/cart", "x/cart"], &["shop/carts", "shop/a/cart", "cart/shop"]),
    ("*/*", &["shop/cart"], &["shop/cart/1", "a/b/c/d"]),
    ("*/**", &["shop/cart", "a/b/c/d/e/f/g/h"], &[]),
    ("**", &["shop/cart", "a/b/c/d/e/f/g/h"], &[]),
    ("*", &[], &["shop/cart", "a/b", "shop/cart/1"]),
    ("shop", &[], &["shop/cart", "shop/shop"]),
];

#[test]
fn a_grant_covers_what_its_pattern_does_and_nothing_near_it() {
    let test = stage::seeded(1);
    let attacker = test.puppet_with("evil/a", |spec| spec);
    for (pattern, covered, near) in COVERED {
        test.system().set_grants("evil/a", all_rights(&[pattern])).unwrap();
        for id in covered {
            expect_sends(&test, &attacker, id, SendError::NoSuchComponent);
            assert_eq!(attacker.publish(&test, id, b""), Ok(0), "{pattern} and {id}");
            assert_eq!(attacker.subscribe(&test, id), Ok(()), "{pattern} and {id}");
            assert!(attacker.unsubscribe(&test, id));
        }
        for id in near {
            let denied = SendError::NotPermitted;
            expect_sends(&test, &attacker, id, denied.clone());
            assert_eq!(attacker.publish(&test, id, b""), Err(denied), "{pattern} and {id}");
            let denied = Err(SubscribeError::NotPermitted);
            assert_eq!(attacker.subscribe(&test, id), denied, "{pattern} and {id}");
        }
    }
    expect_rest(&test);
}

#[test]
fn an_id_that_differs_in_case_or_look_from_a_granted_one_is_not_granted() {
    let test = stage::seeded(2);
    let bystanders = Bystanders::spawn(&test);
    let ids = ["shop/cart", "shop/cart1", "shop/cartl", "shop/c.art", "shop/c-art", "sh0p/cart"];
    for id in ids {
        test.spawn_guest(id, guests::ECHO);
    }
    let attacker = test.puppet_with("evil/a", |spec| spec.grants(all_rights(&["shop/cart"])));
    for id in &ids[1..] {
        expect_sends(&test, &attacker, id, SendError::NotPermitted);
    }
    for id in ["Shop/cart", "shop/Cart", "SHOP/CART", "shop/c\u{430}rt", "\u{455}hop/cart"] {
        expect_sends(&test, &attacker, id, SendError::InvalidTarget);
    }
    assert_eq!(attacker.send(&test, "shop/cart", b""), Ok(()));
    test.run_until_idle();
    let accepted = ids.map(|id| test.system().metrics(id).unwrap().accepted);
    assert_eq!(accepted, [1, 0, 0, 0, 0, 0]);
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn nothing_is_learnt_of_ids_without_a_grant() {
    let test = stage::seeded(3);
    let mut bystanders = Bystanders::spawn(&test);
    let victims = ["up", "full", "small", "strict", "shy", "stopped", "suspended", "crashed"];
    for name in victims {
        let spec = spec(&format!("shop/{name}"), guests::TRAP);
        test.spawn(match name {
            "full" => spec.mailbox(mailbox(1, Overflow::Reject)),
            "small" => spec.max_message_size(1),
            "strict" => spec.codecs([Codec::CBOR]).strict_codecs(true),
            "shy" => spec.grants(Grants { receive: Some(patterns(&[])), ..Grants::default() }),
            _ => spec,
        });
    }
    test.system().stop("shop/stopped");
    test.system().suspend("shop/full");
    test.system().suspend("shop/suspended");
    test.system().send("shop/full", b"").unwrap();
    test.system().send("shop/crashed", b"").unwrap();
    test.run_until_idle();
    let of_victims = || victims.map(|name| test.system().component(&format!("shop/{name}")));
    let before = of_victims();
    let attackers = [
        test.puppet_with("evil/none", |spec| spec),
        test.puppet_with("evil/other", |spec| spec.grants(all_rights(&["other/*"]))),
    ];
    for attacker in &attackers {
        for name in victims.into_iter().chain(["absent"]) {
            let target = format!("shop/{name}");
            for size in [0, 1, 2, 1000, 100_000] {
                let message = vec![0xff; size];
                let denied = SendError::NotPermitted;
                let sent = attacker.send(&test, &target, &message);
                assert_eq!(sent, Err(denied.clone()), "{target}, {size}");
                let request = attacker.request(&test, &target, &message, Duration::ZERO);
                assert_eq!(request, Err(denied), "{target}, {size}");
            }
        }
        bystanders.work(&test);
    }
    assert_eq!(of_victims(), before, "and nothing has changed for them");
    test.system().resume("shop/suspended");
    test.system().resume("shop/full");
    test.advance(Duration::from_secs(10));
    bystanders.expect_unharmed(&test);
    expect_rest(&test);
}

#[test]
fn no_route_outlives_its_grant_or_its_target() {
    let test = stage::seeded(4);
    let attacker = test.puppet_with("evil/a", |spec| spec);
    let expect = |error| expect_sends(&test, &attacker, "shop/cart", error);
    let pattern = || "shop/cart".parse().unwrap();
    let rights = [Right::Send, Right::Request];
    let grant = || rights.map(|right| test.system().grant("evil/a", right, pattern()).unwrap());
    let revoke = || rights.map(|right| test.system().revoke("evil/a", right, &pattern()).unwrap());
    expect(SendError::NotPermitted);
    test.spawn_guest("shop/cart", guests::ECHO);
    expect(SendError::NotPermitted);
    for _ in 0..3 {
        grant();
        assert_eq!(attacker.send(&test, "shop/cart", b""), Ok(()));
        assert!(attacker.request(&test, "shop/cart", b"", Duration::ZERO).is_ok());
        revoke();
        expect(SendError::NotPermitted);
        grant();
        test.system().remove("shop/cart");
        expect(SendError::NoSuchComponent);
        revoke();
        expect(SendError::NotPermitted);
        test.spawn_guest("shop/cart", guests::ECHO);
        expect(SendError::NotPermitted);
    }
    assert_eq!(test.system().grant("evil/a", Right::Send, pattern()), Ok(true));
    assert_eq!(attacker.send(&test, "shop/cart", b""), Ok(()));
    let request = attacker.request(&test, "shop/cart", b"", Duration::ZERO);
    assert_eq!(request, Err(SendError::NotPermitted), "the route is for messages");
    expect_rest(&test);
}

/// A message and a request end so.
fn expect_sends(test: &TestSystem, attacker: &Puppet, target: &str, error: SendError) {
    assert_eq!(attacker.send(test, target, b"x"), Err(error.clone()), "{target}");
    let request = attacker.request(test, target, b"x", Duration::ZERO);
    assert_eq!(request, Err(error), "a request to {target}");
}
