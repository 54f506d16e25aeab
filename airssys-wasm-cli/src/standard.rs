use airssys_wasm::ComponentId;

/// The ids of the components that every system has.
pub(crate) fn ids() -> impl Iterator<Item = ComponentId> {
    ["airssys/stdout", "airssys/log"]
        .into_iter()
        .map(|id| ComponentId::parse(id).expect("a constant"))
}
