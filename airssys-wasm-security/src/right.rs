use std::fmt;

/// What a grant lets a component do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Send messages.
    Send,
    /// Make requests.
    Request,
    /// Receive messages and requests.
    Receive,
    /// Publish on topics.
    Publish,
    /// Subscribe to topics.
    Subscribe,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Send, Self::Request, Self::Receive, Self::Publish, Self::Subscribe];

    /// The key of a manifest's `[capabilities.messaging]`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Request => "request",
            Self::Receive => "receive",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
        }
    }
}

/// Its [`key`](Right::key).
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}
