//! Dead letters in a file: `airssys run --dead-letters` writes it, `airssys dead-letters` shows it.

mod letter;
mod show;
mod write;

pub(crate) use show::show;
pub(crate) use write::File;
