//! `airssys check`.

mod codecs;
mod judgement;
mod reach;

use std::fmt;
use std::path::Path;

use airssys_wasm::PatternSet;
use airssys_wasm::manifest::{SystemComponent, SystemManifest, Wasi};

use crate::binary::Binary;
use crate::caching::Caching;
use crate::print::{Table, print};
use crate::report::{Report, Reported};
use codecs::Codecs;
use judgement::Judgement;
use reach::Reach;

/// Loads and judges all that is in a system, and tells who may do what.
pub(crate) fn check(system: &Path, caching: &Caching, report: Report) -> Result<(), Reported> {
    let manifest = SystemManifest::load(system).map_err(|error| report.error(&error))?;
    let judgement = Judgement::of(&manifest, caching).map_err(|error| report.error(&error))?;
    print(&Answer { manifest: &manifest, judgement: &judgement }, report)?;

    for warning in &judgement.warnings {
        report.warning(format_args!("{warning}"));
    }
    let mut checked = Ok(());
    for fault in &judgement.faults {
        checked = Err(report.error(fault));
    }
    checked
}

/// What there is to tell about a system.
struct Answer<'a> {
    manifest: &'a SystemManifest,
    judgement: &'a Judgement,
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manifest, judgement } = self;
        writeln!(f, "system {}, components: {}", manifest.system.name, manifest.components.len())?;
        for (component, binary) in manifest.components.iter().zip(&judgement.binaries) {
            writeln!(f, "\n{}", component.id())?;
            f.write_str(&described(component, binary.as_ref()).to_string())?;
        }
        f.write_str("\nwho may send to whom, and request from whom\n")?;
        f.write_str(&reaches(&judgement.reaches).to_string())
    }
}

fn described(component: &SystemComponent, binary: Option<&Binary>) -> Table {
    let mut table = Table::indented(2);
    let messaging = &component.granted.messaging;
    table.row(["named at".to_owned(), component.at.to_string()]);
    table.row(["source".to_owned(), component.manifest.component.source.display().to_string()]);
    if let Some(binary) = binary {
        binary.describe(&mut table);
    }
    table.row(["send", &patterns(&messaging.send)]);
    table.row(["request", &patterns(&messaging.request)]);
    table.row(["receive", &senders(messaging.receive.as_ref())]);
    for (right, topics) in [("publish", &messaging.publish), ("subscribe", &messaging.subscribe)] {
        if !topics.is_empty() {
            table.row([right, &patterns(topics)]);
        }
    }
    table.list("wasi", wasi(&component.granted.wasi));
    table.row(["codecs".to_owned(), Codecs::of(component).to_string()]);
    table
}

fn senders(receive: Option<&PatternSet>) -> String {
    match receive {
        None => "from anyone".to_owned(),
        Some(nobody) if nobody.is_empty() => "from nobody".to_owned(),
        Some(senders) => patterns(senders),
    }
}

fn patterns(patterns: &PatternSet) -> String {
    let texts: Vec<&str> = patterns.iter().map(|pattern| pattern.as_str()).collect();
    if texts.is_empty() { "-".to_owned() } else { texts.join(", ") }
}

fn wasi(wasi: &Wasi) -> Vec<String> {
    let stdio = wasi.stdio.then(|| "stdio".to_owned());
    let preopens = wasi.preopens.iter().map(|preopen| {
        let access = if preopen.write { "read and write" } else { "read" };
        format!("preopen {} as {}, {access}", preopen.host.display(), preopen.guest)
    });
    let lists = [("env", &wasi.env), ("network", &wasi.network), ("http", &wasi.http)];
    let named = lists
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("{name} {value}")));
    stdio.into_iter().chain(named).chain(preopens).collect()
}

fn reaches(reaches: &[Reach]) -> Table {
    let mut table = Table::indented(2);
    table.row(["from", "to", "by", "codecs in common", "use"]);
    for Reach { from, to, right, codecs, best } in reaches {
        let best = best.map_or_else(|| "-".to_owned(), |codec| codec.to_string());
        let cells = [from.to_string(), to.to_string(), right.to_string(), codecs.to_string(), best];
        table.row(cells);
    }
    table
}
