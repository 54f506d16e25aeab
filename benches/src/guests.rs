//! The guests, as the text of core modules. Each file says what its guest does.

/// Counts tokens down and sends them on.
pub fn relay() -> String {
    module(&[include_str!("../guests/relay.wat"), SENDING])
}

/// Sends many tokens, so many for each message of its own. It must be spawned as [`SOURCE_ID`].
pub fn source(per_turn: u32) -> String {
    let source = include_str!("../guests/source.wat").replace("PER-TURN", &per_turn.to_string());
    module(&[&source, SENDING])
}

/// The same, with a handle of its target.
pub fn source_by_handle(per_turn: u32) -> String {
    let source = include_str!("../guests/source_by_handle.wat");
    module(&[&source.replace("PER-TURN", &per_turn.to_string()), SENDING])
}

/// The source sends to itself under this id.
pub const SOURCE_ID: &str = "benchmarks/stream/source-component-1";

/// Takes what the source sends.
pub fn sink() -> String {
    module(&[include_str!("../guests/sink.wat"), SENDING])
}

/// Takes what the source sends, many messages in one call.
pub fn batch_sink() -> String {
    module(&[include_str!("../guests/batch_sink.wat"), SENDING])
}

/// Makes one request after another.
pub fn requester() -> String {
    module(&[include_str!("../guests/requester.wat"), SENDING])
}

/// Responds with the message.
pub fn responder() -> String {
    module(&[include_str!("../guests/responder.wat")])
}

/// Computes without end.
pub fn spinner() -> String {
    module(&[include_str!("../guests/spinner.wat")])
}

/// Waits in WASI at each message, for as many seconds as its first byte says.
pub fn sleeper() -> &'static str {
    include_str!("../../airssys-wasm-testkit/src/guests/sleep-component.wat")
}

/// Does what each message says: see its file.
pub fn puppet() -> String {
    let puppet = include_str!("../../airssys-wasm-testkit/src/guests/puppet.wat");
    let prelude = include_str!("../../airssys-wasm-testkit/src/guests/prelude.wat");
    format!("(module\n{puppet}\n{prelude})")
}

const PRELUDE: &str = include_str!("../guests/prelude.wat");
const SENDING: &str = include_str!("../guests/sending.wat");

/// The guest's own items come first: imports must.
fn module(items: &[&str]) -> String {
    format!("(module\n{}\n{PRELUDE})", items.concat())
}
