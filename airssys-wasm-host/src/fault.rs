use std::fmt;

use airssys_wasm_core::{Crash, CrashKind, Failure};
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::limits::OverLimit;
use crate::time_limit::{Cut, TimeLimit};

/// What a call ended with, if not with a result; it had `time`.
pub(crate) fn failure_in(call: &'static str, time: TimeLimit, error: &wasmtime::Error) -> Failure {
    if matches!(error.downcast_ref(), Some(I32Exit(0))) {
        return Failure::Exited;
    }
    crash_in(call, time, error).into()
}

fn crash_in(call: &'static str, time: TimeLimit, error: &wasmtime::Error) -> Crash {
    let kind = kind_of(error).unwrap_or(CrashKind::Trap);
    let (kind, cause) = match (kind, time.fuel_limit()) {
        (CrashKind::OutOfFuel, Some(fuel)) => (kind, format!("it may use {fuel} units")),
        // There fuel stands for time.
        (CrashKind::OutOfFuel, None) => (CrashKind::TimedOut, may_take(time)),
        (CrashKind::TimedOut, _) if !error.is::<Cut>() => (kind, may_take(time)),
        (CrashKind::Exited, _) => (kind, "it ended itself".to_owned()),
        _ => (kind, error.root_cause().to_string()),
    };
    Crash::new(kind, Fault { call, cause, function: innermost_function(error) }.to_string())
}

fn may_take(time: TimeLimit) -> String {
    format!("it may take {:?}", time.duration)
}

/// Why there is no instance: its start functions crashed, or it could not be made at all.
pub(crate) fn crash_in_start(time: TimeLimit, error: wasmtime::Error) -> Crash {
    let guest_ran = error.is::<WasmBacktrace>();
    if kind_of(&error).is_none() && !guest_ran {
        return Crash::new(CrashKind::FailedStart, error);
    }
    crash_in("start", time, &error)
}

fn kind_of(error: &wasmtime::Error) -> Option<CrashKind> {
    if error.is::<OverLimit>() {
        return Some(CrashKind::ResourceLimit);
    }
    if error.is::<Cut>() {
        return Some(CrashKind::TimedOut);
    }
    if error.is::<I32Exit>() {
        return Some(CrashKind::Exited);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Some(CrashKind::TimedOut),
        Some(Trap::OutOfFuel) => Some(CrashKind::OutOfFuel),
        Some(_) => Some(CrashKind::Trap),
        // The one limit for which wasmtime has no type: the count of instances.
        None if error.to_string().starts_with("resource limit exceeded") => {
            Some(CrashKind::ResourceLimit)
        }
        None => None,
    }
}

/// Bytes of a function's name that are told: a guest may have named it as it liked.
const MAX_NAME: usize = 200;

/// Where the guest was, if it keeps the names of its functions.
fn innermost_function(error: &wasmtime::Error) -> Option<&str> {
    let name = error.downcast_ref::<WasmBacktrace>()?.frames().first()?.func_name()?;
    Some(&name[..name.floor_char_boundary(MAX_NAME)])
}

/// What went wrong, and where.
struct Fault<'a> {
    call: &'static str,
    cause: String,
    function: Option<&'a str>,
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}: {}", self.call, self.cause)?;
        match self.function {
            Some(function) => write!(f, " (at `{function}`)"),
            None => Ok(()),
        }
    }
}
