use super::{Fault, Flaw};

/// A place in a body.
pub(super) struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }

    /// How many bytes are behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8, Flaw> {
        let byte = *self.body.get(self.at).ok_or(self.truncated())?;
        self.at += 1;
        Ok(byte)
    }

    /// A big-endian number of this many bytes, which are at most eight.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64, Flaw> {
        let start = self.at;
        self.skip(bytes as u64)?;
        let number = &self.body[start..self.at];
        Ok(number.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Flaw> {
        if bytes > (self.body.len() - self.at) as u64 {
            return Err(self.truncated());
        }
        self.at += bytes as usize;
        Ok(())
    }

    fn truncated(&self) -> Flaw {
        Flaw { at: self.body.len(), fault: Fault::Truncated }
    }
}
