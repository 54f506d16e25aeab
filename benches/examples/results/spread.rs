use std::fmt;

/// What came out of several rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// As nanoseconds.
pub(crate) struct Ns(pub(crate) Spread);

/// As a multiple of something.
pub(crate) struct Times(pub(crate) Spread);

impl Spread {
    /// `None` without any.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        let median = median(&mut values)?;
        Some(Self { median, least: *values.first()?, most: *values.last()? })
    }
}

/// Sorts them, too.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[upper]),
        _ => Some(f64::midpoint(values[upper - 1], values[upper])),
    }
}

impl fmt::Display for Ns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { median, least, most } = self.0;
        let digits = if median < 100.0 { 1 } else { 0 };
        write!(formatter, "{median:.digits$} ({least:.digits$} – {most:.digits$})")
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { median, least, most } = self.0;
        write!(formatter, "{median:.2} ({least:.2} – {most:.2})")
    }
}
