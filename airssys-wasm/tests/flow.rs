//! Worker threads under load: nothing is lost, nothing stalls, and what is revoked is refused.
//!
//! `AIRSSYS_MESSAGES` says how many messages go through the pipeline; there are fewer by default.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, Event, Grants, Limits, MailboxLimits,
    Native, PatternSet, Right, SendError, System,
};
use airssys_wasm_testkit::guests;

/// Sends each message on to the id that its first message had, and crashes if it is refused.
const RELAY: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(global $target-length (mut i32) (i32.const 0))
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (if (i32.eqz (global.get $target-length))
    (then
      (memory.copy (i32.const 512) (local.get $message) (local.get $length))
      (global.set $target-length (local.get $length))
      (return (call $done))))
  (call $send (i32.const 512) (global.get $target-length)
    (local.get $message) (local.get $length) (i32.const 256))
  (if (i32.load8_u (i32.const 256)) (then unreachable))
  (call $done))
"#;

fn id(id: &str) -> ComponentId {
    id.parse().unwrap()
}

/// A system in which nothing may crash.
fn system() -> System {
    let crashed = |event: &Event<'_>| {
        if let Event::Crashed { id, crash, .. } = event {
            panic!("{id} {crash}");
        }
    };
    System::builder().workers(2).output(std::io::sink()).on_event(crashed).build().unwrap()
}

fn anywhere() -> Grants {
    Grants { send: PatternSet::parse(["**"]).unwrap(), ..Grants::default() }
}

fn small() -> MailboxLimits {
    MailboxLimits { capacity: 10, ..MailboxLimits::default() }
}

/// Relays with small mailboxes, each of which sends to the next, and the last to `end`.
fn spawn_relays(system: &System, count: usize, end: &str) {
    let guest = system.load(guests::guest(RELAY).as_bytes()).unwrap();
    let name = |number: usize| format!("test/relay-{number}");
    for number in 0..count {
        let spec = ComponentSpec::guest(id(&name(number)), &guest);
        // However busy the machine is.
        let limits = Limits { message_timeout: Duration::from_secs(60), ..Limits::default() };
        system.spawn(spec.grants(anywhere()).mailbox(small()).limits(limits)).unwrap();
    }
    for number in 0..count {
        let next = if number + 1 < count { name(number + 1) } else { end.to_owned() };
        system.send(&name(number), next.as_bytes()).unwrap();
    }
}

/// Checks that numbers come in order, and is slow now and then.
struct Counting {
    next: Arc<AtomicU64>,
}

impl Native for Counting {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let number = u64::from_le_bytes(message.try_into().unwrap());
        assert_eq!(number, self.next.load(Ordering::Relaxed));
        self.next.store(number + 1, Ordering::Relaxed);
        if number % 64 == 0 {
            std::thread::yield_now();
        }
        // Slower than a relay.
        (0..2_000).for_each(|spin| {
            std::hint::black_box(spin);
        });
        Ok(None)
    }
}

#[test]
fn a_pipeline_of_small_mailboxes_with_a_slow_end_loses_nothing() {
    let messages = env::var("AIRSSYS_MESSAGES").map_or(50_000, |count| count.parse().unwrap());
    let system = system();
    let next = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&next);
    let end =
        ComponentSpec::native(id("test/end"), move || Counting { next: Arc::clone(&counted) });
    system.spawn(end.mailbox(small())).unwrap();
    spawn_relays(&system, 4, "test/end");
    let mut sender = system.sender(id("test/host"));
    for number in 0..messages {
        sender.send("test/relay-0", &u64::to_le_bytes(number)).unwrap();
    }
    assert!(system.wait_idle());
    assert_eq!(next.load(Ordering::Relaxed), messages);
    assert_eq!(system.dead_letter_counts(), Default::default());
}

/// Sends a message on in a circle, until it has gone round often enough.
struct Round {
    next: String,
    rounds: Arc<AtomicU64>,
}

impl Native for Round {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let left = u32::from_le_bytes(message.try_into().unwrap());
        self.rounds.fetch_add(1, Ordering::Relaxed);
        if let Some(left) = left.checked_sub(1) {
            // There is room for all tokens in any one mailbox.
            context.send_message(&self.next, &left.to_le_bytes()).unwrap();
        }
        Ok(None)
    }
}

#[test]
fn components_in_a_circle_never_stall() {
    const TOKENS: u64 = 10;
    const HOPS: u32 = 5_000;
    for size in [1, 2, 3, 7] {
        let system = system();
        let rounds = Arc::new(AtomicU64::new(0));
        let name = |number: usize| format!("test/round-{}", number % size);
        for number in 0..size {
            let (next, counted) = (name(number + 1), Arc::clone(&rounds));
            let make = move || Round { next: next.clone(), rounds: Arc::clone(&counted) };
            let spec = ComponentSpec::native(id(&name(number)), make);
            system.spawn(spec.grants(anywhere()).mailbox(small())).unwrap();
        }
        let mut sender = system.sender(id("test/host"));
        for token in 0..TOKENS {
            sender.send(&name(token as usize), &HOPS.to_le_bytes()).unwrap();
        }
        assert!(system.wait_idle());
        let hops = TOKENS * (u64::from(HOPS) + 1);
        assert_eq!(rounds.load(Ordering::Relaxed), hops, "a circle of {size}");
        assert_eq!(system.dead_letter_counts(), Default::default(), "a circle of {size}");
    }
}

/// Sends at each message, and says whether one was accepted that began after the revocation.
struct Revoked {
    revoked: Arc<AtomicBool>,
    accepted: Arc<AtomicU64>,
    wrong: Arc<AtomicU64>,
}

impl Native for Revoked {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        // Acquire: it was set when the call had returned.
        let revoked = self.revoked.load(Ordering::Acquire);
        match context.send_message("test/sink", b"") {
            Ok(()) => {
                self.accepted.fetch_add(1, Ordering::Relaxed);
                self.wrong.fetch_add(u64::from(revoked), Ordering::Relaxed);
            }
            Err(SendError::NotPermitted) => {}
            Err(other) => panic!("{other}"),
        }
        Ok(None)
    }
}

#[test]
fn no_send_that_begins_after_a_revocation_is_accepted() {
    let system = system();
    let sink = system.load(guests::guest(guests::COUNT).as_bytes()).unwrap();
    system.spawn(ComponentSpec::guest(id("test/sink"), &sink)).unwrap();
    let revoked = Arc::new(AtomicBool::new(false));
    let (accepted, wrong) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let parts = (Arc::clone(&revoked), Arc::clone(&accepted), Arc::clone(&wrong));
    let make = move || {
        let (revoked, accepted, wrong) = parts.clone();
        Revoked { revoked, accepted, wrong }
    };
    system.spawn(ComponentSpec::native(id("test/sender"), make)).unwrap();
    let pattern = || "test/*".parse().unwrap();
    let mut host = system.sender(id("test/host"));
    for round in 1..=200 {
        revoked.store(false, Ordering::Release);
        system.grant("test/sender", Right::Send, pattern()).unwrap();
        let before = accepted.load(Ordering::Relaxed);
        // One at least comes before the revocation, however late the workers are.
        assert!(host.request("test/sender", b"", None).unwrap().wait().is_ok());
        for number in 1..1_000 {
            host.send("test/sender", b"").unwrap();
            if number == 500 {
                assert_eq!(system.revoke("test/sender", Right::Send, &pattern()), Ok(true));
                revoked.store(true, Ordering::Release);
            }
        }
        assert!(system.wait_idle());
        assert_eq!(wrong.load(Ordering::Relaxed), 0, "round {round}");
        let accepted = accepted.load(Ordering::Relaxed) - before;
        assert!((1..=1_000).contains(&accepted), "round {round}: {accepted}");
    }
}
