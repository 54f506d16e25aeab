//! Dead letters without end.

use airssys_wasm::{DeadLetterCounts, Overflow};
use airssys_wasm_testkit::guests;

use crate::attacker::{RESTART, attacker, mailbox};
use crate::bystanders::Bystanders;
use crate::ledger::expect_rest;
use crate::stage;

const KEPT: u64 = 100;

#[test]
fn a_flood_of_dead_letters_is_counted_to_the_last_and_kept_within_bounds() {
    for seed in 0..30 {
        let test = stage::with(seed, |builder| builder.dead_letters(KEPT as usize, 1 << 20));
        let mut bystanders = Bystanders::spawn(&test);
        test.spawn(attacker("test/refuse", guests::REFUSE));
        test.spawn(attacker("test/trap", guests::TRAP));
        test.spawn(attacker("test/full", guests::ECHO).mailbox(mailbox(1, Overflow::DropNewest)));
        test.spawn(attacker("test/ends", guests::ECHO));
        test.spawn(attacker("evil/a", guests::PUPPET));
        for id in ["test/full", "test/ends"] {
            test.system().suspend(id);
        }
        let mut hand = test.probe("test/hand");
        let mut send_many = |target: &str, count: u32| {
            let length = target.len() as u8;
            let order = [b"m", &count.to_le_bytes()[..], &[length, 0], target.as_bytes(), b"x"];
            let answer = hand.request(&test, "evil/a", &order.concat()).unwrap();
            assert_eq!(answer[..4], count.to_le_bytes(), "all are accepted, seed {seed}");
            test.run_until_idle();
        };
        for _ in 0..5 {
            send_many("test/refuse", 400);
            bystanders.work(&test);
        }
        for _ in 0..20 {
            send_many("test/trap", 1);
            test.advance(RESTART);
        }
        send_many("test/full", 701);
        test.system().resume("test/full");
        send_many("test/ends", 300);
        test.system().stop("test/ends");
        test.run_until_idle();

        let total = 2000 + 20 + 700 + 300;
        let counts = test.system().dead_letter_counts();
        let DeadLetterCounts { refused, crashed, dropped, stopped, missed, pushed_out, .. } =
            counts;
        assert_eq!((refused, crashed, dropped, stopped), (2000, 20, 700, 300), "seed {seed}");
        assert_eq!((missed, pushed_out), (0, total - KEPT), "seed {seed}");
        let numbers: Vec<u64> = test.system().dead_letters().iter().map(|(it, _)| *it).collect();
        assert_eq!(numbers, Vec::from_iter(total - KEPT + 1..=total), "the newest, seed {seed}");
        bystanders.expect_unharmed(&test);
        expect_rest(&test);
    }
}

#[test]
fn a_dead_letter_larger_than_the_store_is_counted_and_not_kept() {
    let test = stage::with(31, |builder| builder.dead_letters(100, 10_000));
    test.spawn(attacker("test/refuse", guests::REFUSE));
    let mut hand = test.probe("test/hand");
    for size in [100, 5_000, 20_000, 400_000, 100] {
        hand.send("test/refuse", &vec![b'x'; size]).unwrap();
        test.run_until_idle();
        let kept = test.system().dead_letters();
        let bytes: usize = kept.iter().map(|(_, letter)| letter.payload.len()).sum();
        assert!(bytes <= 10_000, "{bytes} bytes after {size}");
    }
    let counts = test.system().dead_letter_counts();
    let kept = test.system().dead_letters().len() as u64;
    assert_eq!((counts.refused, counts.pushed_out), (5, 5 - kept));
    assert!(kept >= 1, "there is room for the last");
    expect_rest(&test);
}
