//! Guests on wasmtime alone, set up as the host sets it up: the floor that all is held against.

use std::hint::black_box;

use airssys_wasm_host::component_from_core;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, InstancePre, Lift, Linker, Lower, TypedFunc,
    WasmList, WasmStr,
};
use wasmtime::{Config, Engine, Store, StoreContextMut};

/// A component whose `send-message` does nothing.
pub struct BareComponent {
    pre: InstancePre<()>,
    handler: ComponentExportIndex,
}

/// One instance of it, without limits.
pub struct BareInstance {
    store: Store<()>,
    handler: Handler,
}

type Handler = TypedFunc<(&'static str, &'static [u8]), (Result<Option<Vec<u8>>, Refusal>,)>;

impl BareComponent {
    /// Compiles and links the text of a core module.
    pub fn new(text: &str) -> Self {
        let mut config = Config::new();
        config.concurrency_support(false).epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        let binary = component_from_core(text.as_bytes()).unwrap();
        let component = Component::new(&engine, binary).unwrap();
        let interface =
            component.get_export_index(None, "airssys:component/handler@0.1.0").unwrap();
        let handler = component.get_export_index(Some(&interface), "handle-message").unwrap();
        let mut linker = Linker::new(&engine);
        let mut messaging = linker.instance("airssys:component/messaging@0.1.0").unwrap();
        messaging.func_wrap("send-message", send_message).unwrap();
        Self { pre: linker.instantiate_pre(&component).unwrap(), handler }
    }

    /// Makes an instance, and finds its function.
    pub fn instantiate(&self) -> BareInstance {
        let mut store = Store::new(self.pre.engine(), ());
        store.set_epoch_deadline(1 << 40);
        let instance = self.pre.instantiate(&mut store).unwrap();
        let handler = instance.get_typed_func(&mut store, self.handler).unwrap();
        BareInstance { store, handler }
    }
}

impl BareInstance {
    /// One call into the guest.
    pub fn handle_message(&mut self, sender: &str, message: &[u8]) -> Option<Vec<u8>> {
        let (answer,) = self.handler.call(&mut self.store, (sender, message)).unwrap();
        answer.ok().flatten()
    }
}

/// Reads its arguments in place.
fn send_message(
    guest: StoreContextMut<'_, ()>,
    (target, message): (WasmStr, WasmList<u8>),
) -> wasmtime::Result<(Result<(), Unsent>,)> {
    black_box(target.to_str(&guest)?);
    black_box(message.as_le_slice(&guest));
    Ok((Ok(()),))
}

/// The contract's `component-error`.
#[derive(ComponentType, Lift)]
#[component(record)]
struct Refusal {
    #[component(name = "code")]
    _code: u32,
    #[component(name = "message")]
    _message: String,
}

/// The contract's `send-error`.
#[derive(ComponentType, Lower)]
#[component(variant)]
#[allow(dead_code)]
enum Unsent {
    #[component(name = "invalid-target")]
    InvalidTarget,
    #[component(name = "no-such-component")]
    NoSuchComponent,
    #[component(name = "not-permitted")]
    NotPermitted,
    #[component(name = "codec-not-accepted")]
    CodecNotAccepted(Vec<u64>),
    #[component(name = "message-too-large")]
    MessageTooLarge(u32),
    #[component(name = "rate-limited")]
    RateLimited(u64),
    #[component(name = "mailbox-full")]
    MailboxFull,
    #[component(name = "too-many-requests")]
    TooManyRequests(u32),
    #[component(name = "stopped")]
    Stopped,
    #[component(name = "no-callback")]
    NoCallback,
}
