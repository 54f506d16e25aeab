use std::fmt;

/// How a component says that it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    /// All is well.
    #[default]
    Healthy,
    /// It works, and not as well as it should.
    Degraded(String),
    /// It does not do what it is there for.
    Unhealthy(String),
}

impl Health {
    /// The same, with at most so many bytes of what it says.
    pub fn shortened(self, most: usize) -> Self {
        let shorten = |mut why: String| {
            why.truncate(why.floor_char_boundary(most));
            why
        };
        match self {
            Self::Healthy => Self::Healthy,
            Self::Degraded(why) => Self::Degraded(shorten(why)),
            Self::Unhealthy(why) => Self::Unhealthy(shorten(why)),
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Degraded(why) => write!(f, "degraded: {why}"),
            Self::Unhealthy(why) => write!(f, "unhealthy: {why}"),
        }
    }
}
