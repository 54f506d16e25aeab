//! What a guest sends, and the answers that it sees.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use airssys_wasm_core::{ComponentError, MessageInfo, RequestError, RequestId, SendError};
use airssys_wasm_host::Instance;
use support::{Recorder, guest, info, start};

fn sender() -> Instance {
    start(&guest(include_str!("guests/sender.wat")))
}

fn requester() -> Instance {
    start(&guest(include_str!("guests/requester.wat")))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

#[test]
fn a_message_goes_to_the_outbox() {
    let mut guest = sender();
    let seen = guest.handle_message("shop/cart", b"two pears", &info()).unwrap().unwrap();
    assert_eq!(seen[0], 0);
    assert_eq!(
        guest.outbox::<Recorder>().unwrap().sent,
        [("shop/cart".into(), b"two pears".to_vec())]
    );
}

#[test]
fn a_malformed_id_is_for_the_outbox_to_judge() {
    let mut guest = sender();
    guest.handle_message("no id at all/", b"", &info()).unwrap();
    assert_eq!(guest.outbox::<Recorder>().unwrap().sent[0].0, "no id at all/");
}

#[test]
fn each_send_error_reaches_the_guest_with_its_data() {
    let mut guest = sender();
    let mut answer = |error: SendError| {
        guest.outbox_mut::<Recorder>().unwrap().answers.push_back(error);
        let seen = guest.handle_message("a/b", b"", &info()).unwrap().unwrap();
        assert_eq!(seen[0], 1, "an error");
        seen
    };
    let bare = [
        (0, SendError::InvalidTarget),
        (1, SendError::NoSuchComponent),
        (2, SendError::NotPermitted),
        (6, SendError::MailboxFull),
        (8, SendError::Stopped),
        (9, SendError::NoCallback),
    ];
    for (case, error) in bare {
        assert_eq!(answer(error)[8], case);
    }
    let seen = answer(SendError::CodecNotAccepted(vec![0x51, 0x30_0700]));
    assert_eq!((seen[8], word(&seen, 20)), (3, 2));
    assert_eq!((number(&seen, 24), number(&seen, 32)), (0x51, 0x30_0700));
    let seen = answer(SendError::MessageTooLarge(1 << 20));
    assert_eq!((seen[8], word(&seen, 16)), (4, 1 << 20));
    let seen = answer(SendError::RateLimited(1 << 40));
    assert_eq!((seen[8], number(&seen, 16)), (5, 1 << 40));
    let seen = answer(SendError::TooManyRequests(1000));
    assert_eq!((seen[8], word(&seen, 16)), (7, 1000));
}

#[test]
fn a_request_has_an_id_and_a_timeout() {
    let mut guest = requester();
    let seen = guest.handle_message("shop/cart", b"how much?", &info()).unwrap().unwrap();
    assert_eq!((seen[0], number(&seen, 8), number(&seen, 16)), (0, 0x1111, 0x2222));
    let timeout = Some(Duration::from_millis(1500));
    assert_eq!(
        guest.outbox::<Recorder>().unwrap().requests,
        [("shop/cart".into(), b"how much?".to_vec(), timeout)]
    );
}

#[test]
fn a_timeout_of_0_is_the_default() {
    let text = include_str!("guests/requester.wat").replace("(i64.const 1500)", "(i64.const 0)");
    let mut guest = start(&guest(&text));
    guest.handle_message("a/b", b"x", &info()).unwrap();
    assert_eq!(guest.outbox::<Recorder>().unwrap().requests[0].2, None);
}

#[test]
fn a_request_is_refused_with_the_same_errors() {
    let mut guest = requester();
    guest.outbox_mut::<Recorder>().unwrap().answers.push_back(SendError::TooManyRequests(5));
    let seen = guest.handle_message("a/b", b"x", &info()).unwrap().unwrap();
    assert_eq!((seen[0], seen[8], word(&seen, 16)), (1, 7, 5));
}

#[test]
fn a_request_can_be_cancelled_once() {
    let mut guest = requester();
    guest.handle_message("a/b", b"x", &info()).unwrap();
    assert_eq!(guest.handle_message("a/b", b"", &info()).unwrap(), Some(vec![1]));
    assert_eq!(guest.handle_message("a/b", b"", &info()).unwrap(), Some(vec![0]));
    assert_eq!(
        guest.outbox::<Recorder>().unwrap().cancelled,
        [RequestId::from_halves(0x1111, 0x2222); 2]
    );
}

/// What the guest's callback saw of this outcome: five numbers, and the bytes.
fn seen_in_callback(outcome: Result<&[u8], &RequestError>) -> ([u32; 5], Vec<u8>) {
    let mut guest = requester();
    let info = MessageInfo { request: Some(RequestId::from_halves(21, 22)), ..info() };
    guest.handle_callback(outcome, &info).unwrap();
    let (target, seen) = guest.outbox_mut::<Recorder>().unwrap().sent.pop().unwrap();
    assert_eq!(target, "test/seen");
    assert_eq!((number(&seen, 0), number(&seen, 8)), (21, 22));
    ([16, 20, 24, 28, 32].map(|at| word(&seen, at)), seen[36..].to_vec())
}

#[test]
fn a_response_reaches_the_callback() {
    let ([is_error, ..], bytes) = seen_in_callback(Ok(b"12 euros"));
    assert_eq!((is_error, bytes.as_slice()), (0, b"12 euros".as_slice()));
}

#[test]
fn each_request_error_reaches_the_callback_with_its_data() {
    let bare = [
        (0, RequestError::TimedOut),
        (2, RequestError::Crashed),
        (3, RequestError::Stopped),
        (4, RequestError::Dropped),
    ];
    for (case, error) in bare {
        let ([is_error, found, ..], _) = seen_in_callback(Err(&error));
        assert_eq!((is_error, found), (1, case), "{error:?}");
    }
    let refusal = RequestError::Refused(ComponentError::new(404, "no such pear"));
    let ([is_error, case, code, ..], text) = seen_in_callback(Err(&refusal));
    assert_eq!((is_error, case, code, text.as_slice()), (1, 1, 404, b"no such pear".as_slice()));
    let ([is_error, case, limit, ..], _) =
        seen_in_callback(Err(&RequestError::ResponseTooLarge(4096)));
    assert_eq!((is_error, case, limit), (1, 5, 4096));
}
