use std::error::Error;
use std::fmt::{self, Display};
use std::io::{self, Write};

/// What people are told on standard error: one line for each fault and each step.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    verbose: bool,
}

/// A fault was reported: the exit status is 1.
#[derive(Debug)]
pub(crate) struct Reported;

impl Report {
    pub(crate) fn new(verbose: bool) -> Self {
        Self { verbose }
    }

    /// Reports an error that carries its causes. They are shown to those who want to know more.
    pub(crate) fn error(self, error: &dyn Error) -> Reported {
        let reported = self.fault(format_args!("{error}"));
        let mut cause = error.source().filter(|_| self.verbose);
        while let Some(error) = cause {
            tell("  caused by", format_args!("{error}"));
            cause = error.source();
        }
        reported
    }

    pub(crate) fn fault(self, fault: fmt::Arguments<'_>) -> Reported {
        tell("error", fault);
        Reported
    }

    pub(crate) fn warning(self, warning: fmt::Arguments<'_>) {
        tell("warning", warning);
    }

    /// Says how far a command has come.
    pub(crate) fn step(self, step: fmt::Arguments<'_>) {
        tell("airssys", step);
    }
}

/// Text on one line, whatever is in it: what components say must not look like what we say.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.to_string().trim_end().chars() {
            if character.is_control() && character != '\t' {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

fn tell(kind: &str, what: fmt::Arguments<'_>) {
    // Where standard error takes nothing, nobody is left to be told of that.
    let _ = io::stderr().write_all(format!("{kind}: {}\n", OneLine(what)).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::OneLine;

    #[test]
    fn a_line_break_cannot_forge_a_line() {
        let text = OneLine("über\tall\nerror: forged\u{1b}[2J\n").to_string();
        assert_eq!(text, "über\tall\\nerror: forged\\u{1b}[2J");
    }
}
