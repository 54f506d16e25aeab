//! The binary `airssys`: runs systems of WebAssembly components, and tells about their parts.
//!
//! Standard output carries only what `airssys/stdout` prints and the answer to a command. All
//! else goes to standard error.

mod args;
mod binary;
mod caching;
mod check;
mod dead_letters;
mod inspect;
mod logging;
mod outgoing;
mod print;
mod report;
mod run;
mod standard;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::report::Report;

fn main() -> ExitCode {
    let Args { command, verbose } = Args::parse();
    logging::start(verbose);
    let report = Report::new(verbose);
    let ended = match command {
        Command::Run(run) => run::run(run, report),
        Command::Check { system, caching } => check::check(&system, &caching, report),
        Command::Inspect { file } => inspect::inspect(&file, report),
        Command::DeadLetters { file } => dead_letters::show(&file, report),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
