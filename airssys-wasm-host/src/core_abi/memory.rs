use std::cell::Cell;

use thiserror::Error;

use super::layout::Layout;

/// The memory of a guest, and what the guest says lies in it. It is read here only, and whatever
/// address a guest gives is checked.
pub(super) struct Memory<'a> {
    bytes: &'a [u8],
    /// How much may yet be copied out of it in this call.
    left: Cell<usize>,
}

/// Bytes that one call hands over at most, all told: many lists may lie in the same place.
/// wasmtime has this limit for components.
const MOST: usize = 128 << 20;

/// What a guest handed over that the component model forbids.
#[derive(Debug, Error)]
pub(crate) enum Violation {
    #[error("what it hands over is out of bounds of its memory")]
    OutOfBounds,
    #[error("a pointer that it hands over is not aligned")]
    Misaligned,
    #[error("a string that it hands over is invalid utf-8")]
    NotUtf8,
    #[error("it hands over an invalid discriminant")]
    UnknownCase,
    #[error("it hands over more than {MOST} bytes at once")]
    TooMuch,
    #[error("its `cabi_realloc` returned a pointer that is not aligned")]
    MisalignedAllocation,
    #[error("its `cabi_realloc` returned a pointer beyond end of memory")]
    AllocationOutOfBounds,
    #[error("it calls an import before it is put together")]
    TooEarly,
}

/// A value that a guest hands over in its memory.
///
/// What a message ends with is lifted in place: to move it from function to function takes longer
/// than to read it.
pub(super) trait Lift: Sized {
    const LAYOUT: Layout;

    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation>;
}

impl<'a> Memory<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, left: Cell::new(MOST) }
    }

    pub(super) fn bytes(&self, at: u32, length: u32) -> Result<&'a [u8], Violation> {
        let bytes = self.range(at as usize, length as usize)?;
        self.spend(bytes.len()).map(|()| bytes)
    }

    pub(super) fn text(&self, at: u32, length: u32) -> Result<&'a str, Violation> {
        self.bytes(at, length).and_then(utf8)
    }

    /// A text and bytes, each with its address and its length. Both are found before either is
    /// looked at.
    pub(super) fn text_and_bytes(
        &self,
        text: (u32, u32),
        bytes: (u32, u32),
    ) -> Result<(&'a str, &'a [u8]), Violation> {
        let (text, bytes) = (self.bytes(text.0, text.1)?, self.bytes(bytes.0, bytes.1)?);
        Ok((utf8(text)?, bytes))
    }

    /// A value whose address the guest gave.
    pub(super) fn lift<T: Lift>(&self, at: u32) -> Result<T, Violation> {
        T::lift(self, self.place(at, T::LAYOUT)?)
    }

    /// Where something begins that lies at this address.
    pub(super) fn place(&self, at: u32, layout: Layout) -> Result<usize, Violation> {
        let at = at as usize;
        if !at.is_multiple_of(layout.align) {
            return Err(Violation::Misaligned);
        }
        self.range(at, layout.size).map(|_| at)
    }

    fn spend(&self, bytes: usize) -> Result<(), Violation> {
        self.left.set(self.left.get().checked_sub(bytes).ok_or(Violation::TooMuch)?);
        Ok(())
    }

    fn u8(&self, at: usize) -> Result<u8, Violation> {
        self.array(at).map(u8::from_le_bytes)
    }

    fn u32(&self, at: usize) -> Result<u32, Violation> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], Violation> {
        let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        bytes.copied().ok_or(Violation::OutOfBounds)
    }

    fn range(&self, at: usize, length: usize) -> Result<&'a [u8], Violation> {
        let bytes = self.bytes.get(at..).and_then(|bytes| bytes.get(..length));
        bytes.ok_or(Violation::OutOfBounds)
    }

    /// The list whose address and length lie at `at`.
    fn list(&self, at: usize) -> Result<(u32, u32), Violation> {
        Ok((self.u32(at)?, self.u32(at + 4)?))
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Violation> {
    std::str::from_utf8(bytes).map_err(|_| Violation::NotUtf8)
}

impl Lift for () {
    const LAYOUT: Layout = Layout::NOTHING;

    #[inline(always)]
    fn lift(_: &Memory<'_>, _: usize) -> Result<Self, Violation> {
        Ok(())
    }
}

impl Lift for Vec<u8> {
    const LAYOUT: Layout = Layout::LIST;

    #[inline(always)]
    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let (at, length) = memory.list(at)?;
        memory.bytes(at, length).map(<[u8]>::to_vec)
    }
}

impl Lift for String {
    const LAYOUT: Layout = Layout::LIST;

    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let (at, length) = memory.list(at)?;
        memory.text(at, length).map(str::to_owned)
    }
}

/// A list of what takes more than a byte.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T: Lift> Lift for List<T> {
    const LAYOUT: Layout = Layout::LIST;

    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let (at, length) = memory.list(at)?;
        let (at, length) = (at as usize, length as usize);
        let size = length.checked_mul(T::LAYOUT.size).ok_or(Violation::OutOfBounds)?;
        memory.range(at, size)?;
        memory.spend(length.checked_mul(size_of::<T>()).ok_or(Violation::TooMuch)?)?;
        if !at.is_multiple_of(T::LAYOUT.align) {
            return Err(Violation::Misaligned);
        }
        let items = (0..length).map(|number| T::lift(memory, at + number * T::LAYOUT.size));
        items.collect::<Result<_, _>>().map(Self)
    }
}

impl<T: Lift> Lift for Option<T> {
    const LAYOUT: Layout = Layout::variant(&[T::LAYOUT]);

    #[inline(always)]
    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let payload = at + Layout::payload(&[T::LAYOUT]);
        match memory.u8(at)? {
            0 => Ok(None),
            1 => T::lift(memory, payload).map(Some),
            _ => Err(Violation::UnknownCase),
        }
    }
}

impl<T: Lift, E: Lift> Lift for Result<T, E> {
    const LAYOUT: Layout = Layout::variant(&[T::LAYOUT, E::LAYOUT]);

    #[inline(always)]
    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let payload = at + Layout::payload(&[T::LAYOUT, E::LAYOUT]);
        match memory.u8(at)? {
            0 => T::lift(memory, payload).map(Ok),
            1 => E::lift(memory, payload).map(Err),
            _ => Err(Violation::UnknownCase),
        }
    }
}

impl Lift for crate::bindings::ComponentError {
    const LAYOUT: Layout = Layout::record(ERROR);

    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let code = memory.u32(at + Layout::field(ERROR, 0))?;
        let message = String::lift(memory, at + Layout::field(ERROR, 1))?;
        Ok(Self { code, message })
    }
}

/// Code and message.
const ERROR: &[Layout] = &[Layout::U32, Layout::LIST];

impl Lift for crate::bindings::Status {
    const LAYOUT: Layout = Layout::variant(&[Layout::LIST]);

    fn lift(memory: &Memory<'_>, at: usize) -> Result<Self, Violation> {
        let why = || String::lift(memory, at + Layout::payload(&[Layout::LIST]));
        match memory.u8(at)? {
            0 => Ok(Self::Healthy),
            1 => why().map(Self::Degraded),
            2 => why().map(Self::Unhealthy),
            _ => Err(Violation::UnknownCase),
        }
    }
}
