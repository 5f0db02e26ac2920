//! The faults of a struct, gathered so that one compilation tells them all.
//!
//! What is a fault is decided elsewhere; no message stands here.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Faults(Option<syn::Error>);

impl Faults {
    /// A fault at `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// A fault at a place that is no longer at hand as tokens.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, fault: syn::Error) {
        match &mut self.0 {
            Some(faults) => faults.combine(fault),
            none => *none = Some(fault),
        }
    }

    /// Whether nothing was found so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// All faults as `compile_error!`s, `None` if there are none.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        self.0.map(syn::Error::into_compile_error)
    }

    /// What each fault says, in the order in which they were found.
    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|fault| fault.to_string()).collect()
    }
}
