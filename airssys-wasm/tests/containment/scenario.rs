//! What each hostile guest goes through.

use std::any::Any;
use std::time::Duration;
use std::{env, thread};

use airssys_wasm::{
    Backoff, ComponentSpec, CrashKind, Grants, Guest, Intensity, Limits, LoadError,
    PendingResponse, RequestError, SendError, SpawnError, Status,
};
use airssys_wasm_testkit::patterns;

use crate::accounts::expect_rest;
use crate::crash_log::{CrashLog, Told};
use crate::ground::{Ground, PATIENCE};
use crate::guests::families;
use crate::hostile::{Expected, Hostile};
use crate::neighbours::{Code, Neighbours};
use crate::told::expect_line;

/// Whether a message waits until the one before it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    OneByOne,
    AllAtOnce,
}

const ID: &str = "evil/guest";
const ROUNDS: u32 = 4;
const RESTARTS: usize = 2;

/// The most memory of a hostile guest.
pub(crate) const MEMORY: usize = 24 << 20;

/// Plays each guest in some ways, those alone that `AIRSSYS_GUEST` is in the name of.
pub(crate) fn play_all(mut play_with: impl FnMut(&Hostile) -> Vec<thread::Result<()>>) {
    let wanted = env::var("AIRSSYS_GUEST").unwrap_or_default();
    let mut failed = Vec::new();
    for hostile in families().iter().filter(|hostile| hostile.name.contains(&wanted)) {
        for (number, played) in play_with(hostile).into_iter().enumerate() {
            if let Err(panic) = played {
                failed.push(format!("{}, {number}: {}", hostile.name, text_of(&*panic)));
            }
        }
    }
    assert!(failed.is_empty(), "{} scenarios failed:\n{}", failed.len(), failed.join("\n"));
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// Lets the guest be among its neighbours, sends to it and stops it. At the end all is at rest.
pub(crate) fn play(
    ground: &impl Ground,
    log: &CrashLog,
    code: &Code,
    loaded: &Result<Guest, LoadError>,
    hostile: &Hostile,
    pace: Pace,
) {
    let mut neighbours = Neighbours::spawn(ground, code);
    match (loaded, hostile.expected) {
        (Err(error), Expected::NoGuest(text)) => expect_line(&error.to_string(), text),
        (Err(error), _) => panic!("it does not load: {error}"),
        (Ok(_), Expected::NoGuest(_)) => panic!("it loads"),
        (Ok(guest), _) => be_among(ground, guest, hostile, pace, &mut neighbours),
    }
    if !matches!(hostile.expected, Expected::GoesOn) {
        ground.rest();
    }
    // Stopping one that has ended changes nothing.
    ground.system().stop(ID);
    neighbours.work(ground);
    ground.rest();
    neighbours.expect_unharmed(ground);
    expect_rest(ground.system());
    let (told, of_others): (Vec<_>, Vec<_>) = log.told().into_iter().partition(|it| it.id == ID);
    assert!(of_others.is_empty(), "{of_others:?}");
    expect_told(ground, hostile.expected, &told);
}

fn be_among(
    ground: &impl Ground,
    guest: &Guest,
    hostile: &Hostile,
    pace: Pace,
    neighbours: &mut Neighbours,
) {
    match (ground.system().spawn(spec(ground, guest, hostile)), hostile.expected) {
        (Ok(()), Expected::NoStart(..)) => panic!("it starts"),
        (Ok(()), _) => send_to(ground, pace, neighbours),
        (Err(SpawnError::Failed { crash, .. }), Expected::NoStart(kind, text)) => {
            expect_line(&crash.to_string(), text);
            assert_eq!(crash.kind(), kind, "{crash}");
        }
        (Err(error), _) => panic!("it does not start: {error}"),
    }
}

fn spec(ground: &impl Ground, guest: &Guest, hostile: &Hostile) -> ComponentSpec {
    let everyone = patterns(&["**"]);
    let grants = Grants {
        send: everyone.clone(),
        request: everyone.clone(),
        publish: everyone.clone(),
        subscribe: everyone,
        receive: None,
    };
    let time = match hostile.expected.is_time_out() {
        true => ground.time_out(),
        false => Duration::from_secs(60),
    };
    let limits = Limits {
        memory: MEMORY,
        message_timeout: time,
        init_timeout: time,
        shutdown_timeout: time,
        ..Limits::default()
    };
    let moment = Duration::from_millis(1);
    ComponentSpec::guest(ID.parse().unwrap(), guest)
        .grants(grants)
        .limits(limits)
        .intensity(Intensity { max_restarts: RESTARTS as u32, within: Duration::from_secs(3600) })
        .backoff(Backoff { initial: moment, max: moment })
}

/// Sends messages and requests, while the neighbours work. Each request ends.
fn send_to(ground: &impl Ground, pace: Pace, neighbours: &mut Neighbours) {
    let mut host = ground.system().sender("test/host".parse().unwrap());
    let mut pending = Vec::new();
    for _ in 0..ROUNDS {
        match (host.try_send(ID, b"message"), host.try_request(ID, b"request", PATIENCE)) {
            (_, Ok(request)) if pace == Pace::OneByOne => expect_answer(ground, request),
            (_, Ok(request)) => pending.push(request),
            (_, Err(SendError::Stopped | SendError::MailboxFull)) => {}
            (_, Err(error)) => panic!("{error}"),
        }
        neighbours.work(ground);
    }
    for request in pending {
        expect_answer(ground, request);
    }
}

fn expect_answer(ground: &impl Ground, request: PendingResponse) {
    let answer = ground.answer(request);
    assert!(!matches!(answer, Err(RequestError::TimedOut)), "it is never answered");
}

fn expect_told(ground: &impl Ground, expected: Expected, told: &[Told]) {
    let crashed_with = ground.system().metrics(ID).map_or(0, |counted| counted.crashed);
    let status = ground.system().component(ID).map(|component| component.status);
    let expect_each = |kind: CrashKind, text: &str| {
        for crash in told {
            assert_eq!(crash.kind, kind, "{}", crash.text);
            expect_line(&crash.text, text);
        }
    };
    match expected {
        Expected::NoGuest(_) | Expected::NoStart(..) => {
            assert_eq!((told.len(), status), (0, None));
        }
        Expected::Crash(kind, text) => {
            expect_each(kind, text);
            let restarts: Vec<_> = told.iter().map(|crash| crash.restarts).collect();
            assert_eq!(restarts, [true, true, false], "{told:?}");
            assert_eq!((crashed_with, status), (1 + RESTARTS as u64, Some(Status::GivenUp)));
        }
        Expected::CrashBetween(kind, text) => {
            expect_each(kind, text);
            assert!((1..=1 + RESTARTS).contains(&told.len()), "{told:?}");
            assert_eq!(crashed_with, 0);
        }
        Expected::CrashAtEnd(kind, text) => {
            expect_each(kind, text);
            assert_eq!((told.len(), crashed_with, status), (1, 0, Some(Status::Stopped)));
        }
        Expected::GoesOn => {
            assert!(told.is_empty(), "{told:?}");
            assert_eq!((crashed_with, status), (0, Some(Status::Stopped)));
        }
    }
}
