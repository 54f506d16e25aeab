/// Size and alignment of a type in a guest's memory, in bytes, as the canonical ABI has them.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) size: usize,
    pub(super) align: usize,
}

impl Layout {
    pub(super) const NOTHING: Self = Self { size: 0, align: 1 };
    pub(super) const U32: Self = Self { size: 4, align: 4 };
    pub(super) const U64: Self = Self { size: 8, align: 8 };
    /// Of a list or a string: its address and its length.
    pub(super) const LIST: Self = Self { size: 8, align: 4 };

    pub(super) const fn record(fields: &[Self]) -> Self {
        let align = most(fields).align;
        Self { size: Self::field(fields, fields.len()).next_multiple_of(align), align }
    }

    /// Where the field with this number begins; after the last one, where the fields end.
    pub(super) const fn field(fields: &[Self], number: usize) -> usize {
        let (mut at, mut field) = (0, 0);
        while field < number {
            at = usize::next_multiple_of(at, fields[field].align) + fields[field].size;
            field += 1;
        }
        if number < fields.len() { usize::next_multiple_of(at, fields[number].align) } else { at }
    }

    /// Of at most 256 cases, which have these payloads.
    pub(super) const fn variant(payloads: &[Self]) -> Self {
        let Self { size, align } = most(payloads);
        Self { size: (align + size).next_multiple_of(align), align }
    }

    /// Where the payload of each case begins: the discriminant is one byte.
    pub(super) const fn payload(payloads: &[Self]) -> usize {
        most(payloads).align
    }
}

const fn most(layouts: &[Layout]) -> Layout {
    let (mut most, mut at) = (Layout::NOTHING, 0);
    while at < layouts.len() {
        let Layout { size, align } = layouts[at];
        if size > most.size {
            most.size = size;
        }
        if align > most.align {
            most.align = align;
        }
        at += 1;
    }
    most
}
