//! What the host does while a guest is in an [entry](super::entries): it hands in what is lent for
//! the call, each piece where the guest has allocated memory for it, and takes what comes of it.

use wasmtime::{AsContextMut, Caller, Linker};

use super::Core;
use super::entries::{
    HAND_IN, HAND_IN_LIST, HAND_IN_MESSAGE, HOST, MESSAGE_SIZE, TAKE_DONE, TAKE_RESPONSE,
    TAKE_RESPONSES,
};
use super::layout::Layout;
use super::loan::Lent;
use super::lower::allocated;
use super::memory::{Lift, List, Memory, Violation};
use crate::bindings::BatchMessage;
use crate::exports::Outcome;
use crate::state::State;

/// How far a call is.
#[derive(Default)]
pub(super) struct Call {
    /// How many arguments, or messages of a list, have been handed in.
    handed_in: usize,
    /// Where the list is.
    list: usize,
    /// What came of it: a response or a refusal of each message, and nothing where that is all.
    pub(super) outcomes: Vec<Outcome>,
}

type Guest<'a> = Caller<'a, State>;

/// Of a batch: sender and payload.
const MESSAGE_FIELDS: &[Layout] = &[Layout::U64, Layout::LIST];
const MESSAGE: Layout = Layout::record(MESSAGE_FIELDS);
const PAYLOAD: usize = Layout::field(MESSAGE_FIELDS, 1);

const _: () = assert!(MESSAGE.size == MESSAGE_SIZE as usize);

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker
        .func_wrap(HOST, HAND_IN, hand_in)?
        .func_wrap(HOST, HAND_IN_LIST, hand_in_list)?
        .func_wrap(HOST, HAND_IN_MESSAGE, hand_in_message)?
        .func_wrap(HOST, TAKE_RESPONSE, take_response)?
        .func_wrap(HOST, TAKE_RESPONSES, take_responses)?
        .func_wrap(HOST, TAKE_DONE, take_done)?;
    Ok(())
}

/// The guest's memory, what is lent for the call, and how far that is.
fn call<'a>(guest: &'a mut Guest<'_>) -> wasmtime::Result<(&'a mut [u8], Lent<'a>, &'a mut Core)> {
    let memory = guest.data().core.as_ref().ok_or(Violation::TooEarly)?.memory;
    let (memory, state) = memory.data_and_store_mut(guest.as_context_mut());
    let core = state.core.as_mut().ok_or(Violation::TooEarly)?;
    Ok((memory, state.loan.get(), core))
}

fn hand_in(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<u32> {
    let (memory, Lent::Arguments(arguments), core) = call(&mut guest)? else { return Ok(0) };
    let Some(argument) = arguments.get(core.call.handed_in) else { return Ok(0) };
    allocated(memory, at, argument.len(), 1)?.copy_from_slice(argument);
    core.call.handed_in += 1;
    core.next_length(arguments.get(core.call.handed_in).copied())
}

fn hand_in_list(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<u32> {
    let (memory, Lent::Messages(messages), core) = call(&mut guest)? else { return Ok(0) };
    allocated(memory, at, messages.len() * MESSAGE.size, MESSAGE.align as u32)?;
    core.call.list = at as usize;
    core.begin_message(memory, messages)
}

fn hand_in_message(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<u32> {
    let (memory, Lent::Messages(messages), core) = call(&mut guest)? else { return Ok(0) };
    let Some(message) = messages.get(core.call.handed_in) else { return Ok(0) };
    allocated(memory, at, message.payload.len(), 1)?.copy_from_slice(message.payload);
    let payload = u64::from(at) | (message.payload.len() as u64) << 32;
    core.write_field(memory, PAYLOAD, payload)?;
    core.call.handed_in += 1;
    core.begin_message(memory, messages)
}

fn take_response(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<()> {
    let outcome: Outcome = take(&mut guest, at)?;
    if !matches!(outcome, Ok(None)) {
        call(&mut guest)?.2.call.outcomes.push(outcome);
    }
    Ok(())
}

fn take_responses(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<()> {
    let List(outcomes) = take(&mut guest, at)?;
    call(&mut guest)?.2.call.outcomes = outcomes;
    Ok(())
}

fn take_done(mut guest: Guest<'_>, at: u32) -> wasmtime::Result<()> {
    let outcome: Result<(), _> = take(&mut guest, at)?;
    if let Err(error) = outcome {
        call(&mut guest)?.2.call.outcomes.push(Err(error));
    }
    Ok(())
}

/// Reads a result. What the guest does after that is to free it, and it may not call its imports.
fn take<T: Lift>(guest: &mut Guest<'_>, at: u32) -> wasmtime::Result<T> {
    let (memory, _, core) = call(guest)?;
    core.may_leave = false;
    Ok(Memory::new(memory).lift(at)?)
}

impl Core {
    /// How long the next piece is. Without one the guest has everything, and may call its imports.
    fn next_length(&mut self, next: Option<&[u8]>) -> wasmtime::Result<u32> {
        self.may_leave = next.is_none();
        Ok(u32::try_from(next.unwrap_or_default().len())?)
    }

    fn begin_message(
        &mut self,
        memory: &mut [u8],
        messages: &[BatchMessage<'_>],
    ) -> wasmtime::Result<u32> {
        let next = messages.get(self.call.handed_in);
        if let Some(message) = next {
            self.write_field(memory, 0, message.sender)?;
        }
        self.next_length(next.map(|message| message.payload))
    }

    /// Writes a field of the message that is in hand. Its list was found to be in memory, which does
    /// not get smaller.
    fn write_field(&self, memory: &mut [u8], field: usize, value: u64) -> Result<(), Violation> {
        let at = self.call.list + self.call.handed_in * MESSAGE.size + field;
        let place = memory.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        *place.ok_or(Violation::OutOfBounds)? = value.to_le_bytes();
        Ok(())
    }
}
