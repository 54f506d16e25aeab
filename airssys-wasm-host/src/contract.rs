use std::collections::HashMap;
use std::sync::LazyLock;

use wit_parser::{Function, InterfaceId, Resolve};

pub(crate) const MESSAGING: &str = "airssys:component/messaging@0.1.0";
pub(crate) const CONTEXT: &str = "airssys:component/context@0.1.0";
pub(crate) const HANDLES: &str = "airssys:component/handles@0.1.0";
pub(crate) const TOPICS: &str = "airssys:component/topics@0.1.0";
pub(crate) const TIMERS: &str = "airssys:component/timers@0.1.0";
pub(crate) const MONITORS: &str = "airssys:component/monitors@0.1.0";
pub(crate) const HANDLER: &str = "airssys:component/handler@0.1.0";
pub(crate) const BATCH_HANDLER: &str = "airssys:component/batch-handler@0.1.0";
pub(crate) const CALLBACK: &str = "airssys:component/callback@0.1.0";
pub(crate) const EXITS: &str = "airssys:component/exits@0.1.0";
pub(crate) const LIFECYCLE: &str = "airssys:component/lifecycle@0.1.0";
pub(crate) const HEALTH: &str = "airssys:component/health@0.1.0";

/// The interfaces that a component may import.
pub(crate) const IMPORTS: [&str; 6] = [MESSAGING, CONTEXT, HANDLES, TOPICS, TIMERS, MONITORS];

/// The interfaces that the host calls, where a component exports them.
pub(crate) const EXPORTS: [&str; 6] = [HANDLER, BATCH_HANDLER, CALLBACK, EXITS, LIFECYCLE, HEALTH];

/// The WIT package that guests are written against, parsed.
pub(crate) struct Contract {
    resolve: Resolve,
    interfaces: HashMap<String, InterfaceId>,
}

impl Contract {
    /// The one that is built in.
    pub(crate) fn get() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
            Contract::parse(include_str!("../wit/package.wit"))
                .expect("`bindgen!` parsed this text when the crate was compiled")
        });
        &CONTRACT
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut resolve = Resolve::default();
        resolve.push_str("package.wit", text)?;
        let interfaces = resolve
            .interfaces
            .iter()
            .filter_map(|(id, _)| Some((resolve.id_of(id)?, id)))
            .collect();
        Ok(Self { resolve, interfaces })
    }

    pub(crate) fn resolve(&self) -> &Resolve {
        &self.resolve
    }

    /// The functions of the interface with this full name, if the package has it.
    pub(crate) fn functions(
        &self,
        interface: &str,
    ) -> Option<impl Iterator<Item = &Function> + use<'_>> {
        let id = self.interfaces.get(interface)?;
        Some(self.resolve.interfaces[*id].functions.values())
    }

    pub(crate) fn function(&self, interface: &str, name: &str) -> Option<&Function> {
        let id = self.interfaces.get(interface)?;
        self.resolve.interfaces[*id].functions.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_has_every_interface_by_its_name() {
        for interface in IMPORTS.iter().chain(&EXPORTS) {
            assert!(Contract::get().functions(interface).is_some(), "{interface}");
        }
    }
}
