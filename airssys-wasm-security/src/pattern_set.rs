use airssys_wasm_core::ComponentId;

use crate::{InvalidPattern, Pattern};

/// Patterns of which any one is enough. An empty set matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatternSet(Vec<Pattern>);

impl PatternSet {
    /// The set of these patterns.
    ///
    /// ```
    /// # use airssys_wasm_core::ComponentId;
    /// # use airssys_wasm_security::PatternSet;
    /// let set = PatternSet::parse(["shop/*", "airssys/stdout"])?;
    /// assert!(set.matches(&ComponentId::parse("airssys/stdout")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// For the first text that is no pattern.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidPattern> {
        texts.into_iter().map(Pattern::parse).collect()
    }

    /// Whether one of the patterns matches `id`.
    pub fn matches(&self, id: &ComponentId) -> bool {
        self.0.iter().any(|pattern| pattern.matches(id))
    }

    /// Whether one of the patterns alone covers `pattern`. Those that only cover it together are
    /// not seen: the answer is then no.
    pub fn covers(&self, pattern: &Pattern) -> bool {
        self.0.iter().any(|ours| ours.covers(pattern))
    }

    /// The patterns, in the order in which they were given.
    pub fn iter(&self) -> std::slice::Iter<'_, Pattern> {
        self.0.iter()
    }

    /// Whether there is no pattern, so that nothing matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Pattern> for PatternSet {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

impl Extend<Pattern> for PatternSet {
    fn extend<I: IntoIterator<Item = Pattern>>(&mut self, patterns: I) {
        self.0.extend(patterns);
    }
}

impl From<Vec<Pattern>> for PatternSet {
    fn from(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }
}

impl<'a> IntoIterator for &'a PatternSet {
    type Item = &'a Pattern;
    type IntoIter = std::slice::Iter<'a, Pattern>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn one_more_pattern_never_refuses_more(
            texts in prop::collection::vec("[ab*]{1,2}/([ab*]|\\*\\*)", 0..4),
            more in "[ab*]/([ab*]|\\*\\*)",
            id in "[ab]{1,2}(/[ab]){1,2}",
        ) {
            let patterns = texts.iter().filter_map(|text| Pattern::parse(text).ok());
            let mut set: PatternSet = patterns.collect();
            let id = ComponentId::parse(&id).unwrap();
            let asked = Pattern::parse(&more).unwrap();
            let (matched, covered) = (set.matches(&id), set.covers(&asked));
            set.extend([asked.clone()]);
            prop_assert!(set.matches(&id) >= matched);
            prop_assert!(set.covers(&asked) && set.covers(&asked) >= covered);
            prop_assert_eq!(set.matches(&id), matched || asked.matches(&id));
        }
    }

    #[test]
    fn an_empty_set_matches_nothing() {
        assert!(!PatternSet::default().matches(&ComponentId::parse("a/b").unwrap()));
        assert!(PatternSet::parse(["a/*", "a/**/b"]).is_err());
    }
}
