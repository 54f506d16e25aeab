use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

#[test]
fn a_pattern_matches_by_segment() {
    let cases = [
        ("shop/*", "shop/cart", true),
        ("shop/*", "shopping/cart", false),
        ("shop/*", "shop/cart/1", false),
        ("shop/**", "shop/cart", true),
        ("shop/**", "shop/cart/1", true),
        ("shop/**", "shopping/cart", false),
        ("shop/cart/**", "shop/cart", false),
        ("**", "a/b/c/d/e/f/g/h", true),
        ("a/b/c/d/e/f/g/**", "a/b/c/d/e/f/g/h", true),
        ("*", "shop/cart", false),
        ("shop", "shop/cart", false),
        ("shop/cart", "shop/cart", true),
        ("shop/cart", "shop/carts", false),
        ("shop/cart-*", "shop/cart-eu", true),
        ("shop/cart-*", "shop/cart-", true),
        ("shop/cart-*", "shop/cart", false),
        ("*/cart", "shop/cart", true),
        ("shop/*-eu", "shop/cart-eu", true),
        ("shop/*-eu", "shop/cart-eu-1", false),
        ("hosts/*.x.com", "hosts/evilx.com", false),
        ("hosts/*.x.com", "hosts/a.x.com", true),
        ("shop/a*b*c", "shop/abbcbc", true),
        ("shop/a*b*c", "shop/acb", false),
    ];
    for (text, other, expected) in cases {
        assert_eq!(pattern(text).matches(&id(other)), expected, "{text} {other}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_the_rule_that_it_breaks() {
    let cases = [
        ("", InvalidPattern::Segment(InvalidId::EmptySegment)),
        ("shop/", InvalidPattern::Segment(InvalidId::EmptySegment)),
        ("/**", InvalidPattern::Segment(InvalidId::EmptySegment)),
        ("**/cart", InvalidPattern::DoubleStar),
        ("shop/**/cart", InvalidPattern::DoubleStar),
        ("shop/a**", InvalidPattern::DoubleStar),
        ("shop/***", InvalidPattern::DoubleStar),
        ("a/b/c/d/e/f/g/h/i", InvalidPattern::SegmentCount { segments: 9 }),
        ("a/b/c/d/e/f/g/h/**", InvalidPattern::SegmentCount { segments: 9 }),
        ("Shop/*", InvalidPattern::Segment(InvalidId::FirstCharacter { character: 'S' })),
        ("shop/?", InvalidPattern::Segment(InvalidId::FirstCharacter { character: '?' })),
        ("shop/[ab]", InvalidPattern::Segment(InvalidId::FirstCharacter { character: '[' })),
        ("../**", InvalidPattern::Segment(InvalidId::FirstCharacter { character: '.' })),
        ("shop/c\u{430}rt", InvalidPattern::Segment(InvalidId::Character { character: '\u{430}' })),
    ];
    for (text, why) in cases {
        assert_eq!(Pattern::parse(text), Err(why), "{text}");
    }
    assert_eq!(Pattern::parse(&"a/".repeat(200)), Err(InvalidPattern::TooLong { bytes: 400 }));
    assert!(Pattern::parse("a/b/c/d/e/f/g/**").is_ok());
}

#[test]
fn a_pattern_covers_what_matches_nothing_that_it_does_not() {
    let cases = [
        ("**", "shop/**", true),
        ("**", "*/*", true),
        ("*/**", "**", true),
        ("*/*", "**", false),
        ("shop/**", "shop/*", true),
        ("shop/**", "shop/cart/**", true),
        ("shop/cart/**", "shop/**", false),
        ("shop/*/**", "shop/**", false),
        ("shop/*", "shop/cart-*", true),
        ("shop/cart-*", "shop/*", false),
        ("shop/a*", "shop/ab*", true),
        ("shop/ab*", "shop/a*", false),
        ("shop/*a*", "shop/b*a*c", true),
        ("shop/a*c", "shop/a*b*c", true),
        ("shop/a*b*c", "shop/a*c", false),
        ("shop/*", "shopping/*", false),
        // Ids have 8 segments at most.
        ("a/b/c/d/e/f/g/*", "a/b/c/d/e/f/g/**", true),
        // It matches no id.
        ("shop/cart", "*", true),
    ];
    for (wide, narrow, expected) in cases {
        assert_eq!(pattern(wide).covers(&pattern(narrow)), expected, "{wide} {narrow}");
    }
}

/// What the contract says, read aloud.
fn oracle(pattern: &[&str], id: &[&str]) -> bool {
    match (pattern, id) {
        (["**"], [_, ..]) => true,
        ([], []) => true,
        ([first, patterns @ ..], [segment, ids @ ..]) => {
            let glob: Vec<char> = first.chars().collect();
            let text: Vec<char> = segment.chars().collect();
            segment_oracle(&glob, &text) && oracle(patterns, ids)
        }
        _ => false,
    }
}

fn segment_oracle(glob: &[char], text: &[char]) -> bool {
    match glob {
        [] => text.is_empty(),
        ['*', glob @ ..] => (0..=text.len()).any(|skipped| segment_oracle(glob, &text[skipped..])),
        [letter, glob @ ..] => text.first() == Some(letter) && segment_oracle(glob, &text[1..]),
    }
}

/// Every segment of one to four letters over `abc`.
fn short_segments() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut at = 0;
    while all[at].len() < 4 {
        let longer = ["a", "b", "c"].map(|letter| format!("{}{letter}", all[at]));
        all.extend(longer);
        at += 1;
    }
    all.split_off(1)
}

fn few_letters() -> impl Strategy<Value = ComponentId> {
    "[ab]{1,5}(/[ab]{1,5}){1,7}".prop_map(|text| id(&text))
}

fn short_patterns() -> impl Strategy<Value = Pattern> {
    "[ab*]{1,4}(/[ab*]{1,4}){0,3}(/\\*\\*)?"
        .prop_filter_map("`**` within", |text| Pattern::parse(&text).ok())
}

proptest! {
    #[test]
    fn matching_agrees_with_the_oracle(pattern in short_patterns(), id in few_letters()) {
        let segments: Vec<&str> = pattern.as_str().split('/').collect();
        let of_id: Vec<&str> = id.segments().collect();
        prop_assert_eq!(pattern.matches(&id), oracle(&segments, &of_id));
    }

    #[test]
    fn an_id_matches_with_a_star_for_any_part_of_a_segment(
        id in few_letters(), cuts: [(usize, usize); 8]
    ) {
        let starred: Vec<String> = id
            .segments()
            .zip(cuts)
            .map(|(segment, (from, to))| {
                let from = from % (segment.len() + 1);
                let to = from + to % (segment.len() + 1 - from);
                format!("{}*{}", &segment[..from], &segment[to..])
            })
            .collect();
        prop_assert!(pattern(&starred.join("/")).matches(&id), "{:?} {}", starred, id);
    }

    #[test]
    fn a_cover_matches_all_that_is_covered(
        wide in short_patterns(),
        narrow in short_patterns(),
        ids in prop::collection::vec(few_letters(), 50),
    ) {
        if wide.covers(&narrow) {
            for id in ids.iter().filter(|id| narrow.matches(id)) {
                prop_assert!(wide.matches(id), "{} {} {}", wide, narrow, id);
            }
        }
    }

    #[test]
    fn a_segments_cover_is_exact(wide in "[ab*]{1,4}", narrow in "[ab*]{1,3}") {
        // `c` is the letter that neither glob names.
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        let exact = short_segments()
            .iter()
            .filter(|text| segment_oracle(&chars(&narrow), &chars(text)))
            .all(|text| segment_oracle(&chars(&wide), &chars(text)));
        prop_assert_eq!(glob_covers(&wide, &narrow), exact, "{} {}", wide, narrow);
    }

    #[test]
    fn covering_is_reflexive_and_transitive(
        a in short_patterns(), b in short_patterns(), c in short_patterns()
    ) {
        prop_assert!(a.covers(&a));
        prop_assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c), "{} {} {}", a, b, c);
    }

    #[test]
    fn any_text_is_a_pattern_or_refused(text in "[a-c*/.A\u{e9}]{0,30}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            prop_assert_eq!(pattern.to_string(), text);
        }
    }
}
