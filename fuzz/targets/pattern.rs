//! Patterns. The input is two of them and up to eight ids, each on a line of its own.

#![no_main]

use airssys_wasm_core::ComponentId;
use airssys_wasm_fuzz::{ids, report};
use airssys_wasm_security::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let mut patterns = lines.by_ref().take(2).filter_map(pattern);
    let (first, second) = (patterns.next(), patterns.next());
    let ids: Vec<ComponentId> = lines.take(8).filter_map(|line| line.parse().ok()).collect();
    let Some(first) = first else { return };
    let second = second.as_ref().unwrap_or(&first);

    for pattern in [&first, second] {
        assert!(pattern.covers(pattern), "{pattern} does not cover itself");
        for id in &ids {
            let expected = ids::matches(pattern.as_str(), id.as_str());
            assert_eq!(pattern.matches(id), expected, "{pattern} {id}");
        }
    }
    expect_cover(&first, second, &ids);
    expect_cover(second, &first, &ids);
});

/// The pattern, which is judged as the contract says.
fn pattern(text: &str) -> Option<Pattern> {
    match Pattern::parse(text) {
        Ok(pattern) => {
            assert!(ids::is_pattern(text), "{text:?} is no pattern");
            assert_eq!((pattern.as_str(), pattern.to_string().as_str()), (text, text));
            assert_eq!(text.parse(), Ok(pattern.clone()));
            Some(pattern)
        }
        Err(error) => {
            assert!(!ids::is_pattern(text), "{text:?} is a pattern: {error}");
            report::expect_one_line(&error.to_string());
            None
        }
    }
}

/// That `wide` covers `narrow` is true of every id, and that it does not is shown by one.
fn expect_cover(wide: &Pattern, narrow: &Pattern, ids: &[ComponentId]) {
    let letters = ('a'..='z').chain('0'..='9');
    let mut foreign = letters.filter(|&letter| !wide.as_str().contains(letter));
    let examples = |letter| {
        let texts = ids::examples(narrow.as_str(), letter);
        texts.into_iter().map(|text| text.parse().expect("an example is an id"))
    };
    if wide.covers(narrow) {
        for id in ids.iter().cloned().chain(examples('a')).chain(examples('0')) {
            assert!(!narrow.matches(&id) || wide.matches(&id), "{wide} {narrow} {id}");
        }
        return;
    }
    // No `*` of `narrow` is matched by a letter that is not in `wide`.
    let Some(letter) = foreign.next() else { return };
    let examples: Vec<ComponentId> = examples(letter).collect();
    // Where the longest of them would be too long for an id, `covers` may say no too often.
    let all_fit = !narrow.as_str().ends_with("**") || narrow.as_str().len() <= 255 - 2 * 7;
    let shown = examples.iter().any(|id| narrow.matches(id) && !wide.matches(id));
    assert!(shown || !all_fit, "{wide} covers {narrow}");
}
