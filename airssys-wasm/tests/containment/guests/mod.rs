//! The hostile guests, by what they attack.

mod allocation;
mod answers;
mod arithmetic;
mod computing;
mod lifecycle;
mod memory;
mod modules;
mod pointers;
mod recursion;
mod sends;

use crate::hostile::Hostile;

pub(crate) fn families() -> Vec<Hostile> {
    let families = [
        allocation::guests(),
        answers::guests(),
        arithmetic::guests(),
        computing::guests(),
        lifecycle::guests(),
        memory::guests(),
        modules::guests(),
        pointers::guests(),
        recursion::guests(),
        sends::guests(),
    ];
    families.into_iter().flatten().collect()
}
