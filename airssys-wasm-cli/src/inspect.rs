//! `airssys inspect`.

use std::path::Path;

use crate::binary::Binary;
use crate::print::{Table, print};
use crate::report::{Report, Reported};

/// Tells what a component or core module is made of.
pub(crate) fn inspect(file: &Path, report: Report) -> Result<(), Reported> {
    let binary = Binary::read(file).map_err(|error| report.error(&error))?;
    let mut table = Table::default();
    binary.describe(&mut table);
    print(&table, report)
}
