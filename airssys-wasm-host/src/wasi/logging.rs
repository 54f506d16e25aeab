use airssys_wasm_core::ComponentId;
use wasmtime::component::HasData;

pub(super) use bindings::wasi::logging::logging::{Host, Level, add_to_linker};

mod bindings {
    #![allow(missing_docs, unreachable_pub, unsafe_code, dead_code, clippy::all)]

    wasmtime::component::bindgen!({
        inline: "
            package wasi:logging@0.1.0-draft;

            interface logging {
                enum level { trace, debug, info, warn, error, critical }
                log: func(level: level, context: string, message: string);
            }

            world imports {
                import logging;
            }
        ",
    });
}

/// `wasi:logging`: what a guest has to say, as records of `tracing`.
pub(super) struct Logging<'a>(pub(super) &'a ComponentId);

pub(super) struct HasLogging;

impl HasData for HasLogging {
    type Data<'a> = Logging<'a>;
}

impl Host for Logging<'_> {
    fn log(&mut self, level: Level, context: String, message: String) {
        let Self(component) = self;
        // The level is part of what `tracing` knows of a place in the source.
        macro_rules! record {
            ($level:ident) => {
                tracing::$level!(target: "airssys_wasm::guest", %component, context, "{message}")
            };
        }
        match level {
            Level::Trace => record!(trace),
            Level::Debug => record!(debug),
            Level::Info => record!(info),
            Level::Warn => record!(warn),
            Level::Error | Level::Critical => record!(error),
        }
    }
}
