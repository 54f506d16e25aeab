use std::fmt;
use std::io;
use std::thread;

use crossbeam_channel::Sender;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::Happening;

/// One by which an operator ends the program.
#[derive(Clone, Copy)]
pub(super) struct Signal(i32);

/// Tells of the first signal. A second one ends the program where it stands.
pub(super) fn watch(happened: Sender<Happening>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let watch = move || {
        let mut signals = signals.forever().map(Signal);
        if let Some(first) = signals.next() {
            // The other end is gone only where the program is ending anyway.
            let _ = happened.send(Happening::Interrupted(first));
        }
        if let Some(second) = signals.next() {
            low_level::exit(second.exit_status());
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

impl Signal {
    /// What a shell makes of a process that a signal ended.
    fn exit_status(self) -> i32 {
        128 + self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(low_level::signal_name(self.0).unwrap_or("signal"))
    }
}
