//! What is said of a wrong manifest.

use std::path::Path;

use crate::manifest::Place;

/// Panics unless `said` is one line, which no terminal takes for anything else.
pub fn expect_one_line(said: &str) {
    let stray = said.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    assert_eq!(stray, None, "not one plain line: {said:?}");
    assert!(!said.trim().is_empty(), "it says nothing");
}

/// Panics unless `said` starts with `place`, and that is a line of this file.
pub fn expect_place(said: &str, place: &Place, file: &Path, text: &str) {
    assert_eq!(place.file, file, "another file: {said}");
    expect_line(said, place, text);
    let shown = format!("{}:{}: ", file.display(), place.line);
    assert!(said.starts_with(&shown), "{said:?} does not start with {shown:?}");
}

fn expect_line(said: &str, place: &Place, text: &str) {
    // An editor shows an empty line behind the last newline.
    let line = text.split('\n').nth(place.line.wrapping_sub(1));
    let line = line.unwrap_or_else(|| panic!("there is no line {}: {said}", place.line));
    let columns = 1..=line.chars().count() + 1;
    assert!(columns.contains(&place.column), "no column {} there: {said}", place.column);
}
