use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::letter::Letter;
use crate::print::{Table, print};
use crate::report::{OneLine, Report, Reported};

/// Why there is nothing to show.
#[derive(Debug, Error)]
enum ShowError {
    #[error("cannot read {}: {cause}; check the path", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error(
        "{}:{line}: this is no dead letter ({fault}); `airssys run --dead-letters` writes files \
         that this command reads", path.display()
    )]
    NoLetter { path: PathBuf, line: usize, fault: String },
}

/// How many characters of a message are shown.
const SHOWN: usize = 60;

/// Prints the dead letters of a file, one line each.
pub(crate) fn show(path: &Path, report: Report) -> Result<(), Reported> {
    let letters = read(path).map_err(|error| report.error(&error))?;
    let mut table = Table::default();
    table.row(["number", "time", "reason", "from", "to", "delivery", "bytes", "message"]);
    for letter in &letters {
        table.row(row(letter));
    }
    print(&table, report)
}

fn row(letter: &Letter) -> [String; 8] {
    let Letter { number, time, reason, from, to, delivery, bytes, .. } = letter;
    let line = |text: &String| OneLine(text).to_string();
    let numbers = [number.to_string(), delivery.to_string(), bytes.to_string()];
    let [number, delivery, bytes] = numbers;
    let detail = letter.detail.as_ref().map(|detail| format!("  ({})", OneLine(detail)));
    let message = format!("{}{}", message(letter), detail.unwrap_or_default());
    [number, line(time), line(reason), line(from), line(to), delivery, bytes, message]
}

/// The beginning of the message, as far as it is text.
fn message(letter: &Letter) -> String {
    let payload = letter.payload().unwrap_or_default();
    let text = String::from_utf8_lossy(&payload);
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{more}", OneLine(shown))
}

fn read(path: &Path) -> Result<Vec<Letter>, ShowError> {
    let text = fs::read_to_string(path)
        .map_err(|cause| ShowError::Unreadable { path: path.to_owned(), cause })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(at, line)| {
            let no_letter =
                |fault| ShowError::NoLetter { path: path.to_owned(), line: at + 1, fault };
            let letter: Letter =
                serde_json::from_str(line).map_err(|error| no_letter(error.to_string()))?;
            match (letter.is_readable(), letter.payload()) {
                (false, _) => Err(no_letter("it is of another version".to_owned())),
                (true, None) => Err(no_letter("`payload` is not in multibase".to_owned())),
                (true, Some(_)) => Ok(letter),
            }
        })
        .collect()
}
