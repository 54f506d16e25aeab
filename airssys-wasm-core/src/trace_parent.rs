use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use thiserror::Error;

/// To which trace a message belongs, and which step of it the message is: a `traceparent` of
/// [W3C Trace Context], level 1.
///
/// ```
/// # use airssys_wasm_core::TraceParent;
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent: TraceParent = text.parse()?;
/// assert!(parent.is_sampled());
/// assert_eq!(parent.to_string(), text);
/// # Ok::<(), airssys_wasm_core::InvalidTraceParent>(())
/// ```
///
/// [W3C Trace Context]: https://www.w3.org/TR/trace-context-1/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: NonZeroU128,
    span: NonZeroU64,
    flags: u8,
}

const SAMPLED: u8 = 1;

impl TraceParent {
    /// The first step of a trace of its own. Both numbers are to be random; 0, which W3C forbids,
    /// is read as 1.
    pub fn root(trace: u128, span: u64) -> Self {
        let trace = NonZeroU128::new(trace).unwrap_or(NonZeroU128::MIN);
        Self { trace, span: nonzero(span), flags: 0 }
    }

    /// The next step, which this one led to. The number is to be random.
    #[must_use]
    pub fn child(self, span: u64) -> Self {
        Self { span: nonzero(span), ..self }
    }

    /// The trace: the same for all that one message led to.
    pub fn trace_id(self) -> u128 {
        self.trace.get()
    }

    /// The step.
    pub fn span_id(self) -> u64 {
        self.span.get()
    }

    /// Whether someone before this step records the trace.
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }
}

fn nonzero(span: u64) -> NonZeroU64 {
    NonZeroU64::new(span).unwrap_or(NonZeroU64::MIN)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    /// Reads a `traceparent` of version 00, or what a later version has in common with it.
    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let mut fields = text.split('-');
        let version = hex(fields.next(), 2)?;
        let trace = hex(fields.next(), 32)?;
        let span = hex(fields.next(), 16)?;
        let flags = hex(fields.next(), 2)?;
        let has_more = fields.next().is_some();
        if version == 0xff || (version == 0 && has_more) {
            return Err(InvalidTraceParent);
        }
        Ok(Self {
            trace: NonZeroU128::new(trace).ok_or(InvalidTraceParent)?,
            span: u64::try_from(span).ok().and_then(NonZeroU64::new).ok_or(InvalidTraceParent)?,
            // The other bits have no meaning yet, and are not passed on.
            flags: u8::from(flags & u128::from(SAMPLED) != 0),
        })
    }
}

/// A field of exactly so many lower-case hexadecimal digits.
fn hex(field: Option<&str>, digits: usize) -> Result<u128, InvalidTraceParent> {
    let field = field.filter(|field| {
        field.len() == digits && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    let number = field.and_then(|field| u128::from_str_radix(field, 16).ok());
    number.ok_or(InvalidTraceParent)
}

/// A text is no W3C `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this is no W3C traceparent, as `00-`, 32 hexadecimal digits, `-`, 16 of them, `-` and 2 are; \
     neither id may be all zeros"
)]
pub struct InvalidTraceParent;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_w3c_forbids_is_no_traceparent() {
        let forbidden = [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ];
        for text in forbidden {
            assert_eq!(text.parse::<TraceParent>(), Err(InvalidTraceParent), "{text}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-what-is-new";
        let parent: TraceParent = later.parse().unwrap();
        assert_eq!(parent.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    }

    #[test]
    fn a_child_is_of_the_same_trace() {
        let root = TraceParent::root(7, 0);
        assert_eq!(root.to_string(), "00-00000000000000000000000000000007-0000000000000001-00");
        assert_eq!(root.to_string().parse(), Ok(root));
        let child = root.child(9);
        assert_eq!((child.trace_id(), child.span_id()), (7, 9));
        assert!(!child.is_sampled());
    }
}
