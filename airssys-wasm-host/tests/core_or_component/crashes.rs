use airssys_wasm_core::{Crash, CrashKind};

/// What crashed a guest, in words that are the same in both ways.
pub(crate) type Cause = (CrashKind, &'static str);

/// What is to be met while guests start.
pub(crate) const AT_START: [&str; 7] = [
    "allocation out of bounds",
    "imports are closed",
    "memory limit",
    "stack",
    "time",
    "too early",
    "unreachable",
];

/// What is to be met in calls.
pub(crate) const IN_CALLS: [&str; 17] = [
    "address not aligned",
    "address out of bounds",
    "allocation not aligned",
    "allocation out of bounds",
    "case",
    "division",
    "earlier",
    "imports are closed",
    "load or store",
    "memory limit",
    "not UTF-8",
    "stack",
    "table element",
    "time",
    "too few or too many outcomes",
    "too much",
    "unreachable",
];

/// Parts of a crash's text, and what they stand for: the first that is found counts.
const CAUSES: [(&str, &str); 27] = [
    ("an import before it is put", "too early"),
    ("returned a pointer that is not aligned", "allocation not aligned"),
    ("realloc return: result not aligned", "allocation not aligned"),
    ("returned a pointer beyond end", "allocation out of bounds"),
    ("realloc return: beyond end", "allocation out of bounds"),
    ("cannot leave component instance", "imports are closed"),
    ("hands over is out of bounds", "address out of bounds"),
    ("it hands over is not aligned", "address not aligned"),
    ("utf-8", "not UTF-8"),
    ("discriminant", "case"),
    ("pointer/length out of bounds", "address out of bounds"),
    ("return pointer not aligned", "address not aligned"),
    ("pointer not aligned", "address not aligned"),
    ("pointer is not aligned", "address not aligned"),
    ("pointer out of bounds", "address out of bounds"),
    ("pointer size overflow", "address out of bounds"),
    ("out of bounds memory access", "load or store"),
    ("uninitialized element", "table element"),
    ("unreachable", "unreachable"),
    ("stack", "stack"),
    ("divide by zero", "division"),
    ("bytes of memory", "memory limit"),
    ("it may take", "time"),
    ("in an earlier call", "earlier"),
    ("outcomes for", "too few or too many outcomes"),
    ("hands over more than", "too much"),
    ("too much data", "too much"),
];

pub(crate) fn cause(crash: &Crash) -> Cause {
    let text = crash.to_string();
    let cause = CAUSES.iter().find(|(part, _)| text.contains(part));
    (crash.kind(), cause.unwrap_or_else(|| panic!("another crash: {text}")).1)
}

/// The same for a crash at the start, where a component calls its imports through a table that is
/// not filled before it is put together.
pub(crate) fn cause_at_start(crash: &Crash) -> Cause {
    match cause(crash) {
        (kind, "table element") => (kind, "too early"),
        cause => cause,
    }
}
