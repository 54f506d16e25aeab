//! Targets that a guest looks up once, and then sends to by a number.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use airssys_wasm::{ComponentId, Grants, PatternSet};
use airssys_wasm_testkit::{Probe, TestSystem, guests};

const BY_HANDLE: &str = include_str!("guests/by_handle.wat");

/// What a call of `handles` came to; errors by the numbers of their cases.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Came {
    Ok(u64),
    Error(u8),
}

use Came::{Error, Ok as Fine};

const INVALID_TARGET: Came = Error(0);
const NO_SUCH_COMPONENT: Came = Error(1);
const NOT_PERMITTED: Came = Error(2);
const MESSAGE_TOO_LARGE: Came = Error(4);
const STOPPED: Came = Error(8);

/// A component that sends by handle to `test/**`, and only requests of `ask/**`.
struct Play {
    test: TestSystem,
    probe: Probe,
}

impl Play {
    fn new(seed: u64, direct_calls: bool) -> Self {
        let test = TestSystem::with(seed, |builder| builder.direct_calls(direct_calls));
        let probe = test.probe("test/probe");
        let grants = Grants {
            send: PatternSet::parse(["test/**"]).unwrap(),
            request: PatternSet::parse(["ask/**", "test/**"]).unwrap(),
            ..Grants::default()
        };
        test.spawn(test.spec("test/sender", BY_HANDLE).grants(grants));
        Self { test, probe }
    }

    fn order(&mut self, order: &[&[u8]]) -> Vec<u8> {
        let order = order.concat();
        self.probe.request(&self.test, "test/sender", &order).unwrap().to_vec()
    }

    fn look_up(&mut self, id: &str) -> Came {
        let result = self.order(&[b"l", id.as_bytes()]);
        came(&result, 8)
    }

    fn handle(&mut self, id: &str) -> u64 {
        match self.look_up(id) {
            Fine(handle) => handle,
            error => panic!("{error:?}"),
        }
    }

    fn send(&mut self, handle: u64, message: &[u8]) -> Came {
        let result = self.order(&[b"s", &handle.to_le_bytes(), message]);
        came(&result, 16)
    }

    fn request(&mut self, handle: u64, message: &[u8]) -> Came {
        let result = self.order(&[b"r", &handle.to_le_bytes(), message]);
        came(&result, 8)
    }

    fn component_of(&mut self, handle: u64) -> String {
        String::from_utf8(self.order(&[b"c", &handle.to_le_bytes()])).unwrap()
    }
}

/// The result of a call, whose payload if all is well is at `at`.
fn came(result: &[u8], at: usize) -> Came {
    match result[0] {
        0 => {
            Fine(result.get(at..at + 8).map_or(0, |it| u64::from_le_bytes(it.try_into().unwrap())))
        }
        _ => Error(result[8]),
    }
}

/// Plays it where the guest is called directly, and through wasmtime's component model.
fn played(play: impl Fn(&mut Play)) {
    for (seed, direct_calls) in [(1, true), (2, false)] {
        play(&mut Play::new(seed, direct_calls));
    }
}

#[test]
fn what_is_sent_by_handle_arrives() {
    played(|play| {
        let handle = play.handle("test/probe");
        assert_eq!(play.handle("test/probe"), handle);
        assert_eq!(play.component_of(handle), "test/probe");
        assert_eq!(play.send(handle, b"hello"), Fine(0));
        let Play { test, probe } = play;
        probe.expect(test, "test/sender", b"hello");
    });
}

#[test]
fn a_request_by_handle_is_answered() {
    played(|play| {
        play.test.spawn_guest("ask/echo", guests::ECHO);
        let handle = play.handle("ask/echo");
        assert!(matches!(play.request(handle, b"echo"), Fine(_)));
        let Play { test, probe } = play;
        probe.expect(test, "test/sender", b"echo");
    });
}

#[test]
fn a_look_up_is_judged_by_target_and_grants() {
    played(|play| {
        assert_eq!(play.look_up("Test"), INVALID_TARGET);
        assert_eq!(play.look_up("other/echo"), NOT_PERMITTED);
        assert_eq!(play.look_up("test/nobody"), NO_SUCH_COMPONENT);
        play.test.spawn_guest("test/nobody", guests::ECHO);
        assert!(matches!(play.look_up("test/nobody"), Fine(_)));
    });
}

#[test]
fn what_is_sent_by_handle_is_judged_as_ever() {
    played(|play| {
        play.test.spawn_guest("ask/echo", guests::ECHO);
        let only_requests = play.handle("ask/echo");
        assert_eq!(play.send(only_requests, b"no"), NOT_PERMITTED);
        assert!(matches!(play.request(only_requests, b"yes"), Fine(_)));

        play.test.spawn(play.test.spec("test/small", guests::ECHO).max_message_size(4));
        let small = play.handle("test/small");
        assert_eq!(play.send(small, b"large"), MESSAGE_TOO_LARGE);
        play.test.system().stop("test/small");
        assert_eq!(play.send(small, b"late"), STOPPED);
    });
}

#[test]
fn a_handle_is_void_when_its_target_is_gone() {
    played(|play| {
        play.test.spawn_guest("test/echo", guests::ECHO);
        let first = play.handle("test/echo");
        play.test.system().remove("test/echo");
        assert_eq!(play.send(first, b"gone"), NO_SUCH_COMPONENT);
        assert_eq!(play.send(first, b"void"), INVALID_TARGET);
        assert_eq!(play.component_of(first), "");
        play.test.spawn_guest("test/echo", guests::ECHO);
        assert_eq!(play.send(first, b"still void"), INVALID_TARGET);
        let second = play.handle("test/echo");
        assert_ne!(second, first);
        assert_eq!(play.send(second, b"there"), Fine(0));
    });
}

#[test]
fn another_component_under_the_same_id_is_not_reached() {
    played(|play| {
        play.test.spawn_guest("test/echo", guests::ECHO);
        let first = play.handle("test/echo");
        play.test.system().remove("test/echo");
        play.test.spawn_guest("test/echo", guests::ECHO);
        assert_eq!(play.send(first, b"another"), NO_SUCH_COMPONENT);
        let second = play.handle("test/echo");
        assert_eq!(play.send(second, b"this one"), Fine(0));
        // So it is where it is looked up before it is sent to.
        play.test.system().remove("test/echo");
        play.test.spawn_guest("test/echo", guests::ECHO);
        let third = play.handle("test/echo");
        assert_ne!(third, second);
        assert_eq!(play.send(second, b"the one before"), INVALID_TARGET);
    });
}

#[test]
fn a_restart_voids_nothing() {
    played(|play| {
        play.test.spawn_guest("test/trap", guests::TRAP);
        let handle = play.handle("test/trap");
        assert_eq!(play.send(handle, b"trap"), Fine(0));
        play.test.advance(Duration::from_secs(60));
        assert_eq!(play.send(handle, b"again"), Fine(0));
    });
}

#[test]
fn a_handle_is_void_when_the_grant_is_gone() {
    played(|play| {
        let handle = play.handle("test/probe");
        let sender: ComponentId = "test/sender".parse().unwrap();
        let system = play.test.system();
        let grants = system.grants(sender.as_str()).unwrap();
        system.set_grants(sender.as_str(), Grants::default()).unwrap();
        assert_eq!(play.send(handle, b"no"), NOT_PERMITTED);
        play.test.system().set_grants(sender.as_str(), grants).unwrap();
        assert_eq!(play.send(handle, b"void"), INVALID_TARGET);
        let again = play.handle("test/probe");
        assert_eq!(play.send(again, b"yes"), Fine(0));
    });
}

#[test]
fn a_number_of_ones_own_is_no_handle() {
    played(|play| {
        let handle = play.handle("test/probe");
        for number in [handle + 1, handle + (1 << 32), u64::MAX] {
            assert_eq!(play.send(number, b"guessed"), INVALID_TARGET);
            assert_eq!(play.request(number, b"guessed"), INVALID_TARGET);
            assert_eq!(play.component_of(number), "");
        }
    });
}
