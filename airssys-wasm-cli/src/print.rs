use std::fmt;
use std::io::{self, ErrorKind, Write};

use crate::report::{Report, Reported};

/// Writes the answer of a command to standard output. A reader who has seen enough is no fault.
pub(crate) fn print(answer: &dyn fmt::Display, report: Report) -> Result<(), Reported> {
    let mut output = io::stdout().lock();
    let printed = output.write_all(answer.to_string().as_bytes()).and_then(|()| output.flush());
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(report.fault(format_args!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Rows of cells, in columns as wide as what is in them.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    indent: usize,
}

const BETWEEN_COLUMNS: usize = 2;

impl Table {
    pub(crate) fn indented(indent: usize) -> Self {
        Self { rows: Vec::new(), indent }
    }

    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// A row for each value, the first of which has the name in front; a dash if there is none.
    pub(crate) fn list(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let mut values = values.into_iter();
        self.row([name.to_owned(), values.next().unwrap_or_else(|| "-".to_owned())]);
        for value in values {
            self.row([String::new(), value]);
        }
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> =
            (0..columns).map(|column| self.width(column) + BETWEEN_COLUMNS).collect();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:width$}"));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut table = Table::indented(2);
        table.row(["a", "bcd", "e"]);
        table.list("über", ["1".to_owned(), "2".to_owned()]);
        table.list("-", []);
        assert_eq!(table.to_string(), "  a     bcd  e\n  über  1\n        2\n  -     -\n");
    }
}
