//! JSON as RFC 8259 has it: in UTF-8, with any escapes.

use std::str;

use serde_core::Deserialize;
use serde_core::de::IgnoredAny;

use super::{Fault, Flaw};

const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Where the JSON text at the start of `body` ends, with the white space behind it.
pub(super) fn end_of_text(body: &[u8]) -> Result<usize, Flaw> {
    let text = str::from_utf8(body).map_err(|error| Flaw {
        at: error.valid_up_to(),
        fault: if error.error_len().is_some() { Fault::Forbidden } else { Fault::Truncated },
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // It does not recurse: to ignore a value, a byte for each open level is all that is kept.
    IgnoredAny::deserialize(&mut deserializer).map_err(|error| flaw(text, &error))?;
    let end = deserializer.into_iter::<IgnoredAny>().byte_offset();
    Ok(text.len() - text[end..].trim_start_matches(WHITE_SPACE).len())
}

fn flaw(text: &str, error: &serde_json::Error) -> Flaw {
    if error.is_eof() {
        return Flaw { at: text.len(), fault: Fault::Truncated };
    }
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    Flaw { at: before + error.column().saturating_sub(1), fault: Fault::Forbidden }
}
