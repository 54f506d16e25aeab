use thiserror::Error;

/// Why a subscription was not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubscribeError {
    /// The text is no pattern over topics.
    #[error("the text is no pattern over topics")]
    InvalidPattern,
    /// No grant covers all topics of the pattern.
    #[error("no grant covers all topics of the pattern")]
    NotPermitted,
    /// The limit of subscriptions of one component.
    #[error("there are {0} subscriptions already")]
    TooManySubscriptions(u32),
}
