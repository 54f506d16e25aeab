use std::path::PathBuf;

use airssys_wasm::{Codec, ComponentId};
use clap::{Parser, Subcommand};

use crate::caching::Caching;
use crate::outgoing::AllOutgoing;

/// Run systems of WebAssembly components that send each other messages
#[derive(Debug, Parser)]
#[command(name = "airssys", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Show what is beneath an error, and what the runtime is doing
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),

    /// Load and judge everything in a system without running it
    ///
    /// Prints each component with what it imports, exports and is granted, then who may send to
    /// whom, and which codecs the two have in common. The exit status is 1 where something would
    /// fail.
    Check {
        /// The system manifest
        #[arg(value_name = "SYSTEM.toml")]
        system: PathBuf,

        #[command(flatten)]
        caching: Caching,
    },

    /// Tell what a component or core module imports and exports
    Inspect {
        /// A component or core module, as binary or as text
        file: PathBuf,
    },

    /// Show the dead letters that `run --dead-letters` has written
    DeadLetters {
        /// The file
        file: PathBuf,
    },
}

/// Run a system until it is interrupted
///
/// SIGINT and SIGTERM end it gracefully: mailboxes drain, then the components are shut down. A
/// second signal ends it at once. It also ends gracefully when its standard output is closed.
///
/// Messages of --send and --request go first, in the order given; then the lines of --stdin. All
/// of them wait where a mailbox is full. The exit status is 1 if the system did not start, a
/// message or a line was refused, a request failed, or a component was given up.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// The system manifest
    #[arg(value_name = "SYSTEM.toml")]
    pub(crate) system: PathBuf,

    #[command(flatten)]
    pub(crate) outgoing: AllOutgoing,

    /// Send each line of standard input, without its newline, to the component ID
    #[arg(long, value_name = "ID")]
    pub(crate) stdin: Option<ComponentId>,

    /// Put this codec's code in front of every message from the command line and --stdin
    #[arg(long, value_name = "NAME")]
    pub(crate) codec: Option<Codec>,

    /// Write the messages that were accepted and not handled to a file, at the end
    ///
    /// One JSON object on each line. `airssys dead-letters` shows such a file. What is in the file
    /// before is gone.
    #[arg(long, value_name = "FILE")]
    pub(crate) dead_letters: Option<PathBuf>,

    /// Stop once all input has been sent, and no message or request is left in the system
    ///
    /// Timers that have not gone off do not count.
    #[arg(long)]
    pub(crate) until_idle: bool,

    #[command(flatten)]
    pub(crate) caching: Caching,
}
