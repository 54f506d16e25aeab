use airssys_wasm_core::ComponentId;

use crate::{InvalidPattern, Pattern};

/// Patterns of which any one is enough. An empty set matches nothing.
///
/// Most patterns name one id: those cost a set of any size next to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatternSet {
    /// In the order in which they were given, none twice.
    patterns: Vec<Pattern>,
    /// Their places in `patterns`, sorted by their text.
    by_text: Vec<usize>,
    /// The places of those with a `*`: the others match the id that they spell, and no other.
    globs: Vec<usize>,
}

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
        self.find(id.as_str()).is_ok()
            || self.globs.iter().any(|&place| self.patterns[place].matches(id))
    }

    /// Whether one of the patterns alone covers `pattern`. Those that only cover it together are
    /// not seen: the answer is then no.
    pub fn covers(&self, pattern: &Pattern) -> bool {
        self.contains(pattern) || self.patterns.iter().any(|ours| ours.covers(pattern))
    }

    /// Whether exactly this pattern is one of them.
    pub fn contains(&self, pattern: &Pattern) -> bool {
        self.find(pattern.as_str()).is_ok()
    }

    /// Adds a pattern behind the others. False if it is one of them.
    pub fn insert(&mut self, pattern: Pattern) -> bool {
        let Err(rank) = self.find(pattern.as_str()) else {
            return false;
        };
        let place = self.patterns.len();
        self.by_text.insert(rank, place);
        if pattern.as_str().contains('*') {
            self.globs.push(place);
        }
        self.patterns.push(pattern);
        true
    }

    /// Takes exactly this pattern out; others may still match what it did. False if it is not
    /// one of them.
    pub fn remove(&mut self, pattern: &Pattern) -> bool {
        let Ok(rank) = self.find(pattern.as_str()) else {
            return false;
        };
        let gone = self.by_text[rank];
        self.patterns.remove(gone);
        for places in [&mut self.by_text, &mut self.globs] {
            places.retain(|&place| place != gone);
            for place in places.iter_mut().filter(|place| **place > gone) {
                *place -= 1;
            }
        }
        true
    }

    /// The patterns, in the order in which they were given.
    pub fn iter(&self) -> std::slice::Iter<'_, Pattern> {
        self.patterns.iter()
    }

    /// Whether there is no pattern, so that nothing matches.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Where the pattern with this text is in `by_text`, or where it would be.
    fn find(&self, text: &str) -> Result<usize, usize> {
        self.by_text.binary_search_by(|&place| self.patterns[place].as_str().cmp(text))
    }
}

impl FromIterator<Pattern> for PatternSet {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        set.extend(patterns);
        set
    }
}

impl Extend<Pattern> for PatternSet {
    fn extend<I: IntoIterator<Item = Pattern>>(&mut self, patterns: I) {
        for pattern in patterns {
            self.insert(pattern);
        }
    }
}

impl From<Vec<Pattern>> for PatternSet {
    fn from(patterns: Vec<Pattern>) -> Self {
        patterns.into_iter().collect()
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

    #[test]
    fn an_empty_set_matches_nothing() {
        assert!(!PatternSet::default().matches(&ComponentId::parse("a/b").unwrap()));
        assert!(PatternSet::parse(["a/*", "a/**/b"]).is_err());
    }

    #[test]
    fn a_pattern_that_is_given_twice_is_there_once() {
        let set = PatternSet::parse(["b/*", "a/b", "b/*"]).unwrap();
        assert_eq!(set.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["b/*", "a/b"]);
    }

    fn patterns() -> impl Strategy<Value = Pattern> {
        "[ab*]{1,2}/([ab*]|\\*\\*)"
            .prop_filter_map("`**` within", |text| Pattern::parse(&text).ok())
    }

    fn ids() -> impl Strategy<Value = ComponentId> {
        "[ab]{1,2}(/[ab]){1,2}".prop_map(|text| ComponentId::parse(&text).unwrap())
    }

    proptest! {
        #[test]
        fn one_more_pattern_never_refuses_more(
            given in prop::collection::vec(patterns(), 0..4), more in patterns(), id in ids()
        ) {
            let mut set: PatternSet = given.into_iter().collect();
            let (matched, covered) = (set.matches(&id), set.covers(&more));
            set.extend([more.clone()]);
            prop_assert!(set.covers(&more) && set.covers(&more) >= covered);
            prop_assert_eq!(set.matches(&id), matched || more.matches(&id));
        }

        #[test]
        fn a_set_agrees_with_a_list_that_is_searched(
            steps in prop::collection::vec((any::<bool>(), patterns()), 0..40), id in ids()
        ) {
            let mut set = PatternSet::default();
            let mut model: Vec<Pattern> = Vec::new();
            for (inserts, pattern) in steps {
                let there = model.contains(&pattern);
                prop_assert_eq!(set.contains(&pattern), there);
                prop_assert_eq!(set.covers(&pattern), model.iter().any(|ours| ours.covers(&pattern)));
                if inserts {
                    prop_assert_eq!(set.insert(pattern.clone()), !there);
                    model.extend((!there).then_some(pattern));
                } else {
                    prop_assert_eq!(set.remove(&pattern), there);
                    model.retain(|ours| *ours != pattern);
                }
                prop_assert!(set.iter().eq(&model));
                prop_assert_eq!(set.is_empty(), model.is_empty());
                prop_assert_eq!(set.matches(&id), model.iter().any(|ours| ours.matches(&id)));
            }
            prop_assert_eq!(set, model.into_iter().collect());
        }
    }
}
