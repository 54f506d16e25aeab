use std::time::Duration;

use airssys_wasm_core::{Handle, RequestId, SendError, TimerId};
use wasmtime::{AsContextMut, Caller, Linker, Trap};

use super::lower::{Lower, Recipient};
use super::memory::{Memory, Violation};
use crate::contract::{CONTEXT, HANDLES, MESSAGING, MONITORS, TIMERS, TOPICS};
use crate::imports::timeout;
use crate::state::State;

type Guest<'a> = Caller<'a, State>;

/// Provides every import of the contract.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker
        .func_wrap(MESSAGING, "send-message", send_message)?
        .func_wrap(MESSAGING, "send-request", send_request)?
        .func_wrap(MESSAGING, "cancel-request", cancel_request)?
        .func_wrap(CONTEXT, "self-id", self_id)?
        .func_wrap(CONTEXT, "current-message", current_message)?
        .func_wrap(HANDLES, "look-up", look_up)?
        .func_wrap(HANDLES, "component-of", component_of)?
        .func_wrap(HANDLES, "send-message", send_message_to)?
        .func_wrap(HANDLES, "send-request", send_request_to)?
        .func_wrap(TOPICS, "subscribe", subscribe)?
        .func_wrap(TOPICS, "unsubscribe", unsubscribe)?
        .func_wrap(TOPICS, "publish", publish)?
        .func_wrap(TOPICS, "current-topic", current_topic)?
        .func_wrap(TIMERS, "send-after", send_after)?
        .func_wrap(TIMERS, "cancel", cancel_timer)?
        .func_wrap(MONITORS, "monitor", monitor)?
        .func_wrap(MONITORS, "demonitor", demonitor)?;
    Ok(())
}

/// The guest's memory and what goes with its store, for a call that the guest may make now.
fn open<'a>(guest: &'a mut Guest<'_>) -> wasmtime::Result<(Memory<'a>, &'a mut State)> {
    let (memory, state) = open_to_write(guest)?;
    Ok((Memory::new(memory), state))
}

fn open_to_write<'a>(guest: &'a mut Guest<'_>) -> wasmtime::Result<(&'a mut [u8], &'a mut State)> {
    let memory = state(guest)?.core.as_ref().ok_or(Violation::TooEarly)?.memory;
    Ok(memory.data_and_store_mut(guest.as_context_mut()))
}

/// What goes with its store alone: calls to which memory is of no matter may come before it is
/// known.
fn state<'a>(guest: &'a mut Guest<'_>) -> wasmtime::Result<&'a mut State> {
    let state = guest.data_mut();
    match &state.core {
        Some(core) if !core.may_leave => Err(Trap::CannotLeaveComponent.into()),
        _ => Ok(state),
    }
}

/// Hands the guest its answer, at the address that it gave for it.
fn answer(mut guest: Guest<'_>, at: u32, answer: &impl Lower) -> wasmtime::Result<()> {
    let memory = guest.data().core.as_ref().ok_or(Violation::TooEarly)?.memory;
    Recipient::new(guest.as_context_mut(), memory).lower(at, answer)
}

/// Hands it the answer to most sends: they are accepted, and that is all.
fn accept(memory: &mut [u8], at: u32) -> wasmtime::Result<()> {
    type Sent = Result<(), SendError>;
    let at = Memory::new(memory).place(at, <Sent as Lower>::LAYOUT)?;
    memory[at] = 0;
    Ok(())
}

fn send_message(
    mut guest: Guest<'_>,
    target: u32,
    target_length: u32,
    message: u32,
    length: u32,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open_to_write(&mut guest)?;
    let (target, message) =
        Memory::new(memory).text_and_bytes((target, target_length), (message, length))?;
    match state.outbox.get_mut().send_message(target, message) {
        Ok(()) => accept(memory, result),
        refused => answer(guest, result, &refused),
    }
}

fn send_request(
    mut guest: Guest<'_>,
    target: u32,
    target_length: u32,
    request: u32,
    length: u32,
    timeout_ms: u64,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let (target, request) = memory.text_and_bytes((target, target_length), (request, length))?;
    let sent = state.outbox.get_mut().send_request(target, request, timeout(timeout_ms));
    answer(guest, result, &sent)
}

fn cancel_request(mut guest: Guest<'_>, high: u64, low: u64) -> wasmtime::Result<u32> {
    let id = RequestId::from_halves(high, low);
    Ok(state(&mut guest)?.outbox.get_mut().cancel_request(id).into())
}

fn self_id(mut guest: Guest<'_>, result: u32) -> wasmtime::Result<()> {
    let (_, state) = open(&mut guest)?;
    let id = state.id.as_str().to_owned();
    answer(guest, result, &id)
}

fn current_message(mut guest: Guest<'_>, result: u32) -> wasmtime::Result<()> {
    let (_, state) = open(&mut guest)?;
    let message = state.message.clone();
    answer(guest, result, &message)
}

fn look_up(mut guest: Guest<'_>, target: u32, length: u32, result: u32) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let handle = state.outbox.get_mut().look_up(memory.text(target, length)?);
    answer(guest, result, &handle.map(Handle::number))
}

fn component_of(mut guest: Guest<'_>, handle: u64, result: u32) -> wasmtime::Result<()> {
    let (_, state) = open(&mut guest)?;
    let component = state.outbox.get_mut().component_of(Handle::new(handle));
    answer(guest, result, &component.map(|component| component.as_str().to_owned()))
}

fn send_message_to(
    mut guest: Guest<'_>,
    target: u64,
    message: u32,
    length: u32,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open_to_write(&mut guest)?;
    let message = Memory::new(memory).bytes(message, length)?;
    match state.outbox.get_mut().send_message_to(Handle::new(target), message) {
        Ok(()) => accept(memory, result),
        refused => answer(guest, result, &refused),
    }
}

fn send_request_to(
    mut guest: Guest<'_>,
    target: u64,
    request: u32,
    length: u32,
    timeout_ms: u64,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let (target, request) = (Handle::new(target), memory.bytes(request, length)?);
    let sent = state.outbox.get_mut().send_request_to(target, request, timeout(timeout_ms));
    answer(guest, result, &sent)
}

fn subscribe(mut guest: Guest<'_>, pattern: u32, length: u32, result: u32) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let subscribed = state.outbox.get_mut().subscribe(memory.text(pattern, length)?);
    answer(guest, result, &subscribed)
}

fn unsubscribe(mut guest: Guest<'_>, pattern: u32, length: u32) -> wasmtime::Result<u32> {
    let (memory, state) = open(&mut guest)?;
    Ok(state.outbox.get_mut().unsubscribe(memory.text(pattern, length)?).into())
}

fn publish(
    mut guest: Guest<'_>,
    topic: u32,
    topic_length: u32,
    message: u32,
    length: u32,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let (topic, message) = memory.text_and_bytes((topic, topic_length), (message, length))?;
    let published = state.outbox.get_mut().publish(topic, message);
    answer(guest, result, &published)
}

fn current_topic(mut guest: Guest<'_>, result: u32) -> wasmtime::Result<()> {
    let (_, state) = open(&mut guest)?;
    let topic = state.message.as_ref().and_then(|message| message.topic.as_ref());
    let topic = topic.map(ToString::to_string);
    answer(guest, result, &topic)
}

fn send_after(
    mut guest: Guest<'_>,
    target: u32,
    target_length: u32,
    message: u32,
    length: u32,
    delay_ms: u64,
    result: u32,
) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let (target, message) = memory.text_and_bytes((target, target_length), (message, length))?;
    let delay = Duration::from_millis(delay_ms);
    let set = state.outbox.get_mut().send_after(target, message, delay).map(TimerId::number);
    answer(guest, result, &set)
}

fn cancel_timer(mut guest: Guest<'_>, id: u64) -> wasmtime::Result<u32> {
    Ok(state(&mut guest)?.outbox.get_mut().cancel_timer(TimerId::new(id)).into())
}

fn monitor(mut guest: Guest<'_>, target: u32, length: u32, result: u32) -> wasmtime::Result<()> {
    let (memory, state) = open(&mut guest)?;
    let monitored = state.outbox.get_mut().monitor(memory.text(target, length)?);
    answer(guest, result, &monitored)
}

fn demonitor(mut guest: Guest<'_>, target: u32, length: u32) -> wasmtime::Result<u32> {
    let (memory, state) = open(&mut guest)?;
    Ok(state.outbox.get_mut().demonitor(memory.text(target, length)?).into())
}
