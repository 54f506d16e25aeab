//! Component ids, and patterns over them.

/// Whether `text` is a component id: 2 to 8 segments, at most 255 bytes.
pub fn is_id(text: &str) -> bool {
    let segments: Vec<&str> = text.split('/').collect();
    text.len() <= 255
        && (2..=8).contains(&segments.len())
        && segments.iter().all(|segment| is_segment(segment, ""))
}

/// Whether `text` is a pattern: 1 to 8 segments in which `*` may stand, and the last may be `**`.
pub fn is_pattern(text: &str) -> bool {
    let mut segments: Vec<&str> = text.split('/').collect();
    if text.len() > 255 || segments.len() > 8 {
        return false;
    }
    if segments.last() == Some(&"**") {
        segments.pop();
    }
    segments.iter().all(|segment| is_segment(segment, "*") && !segment.contains("**"))
}

/// `[a-z0-9]` followed by up to 62 of `[a-z0-9._-]`; those of `more` may stand anywhere.
fn is_segment(text: &str, more: &str) -> bool {
    let is_first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
    (1..=63).contains(&text.len())
        && text.starts_with(is_first)
        && text.chars().all(|c| is_first(c) || matches!(c, '.' | '_' | '-'))
}

/// Whether the pattern is about the id.
pub fn matches(pattern: &str, id: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let id: Vec<&str> = id.split('/').collect();
    segments_match(&pattern, &id)
}

fn segments_match(pattern: &[&str], id: &[&str]) -> bool {
    match (pattern, id) {
        (["**"], [_, ..]) | ([], []) => true,
        ([glob, pattern @ ..], [segment, id @ ..]) => {
            glob_matches(glob, segment) && segments_match(pattern, id)
        }
        _ => false,
    }
}

/// Follows all ways at once: a naive recursion would take longer than anyone waits.
fn glob_matches(glob: &str, segment: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let mut at = vec![0];
    skip_stars(&glob, &mut at);
    for letter in segment.chars() {
        let mut next = Vec::new();
        for place in at {
            match glob.get(place) {
                Some('*') => next.push(place),
                Some(&wanted) if wanted == letter => next.push(place + 1),
                _ => {}
            }
        }
        skip_stars(&glob, &mut next);
        at = next;
    }
    at.contains(&glob.len())
}

/// A `*` may stand for nothing: what is behind it can come at once.
fn skip_stars(glob: &[char], at: &mut Vec<usize>) {
    let mut next = 0;
    while let Some(&place) = at.get(next) {
        if glob.get(place) == Some(&'*') && !at.contains(&(place + 1)) {
            at.push(place + 1);
        }
        next += 1;
    }
    at.sort_unstable();
    at.dedup();
}

/// Ids that `pattern` matches, one for each number of segments, with `letter` in place of each
/// `*`. Where that makes no id there is none.
pub fn examples(pattern: &str, letter: char) -> Vec<String> {
    let letter = letter.to_string();
    let lengths = match pattern.strip_suffix("**") {
        Some(fixed) => (1..=8)
            .map(|more| {
                format!("{}{}", fixed.replace('*', &letter), vec![&*letter; more].join("/"))
            })
            .collect(),
        None => vec![pattern.replace('*', &letter)],
    };
    lengths.into_iter().filter(|id| is_id(id)).collect()
}
