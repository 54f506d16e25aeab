use std::io::{self, BufRead, Read};

/// The lines of an input, one after another in the same buffer, behind the same prefix.
///
/// A line ends before its `\n`, and the last one may lack that. No other byte means anything.
pub(super) struct Lines<R> {
    input: R,
    /// The prefix, and the line.
    buffer: Vec<u8>,
    prefix: usize,
    /// The most bytes of prefix and line together.
    limit: u64,
}

/// One line of an input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The prefix, and the line.
    Whole(&'a [u8]),
    /// It is over the limit, and was passed over without being kept.
    TooLong,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, prefix: Vec<u8>, limit: u64) -> Self {
        Self { input, prefix: prefix.len(), buffer: prefix, limit }
    }

    /// The next line; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.truncate(self.prefix);
        let room = self.limit.saturating_sub(self.prefix as u64);
        let mut within = self.input.by_ref().take(room.saturating_add(1));
        let read = within.read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        if self.buffer.ends_with(b"\n") {
            self.buffer.pop();
        } else if read as u64 > room {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Whole(&self.buffer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_LONG: &str = "(too long)";

    fn lines(input: &[u8], prefix: &[u8], limit: u64) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(input, prefix.to_vec(), limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(match line {
                Line::Whole(line) => line.to_vec(),
                Line::TooLong => TOO_LONG.into(),
            });
        }
        all
    }

    #[test]
    fn only_newlines_end_lines() {
        let cases: [(&[u8], &[&[u8]]); 6] = [
            (b"", &[]),
            (b"\n", &[b""]),
            (b"a\nb\n", &[b"a", b"b"]),
            (b"a\n\nb", &[b"a", b"", b"b"]),
            (b"a\r\nb\0\xff\n", &[b"a\r", b"b\0\xff"]),
            (b"\n\n", &[b"", b""]),
        ];
        for (input, expected) in cases {
            assert_eq!(lines(input, b"", 100), expected, "{input:?}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over() {
        assert_eq!(lines(b"abc\nabcd\nabc", b"", 3), [b"abc", TOO_LONG.as_bytes(), b"abc"]);
        assert_eq!(lines(b"abcd", b"", 3), [TOO_LONG.as_bytes()]);
        assert_eq!(lines(b"abcd\n\n", b"", 3), [TOO_LONG.as_bytes(), b""]);
        assert_eq!(lines(b"a\n\n", b"", 0), [TOO_LONG.as_bytes(), b""]);
    }

    #[test]
    fn the_prefix_is_in_front_of_each_line_and_counts() {
        assert_eq!(lines(b"a\n\nbc\n", b"\n>", 3), [&b"\n>a"[..], b"\n>", TOO_LONG.as_bytes()]);
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let input = io::BufReader::new(io::repeat(b'x').take(10 << 20));
        let mut lines = Lines::new(input, Vec::new(), 1000);
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong));
        assert!(lines.buffer.capacity() < 10_000);
        assert_eq!(lines.next().unwrap(), None);
    }
}
