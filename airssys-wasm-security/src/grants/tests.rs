use proptest::prelude::*;

use super::*;

fn set(texts: &[&str]) -> PatternSet {
    PatternSet::parse(texts.iter().copied()).unwrap()
}

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

const RIGHTS: [Right; 5] =
    [Right::Send, Right::Request, Right::Receive, Right::Publish, Right::Subscribe];

/// Whether `grants` let the component do this with the component, or the topic, `id`.
fn may(grants: &Grants, right: Right, id: &ComponentId) -> bool {
    match right {
        Right::Send => grants.may_send(id),
        Right::Request => grants.may_request(id),
        Right::Receive => grants.may_receive(id),
        Right::Publish => grants.may_publish(id),
        Right::Subscribe => grants.may_subscribe(&pattern(id.as_str())),
    }
}

#[test]
fn nothing_is_granted_unless_it_is() {
    let none = Grants::default();
    for right in RIGHTS {
        let expected = right == Right::Receive;
        assert_eq!(may(&none, right, &id("airssys/stdout")), expected, "{right}");
    }
}

#[test]
fn one_right_does_not_imply_another() {
    for granted in RIGHTS {
        let mut grants = Grants { receive: Some(set(&[])), ..Grants::default() };
        assert!(grants.grant(granted, pattern("a/*")));
        for right in RIGHTS {
            assert_eq!(may(&grants, right, &id("a/b")), right == granted, "{granted} {right}");
        }
    }
}

#[test]
fn a_filter_keeps_out_all_others_and_an_empty_one_everyone() {
    let of_words = Grants { receive: Some(set(&["words/*"])), ..Grants::default() };
    assert!(of_words.may_receive(&id("words/split")));
    assert!(!of_words.may_receive(&id("wordsmith/split")));
    let of_none = Grants { receive: Some(set(&[])), ..Grants::default() };
    assert!(!of_none.may_receive(&id("words/split")));
}

#[test]
fn a_subscription_needs_one_grant_that_covers_all_of_it() {
    let grants = Grants { subscribe: set(&["shop/orders/*", "news/**"]), ..Grants::default() };
    for covered in ["shop/orders/eu", "shop/orders/*", "shop/orders/e*", "news/*", "news/**"] {
        assert!(grants.may_subscribe(&pattern(covered)), "{covered}");
    }
    for beyond in ["shop/orders/**", "shop/*/eu", "shop/orders", "newspaper/*", "**"] {
        assert!(!grants.may_subscribe(&pattern(beyond)), "{beyond}");
    }
}

#[test]
fn a_grant_may_be_narrower_than_what_was_asked_for_but_not_wider() {
    let asked = Grants {
        send: set(&["shop/*", "airssys/stdout"]),
        request: set(&["shop/stock"]),
        receive: Some(set(&["shop/*"])),
        publish: set(&["shop/orders/*"]),
        subscribe: set(&["news/*"]),
    };
    assert_eq!(asked.exceeds(&asked), []);
    let narrower = Grants {
        send: set(&["shop/cart-*"]),
        subscribe: set(&["news/today"]),
        ..Grants::default()
    };
    assert_eq!(narrower.exceeds(&asked), []);
    let wider = Grants {
        send: set(&["shop/cart", "shop/**"]),
        request: set(&["shop/*", "airssys/stdout"]),
        receive: Some(set(&["**"])),
        publish: set(&["shop/orders/eu", "shop/*"]),
        subscribe: set(&["news/**"]),
    };
    let excesses: Vec<String> = wider.exceeds(&asked).iter().map(Excess::to_string).collect();
    let expected = [
        r#"send = "shop/**""#,
        r#"request = "shop/*""#,
        r#"request = "airssys/stdout""#,
        r#"receive = "**""#,
        r#"publish = "shop/*""#,
        r#"subscribe = "news/**""#,
    ];
    assert_eq!(excesses, expected);
}

#[test]
fn what_was_not_asked_for_cannot_be_granted() {
    let granted = Grants { send: set(&["a/b"]), ..Grants::default() };
    assert_eq!(granted.exceeds(&Grants::default()).len(), 1);
}

#[test]
fn receiving_from_anyone_is_neither_granted_more_nor_taken_away() {
    let mut grants = Grants::default();
    assert!(!grants.grant(Right::Receive, pattern("words/*")));
    assert!(!grants.revoke(Right::Receive, &pattern("words/*")));
    assert_eq!(grants, Grants::default());
}

#[test]
fn revoking_takes_out_the_pattern_itself_and_no_other() {
    let mut grants = Grants { send: set(&["shop/*", "shop/cart"]), ..Grants::default() };
    assert!(!grants.revoke(Right::Send, &pattern("shop/stock")));
    assert!(!grants.revoke(Right::Request, &pattern("shop/cart")));
    assert!(grants.revoke(Right::Send, &pattern("shop/cart")));
    assert!(grants.may_send(&id("shop/cart")), "shop/* covers it still");
    assert!(grants.revoke(Right::Send, &pattern("shop/*")));
    assert!(!grants.may_send(&id("shop/cart")));
}

fn any_right() -> impl Strategy<Value = Right> {
    prop::sample::select(&RIGHTS[..])
}

fn patterns() -> impl Strategy<Value = Pattern> {
    "[ab*]{1,2}/([ab*]|\\*\\*)".prop_filter_map("`**` within", |text| Pattern::parse(&text).ok())
}

fn sets() -> impl Strategy<Value = PatternSet> {
    prop::collection::vec(patterns(), 0..3).prop_map(PatternSet::from)
}

fn any_grants() -> impl Strategy<Value = Grants> {
    (sets(), sets(), prop::option::of(sets()), sets(), sets()).prop_map(
        |(send, request, receive, publish, subscribe)| Grants {
            send,
            request,
            receive,
            publish,
            subscribe,
        },
    )
}

proptest! {
    #[test]
    fn a_wider_grant_never_refuses_more(
        grants in any_grants(),
        right in any_right(),
        more in patterns(),
        id in "[ab]{1,2}(/[ab]){1,2}".prop_map(|text| id(&text)),
        asked in patterns(),
    ) {
        let mut wider = grants.clone();
        let changed = wider.grant(right, more.clone());
        prop_assert_eq!(changed, wider != grants);
        for other in RIGHTS {
            prop_assert!(may(&wider, other, &id) >= may(&grants, other, &id), "{}", other);
            if other != right {
                prop_assert_eq!(may(&wider, other, &id), may(&grants, other, &id), "{}", other);
            }
        }
        prop_assert!(wider.may_subscribe(&asked) >= grants.may_subscribe(&asked));
        prop_assert!(may(&wider, right, &id) >= more.matches(&id), "{}", right);
        if changed {
            prop_assert!(wider.revoke(right, &more));
            prop_assert_eq!(wider, grants);
        }
    }
}
