use std::fmt;

/// A component's refusal of a message, with a code and a text of the component's own.
///
/// It is an answer, not a crash: the component goes on with the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentError {
    /// What the component uses to tell its refusals apart; the runtime gives it no meaning.
    pub code: u32,
    /// For people.
    pub message: String,
}

impl ComponentError {
    /// A refusal with this code and text.
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The same with no more than the first `max_bytes` of its text.
    #[must_use]
    pub fn shortened(mut self, max_bytes: usize) -> Self {
        self.message.truncate(self.message.floor_char_boundary(max_bytes));
        self
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for ComponentError {}
