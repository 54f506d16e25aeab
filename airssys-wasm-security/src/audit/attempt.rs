use airssys_wasm_core::{ComponentId, MAX_ID_BYTES, SendError, Topic, TraceParent};

/// Somebody wanted to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was to be sent.
    pub kind: AttemptKind,
    /// By whom.
    pub sender: ComponentId,
    /// To whom. Where a publication was refused as a whole: the topic.
    pub target: Target,
    /// The topic, where this is one subscriber's copy of a publication.
    pub topic: Option<Topic>,
    /// The payload's size in bytes.
    pub size: u32,
    /// Whether it was accepted. Most are, and take no memory for what the others have to say.
    pub outcome: Result<(), Box<Refusal>>,
    /// The message's place in a trace.
    pub trace: Option<TraceParent>,
    /// The step of that trace that led to this one.
    pub parent_span: Option<u64>,
    /// The payload's digest as text, where the log is to have it.
    pub digest: Option<Box<str>>,
}

/// What somebody wanted to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptKind {
    /// A message.
    Message,
    /// A request.
    Request,
    /// A message to all who subscribed to a topic.
    Publication,
}

/// What a sender named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A component, or a topic.
    Id(ComponentId),
    /// A text that is no id.
    Other(Box<OtherText>),
}

impl Target {
    /// What `text` names.
    pub fn named(text: &str) -> Self {
        match ComponentId::parse(text) {
            Ok(id) => Self::Id(id),
            Err(_) => Self::Other(Box::new(OtherText::beginning_of(text))),
        }
    }

    /// What was named, or its beginning.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Other(text) => &text.kept,
        }
    }

    /// Whether what was named was longer than what is kept.
    pub fn is_truncated(&self) -> bool {
        matches!(self, Self::Other(text) if text.truncated)
    }
}

impl From<ComponentId> for Target {
    fn from(id: ComponentId) -> Self {
        Self::Id(id)
    }
}

/// A text that is no id: at most as many bytes of it as an id may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherText {
    kept: Box<str>,
    truncated: bool,
}

impl OtherText {
    fn beginning_of(text: &str) -> Self {
        let kept = &text[..text.floor_char_boundary(MAX_ID_BYTES)];
        Self { kept: kept.into(), truncated: kept.len() < text.len() }
    }
}

/// Why an attempt was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the sender was told.
    pub error: SendError,
    /// Where it was not permitted: whose rule that is. The sender is not told.
    pub denied_by: Option<DeniedBy>,
    /// Where the receiver does not take the payload's codec: how the two stand.
    pub codecs: Option<Codecs>,
}

/// Whose rule forbids a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeniedBy {
    /// No grant of the sender covers the target.
    Sender,
    /// The receiver's filter does not let the sender in.
    Receiver,
}

/// The codecs of a payload, a sender and a receiver that do not agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codecs {
    /// The payload's multicodec code, where it has one.
    pub offered: Option<u64>,
    /// Which of the codes that the receiver takes the sender speaks too.
    pub in_common: Vec<u64>,
}
