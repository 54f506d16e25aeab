//! A thousand guests crash on worker threads, under load of others: nothing is lost, none is
//! restarted more or less often than it may be, and what they used is given back.
//!
//! It goes on for `AIRSSYS_STORM_SECONDS`, and for some rounds at least. There is one test: others
//! beside it would have threads and memory of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod storm;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airssys_wasm::{
    Backoff, ComponentSpec, Event, Grants, Guest, Intensity, Limits, MailboxLimits, Sender, Status,
    System,
};
use airssys_wasm_testkit::{expect_nothing_lost, guests, patterns};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use storm::{POPULATION, any, ask, echo, name, pass_on, spin, trap};

const SENDERS: u64 = 4;

/// Rounds whose memory is compared with that after the first ones.
const ROUNDS: u64 = 3;

/// Rounds after which memory has been had for all that is kept.
const WARM_UP: u64 = 2;

/// Of each message that a guest crashes with, so many bytes.
const MESSAGE: usize = 4096;

/// Members crash up to so often.
const CRASHES: usize = 4;

#[test]
fn a_storm_of_crashes_loses_nothing_and_gives_back_what_it_used() {
    let number = |name: &str, default| env::var(name).map_or(default, |it| it.parse().unwrap());
    let time = Duration::from_secs(number("AIRSSYS_STORM_SECONDS", 0));
    let given_up = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given_up);
    let system = System::builder()
        .workers(2)
        .dead_letters(100, 100 * MESSAGE)
        .on_event(move |event| {
            if let Event::Crashed { restart: None, .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
        .build()
        .unwrap();
    let guest = system.load(guests::guest(guests::PUPPET).as_bytes()).unwrap();
    let threads = machine::threads();
    let begin = Instant::now();
    let mut round = 0;
    let mut after_warm_up = 0;
    while round < WARM_UP + ROUNDS || begin.elapsed() < time {
        if round == WARM_UP {
            after_warm_up = machine::resident();
        }
        given_up.store(0, Ordering::Relaxed);
        storm(&system, &guest, round, &given_up);
        round += 1;
    }
    machine::expect_threads(threads);
    let crashes = (round - WARM_UP) * crashes_in_a_round();
    let kept = machine::resident().saturating_sub(after_warm_up) / crashes;
    println!("{round} rounds of {} crashes, {kept} bytes kept of each", crashes_in_a_round());
    assert!(kept < MESSAGE as u64 / 2, "{kept} bytes are kept of each crash");
}

/// Until all have been given up, each after as many crashes as it may have, and are removed.
fn storm(system: &System, guest: &Guest, round: u64, given_up: &AtomicUsize) {
    system.spawn_all((0..POPULATION).map(|number| spec(number, guest)).collect()).unwrap();
    let from_outside: u64 = thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let host = system.sender(format!("test/host-{number}").parse().unwrap());
                let random = StdRng::seed_from_u64(SENDERS * round + number);
                scope.spawn(move || send(host, random, given_up))
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).sum()
    });
    assert!(system.wait_idle());
    expect_nothing_lost(system);
    let (mut accepted, mut sent) = (0, from_outside);
    for number in 0..POPULATION {
        let name = name(number);
        let metrics = system.metrics(&name).unwrap();
        let restarts = max_restarts(number) as u64;
        assert_eq!(system.component(&name).unwrap().status, Status::GivenUp, "{name}");
        assert_eq!(metrics.queued, 0, "{name}");
        assert_eq!((metrics.crashed, metrics.restarts), (restarts + 1, restarts), "{name}");
        accepted += metrics.accepted;
        sent += metrics.sends.accepted;
        system.remove(&name);
    }
    assert_eq!(accepted, sent, "what was sent is not what came");
}

/// Says how many messages were accepted.
fn send(mut host: Sender, mut random: StdRng, given_up: &AtomicUsize) -> u64 {
    let (mut accepted, mut pending) = (0, Vec::new());
    while given_up.load(Ordering::Relaxed) < POPULATION {
        let (target, other) = (any(&mut random), any(&mut random));
        let order = match random.random_range(0..1_000) {
            0..300 => trap(MESSAGE),
            300..302 => spin(),
            302..450 => pass_on(&other, &trap(MESSAGE)),
            450..600 => pass_on(&other, &echo()),
            600..750 => ask(&other, &echo()),
            _ => echo(),
        };
        // Those that have been given up take nothing any more.
        if random.random() {
            accepted += u64::from(host.send(&target, &order).is_ok());
        } else if let Ok(request) = host.request(&target, &order, None) {
            accepted += 1;
            pending.push(request);
        }
        if pending.len() == 32 {
            pending.drain(..).for_each(|request| drop(request.wait()));
        }
    }
    pending.into_iter().for_each(|request| drop(request.wait()));
    accepted
}

fn spec(number: usize, guest: &Guest) -> ComponentSpec {
    let all = patterns(&["storm/*"]);
    let an_hour = Duration::from_secs(60 * 60);
    let max_restarts = u32::try_from(max_restarts(number)).unwrap();
    let backoff = Duration::from_millis(1);
    ComponentSpec::guest(name(number).parse().unwrap(), guest)
        .grants(Grants { send: all.clone(), request: all, ..Grants::default() })
        .limits(Limits { message_timeout: Duration::from_millis(5), ..Limits::default() })
        .mailbox(MailboxLimits { capacity: 8, ..MailboxLimits::default() })
        .intensity(Intensity { max_restarts, within: an_hour })
        .backoff(Backoff { initial: backoff, max: backoff })
}

fn max_restarts(number: usize) -> usize {
    number % CRASHES
}

fn crashes_in_a_round() -> u64 {
    (0..POPULATION).map(|number| max_restarts(number) as u64 + 1).sum()
}

#[cfg(target_os = "linux")]
mod machine {
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    /// How many threads this process has.
    pub(crate) fn threads() -> usize {
        fs::read_dir("/proc/self/task").unwrap().count()
    }

    /// Spare threads end after a while.
    pub(crate) fn expect_threads(expected: usize) {
        let begin = Instant::now();
        while threads() != expected && begin.elapsed() < Duration::from_secs(60) {
            thread::yield_now();
        }
        assert_eq!(threads(), expected);
    }

    /// Bytes of memory that this process has, in pages of 4 KiB.
    pub(crate) fn resident() -> u64 {
        let sizes = fs::read_to_string("/proc/self/statm").unwrap();
        sizes.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    }
}

/// Elsewhere it is not asked.
#[cfg(not(target_os = "linux"))]
mod machine {
    pub(crate) fn threads() -> usize {
        0
    }

    pub(crate) fn expect_threads(_: usize) {}

    pub(crate) fn resident() -> u64 {
        0
    }
}
