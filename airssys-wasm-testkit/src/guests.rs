//! Guests for tests, and the means to write more.
//!
//! Each is the items of a core module; [`guest`] puts them together with what all have in common.

/// Responds with the message.
pub const ECHO: &str = include_str!("guests/echo.wat");

/// Refuses each message with code 7, and with the message for a text.
pub const REFUSE: &str = include_str!("guests/refuse.wat");

/// Traps at each message.
pub const TRAP: &str = include_str!("guests/trap.wat");

/// Never comes back from a message.
pub const SPIN: &str = include_str!("guests/spin.wat");

/// Responds with how many messages it has had, as a little-endian `u32`.
pub const COUNT: &str = include_str!("guests/count.wat");

/// Does what each message says: see [`Puppet`](crate::Puppet).
pub const PUPPET: &str = include_str!("guests/puppet.wat");

/// The text of a whole component, not of a core module's items: it responds with the message after
/// as many seconds as the first byte says, for which it waits in WASI.
pub const SLEEP_COMPONENT: &str = include_str!("guests/sleep-component.wat");

/// Sends each message on to `target`, and traps where it may not.
pub fn forward_to(target: &str) -> String {
    let length = target.len();
    format!(
        r#"
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(data (i32.const 512) "{target}")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (call $send (i32.const 512) (i32.const {length})
    (local.get $message) (local.get $length) (i32.const 256))
  (if (i32.load8_u (i32.const 256)) (then unreachable))
  (call $done))
"#
    )
}

const PRELUDE: &str = include_str!("guests/prelude.wat");

/// The text of a core module: `items`, with imports first, and with them `memory`,
/// `cabi_realloc`, and the functions `$respond`, `$done` and `$refuse` that make the answers to
/// a message.
///
/// ```
/// # use airssys_wasm_testkit::{component, guests};
/// let silent = guests::guest(
///     r#"(func (export "airssys:component/handler@0.1.0#handle-message")
///          (param i32 i32 i32 i32) (result i32)
///          (call $done))"#,
/// );
/// component(&silent);
/// ```
pub fn guest(items: &str) -> String {
    let (imports, rest) = items.split_at(end_of_imports(items));
    format!("(module\n{imports}\n{PRELUDE}\n{rest})")
}

/// Where the last import ends: they stand before everything else in a module.
fn end_of_imports(items: &str) -> usize {
    let Some(last) = items.rfind("(import") else { return 0 };
    let mut depth = 0;
    let length = items[last..].bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    });
    length.map_or(items.len(), |length| last + length + 1)
}
