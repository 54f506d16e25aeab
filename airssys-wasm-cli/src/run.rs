//! `airssys run`.

mod input;
mod lines;
mod output;
mod signals;
mod targets;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::manifest::SystemManifest;
use airssys_wasm::{Event, System, SystemBuilder};
use crossbeam_channel::{Receiver, unbounded};

use crate::args;
use crate::dead_letters;
use crate::report::{Report, Reported};
use input::Input;
use output::Output;
use targets::Targets;
use verdict::Verdict;

/// What the main thread waits for.
enum Happening {
    Interrupted(signals::Signal),
    OutputClosed,
    InputEnded,
}

/// Why a system is stopped.
enum StopReason {
    Interrupted(signals::Signal),
    OutputClosed,
    Idle,
}

/// How long a signal waits at most while the system is watched for being idle.
const WATCH: Duration = Duration::from_millis(20);

/// How long the last answers may take to be written once the system has stopped.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Runs a system, and says whether all went well.
pub(crate) fn run(args: args::Run, report: Report) -> Result<(), Reported> {
    let (happened, happenings) = unbounded();
    signals::watch(happened.clone())
        .map_err(|error| report.fault(format_args!("cannot watch for signals: {error}")))?;
    let manifest = SystemManifest::load(&args.system).map_err(|error| report.error(&error))?;
    let targets = Targets::of(&manifest);
    targets.expect_all(&args).map_err(|error| report.error(&error))?;

    let letters = args.dead_letters.as_deref().map(dead_letters::File::create).transpose();
    let letters = letters.map_err(|error| report.error(&error))?;

    let verdict = Arc::new(Verdict::new(report));
    let output = Output::new(Arc::clone(&verdict), happened.clone());
    let builder = args.caching.builder();
    let system = start(&manifest, builder, &output, &verdict);
    let system = system.map_err(|error| report.error(&error))?;
    let (name, components) = (&manifest.system.name, manifest.components.len());
    report.step(format_args!("{name} has started, components: {components}"));

    let until_idle = args.until_idle;
    let input = Input::new(args, &targets, output.clone(), Arc::clone(&verdict));
    let sent = input.start(&system, happened);
    let reason = wait(&system, &happenings, until_idle);
    report.step(format_args!("{name} is stopping: {reason}"));

    verdict.stopping();
    system.shutdown();
    // Every open request has ended now, and whoever waits for one is about to say how.
    let _ = sent.recv_timeout(LAST_ANSWERS);
    output.finish();
    let written = match letters.map(|file| file.write(&system)) {
        Some(Ok(count)) => {
            let pushed_out = system.dead_letter_counts().pushed_out;
            report.step(format_args!(
                "dead letters written: {count}, and pushed out by newer ones before: {pushed_out}"
            ));
            Ok(())
        }
        Some(Err(error)) => Err(report.error(&error)),
        None => Ok(()),
    };
    report.step(format_args!("{name} has stopped"));
    verdict.given().and(written)
}

fn start(
    manifest: &SystemManifest,
    builder: SystemBuilder,
    output: &Output,
    verdict: &Arc<Verdict>,
) -> Result<System, airssys_wasm::StartError> {
    let verdict = Arc::clone(verdict);
    let listener = move |event: &Event<'_>| match event {
        Event::Crashed { restart: None, .. } | Event::GivenUp { .. } => verdict.given_up(),
        Event::DeadLetter(letter) => verdict.dead_letter(letter),
        Event::AuditNotWritten => verdict.audit_not_written(),
        // `Output` has seen it before.
        Event::OutputClosed => {}
        _ => {}
    };
    builder.output(output.clone()).on_event(listener).start(manifest)
}

fn wait(system: &System, happenings: &Receiver<Happening>, until_idle: bool) -> StopReason {
    let mut input_ended = false;
    loop {
        let happening = if until_idle && input_ended {
            match happenings.try_recv() {
                Ok(happening) => happening,
                Err(_) if system.wait_idle_for(WATCH) => return StopReason::Idle,
                Err(_) => continue,
            }
        } else {
            happenings.recv().expect("the thread that waits for signals has the other end")
        };
        match happening {
            Happening::Interrupted(signal) => return StopReason::Interrupted(signal),
            Happening::OutputClosed => return StopReason::OutputClosed,
            Happening::InputEnded => input_ended = true,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted(signal) => write!(f, "{signal}; another one ends it at once"),
            Self::OutputClosed => f.write_str("standard output is closed"),
            Self::Idle => f.write_str("input has ended, and nothing is left to do"),
        }
    }
}
