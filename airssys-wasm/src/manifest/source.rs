use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, Place};

/// The text of a manifest, and where it came from.
pub(super) struct Source {
    path: PathBuf,
    text: String,
}

/// A step into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl Source {
    pub(super) fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub(super) fn read(path: PathBuf, named_at: Option<Place>) -> Result<Self, ManifestError> {
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(cause) => Err(ManifestError::Unreadable { path, named_at, cause }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file that this one names.
    pub(super) fn resolve(&self, relative: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(relative)
    }

    /// An error if there is no file at `path`, which this one names at `steps`.
    pub(super) fn expect_file(&self, path: &Path, steps: &[Step<'_>]) -> Result<(), ManifestError> {
        let cause = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => return Ok(()),
            Ok(_) => io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"),
            Err(error) => error,
        };
        let named_at = Some(self.place_of(steps));
        Err(ManifestError::Unreadable { path: path.to_owned(), named_at, cause })
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ManifestError> {
        toml::from_str(&self.text).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &toml::de::Error) -> ManifestError {
        let span = error.span().unwrap_or_default();
        let fault = match DeTable::parse(&self.text) {
            // What the document lacks has the whole document's span.
            Ok(document) if span.is_empty() || span == document.span() => {
                explain(error.message(), &[])
            }
            Ok(document) => explain(error.message(), &path_to(span.start, document.get_ref())),
            Err(_) if error.message() == "duplicate key" => {
                let key = self.text.get(span.clone()).unwrap_or_default();
                format!("the key `{key}` is here a second time; take one of the two out")
            }
            Err(_) => one_line(error.message()),
        };
        ManifestError::Invalid { at: self.place(span.start), fault }
    }

    /// Where the value at `steps` is; the first line, if there is none.
    pub(super) fn place_of(&self, steps: &[Step<'_>]) -> Place {
        self.find(steps).unwrap_or_else(|| self.place(0))
    }

    /// Where the value at `steps` is.
    pub(super) fn find(&self, steps: &[Step<'_>]) -> Option<Place> {
        let document = DeTable::parse(&self.text).ok()?;
        let (Step::Key(first), rest) = steps.split_first()? else {
            return None;
        };
        let (_, start) = document.get_ref().get_key_value(*first)?;
        let value = rest.iter().try_fold(start, |value, step| match (step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => table.get(*key),
            (Step::Item(index), DeValue::Array(items)) => items.get(*index),
            _ => None,
        })?;
        Some(self.place(value.span().start))
    }

    fn place(&self, offset: usize) -> Place {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The way to the key or the value at `offset`.
fn path_to<'a>(offset: usize, document: &'a DeTable<'_>) -> Vec<Step<'a>> {
    let mut path = Vec::new();
    descend_table(offset, document, &mut path);
    path
}

fn descend_table<'a>(offset: usize, table: &'a DeTable<'_>, path: &mut Vec<Step<'a>>) -> bool {
    table.iter().any(|(key, value)| {
        path.push(Step::Key(key.get_ref()));
        let found = key.span().contains(&offset) || descend(offset, value, path);
        if !found {
            path.pop();
        }
        found
    })
}

/// A table's span is its header's alone, and its entries lie outside: every branch is looked at.
fn descend<'a>(offset: usize, value: &'a Spanned<DeValue<'_>>, path: &mut Vec<Step<'a>>) -> bool {
    let inside = match value.get_ref() {
        DeValue::Table(table) => descend_table(offset, table, path),
        DeValue::Array(items) => items.iter().enumerate().any(|(index, item)| {
            path.push(Step::Item(index));
            let found = descend(offset, item, path);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    };
    inside || value.span().contains(&offset)
}

/// What the parser says, in the words of someone who edits a manifest.
fn explain(message: &str, path: &[Step<'_>]) -> String {
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, expected)) = rest.split_once('`')
    {
        let expected = expected.trim_start_matches([',', ' ']);
        return match section(parent(path)) {
            Some(section) => format!("unknown key `{key}` in {section}; {expected}"),
            None => format!("unknown section `{key}`; {expected}"),
        };
    }
    if let Some(rest) = message.strip_prefix("missing field `")
        && let Some((key, _)) = rest.split_once('`')
    {
        return match section(path) {
            Some(section) => format!("missing key `{key}` in {section}; add it"),
            None => format!("missing section [{key}]; add it"),
        };
    }
    let message = one_line(message);
    match (last_key(path), section(parent(path))) {
        (Some(key), Some(section)) => format!("`{key}` in {section}: {message}"),
        (Some(key), None) => format!("`{key}`: {message}"),
        (None, _) => message,
    }
}

fn one_line(message: &str) -> String {
    message.trim_end().replace('\n', "; ")
}

fn last_key<'a>(path: &[Step<'a>]) -> Option<&'a str> {
    path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(*key),
        Step::Item(_) => None,
    })
}

/// What the last key of `path` is in.
fn parent<'p, 'a>(path: &'p [Step<'a>]) -> &'p [Step<'a>] {
    let last = path.iter().rposition(|step| matches!(step, Step::Key(_)));
    &path[..last.unwrap_or(0)]
}

/// The header of the table at `path`; none for the document itself.
fn section(path: &[Step<'_>]) -> Option<String> {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        })
        .collect();
    match path.last()? {
        Step::Key(_) => Some(format!("[{}]", keys.join("."))),
        Step::Item(_) => Some(format!("[[{}]]", keys.join("."))),
    }
}
