//! Publications: who gets them, who may, and what a slow subscriber costs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;

use airssys_wasm::{
    Codec, ComponentError, ComponentId, ComponentSpec, Context, Grants, MailboxLimits, Native,
    Rate, Right, SendError, SubscribeError,
};
use airssys_wasm_testkit::{Puppet, TestSystem, guests, patterns};

/// A puppet with these rights alone, besides that it may send to test/topics.
fn puppet(test: &TestSystem, id: &str, publish: &[&str], subscribe: &[&str]) -> Puppet {
    test.puppet_with(id, |spec| {
        spec.grants(Grants {
            send: patterns(&["test/topics"]),
            publish: patterns(publish),
            subscribe: patterns(subscribe),
            ..Grants::default()
        })
    })
}

/// How many messages a component has handled, beside the orders to a puppet.
fn handled(test: &TestSystem, id: &str) -> u64 {
    test.run_until_idle();
    test.system().metrics(id).unwrap().handled
}

#[test]
fn a_publication_comes_to_each_subscriber_once_with_sender_and_topic() {
    let test = TestSystem::seeded(1);
    let publisher = puppet(&test, "test/publisher", &["orders/**"], &[]);
    let mut topics = test.probe("test/topics");
    let all = puppet(&test, "test/all", &[], &["orders/**"]);
    let eu = puppet(&test, "test/eu", &[], &["orders/eu/*"]);
    all.subscribe(&test, "orders/**").unwrap();
    all.subscribe(&test, "orders/eu/paid").unwrap();
    eu.subscribe(&test, "orders/eu/*").unwrap();
    eu.subscribe(&test, "orders/eu/*").unwrap();

    // 'q' has a puppet tell test/topics of the topic.
    assert_eq!(publisher.publish(&test, "orders/eu/paid", b"q"), Ok(2));
    assert_eq!(publisher.publish(&test, "orders/us/paid", b"q"), Ok(1));
    let mut told: Vec<(String, Vec<u8>)> = Vec::new();
    for _ in 0..3 {
        let received = topics.expect_message(&test);
        told.push((received.sender, received.message));
    }
    told.sort();
    let told: Vec<(&str, &[u8])> = told.iter().map(|(from, topic)| (&**from, &**topic)).collect();
    let expected: [(&str, &[u8]); 3] = [
        ("test/all", b"orders/eu/paid"),
        ("test/all", b"orders/us/paid"),
        ("test/eu", b"orders/eu/paid"),
    ];
    assert_eq!(told, expected);
    topics.expect_nothing(&test);

    // A message that was sent to it alone has no topic.
    test.system().send("test/all", b"q").unwrap();
    assert_eq!(topics.expect_message(&test).message, b"");
}

#[test]
fn a_subscription_ends_with_the_wish_the_grant_or_the_component() {
    let test = TestSystem::seeded(2);
    let publisher = puppet(&test, "test/publisher", &["news/*"], &[]);
    let reader = puppet(&test, "test/reader", &[], &["news/*"]);
    let publish = || publisher.publish(&test, "news/eu", b"n");
    assert_eq!(publish(), Ok(0));
    reader.subscribe(&test, "news/*").unwrap();
    assert_eq!(publish(), Ok(1));
    assert!(!reader.unsubscribe(&test, "news/eu"), "not this pattern");
    assert!(reader.unsubscribe(&test, "news/*"));
    assert!(!reader.unsubscribe(&test, "news/*"));
    assert_eq!(publish(), Ok(0));

    reader.subscribe(&test, "news/eu").unwrap();
    assert_eq!(publish(), Ok(1));
    let all = "news/*".parse().unwrap();
    assert_eq!(test.system().revoke("test/reader", Right::Subscribe, &all), Ok(true));
    assert_eq!(publish(), Ok(0), "it is not granted any more");
    assert_eq!(test.system().grant("test/reader", Right::Subscribe, all), Ok(true));
    assert_eq!(publish(), Ok(1));

    test.system().send("test/reader", b"t").unwrap();
    test.advance(std::time::Duration::from_secs(1));
    assert_eq!(test.system().metrics("test/reader").unwrap().restarts, 1);
    assert_eq!(publish(), Ok(1), "it lasts across a restart");
    assert!(test.system().stop("test/reader"));
    assert_eq!(publish(), Ok(0));
    let reader = {
        test.system().remove("test/reader");
        puppet(&test, "test/reader", &[], &["news/*"])
    };
    assert_eq!(publish(), Ok(0), "another component of that id has subscribed to nothing");
    drop(reader);
}

#[test]
fn nobody_publishes_or_subscribes_without_a_grant() {
    let test = TestSystem::seeded(3);
    let puppet = puppet(&test, "test/puppet", &["news/eu"], &["news/*", "a/b/**"]);
    for (topic, error) in [
        ("news/us", SendError::NotPermitted),
        ("news", SendError::InvalidTarget),
        ("News/eu", SendError::InvalidTarget),
        ("news/*", SendError::InvalidTarget),
    ] {
        assert_eq!(puppet.publish(&test, topic, b""), Err(error), "{topic}");
    }
    for pattern in ["news/**", "**", "a/b", "a/*/c", "other/eu"] {
        let error = SubscribeError::NotPermitted;
        assert_eq!(puppet.subscribe(&test, pattern), Err(error), "{pattern}");
    }
    for pattern in ["", "news/", "news/***", "**/eu", "News/eu"] {
        let error = SubscribeError::InvalidPattern;
        assert_eq!(puppet.subscribe(&test, pattern), Err(error), "{pattern}");
    }
    for pattern in ["news/eu", "news/e*", "a/b/c", "a/b/*/d", "a/b/c/**"] {
        assert_eq!(puppet.subscribe(&test, pattern), Ok(()), "{pattern}");
    }
}

#[test]
fn there_is_a_limit_of_subscriptions() {
    let test = TestSystem::seeded(4);
    let puppet = puppet(&test, "test/puppet", &[], &["**"]);
    for number in 0..1000 {
        assert_eq!(puppet.subscribe(&test, &format!("news/{number}")), Ok(()));
    }
    let error = Err(SubscribeError::TooManySubscriptions(1000));
    assert_eq!(puppet.subscribe(&test, "news/eu"), error);
    assert_eq!(puppet.subscribe(&test, "news/7"), Ok(()), "it has that");
    assert!(puppet.unsubscribe(&test, "news/7"));
    assert_eq!(puppet.subscribe(&test, "news/eu"), Ok(()));
}

#[test]
fn each_subscriber_is_judged_as_a_target_is() {
    let test = TestSystem::seeded(5);
    let publisher = test.puppet_with("test/publisher", |spec| {
        let rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(2).unwrap() };
        spec.grants(Grants { publish: patterns(&["**"]), ..Grants::default() }).rate(rate)
    });
    let subscriber = |id: &str, settings: fn(ComponentSpec) -> ComponentSpec| {
        let puppet = test.puppet_with(id, |spec| {
            let subscribe = patterns(&["**"]);
            settings(spec.grants(Grants { subscribe, ..Grants::default() }))
        });
        puppet.subscribe(&test, "news/*").unwrap();
    };
    subscriber("test/open", |spec| spec);
    subscriber("test/small", |spec| spec.max_message_size(30));
    let json = |spec: ComponentSpec| spec.codecs([Codec::JSON]);
    // Orders are no JSON: the subscription is made by a native component.
    let spec = ComponentSpec::native("test/json".parse().unwrap(), || Subscriber);
    test.spawn(json(spec.grants(Grants { subscribe: patterns(&["**"]), ..Grants::default() })));
    subscriber("test/shy", |spec| spec);
    let shy = Grants {
        subscribe: patterns(&["**"]),
        receive: Some(patterns(&["other/*"])),
        ..Grants::default()
    };
    test.system().set_grants("test/shy", shy).unwrap();

    let before = handled(&test, "test/open");
    assert_eq!(publisher.publish(&test, "news/eu", &[b'n'; 31]), Ok(1));
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(2));
    assert_eq!(handled(&test, "test/open"), before + 2);
    let limited = Err(SendError::RateLimited(1000));
    assert_eq!(publisher.publish(&test, "news/eu", b"n"), limited, "one publication, one message");
    assert_eq!(test.system().dead_letter_counts(), Default::default());
}

#[test]
fn a_slow_subscriber_harms_only_itself() {
    for seed in 0..20 {
        let test = TestSystem::seeded(seed);
        let publisher = puppet(&test, "test/publisher", &["news/*"], &[]);
        let guest = test.guest(guests::PUPPET);
        for id in ["test/slow", "test/fast"] {
            let spec = ComponentSpec::guest(id.parse().unwrap(), &guest)
                .grants(Grants { subscribe: patterns(&["news/*"]), ..Grants::default() })
                .mailbox(MailboxLimits { capacity: 3, ..MailboxLimits::default() });
            test.spawn(spec);
            let subscribe = [b"b", b"news/*".as_slice()].concat();
            let mut probe = test.probe(&format!("{id}-probe"));
            probe.request(&test, id, &subscribe).unwrap();
        }
        test.system().suspend("test/slow");
        for number in 0..10 {
            let taken = if number < 3 { 2 } else { 1 };
            assert_eq!(publisher.publish(&test, "news/eu", b"n"), Ok(taken), "seed {seed}");
            test.run_until_idle();
        }
        assert_eq!(handled(&test, "test/fast"), 11, "seed {seed}");
        let slow = test.system().metrics("test/slow").unwrap();
        assert_eq!((slow.accepted, slow.queued, slow.missed), (4, 3, 7), "seed {seed}");
        assert_eq!(test.system().dead_letter_counts().missed, 7);
        let letters = test.system().dead_letters();
        assert!(letters.iter().all(|(_, letter)| letter.target.as_str() == "test/slow"));
        test.system().resume("test/slow");
        assert_eq!(handled(&test, "test/slow"), 4, "seed {seed}");
    }
}

#[test]
fn host_programs_publish_too() {
    let test = TestSystem::seeded(6);
    let spec = ComponentSpec::native("test/native".parse().unwrap(), || Subscriber);
    let subscribe = patterns(&["news/*"]);
    test.spawn(spec.grants(Grants { subscribe, ..Grants::default() }));
    let mut host = test.system().sender("test/host".parse().unwrap());
    assert_eq!(host.publish("news/eu", b"hello"), Ok(1));
    assert_eq!(host.publish("other/eu", b"hello"), Ok(0));
    assert_eq!(handled(&test, "test/native"), 1);
}

/// Subscribes to news/* at its start.
struct Subscriber;

impl Native for Subscriber {
    fn init(&mut self, context: &mut Context<'_>) -> Result<(), ComponentError> {
        context.subscribe("news/*").map_err(|error| ComponentError::new(1, error.to_string()))
    }

    fn handle_message(
        &mut self,
        _: &ComponentId,
        _: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let message = context.message().unwrap();
        assert_eq!(message.topic.as_ref().unwrap().as_str(), "news/eu");
        Ok(None)
    }
}
