//! Systems on worker threads, under the machine's own clock.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use airssys_wasm::{
    AskError, ComponentError, ComponentId, ComponentSpec, Context, Grants, Limits, MailboxLimits,
    Native, PatternSet, RequestError, SendError, System,
};
use airssys_wasm_testkit::guests;

fn system() -> System {
    System::builder().workers(2).output(std::io::sink()).build().unwrap()
}

fn id(id: &str) -> ComponentId {
    id.parse().unwrap()
}

fn spec(system: &System, name: &str, items: &str) -> ComponentSpec {
    let guest = system.load(guests::guest(items).as_bytes()).unwrap();
    let everywhere = PatternSet::parse(["**"]).unwrap();
    let grants = Grants { send: everywhere.clone(), request: everywhere, ..Grants::default() };
    ComponentSpec::guest(id(name), &guest).grants(grants)
}

fn small_mailbox() -> MailboxLimits {
    MailboxLimits { capacity: 10, ..MailboxLimits::default() }
}

fn count(system: &System, name: &str) -> u32 {
    let response = system.request(name, b"").unwrap();
    u32::from_le_bytes(response[..].try_into().unwrap())
}

#[test]
fn senders_on_many_threads_wait_for_room_and_lose_nothing() {
    let system = system();
    system.spawn(spec(&system, "test/count", guests::COUNT).mailbox(small_mailbox())).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let mut sender = system.sender(id(&format!("test/sender-{number}")));
            scope.spawn(move || {
                for _ in 0..5_000 {
                    sender.send("test/count", b"x").unwrap();
                }
            });
        }
    });
    assert_eq!(count(&system, "test/count"), 20_001);
    system.shutdown();
}

#[test]
fn a_timer_goes_off_while_its_owner_is_busy() {
    let system = system();
    let (came, comes) = std::sync::mpsc::channel();
    let (free, wait) = std::sync::mpsc::channel::<()>();
    let (wait, free) = (Arc::new(parking_lot::Mutex::new(wait)), Some(free));
    system.spawn(ComponentSpec::native(id("test/target"), move || Told(came.clone()))).unwrap();
    let busy = ComponentSpec::native(id("test/busy"), move || Busy(Arc::clone(&wait)));
    let send = PatternSet::parse(["test/*"]).unwrap();
    system.spawn(busy.grants(Grants { send, ..Grants::default() })).unwrap();
    system.send("test/busy", b"").unwrap();
    let patience = Duration::from_secs(60);
    assert_eq!(comes.recv_timeout(patience).unwrap(), "test/busy");
    drop(free);
    assert!(system.wait_idle());
}

/// Tells who has sent.
struct Told(std::sync::mpsc::Sender<String>);

impl Native for Told {
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        _: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.0.send(sender.to_string()).unwrap();
        Ok(None)
    }
}

/// Sets a timer, and does not come back until it is let go.
struct Busy(Arc<parking_lot::Mutex<std::sync::mpsc::Receiver<()>>>);

impl Native for Busy {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        context.send_after("test/target", b"", Duration::from_millis(1)).unwrap();
        self.0.lock().recv().unwrap_err();
        Ok(None)
    }
}

#[test]
fn requests_from_threads_are_answered_each() {
    let system = system();
    system.spawn(spec(&system, "test/echo", guests::ECHO)).unwrap();
    thread::scope(|scope| {
        for number in 0..3_u8 {
            let system = &system;
            scope.spawn(move || {
                for at in 0..500_u16 {
                    let request = [&[number], &at.to_le_bytes()[..]].concat();
                    assert_eq!(system.request("test/echo", &request).unwrap(), request);
                }
            });
        }
    });
}

#[test]
fn what_a_host_program_gets_wrong_is_told() {
    let system = system();
    system.spawn(spec(&system, "test/refuse", guests::REFUSE)).unwrap();
    system.spawn(spec(&system, "test/trap", guests::TRAP)).unwrap();
    let ask = |target: &str| system.request(target, b"no").unwrap_err();
    assert_eq!(ask("Not/an-id"), AskError::NotSent(SendError::InvalidTarget));
    assert_eq!(ask("test/nobody"), AskError::NotSent(SendError::NoSuchComponent));
    let refusal = RequestError::Refused(ComponentError::new(7, "no"));
    assert_eq!(ask("test/refuse"), AskError::NotAnswered(refusal));
    assert_eq!(ask("test/trap"), AskError::NotAnswered(RequestError::Crashed));
}

#[test]
fn a_spinning_guest_holds_up_nobody_for_good() {
    let system = system();
    let limits = Limits { message_timeout: Duration::from_millis(20), ..Limits::default() };
    for name in ["test/spin-1", "test/spin-2", "test/spin-3"] {
        system.spawn(spec(&system, name, guests::SPIN).limits(limits)).unwrap();
    }
    system.spawn(spec(&system, "test/echo", guests::ECHO)).unwrap();
    let mut host = system.sender(id("test/host"));
    let spinning: Vec<_> = ["test/spin-1", "test/spin-2", "test/spin-3"]
        .map(|name| host.request(name, b"", None).unwrap())
        .into();
    assert_eq!(&system.request("test/echo", b"still here").unwrap()[..], b"still here");
    for pending in spinning {
        assert_eq!(pending.wait(), Err(RequestError::Crashed));
    }
}

#[test]
fn a_guest_that_breaks_the_abi_touches_only_itself() {
    let system = system();
    let handler = |body: &str| {
        format!(
            r#"(import "airssys:component/messaging@0.1.0" "send-message"
                 (func $send (param i32 i32 i32 i32 i32)))
               (data (i32.const 600) "\ff\fe/\ff")
               (func $self (export "airssys:component/handler@0.1.0#handle-message")
                 (param $sender i32) (param i32) (param $message i32) (param $length i32)
                 (result i32) {body})"#
        )
    };
    let bad = [
        ("test/pointer", "(i32.const 0x7fffffff)"),
        ("test/response", "(call $respond (i32.const 0x7ffffff0) (i32.const 64))"),
        ("test/length", "(call $respond (i32.const 0) (i32.const -1))"),
        ("test/case", "(i32.store (i32.const 0) (i32.const 9)) (i32.const 0)"),
        ("test/option", "(i64.store (i32.const 0) (i64.const 0x500000000)) (i32.const 0)"),
        ("test/text", "(call $refuse (i32.const 1) (i32.const 600) (i32.const 4))"),
        (
            "test/target",
            "(call $send (i32.const 600) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 256))
             (call $done)",
        ),
        (
            "test/payload",
            "(call $send (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 256))
             (call $done)",
        ),
        ("test/stack", "(call $self (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))"),
    ];
    system.spawn(spec(&system, "test/echo", guests::ECHO)).unwrap();
    for (name, body) in bad {
        system.spawn(spec(&system, name, &handler(body))).unwrap();
        let outcome = system.request(name, b"");
        assert_eq!(outcome, Err(AskError::NotAnswered(RequestError::Crashed)), "{name}");
        assert_eq!(&system.request("test/echo", b"fine").unwrap()[..], b"fine", "{name}");
    }
}

/// Passes each message on to two others, if it is not worn out.
struct Fork {
    handled: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Native for Fork {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.handled.fetch_add(1, Ordering::Relaxed);
        let [left] = message[..] else { return Err(ComponentError::new(1, "one byte")) };
        for target in ["test/left", "test/right"] {
            if left > 0 && context.send_message(target, &[left - 1]).is_ok() {
                self.sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(None)
    }
}

#[test]
fn what_is_accepted_is_handled_whoever_wins_the_races() {
    let (handled, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let system = system();
    for name in ["test/left", "test/right"] {
        let (handled, sent) = (Arc::clone(&handled), Arc::clone(&sent));
        let grants = Grants { send: PatternSet::parse(["test/*"]).unwrap(), ..Grants::default() };
        let fork = move || Fork { handled: Arc::clone(&handled), sent: Arc::clone(&sent) };
        let limits = MailboxLimits { capacity: 200, ..MailboxLimits::default() };
        system.spawn(ComponentSpec::native(id(name), fork).grants(grants).mailbox(limits)).unwrap();
    }
    for _ in 0..20 {
        system.send("test/left", &[10]).unwrap();
        assert!(system.wait_idle());
    }
    assert_eq!(handled.load(Ordering::Relaxed), sent.load(Ordering::Relaxed) + 20);
    assert_eq!(system.dead_letter_counts(), Default::default());
}

#[test]
fn a_system_that_is_dropped_under_load_ends() {
    for _ in 0..20 {
        let system = system();
        system.spawn(spec(&system, "test/count", guests::COUNT)).unwrap();
        let mut sender = system.sender(id("test/sender"));
        let flood = thread::spawn(move || {
            let mut accepted = 0_u64;
            while sender.send("test/count", b"x").is_ok() {
                accepted += 1;
            }
            accepted
        });
        while system.component("test/count").is_some_and(|status| status.queued == 0) {
            std::hint::spin_loop();
        }
        drop(system);
        assert!(flood.join().unwrap() > 0);
    }
}

#[test]
fn ten_thousand_components_live_in_one_system() {
    const MANY: usize = 10_000;
    let system = system();
    let template = spec(&system, "test/template", guests::COUNT);
    let specs = (0..MANY).map(|number| template.clone().with_id(id(&format!("many/c{number}"))));
    system.spawn_all(specs.collect()).unwrap();
    let mut sender = system.sender(id("test/sender"));
    for number in 0..MANY {
        sender.send(&format!("many/c{number}"), b"x").unwrap();
    }
    assert!(system.wait_idle());
    assert_eq!(system.components().len(), MANY + 2);
    for number in [0, MANY / 2, MANY - 1] {
        assert_eq!(count(&system, &format!("many/c{number}")), 2);
    }
    system.shutdown();
}
