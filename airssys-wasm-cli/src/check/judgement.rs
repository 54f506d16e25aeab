use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use airssys_wasm::manifest::{Audit, Place, SystemComponent, SystemManifest, SystemSupervision};
use airssys_wasm::{BuildError, ComponentId, Pattern, StartError};
use thiserror::Error;

use super::codecs::Codecs;
use super::reach::{Reach, Target};
use crate::binary::Binary;
use crate::caching::Caching;

/// What is to be said about a system without running it.
pub(super) struct Judgement {
    /// One for each component; none where it cannot be read.
    pub(super) binaries: Vec<Option<Binary>>,
    pub(super) reaches: Vec<Reach>,
    /// What would fail.
    pub(super) faults: Vec<Fault>,
    /// What may be meant so, and more often is not.
    pub(super) warnings: Vec<Warning>,
}

/// Something that would fail.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(
        "{at}: {from} ({ours}) is granted to reach {to} ({theirs}), and they have no codec in \
         common: add {} to `supported_codecs` of {from}, or {} to those of {to}",
        named(theirs),
        named(ours)
    )]
    NoCodecInCommon { at: Place, from: ComponentId, ours: Codecs, to: ComponentId, theirs: Codecs },

    #[error("cannot write the audit file {}: {cause}; correct `file` in [audit]", file.display())]
    NoAuditFile { file: PathBuf, cause: io::Error },
}

/// What one should speak to be understood by who speaks these.
fn named(codecs: &Codecs) -> String {
    codecs.preferred().map_or_else(|| "any codec".to_owned(), |codec| codec.to_string())
}

/// Something that may be meant so, and more often is not.
#[derive(Debug, Error)]
pub(super) enum Warning {
    #[error(
        "{at}: {from} is granted to reach {to}, and the system has no such component: add it, or \
         take it out of the grant"
    )]
    NoSuchTarget { at: Place, from: ComponentId, to: String },
    #[error(
        "{at}: {from} is granted to reach {pattern}, and that covers no component of the system: \
         correct it, or take it out of the grant"
    )]
    CoversNobody { at: Place, from: ComponentId, pattern: String },
    #[error(
        "{at}: {from} is granted to reach {to}, whose `receive` does not let it in: add it there, \
         or take {to} out of the grant"
    )]
    NotLetIn { at: Place, from: ComponentId, to: ComponentId },
    #[error(
        "{at}: {from} is granted to make requests, and exports no `callback`: each will fail with \
         no-callback"
    )]
    NoCallback { at: Place, from: ComponentId },
}

impl Fault {
    fn of_audit(audit: &Audit) -> Option<Self> {
        let file = &audit.file;
        // What is not there is not made: this is a check alone.
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let opened = match file.exists() {
            true => File::options().append(true).open(file).map(drop),
            false => folder.map_or(Ok(()), |folder| folder.read_dir().map(drop)),
        };
        opened.err().map(|cause| Self::NoAuditFile { file: file.clone(), cause })
    }
}

impl Judgement {
    /// Loads all components, and compares who was granted what with who is there.
    pub(super) fn of(manifest: &SystemManifest, caching: &Caching) -> Result<Self, BuildError> {
        let sources = manifest.components.iter().map(|it| &it.manifest.component.source);
        let mut judgement = Self {
            // Why one cannot be read is among what loading it finds.
            binaries: sources.map(|source| Binary::read(source).ok()).collect(),
            reaches: Reach::all(manifest),
            faults: Vec::new(),
            warnings: Vec::new(),
        };
        judgement.load(manifest, caching)?;
        judgement.faults.extend(manifest.audit.as_ref().and_then(Fault::of_audit));
        let targets = Target::all(manifest);
        for component in &manifest.components {
            judgement.compare(component, &targets);
        }
        for (component, binary) in manifest.components.iter().zip(&judgement.binaries) {
            let asks = !component.granted.messaging.request.is_empty();
            if asks && binary.as_ref().is_some_and(|binary| !binary.exports_callback()) {
                let (at, from) = (component.at.clone(), component.id().clone());
                judgement.warnings.push(Warning::NoCallback { at, from });
            }
        }
        Ok(judgement)
    }

    /// Loads one component at a time, to find what is wrong with each.
    fn load(&mut self, manifest: &SystemManifest, caching: &Caching) -> Result<(), BuildError> {
        let engine = caching.builder().workers(1).build()?;
        let mut part = SystemManifest { components: Vec::new(), ..manifest.clone() };
        // The system's own settings are judged once.
        self.faults.extend(engine.specs(&part).err().map(Fault::Start));
        part.supervision = SystemSupervision::default();
        for component in &manifest.components {
            part.components = vec![component.clone()];
            self.faults.extend(engine.specs(&part).err().map(Fault::Start));
        }
        Ok(())
    }

    /// Judges what a component was granted by name. What a pattern covers beside is no promise;
    /// but one that covers nobody is a slip.
    fn compare(&mut self, component: &SystemComponent, targets: &[Target<'_>]) {
        let grants = &component.granted.messaging;
        let mut patterns: Vec<&Pattern> = grants.send.iter().chain(&grants.request).collect();
        patterns.sort_unstable();
        patterns.dedup();
        for pattern in patterns {
            let (at, from, name) = (component.at.clone(), component.id().clone(), pattern.as_str());
            if name.contains('*') {
                if !targets.iter().any(|target| pattern.matches(&target.id)) {
                    let pattern = name.to_owned();
                    self.warnings.push(Warning::CoversNobody { at, from, pattern });
                }
                continue;
            }
            let Some(target) = targets.iter().find(|target| target.id.as_str() == name) else {
                self.warnings.push(Warning::NoSuchTarget { at, from, to: name.to_owned() });
                continue;
            };
            let to = target.id.clone();
            let (ours, theirs) = (Codecs::of(component), target.codecs());
            if !target.takes_from(&from) {
                self.warnings.push(Warning::NotLetIn { at, from, to });
            } else if ours.in_common(&theirs).are_none() {
                self.faults.push(Fault::NoCodecInCommon { at, from, ours, to, theirs });
            }
        }
    }
}
