//! What is plotted.

/// A plot: one line for each thing measured, along the same steps.
pub(crate) struct Curve {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) along: &'static str,
    pub(crate) steps: &'static [&'static str],
    pub(crate) lines: Vec<Line>,
}

/// The figures of a line, by step.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) ids: Vec<String>,
}

/// All plots, in the order of the page.
pub(crate) fn all() -> [Curve; 3] {
    [payload(), components(), cores()]
}

pub(crate) fn payload() -> Curve {
    const BYTES: &[&str] = &["16", "64", "256", "1024", "4096", "16384", "65536"];
    let line = |name, id: &str| Line::along(BYTES, name, id);
    Curve {
        file: "payload.svg",
        title: "A hop between two, by the size of the message",
        along: "bytes",
        steps: BYTES,
        lines: vec![
            line("bare wasmtime", "curves/payload/floor, {} bytes"),
            line("components", "curves/payload/hop, {} bytes"),
            line("Erlang/OTP", "erlang/ping-pong, {} bytes/1"),
            line("extism, one call", "extism/plugin call, {} bytes/1"),
        ],
    }
}

pub(crate) fn components() -> Curve {
    const SIZES: &[&str] = &["2", "10", "100", "1000", "10000"];
    let line = |name, id: &str| Line::along(SIZES, name, id);
    Curve {
        file: "components.svg",
        title: "A hop in a ring with one token, by how many are in it",
        along: "how many",
        steps: SIZES,
        lines: vec![
            line("bare wasmtime", "curves/ring/floor, {} instances"),
            line("components", "curves/ring/hop, {} components"),
            line("components, dense", "curves/ring/hop, {} components, dense"),
            line("native actors", "native/ring/size: {}, tokens: 1, workers: 1"),
            line("Erlang/OTP", "erlang/ring of {}/1"),
            line("kameo", "kameo/ring of {}/1"),
            line("ractor", "ractor/ring of {}/1"),
            line("actix", "actix/ring of {}/1"),
        ],
    }
}

pub(crate) fn cores() -> Curve {
    const CORES: &[&str] = &["1", "2"];
    let line = |name, id: &str| Line::along(CORES, name, id);
    Curve {
        file: "cores.svg",
        title: "A hop in a ring of 1,000 with 100 tokens, by cores",
        along: "cores",
        steps: CORES,
        lines: vec![
            line("components", "curves/cores/ring of 1000, 100 tokens, workers: {}"),
            line("native actors", "native/ring/size: 1000, tokens: 100, workers: {}"),
            line("Erlang/OTP", "erlang/ring of 1000, 100 tokens/{}"),
            line("kameo", "kameo/ring of 1000, 100 tokens/{}"),
            line("ractor", "ractor/ring of 1000, 100 tokens/{}"),
            line("actix", "actix/ring of 1000, 100 tokens/{}"),
        ],
    }
}

impl Line {
    fn along(steps: &[&str], name: &'static str, id: &str) -> Self {
        Self { name, ids: steps.iter().map(|step| id.replace("{}", step)).collect() }
    }
}
