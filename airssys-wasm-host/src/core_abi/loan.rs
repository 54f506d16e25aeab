//! What the host lends to its own functions for one call of a guest. They find it in the guest's
//! store, and what a store carries must live as long as the store: what is lent does not.
#![allow(unsafe_code)]

use wasmtime::{Store, TypedFunc, WasmParams};

use crate::bindings::BatchMessage;
use crate::state::State;

/// What is to be handed to a guest.
#[derive(Clone, Copy)]
pub(super) enum Lent<'a> {
    /// Arguments for which it allocates memory, one after the other.
    Arguments(&'a [&'a [u8]]),
    Messages(&'a [BatchMessage<'a>]),
}

/// What is lent now.
pub(crate) struct Loan(Lent<'static>);

impl Default for Loan {
    /// Nothing.
    fn default() -> Self {
        Self(Lent::Arguments(&[]))
    }
}

impl Loan {
    pub(super) fn get(&self) -> Lent<'_> {
        self.0
    }
}

/// Calls a function of the guest's that takes what is lent for the length of this call.
pub(super) fn call_with<P: WasmParams>(
    store: &mut Store<State>,
    lent: Lent<'_>,
    function: &TypedFunc<P, ()>,
    params: P,
) -> wasmtime::Result<()> {
    /// Ends the loan, also where the call panics.
    struct Ends<'a>(&'a mut Store<State>);

    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.data_mut().loan = Loan::default();
        }
    }

    // SAFETY: the loan ends before this function does, and what is lent outlives that. Meanwhile it
    // is read through `Loan::get` alone, for no longer than a borrow of the store's data lasts, by
    // functions that the guest calls; and these are done when the call is. Nothing moves a loan.
    let lent = unsafe { std::mem::transmute::<Lent<'_>, Lent<'static>>(lent) };
    store.data_mut().loan = Loan(lent);
    let ends = Ends(store);
    function.call(&mut *ends.0, params)
}
