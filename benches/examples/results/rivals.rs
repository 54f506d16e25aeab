//! What is compared with other systems.

/// Something that all systems of actors do.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    /// Of our components, on one core and on two.
    components: [&'static str; 2],
    /// Of our actors without WebAssembly.
    native: [&'static str; 2],
    /// In the ids of others.
    figure: &'static str,
}

/// A system that does them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Components,
    Native,
    Other { name: &'static str, id: &'static str },
}

pub(crate) const OTHERS: [System; 4] = [
    System::Other { name: "Erlang/OTP", id: "erlang" },
    System::Other { name: "kameo", id: "kameo" },
    System::Other { name: "ractor", id: "ractor" },
    System::Other { name: "actix", id: "actix" },
];

pub(crate) const TASKS: [Task; 5] = [
    Task {
        name: "tell",
        components: ["paths/stream/1 to 1", "curves/cores/stream 1 to 1, workers: 2"],
        native: [
            "actors/tell/actor to actor, workers: 1",
            "actors/tell/actor to actor, workers: 2",
        ],
        figure: "tell",
    },
    Task {
        name: "ask",
        components: ["paths/request/round trip", "curves/cores/request round trip, workers: 2"],
        native: ["native/ask/workers: 1", "native/ask/workers: 2"],
        figure: "ask",
    },
    Task {
        name: "hop, ping-pong",
        components: ["paths/hop/ping-pong", "paths/hop/ping-pong, 2 workers"],
        native: ["actors/hop/ping-pong", "actors/hop/ping-pong, 2 workers"],
        figure: "ring of 2",
    },
    Task {
        name: "hop, ring of 1,000",
        components: ["paths/hop/ring of 1000", "curves/cores/ring of 1000, workers: 2"],
        native: [
            "native/ring/size: 1000, tokens: 1, workers: 1",
            "native/ring/size: 1000, tokens: 1, workers: 2",
        ],
        figure: "ring of 1000",
    },
    Task {
        name: "hop, ring of 1,000 with 100 tokens",
        components: [
            "paths/hop/ring of 1000, 100 tokens",
            "paths/hop/ring of 1000, 100 tokens, 2 workers",
        ],
        native: [
            "native/ring/size: 1000, tokens: 100, workers: 1",
            "native/ring/size: 1000, tokens: 100, workers: 2",
        ],
        figure: "ring of 1000, 100 tokens",
    },
];

impl System {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Components => "components",
            Self::Native => "native actors",
            Self::Other { name, .. } => name,
        }
    }

    /// The id of what it takes for a task on one core or on two.
    pub(crate) fn figure(self, task: &Task, cores: usize) -> String {
        match self {
            Self::Components => task.components[cores - 1].to_owned(),
            Self::Native => task.native[cores - 1].to_owned(),
            Self::Other { id, .. } => format!("{id}/{}/{cores}", task.figure),
        }
    }
}
