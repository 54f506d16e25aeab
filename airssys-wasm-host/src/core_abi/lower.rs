use airssys_wasm_core::{
    MessageInfo, MonitorError, RequestId, SendError, SubscribeError, TimerError, TraceParent,
};
use wasmtime::{AsContextMut, StoreContextMut};

use super::layout::Layout;
use super::memory::{Memory, Violation};
use crate::state::State;

/// A value that is handed to a guest, in its memory.
pub(super) trait Lower {
    const LAYOUT: Layout;

    /// Writes it to a place that has room for it. What has no room there goes to memory that the
    /// guest allocates.
    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()>;
}

/// A guest that is handed something.
pub(super) struct Recipient<'a> {
    store: StoreContextMut<'a, State>,
    memory: wasmtime::Memory,
}

impl<'a> Recipient<'a> {
    pub(super) fn new(store: StoreContextMut<'a, State>, memory: wasmtime::Memory) -> Self {
        Self { store, memory }
    }

    /// Hands it a value at the address that it gave.
    pub(super) fn lower<T: Lower>(&mut self, at: u32, value: &T) -> wasmtime::Result<()> {
        let place = Memory::new(self.memory.data(&self.store)).place(at, T::LAYOUT)?;
        value.lower(self, place)
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> wasmtime::Result<()> {
        write(&mut self.store, self.memory, at, bytes)
    }

    /// Writes a case with this number, and its payload.
    fn case<T: Lower>(
        &mut self,
        at: usize,
        payloads: &[Layout],
        number: u8,
        payload: &T,
    ) -> wasmtime::Result<()> {
        self.write(at, &[number])?;
        payload.lower(self, at + Layout::payload(payloads))
    }

    /// Writes `bytes` to memory that it allocates, and at `at` where that is and how long the list
    /// is.
    fn list(&mut self, at: usize, bytes: &[u8], align: u32, length: usize) -> wasmtime::Result<()> {
        let list = allocate(&mut self.store, bytes, align)?;
        self.write(at, &list.to_le_bytes())?;
        self.write(at + 4, &u32::try_from(length)?.to_le_bytes())
    }
}

/// Copies `bytes` to memory that a guest allocates for them, and says where that is.
pub(super) fn allocate(
    mut store: impl AsContextMut<Data = State>,
    bytes: &[u8],
    align: u32,
) -> wasmtime::Result<u32> {
    let core = store.as_context().data().core.as_ref().ok_or(Violation::TooEarly)?;
    let (memory, realloc, size) = (core.memory, core.realloc.clone(), u32::try_from(bytes.len())?);
    let at = super::shut_in(&mut store, |store| realloc.call(store, (0, 0, align, size)))?;
    allocated(memory.data_mut(&mut store), at, bytes.len(), align)?.copy_from_slice(bytes);
    Ok(at)
}

/// The memory that a guest has allocated.
pub(super) fn allocated(
    memory: &mut [u8],
    at: u32,
    size: usize,
    align: u32,
) -> Result<&mut [u8], Violation> {
    if !at.is_multiple_of(align) {
        return Err(Violation::MisalignedAllocation);
    }
    let place = memory.get_mut(at as usize..).and_then(|place| place.get_mut(..size));
    place.ok_or(Violation::AllocationOutOfBounds)
}

/// Writes to a place that was checked.
pub(super) fn write(
    mut store: impl AsContextMut<Data = State>,
    memory: wasmtime::Memory,
    at: usize,
    bytes: &[u8],
) -> wasmtime::Result<()> {
    let place = memory.data_mut(&mut store).get_mut(at..);
    let place = place.and_then(|place| place.get_mut(..bytes.len()));
    place.ok_or(Violation::OutOfBounds)?.copy_from_slice(bytes);
    Ok(())
}

impl Lower for () {
    const LAYOUT: Layout = Layout::NOTHING;

    fn lower(&self, _: &mut Recipient<'_>, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl Lower for u32 {
    const LAYOUT: Layout = Layout::U32;

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        guest.write(at, &self.to_le_bytes())
    }
}

impl Lower for u64 {
    const LAYOUT: Layout = Layout::U64;

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        guest.write(at, &self.to_le_bytes())
    }
}

impl Lower for String {
    const LAYOUT: Layout = Layout::LIST;

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        guest.list(at, self.as_bytes(), 1, self.len())
    }
}

impl Lower for Vec<u64> {
    const LAYOUT: Layout = Layout::LIST;

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        let bytes: Vec<u8> = self.iter().flat_map(|number| number.to_le_bytes()).collect();
        guest.list(at, &bytes, 8, self.len())
    }
}

impl<T: Lower> Lower for Option<T> {
    const LAYOUT: Layout = Layout::variant(&[T::LAYOUT]);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        match self {
            None => guest.case(at, &[T::LAYOUT], 0, &()),
            Some(value) => guest.case(at, &[T::LAYOUT], 1, value),
        }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const LAYOUT: Layout = Layout::variant(&[T::LAYOUT, E::LAYOUT]);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        let payloads = &[T::LAYOUT, E::LAYOUT];
        match self {
            Ok(value) => guest.case(at, payloads, 0, value),
            Err(error) => guest.case(at, payloads, 1, error),
        }
    }
}

impl Lower for RequestId {
    const LAYOUT: Layout = Layout::record(&[Layout::U64, Layout::U64]);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        self.high().lower(guest, at)?;
        self.low().lower(guest, at + Layout::U64.size)
    }
}

impl Lower for TraceParent {
    const LAYOUT: Layout = Layout::LIST;

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        self.to_string().lower(guest, at)
    }
}

impl Lower for MessageInfo {
    const LAYOUT: Layout = Layout::record(INFO);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        self.sent_at.lower(guest, at + Layout::field(INFO, 0))?;
        self.request.lower(guest, at + Layout::field(INFO, 1))?;
        self.delivery.lower(guest, at + Layout::field(INFO, 2))?;
        self.trace_parent.lower(guest, at + Layout::field(INFO, 3))
    }
}

const INFO: &[Layout] = &[
    Layout::U64,
    <Option<RequestId> as Lower>::LAYOUT,
    Layout::U32,
    <Option<TraceParent> as Lower>::LAYOUT,
];

impl Lower for SendError {
    const LAYOUT: Layout = Layout::variant(SEND_ERROR);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        match self {
            Self::InvalidTarget => guest.case(at, SEND_ERROR, 0, &()),
            Self::NoSuchComponent => guest.case(at, SEND_ERROR, 1, &()),
            Self::NotPermitted => guest.case(at, SEND_ERROR, 2, &()),
            Self::CodecNotAccepted(codes) => guest.case(at, SEND_ERROR, 3, codes),
            Self::MessageTooLarge(limit) => guest.case(at, SEND_ERROR, 4, limit),
            Self::RateLimited(milliseconds) => guest.case(at, SEND_ERROR, 5, milliseconds),
            Self::MailboxFull => guest.case(at, SEND_ERROR, 6, &()),
            Self::TooManyRequests(limit) => guest.case(at, SEND_ERROR, 7, limit),
            Self::Stopped => guest.case(at, SEND_ERROR, 8, &()),
            Self::NoCallback => guest.case(at, SEND_ERROR, 9, &()),
        }
    }
}

const SEND_ERROR: &[Layout] = &[Layout::LIST, Layout::U32, Layout::U64];

impl Lower for SubscribeError {
    const LAYOUT: Layout = Layout::variant(&[Layout::U32]);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        match self {
            Self::InvalidPattern => guest.case(at, &[Layout::U32], 0, &()),
            Self::NotPermitted => guest.case(at, &[Layout::U32], 1, &()),
            Self::TooManySubscriptions(limit) => guest.case(at, &[Layout::U32], 2, limit),
        }
    }
}

impl Lower for TimerError {
    const LAYOUT: Layout = Layout::variant(TIMER_ERROR);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        match self {
            Self::Refused(error) => guest.case(at, TIMER_ERROR, 0, error),
            Self::TooManyTimers(limit) => guest.case(at, TIMER_ERROR, 1, limit),
        }
    }
}

const TIMER_ERROR: &[Layout] = &[SendError::LAYOUT, Layout::U32];

impl Lower for MonitorError {
    const LAYOUT: Layout = Layout::variant(&[Layout::U32]);

    fn lower(&self, guest: &mut Recipient<'_>, at: usize) -> wasmtime::Result<()> {
        match self {
            Self::InvalidTarget => guest.case(at, &[Layout::U32], 0, &()),
            Self::NotPermitted => guest.case(at, &[Layout::U32], 1, &()),
            Self::TooManyMonitors(limit) => guest.case(at, &[Layout::U32], 2, limit),
            Self::NoHandler => guest.case(at, &[Layout::U32], 3, &()),
        }
    }
}
