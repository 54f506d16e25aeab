//! Calls of a guest's functions, and what they know.
#![allow(clippy::unwrap_used)]

mod support;

use airssys_wasm_core::{ComponentError, CrashKind, Failure, MessageInfo, RequestId, TraceParent};
use support::{ECHO, ECHO_COMPONENT, crash, guest, handler, handler_item, info, start};

#[test]
fn a_message_is_echoed() {
    for text in [ECHO, ECHO_COMPONENT] {
        let mut echo = start(text);
        for message in [b"hello".as_slice(), b"", &[0xff; 5000]] {
            let response = echo.handle_message("a/b", message, &info()).unwrap();
            assert_eq!(response.as_deref(), Some(message));
        }
    }
}

#[test]
fn no_response_is_none() {
    let mut silent = start(&handler("(call $no-response)"));
    assert_eq!(silent.handle_message("a/b", b"x", &info()).unwrap(), None);
}

#[test]
fn the_sender_is_told() {
    let mut guest =
        start(&handler("(call $respond (local.get $sender) (local.get $sender-length))"));
    let response = guest.handle_message("shop/cart", b"", &info()).unwrap();
    assert_eq!(response.as_deref(), Some(b"shop/cart".as_slice()));
}

#[test]
fn a_refusal_is_no_crash() {
    let mut guest =
        start(&handler("(call $refuse (i32.const 42) (local.get $message) (local.get $length))"));
    for _ in 0..2 {
        match guest.handle_message("a/b", "nö".as_bytes(), &info()) {
            Err(Failure::Refused(refusal)) => assert_eq!(refusal, ComponentError::new(42, "nö")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn memory_lasts_from_message_to_message() {
    let mut counter = start(&handler(
        "(i32.store8 (i32.const 256) (i32.add (i32.load8_u (i32.const 256)) (i32.const 1)))
         (call $respond (i32.const 256) (i32.const 1))",
    ));
    for count in 1..=3_u8 {
        assert_eq!(counter.handle_message("a/b", b"", &info()).unwrap(), Some(vec![count]));
    }
}

#[test]
fn instances_of_one_component_share_no_memory() {
    let component = support::load(&handler(
        "(i32.store8 (i32.const 256) (i32.add (i32.load8_u (i32.const 256)) (i32.const 1)))
         (call $respond (i32.const 256) (i32.const 1))",
    ))
    .unwrap();
    let pre = component.pre().unwrap();
    for name in ["test/one", "test/two"] {
        let mut instance = pre
            .instantiate(
                support::id(name),
                Box::new(support::Recorder::default()),
                Default::default(),
            )
            .unwrap();
        assert_eq!(instance.handle_message("a/b", b"", &info()).unwrap(), Some(vec![1]));
    }
}

#[test]
fn absent_lifecycle_is_fine() {
    let mut echo = start(ECHO);
    echo.init().unwrap();
    echo.shutdown().unwrap();
    assert!(echo.handle_message("a/b", b"", &info()).is_ok());
}

fn with_init(body: &str) -> String {
    guest(&format!(
        r#"{}
           (data (i32.const 512) "not today")
           (func (export "airssys:component/lifecycle@0.1.0#init") (result i32) {body})
           (func (export "airssys:component/lifecycle@0.1.0#shutdown")
             (i32.store8 (i32.const 256) (i32.const 2)))"#,
        handler_item("(call $respond (i32.const 256) (i32.const 1))")
    ))
}

#[test]
fn init_and_shutdown_run() {
    let mut guest =
        start(&with_init("(i32.store8 (i32.const 256) (i32.const 1)) (call $no-response)"));
    assert_eq!(guest.handle_message("a/b", b"", &info()).unwrap(), Some(vec![0]));
    guest.init().unwrap();
    assert_eq!(guest.handle_message("a/b", b"", &info()).unwrap(), Some(vec![1]));
    guest.shutdown().unwrap();
    assert_eq!(guest.handle_message("a/b", b"", &info()).unwrap(), Some(vec![2]));
}

#[test]
fn init_may_refuse() {
    let mut guest = start(&with_init("(call $refuse (i32.const 3) (i32.const 512) (i32.const 9))"));
    match guest.init() {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal, ComponentError::new(3, "not today")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn init_may_crash() {
    let mut guest = start(&with_init("unreachable"));
    let crash = crash(guest.init());
    assert_eq!(crash.kind(), CrashKind::Trap);
    assert_eq!(
        crash.to_string(),
        "trapped: in init: wasm trap: wasm `unreachable` instruction executed"
    );
}

fn trace_and_id(seen: &[u8]) -> &str {
    std::str::from_utf8(&seen[56..]).unwrap()
}

fn number(seen: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(seen[at..at + 8].try_into().unwrap())
}

#[test]
fn the_message_in_hand_is_known_in_handlers_only() {
    let mut guest = start(&guest(include_str!("guests/context.wat")));
    let info = MessageInfo {
        sent_at: 1_700_000_000_000_000_001,
        request: Some(RequestId::from_halves(11, 12)),
        delivery: 3,
        trace_parent: Some(TraceParent::root(0x1234, 0x56)),
        topic: None,
    };
    guest.init().unwrap();
    guest.handle_message("a/b", b"", &info).unwrap();
    guest.handle_message("a/b", b"", &support::info()).unwrap();
    guest.handle_callback(Ok(b"done"), &info).unwrap();
    guest.shutdown().unwrap();

    let sent = &guest.outbox::<support::Recorder>().unwrap().sent;
    let [init, full, sparse, callback, shutdown] = sent.as_slice() else { panic!("{sent:?}") };
    for (_, seen) in [init, shutdown] {
        assert_eq!(seen[0], 0);
        assert_eq!(trace_and_id(seen), "test/guest");
    }
    for (_, seen) in [full, callback] {
        assert_eq!(seen[0], 1);
        assert_eq!(number(seen, 8), 1_700_000_000_000_000_001);
        assert_eq!((seen[16], number(seen, 24), number(seen, 32)), (1, 11, 12));
        assert_eq!(seen[40], 3);
        let trace = "00-00000000000000000000000000001234-0000000000000056-00";
        assert_eq!(trace_and_id(seen), format!("{trace}test/guest"));
    }
    let (_, seen) = sparse;
    assert_eq!((seen[0], number(seen, 8), seen[16], seen[40], seen[44]), (1, 7, 0, 1, 0));
    assert_eq!(trace_and_id(seen), "test/guest");
}

#[test]
fn a_callback_to_who_has_none_does_nothing() {
    let mut echo = start(ECHO);
    let info = MessageInfo { request: Some(RequestId::from_halves(1, 2)), ..info() };
    echo.handle_callback(Ok(b""), &info).unwrap();
}

#[test]
fn an_instance_moves_between_threads() {
    let mut echo = start(ECHO);
    let response = std::thread::spawn(move || echo.handle_message("a/b", b"x", &info())).join();
    assert_eq!(response.unwrap().unwrap(), Some(b"x".to_vec()));
}

#[test]
fn what_is_linked_is_shared_between_threads() {
    fn is_shared<T: Clone + Send + Sync>(_: &T) {}
    let component = support::load(ECHO).unwrap();
    is_shared(&component);
    is_shared(&component.pre().unwrap());
    is_shared(&support::engine());
}
