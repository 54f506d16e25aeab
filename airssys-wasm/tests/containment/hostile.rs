use airssys_wasm::CrashKind;
use airssys_wasm_testkit::guests::guest;

/// A guest that means harm, and what comes of it.
pub(crate) struct Hostile {
    pub(crate) name: String,
    /// A core module or component, binary or text.
    pub(crate) code: Vec<u8>,
    pub(crate) expected: Expected,
}

/// What comes of a hostile guest. Texts are parts of what is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// It does not load.
    NoGuest(&'static str),
    /// It loads, and does not start.
    NoStart(CrashKind, &'static str),
    /// It crashes with each message, until it is given up.
    Crash(CrashKind, &'static str),
    /// It handles messages, and crashes between them.
    CrashBetween(CrashKind, &'static str),
    /// It crashes when it is stopped.
    CrashAtEnd(CrashKind, &'static str),
    /// It goes on, whatever it does.
    GoesOn,
}

impl Expected {
    /// Whether it is ended by the time limit.
    pub(crate) fn is_time_out(self) -> bool {
        use Expected::{Crash, CrashAtEnd, CrashBetween, NoStart};
        let (Crash(kind, _) | CrashAtEnd(kind, _) | CrashBetween(kind, _) | NoStart(kind, _)) =
            self
        else {
            return false;
        };
        kind == CrashKind::TimedOut
    }
}

/// A hostile guest of these items, which follow [`IMPORTS`].
pub(crate) fn hostile(name: impl Into<String>, items: &str, expected: Expected) -> Hostile {
    module(name, guest(&format!("{IMPORTS}{items}")), expected)
}

/// One of a whole module.
pub(crate) fn module(
    name: impl Into<String>,
    code: impl Into<Vec<u8>>,
    expected: Expected,
) -> Hostile {
    Hostile { name: name.into(), code: code.into(), expected }
}

/// One whose handler is this.
pub(crate) fn handling(name: impl Into<String>, body: &str, expected: Expected) -> Hostile {
    hostile(name, &handler(body), expected)
}

pub(crate) fn handler(body: &str) -> String {
    format!(
        r#"(func $handler (export "airssys:component/handler@0.1.0#handle-message")
          (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
          (result i32)
          (local $i i32)
          {body})"#
    )
}

/// A handler that does nothing.
pub(crate) fn idle() -> String {
    handler("(call $done)")
}

/// The function that hears of the answers to requests.
pub(crate) fn callback(body: &str) -> String {
    format!(
        r#"(func (export "airssys:component/callback@0.1.0#handle-callback")
          (param i64 i64 i32 i32 i32 i32 i32) (result i32)
          {body})
        (func (export "cabi_post_airssys:component/callback@0.1.0#handle-callback") (param i32)
          (global.set $free (global.get $arguments)))"#
    )
}

/// The function that hears of the ends of others.
pub(crate) fn exits(body: &str) -> String {
    format!(
        r#"(func (export "airssys:component/exits@0.1.0#handle-exit")
          (param i32 i32 i32 i32 i32) (result i32)
          {body})
        (func (export "cabi_post_airssys:component/exits@0.1.0#handle-exit") (param i32)
          (global.set $free (global.get $arguments)))"#
    )
}

pub(crate) fn init(body: &str) -> String {
    lifecycle(body, "")
}

pub(crate) fn shutdown(body: &str) -> String {
    lifecycle(OK, body)
}

fn lifecycle(init: &str, shutdown: &str) -> String {
    format!(
        r#"(func (export "airssys:component/lifecycle@0.1.0#init") (result i32) {init})
        (func (export "airssys:component/lifecycle@0.1.0#shutdown") {shutdown})"#
    )
}

/// Of a function without results that never comes back.
pub(crate) const SPIN: &str = "(loop $on (br $on))";

/// `(ok)` of a callback, `handle-exit` or `init`.
pub(crate) const OK: &str = "(i32.store (i32.const 0) (i32.const 0)) (i32.const 0)";

pub(crate) const VICTIM: &str = "(i32.const 512) (i32.const 9)";
pub(crate) const SELF: &str = "(i32.const 528) (i32.const 10)";
pub(crate) const NOBODY: &str = "(i32.const 544) (i32.const 7)";
pub(crate) const STDOUT: &str = "(i32.const 560) (i32.const 14)";
pub(crate) const ECHO: &str = "(i32.const 576) (i32.const 7)";
pub(crate) const NEWS: &str = "(i32.const 592) (i32.const 7)";
pub(crate) const ALL_NEWS: &str = "(i32.const 608) (i32.const 6)";
pub(crate) const NO_TEXT: &str = "(i32.const 624) (i32.const 4)";
pub(crate) const HOST: &str = "(i32.const 640) (i32.const 12)";
pub(crate) const LOG: &str = "(i32.const 656) (i32.const 11)";
pub(crate) const CBOR: &str = "(i32.const 672) (i32.const 7)";
pub(crate) const FORGED: &str = "(i32.const 688) (i32.const 14)";

/// Eight bytes, and where results go.
pub(crate) const PAYLOAD: &str = "(i32.const 32) (i32.const 8)";
pub(crate) const RESULT: &str = "(i32.const 256)";

/// All that a guest may call, and the names of others.
pub(crate) const IMPORTS: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/messaging@0.1.0" "cancel-request"
  (func $cancel-request (param i64 i64) (result i32)))
(import "airssys:component/context@0.1.0" "self-id" (func $self-id (param i32)))
(import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(import "airssys:component/timers@0.1.0" "send-after"
  (func $after (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/timers@0.1.0" "cancel" (func $cancel-timer (param i64) (result i32)))
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(import "airssys:component/monitors@0.1.0" "demonitor"
  (func $demonitor (param i32 i32) (result i32)))
(data (i32.const 512) "by/victim")
(data (i32.const 528) "evil/guest")
(data (i32.const 544) "no/body")
(data (i32.const 560) "airssys/stdout")
(data (i32.const 576) "by/echo")
(data (i32.const 592) "news/eu")
(data (i32.const 608) "news/*")
(data (i32.const 624) "\ff\fe/\ff")
(data (i32.const 640) "airssys/host")
(data (i32.const 656) "airssys/log")
(data (i32.const 672) "by/cbor")
(data (i32.const 688) "airssys/forged")
"#;
