use std::fmt::Display;

use thiserror::Error;

/// What holds for one binary only: that with this digest.
///
/// ```
/// # use airssys_wasm_security::Binding;
/// let binding = Binding::to("bciq-of-the-binary");
/// assert!(binding.judge(&"bciq-of-the-binary").is_ok());
///
/// let changed = binding.judge(&"bciq-of-another").unwrap_err();
/// assert_eq!(
///     changed.to_string(),
///     "the grant is for the binary bciq-of-the-binary, and this one is bciq-of-another",
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<D> {
    to: D,
}

impl<D: PartialEq + Clone + Display> Binding<D> {
    /// Binds to the binary that has this digest.
    pub fn to(digest: D) -> Self {
        Self { to: digest }
    }

    /// Whether a binary with the digest `found` is the one.
    ///
    /// # Errors
    ///
    /// If it is another; the error has both digests.
    pub fn judge(&self, found: &D) -> Result<(), Unbound<D>> {
        if self.to == *found {
            return Ok(());
        }
        Err(Unbound { bound_to: self.to.clone(), found: found.clone() })
    }

    /// The digest of the binary that it binds to.
    pub fn digest(&self) -> &D {
        &self.to
    }
}

/// A grant is bound to another binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the grant is for the binary {bound_to}, and this one is {found}")]
pub struct Unbound<D: Display> {
    /// The digest of the binary that the grant is for.
    pub bound_to: D,
    /// The digest of the binary that was found.
    pub found: D,
}
