//! The components that every system has.

use std::io::{BufWriter, ErrorKind, Write};
use std::sync::{Arc, Weak};

use airssys_wasm_core::{ComponentError, ComponentId};
use parking_lot::Mutex;

use crate::event::Event;
use crate::native::{Context, Native};
use crate::runtime::Runtime;

/// The id of the component that writes to standard output.
pub(crate) const STDOUT: &str = "airssys/stdout";

/// The id of the component that logs.
pub(crate) const LOG: &str = "airssys/log";

/// Where `airssys/stdout` writes. It outlives a crash of the component.
pub(crate) type Output = Arc<Mutex<BufWriter<Box<dyn Write + Send>>>>;

/// `airssys/stdout`: writes each payload and a newline.
pub(crate) struct Stdout {
    pub(crate) output: Output,
    pub(crate) runtime: Weak<Runtime>,
}

impl Native for Stdout {
    fn handle_message(
        &mut self,
        _: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let mut output = self.output.lock();
        let written = output.write_all(message).and_then(|()| output.write_all(b"\n"));
        let written = written.and_then(|()| match context.queued() {
            0 => output.flush(),
            _ => Ok(()),
        });
        written.map(|()| None).map_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe
                && let Some(runtime) = self.runtime.upgrade()
            {
                runtime.emit(&Event::OutputClosed);
            }
            ComponentError::new(1, format!("standard output takes no more: {error}"))
        })
    }

    fn shutdown(&mut self, _: &mut Context<'_>) {
        // Where it fails, an earlier message was told.
        let _ = self.output.lock().flush();
    }
}

/// `airssys/log`: one log record per message.
pub(crate) struct Log;

impl Native for Log {
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let text = String::from_utf8_lossy(message);
        tracing::info!(target: "airssys::log", %sender, "{text}");
        Ok(None)
    }
}
