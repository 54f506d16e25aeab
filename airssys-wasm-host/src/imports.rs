use std::time::Duration;

use airssys_wasm_core::{Handle, TimerId};
use wasmtime::StoreContextMut;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, WasmList, WasmStr};

use crate::bindings;
use crate::contract::{CONTEXT, Contract, HANDLES, IMPORTS, MESSAGING, MONITORS, TIMERS, TOPICS};
use crate::signature::Signature;
use crate::state::State;
use crate::wasi::{Needs, Standing};
use crate::{Imports, LoadError};

type Guest<'a> = StoreContextMut<'a, State>;
type Sent<T> = wasmtime::Result<(Result<T, bindings::SendError>,)>;

/// Provides every import of the contract.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut messaging = linker.instance(MESSAGING)?;
    messaging.func_wrap("send-message", send_message)?;
    messaging.func_wrap("send-request", send_request)?;
    messaging.func_wrap("cancel-request", cancel_request)?;
    let mut context = linker.instance(CONTEXT)?;
    context.func_wrap("self-id", self_id)?;
    context.func_wrap("current-message", current_message)?;
    let mut handles = linker.instance(HANDLES)?;
    handles.func_wrap("look-up", look_up)?;
    handles.func_wrap("component-of", component_of)?;
    handles.func_wrap("send-message", send_message_to)?;
    handles.func_wrap("send-request", send_request_to)?;
    let mut topics = linker.instance(TOPICS)?;
    topics.func_wrap("subscribe", subscribe)?;
    topics.func_wrap("unsubscribe", unsubscribe)?;
    topics.func_wrap("publish", publish)?;
    topics.func_wrap("current-topic", current_topic)?;
    let mut timers = linker.instance(TIMERS)?;
    timers.func_wrap("send-after", send_after)?;
    timers.func_wrap("cancel", cancel_timer)?;
    let mut monitors = linker.instance(MONITORS)?;
    monitors.func_wrap("monitor", monitor)?;
    monitors.func_wrap("demonitor", demonitor)
}

/// Whether all that this component imports is provided, with these types; and what it takes to
/// provide it.
pub(crate) fn check(component: &Component, imports: &Imports) -> Result<Taken, LoadError> {
    let ty = component.component_type();
    let engine = component.engine();
    let mut taken = Taken::default();
    let mut missing = Vec::new();
    let mut wrong = Ok(());
    for (interface, import) in ty.imports(engine) {
        let instance = match &import.ty {
            ComponentItem::Type(_) => continue,
            ComponentItem::ComponentInstance(instance) => instance,
            // Such as a function outside of interfaces.
            _ if imports.owns(interface) => {
                taken.own_waits |= imports.own_waits(interface);
                continue;
            }
            _ => {
                missing.push(interface.to_owned());
                continue;
            }
        };
        let is_contract = IMPORTS.contains(&interface);
        for (name, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::Type(_) => {}
                ComponentItem::ComponentFunc(found) if is_contract => {
                    match Contract::get().function(interface, name) {
                        Some(_) => wrong = wrong.and(check_function(interface, name, &found)),
                        None => missing.push(format!("{interface}#{name}")),
                    }
                }
                _ if is_contract => missing.push(format!("{interface}#{name}")),
                _ => match imports.standing(interface) {
                    Standing::Provided => taken.note(interface, name, imports),
                    Standing::NotGranted(need) => {
                        missing.push(format!("{interface} (needs {need})"));
                        break;
                    }
                    Standing::Unknown => {
                        missing.push(interface.to_owned());
                        break;
                    }
                },
            }
        }
    }
    if !missing.is_empty() {
        return Err(LoadError::UnknownImports(missing));
    }
    wrong.map(|()| taken)
}

/// What a component takes of that which it may import beside the contract's interfaces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    pub(crate) wasi: Needs,
    /// Functions of the host program's own that wait.
    pub(crate) own_waits: bool,
}

impl Taken {
    fn note(&mut self, interface: &str, function: &str, imports: &Imports) {
        if imports.owns(interface) {
            self.own_waits |= imports.own_waits(interface);
        } else {
            self.wasi.note(interface, function, &imports.grants);
        }
    }

    /// Whether its calls can wait: then they are made asynchronously.
    pub(crate) fn can_wait(self) -> bool {
        self.own_waits || self.wasi.waiting()
    }

    /// Whether what it waits for is served by tokio.
    pub(crate) fn needs_tokio(self) -> bool {
        self.own_waits || self.wasi.tokio
    }
}

fn check_function(interface: &str, name: &str, found: &ComponentFunc) -> Result<(), LoadError> {
    let contract = Contract::get();
    let Some(function) = contract.function(interface, name) else {
        return Ok(());
    };
    let expected = Signature::expected(contract.resolve(), function);
    let found = Signature::found(found);
    if expected == found {
        return Ok(());
    }
    Err(LoadError::WrongSignature {
        function: format!("{interface}#{name}"),
        expected: expected.into_text(),
        found: found.into_text(),
    })
}

fn send_message(guest: Guest<'_>, (target, message): (WasmStr, WasmList<u8>)) -> Sent<()> {
    let target = target.to_str(&guest)?;
    let message = message.as_le_slice(&guest);
    let sent = guest.data().outbox.borrow_mut().send_message(&target, message);
    Ok((sent.map_err(bindings::SendError::from),))
}

fn send_request(
    guest: Guest<'_>,
    (target, request, timeout_ms): (WasmStr, WasmList<u8>, u64),
) -> Sent<bindings::RequestId> {
    let target = target.to_str(&guest)?;
    let request = request.as_le_slice(&guest);
    let timeout = timeout(timeout_ms);
    let sent = guest.data().outbox.borrow_mut().send_request(&target, request, timeout);
    Ok((sent.map(bindings::RequestId::from).map_err(bindings::SendError::from),))
}

fn cancel_request(
    mut guest: Guest<'_>,
    (id,): (bindings::RequestId,),
) -> wasmtime::Result<(bool,)> {
    Ok((guest.data_mut().outbox.get_mut().cancel_request(id.into()),))
}

fn self_id(guest: Guest<'_>, (): ()) -> wasmtime::Result<(String,)> {
    Ok((guest.data().id.as_str().to_owned(),))
}

fn current_message(guest: Guest<'_>, (): ()) -> wasmtime::Result<(Option<bindings::MessageInfo>,)> {
    Ok((guest.data().message.as_ref().map(bindings::MessageInfo::from),))
}

fn look_up(guest: Guest<'_>, (target,): (WasmStr,)) -> Sent<u64> {
    let target = target.to_str(&guest)?;
    let handle = guest.data().outbox.borrow_mut().look_up(&target);
    Ok((handle.map(Handle::number).map_err(bindings::SendError::from),))
}

fn component_of(mut guest: Guest<'_>, (handle,): (u64,)) -> wasmtime::Result<(Option<String>,)> {
    let component = guest.data_mut().outbox.get_mut().component_of(Handle::new(handle));
    Ok((component.map(|component| component.as_str().to_owned()),))
}

fn send_message_to(guest: Guest<'_>, (target, message): (u64, WasmList<u8>)) -> Sent<()> {
    let message = message.as_le_slice(&guest);
    let target = Handle::new(target);
    let sent = guest.data().outbox.borrow_mut().send_message_to(target, message);
    Ok((sent.map_err(bindings::SendError::from),))
}

fn send_request_to(
    guest: Guest<'_>,
    (target, request, timeout_ms): (u64, WasmList<u8>, u64),
) -> Sent<bindings::RequestId> {
    let request = request.as_le_slice(&guest);
    let (target, timeout) = (Handle::new(target), timeout(timeout_ms));
    let sent = guest.data().outbox.borrow_mut().send_request_to(target, request, timeout);
    Ok((sent.map(bindings::RequestId::from).map_err(bindings::SendError::from),))
}

/// As a guest gives it: 0 is the system's default.
pub(crate) fn timeout(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

fn subscribe(
    guest: Guest<'_>,
    (pattern,): (WasmStr,),
) -> wasmtime::Result<(Result<(), bindings::SubscribeError>,)> {
    let pattern = pattern.to_str(&guest)?;
    let subscribed = guest.data().outbox.borrow_mut().subscribe(&pattern);
    Ok((subscribed.map_err(bindings::SubscribeError::from),))
}

fn unsubscribe(guest: Guest<'_>, (pattern,): (WasmStr,)) -> wasmtime::Result<(bool,)> {
    let pattern = pattern.to_str(&guest)?;
    Ok((guest.data().outbox.borrow_mut().unsubscribe(&pattern),))
}

fn publish(guest: Guest<'_>, (topic, message): (WasmStr, WasmList<u8>)) -> Sent<u32> {
    let topic = topic.to_str(&guest)?;
    let message = message.as_le_slice(&guest);
    let sent = guest.data().outbox.borrow_mut().publish(&topic, message);
    Ok((sent.map_err(bindings::SendError::from),))
}

fn current_topic(guest: Guest<'_>, (): ()) -> wasmtime::Result<(Option<String>,)> {
    let message = guest.data().message.as_ref();
    let topic = message.and_then(|message| message.topic.as_ref());
    Ok((topic.map(ToString::to_string),))
}

fn send_after(
    guest: Guest<'_>,
    (target, message, delay_ms): (WasmStr, WasmList<u8>, u64),
) -> wasmtime::Result<(Result<u64, bindings::TimerError>,)> {
    let target = target.to_str(&guest)?;
    let message = message.as_le_slice(&guest);
    let delay = Duration::from_millis(delay_ms);
    let set = guest.data().outbox.borrow_mut().send_after(&target, message, delay);
    Ok((set.map(TimerId::number).map_err(bindings::TimerError::from),))
}

fn cancel_timer(mut guest: Guest<'_>, (id,): (u64,)) -> wasmtime::Result<(bool,)> {
    Ok((guest.data_mut().outbox.get_mut().cancel_timer(TimerId::new(id)),))
}

fn monitor(
    guest: Guest<'_>,
    (target,): (WasmStr,),
) -> wasmtime::Result<(Result<(), bindings::MonitorError>,)> {
    let target = target.to_str(&guest)?;
    let monitored = guest.data().outbox.borrow_mut().monitor(&target);
    Ok((monitored.map_err(bindings::MonitorError::from),))
}

fn demonitor(guest: Guest<'_>, (target,): (WasmStr,)) -> wasmtime::Result<(bool,)> {
    let target = target.to_str(&guest)?;
    Ok((guest.data().outbox.borrow_mut().demonitor(&target),))
}
