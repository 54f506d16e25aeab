use std::sync::Arc;

use airssys_wasm::{CrashKind, Event, SystemBuilder};
use parking_lot::Mutex;

/// What was told of crashes.
#[derive(Clone, Default)]
pub(crate) struct CrashLog(Arc<Mutex<Vec<Told>>>);

#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) kind: CrashKind,
    pub(crate) text: String,
    pub(crate) restarts: bool,
}

impl CrashLog {
    pub(crate) fn listen(&self, builder: SystemBuilder) -> SystemBuilder {
        let Self(log) = self.clone();
        builder.on_event(move |event| {
            if let Event::Crashed { id, crash, restart, .. } = event {
                log.lock().push(Told {
                    id: id.to_string(),
                    kind: crash.kind(),
                    text: crash.to_string(),
                    restarts: restart.is_some(),
                });
            }
        })
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.0.lock().clone()
    }
}
