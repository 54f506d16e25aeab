/// The message that all systems pass around: 64 bytes with a count in them.
pub struct Token {
    count: u64,
    _rest: [u64; 7],
}

impl Token {
    /// A token with this count.
    pub fn new(count: u64) -> Self {
        Self { count, _rest: [7; 7] }
    }

    /// The same with one less; `None` at 0.
    pub fn count_down(mut self) -> Option<Self> {
        self.count = self.count.checked_sub(1)?;
        Some(self)
    }

    /// Whether it has come down to 0.
    pub fn is_last(&self) -> bool {
        self.count == 0
    }
}
