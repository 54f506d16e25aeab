//! What we want to reach.

use crate::rounds::Rounds;
use crate::spread::{Spread, Times};

/// A figure, what it is held to, and how many times that it may be.
pub(crate) struct Target {
    what: &'static str,
    figure: &'static str,
    against: &'static str,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

impl Target {
    const fn new(
        what: &'static str,
        figure: &'static str,
        bound: Bound,
        against: &'static str,
    ) -> Self {
        Self { what, figure, against, bound }
    }

    /// As a line of a table.
    pub(crate) fn line(&self, rounds: &Rounds) -> String {
        let Self { what, figure, against, bound } = self;
        let limit = match bound {
            AtMost(limit) => format!("≤ {limit}"),
            AtLeast(limit) => format!("≥ {limit}"),
        };
        let (ratio, verdict) = match rounds.ratio(figure, against) {
            Some(ratio) => (Times(ratio).to_string(), bound.judge(ratio)),
            None => ("–".to_owned(), "not measured"),
        };
        format!("| {what} | `{figure}` | `{against}` | {ratio} | {limit} | {verdict} |\n")
    }
}

impl Bound {
    /// By the median.
    fn judge(self, ratio: Spread) -> &'static str {
        let met = match self {
            AtMost(limit) => ratio.median <= limit,
            AtLeast(limit) => ratio.median >= limit,
        };
        if met { "met" } else { "**missed**" }
    }
}

const CORE_PAIR: &str = "paths/hop/ping-pong, core modules";
const TELL: &str = "paths/stream/1 to 1";
const CORE_TELL: &str = "paths/stream/1 to 1, core modules";
const BY_HANDLE: &str = "paths/stream/64 at a time, by handle";
const NATIVE_TELL: &str = "actors/tell/actor to actor, workers: 1";
const NATIVE_ASK: &str = "native/ask/workers: 1";
const NATIVE_PAIR: &str = "actors/hop/ping-pong";
const NATIVE_RING: &str = "native/ring/size: 1000, tokens: 1, workers: 1";

#[rustfmt::skip]
pub(crate) const TARGETS: &[Target] = &[
    Target::new("hop, ping-pong", "paths/hop/ping-pong", AtMost(1.25), "paths/floor/pair"),
    Target::new("hop, ring of 1,000", "paths/hop/ring of 1000", AtMost(1.25), "paths/floor/1000 instances"),
    Target::new("stream 1→1", TELL, AtMost(1.2), "paths/floor/pair"),
    Target::new("hop, core modules", CORE_PAIR, AtMost(0.55), "paths/floor/pair"),
    Target::new("hop, core modules, against Erlang's", CORE_PAIR, AtMost(0.9), "erlang/ring of 2/1"),
    Target::new("stream into a batch handler, 16 at a time", "paths/stream/16 at a time", AtMost(0.6), "paths/floor/pair"),
    Target::new("stream into a batch handler, 64 at a time", "paths/stream/64 at a time", AtMost(0.55), "paths/floor/pair"),
    Target::new("the same with handles, 16 at a time", "paths/stream/16 at a time, by handle", AtMost(0.45), "paths/floor/pair"),
    Target::new("the same with handles, 64 at a time", "paths/stream/64 at a time, by handle", AtMost(0.4), "paths/floor/pair"),
    Target::new("request → response → callback", "paths/request/round trip", AtMost(2.2), "paths/hop/ping-pong"),
    Target::new("the same, against a `gen_server:call`", "paths/request/round trip", AtMost(1.0), "erlang/ask/1"),
    Target::new("tell of components", TELL, AtMost(1.2), "kameo/tell/1"),
    Target::new("tell of components", TELL, AtMost(1.2), "ractor/tell/1"),
    Target::new("tell of core modules", CORE_TELL, AtMost(0.6), "kameo/tell/1"),
    Target::new("tell of core modules", CORE_TELL, AtMost(0.6), "ractor/tell/1"),
    Target::new("request of core modules, against a `gen_server:call`", "paths/request/round trip, core modules", AtMost(0.5), "erlang/ask/1"),
    Target::new("two cores against one, 1,000 components: throughput", "curves/cores/ring of 1000, 100 tokens, workers: 1", AtLeast(1.8), "curves/cores/ring of 1000, 100 tokens, workers: 2"),
    Target::new("tell of components, with handles", BY_HANDLE, AtMost(0.9), "kameo/tell/1"),
    Target::new("tell of components, with handles", BY_HANDLE, AtMost(0.9), "ractor/tell/1"),
    Target::new("two codecs and a rate", "paths/hop/ping-pong, codecs and rate", AtMost(1.1), "paths/hop/ping-pong"),
    Target::new("audit of every message", "paths/hop/ping-pong, audit of all", AtMost(1.05), "paths/hop/ping-pong"),
    Target::new("spawn from what is loaded", "paths/spawn/system", AtMost(1.2), "paths/spawn/bare"),
    Target::new("hop among 10,000 against among 2", "paths/hop/ring of 10000", AtMost(3.5), "paths/hop/ping-pong"),
    Target::new("the same, dense", "paths/hop/ring of 10000, dense", AtMost(3.5), "paths/hop/ping-pong"),
    Target::new("tell of native actors", NATIVE_TELL, AtMost(1.0), "kameo/tell/1"),
    Target::new("tell of native actors", NATIVE_TELL, AtMost(1.0), "ractor/tell/1"),
    Target::new("tell of native actors", NATIVE_TELL, AtMost(1.0), "actix/tell/1"),
    Target::new("ask of native actors", NATIVE_ASK, AtMost(1.0), "kameo/ask/1"),
    Target::new("ask of native actors", NATIVE_ASK, AtMost(1.0), "ractor/ask/1"),
    Target::new("ask of native actors", NATIVE_ASK, AtMost(1.0), "actix/ask/1"),
    Target::new("hop of native actors, ping-pong", NATIVE_PAIR, AtMost(1.0), "actix/ring of 2/1"),
    Target::new("hop of native actors, ring of 1,000", NATIVE_RING, AtMost(1.0), "kameo/ring of 1000/1"),
    Target::new("hop of native actors, ring of 1,000", NATIVE_RING, AtMost(1.0), "ractor/ring of 1000/1"),
    Target::new("hop of native actors, ring of 1,000", NATIVE_RING, AtMost(1.0), "actix/ring of 1000/1"),
];
