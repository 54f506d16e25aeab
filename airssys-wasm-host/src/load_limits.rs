use thiserror::Error;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

use crate::LoadError;

/// How much a component may be, to be compiled at all. The compiler cannot be interrupted, and a few
/// thousand bytes can be made that keep it busy for minutes: so what it would cost is estimated
/// before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// Bytes, of the binary or the text.
    pub size: usize,
    /// Bytes of code in one function: from about here on, time grows faster than code.
    pub function_size: usize,
    /// What compiling all functions costs, where 1 is about what a byte of common code does.
    ///
    /// It is the bytes of code, 100 for each function, and for loops within loops the square of
    /// their depth times the number of local variables, as each loop may hand each of them on.
    pub work: u64,
}

impl Default for LoadLimits {
    /// 64 MiB, 1 MiB and 128 Mi: room for an interpreter of Python or JavaScript, and a minute or two
    /// of one core at the worst.
    fn default() -> Self {
        Self { size: 64 << 20, function_size: 1 << 20, work: 128 << 20 }
    }
}

/// What of a component is over its [`LoadLimits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TooMuch {
    /// The binary or text.
    #[error("it has {size} bytes, and the limit is {limit}")]
    Size {
        /// Bytes.
        size: usize,
        /// Bytes.
        limit: usize,
    },
    /// A function.
    #[error("one of its functions has {size} bytes of code, and the limit is {limit}")]
    FunctionSize {
        /// Bytes.
        size: usize,
        /// Bytes.
        limit: usize,
    },
    /// The compiler's work.
    #[error("to compile it takes more work than {limit} bytes of common code would")]
    Work {
        /// As [`LoadLimits::work`].
        limit: u64,
    },
}

const WORK_PER_FUNCTION: u64 = 100;

impl LoadLimits {
    pub(crate) fn check_size(&self, source: &[u8]) -> Result<(), LoadError> {
        if source.len() > self.size {
            return Err(TooMuch::Size { size: source.len(), limit: self.size }.into());
        }
        Ok(())
    }

    /// Reads all code of a component, its inner ones included.
    pub(crate) fn check_code(&self, binary: &[u8]) -> Result<(), LoadError> {
        let mut work = 0_u64;
        for payload in Parser::new(0).parse_all(binary) {
            let payload = payload.map_err(|error| LoadError::Invalid(error.into()))?;
            let Payload::CodeSectionEntry(body) = payload else { continue };
            let size = body.range().len();
            if size > self.function_size {
                return Err(TooMuch::FunctionSize { size, limit: self.function_size }.into());
            }
            let loops = work_of_loops(&body).map_err(|error| LoadError::Invalid(error.into()))?;
            work = work.saturating_add(loops).saturating_add(size as u64 + WORK_PER_FUNCTION);
            if work > self.work {
                return Err(TooMuch::Work { limit: self.work }.into());
            }
        }
        Ok(())
    }
}

fn work_of_loops(body: &FunctionBody<'_>) -> wasmparser::Result<u64> {
    let (mut depth, mut deepest, mut locals) = (0_u64, 0_u64, 0_u64);
    // Whether each block that is open is a loop.
    let mut blocks = Vec::new();
    for operator in body.get_operators_reader()? {
        let is_loop = match operator? {
            Operator::Loop { .. } => true,
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => false,
            Operator::End => {
                if blocks.pop() == Some(true) {
                    depth -= 1;
                }
                continue;
            }
            // Parameters count as well, which the body does not declare.
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index } => {
                locals = locals.max(u64::from(local_index) + 1);
                continue;
            }
            _ => continue,
        };
        blocks.push(is_loop);
        depth += u64::from(is_loop);
        deepest = deepest.max(depth);
    }
    Ok(deepest.saturating_mul(deepest).saturating_mul(locals))
}
