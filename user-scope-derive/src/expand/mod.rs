//! From the model to code, one file for each thing that is generated.
//!
//! The code names everything by its full path: it must compile where nothing is imported, not even the prelude.
//! It is kept small, an application compiles it once for each of its entities. Nothing is judged here.

mod columns;
mod companion;
mod entity;
mod fallback;
mod identifier;
mod proofs;
mod relations;
mod select;
mod stored;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::DeriveInput;

pub(crate) use identifier::expand as identifier;
pub(crate) use select::expand as select;

use crate::faults::Faults;
use crate::model::Entity;
use crate::validate::{self, Checked};

/// `#[derive(UserScoped)]`.
pub(crate) fn user_scoped(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    let entity = Entity::read(input, &mut faults);
    let checked = if validate::has_form(input, &mut faults) { validate::check(&entity, &mut faults) } else { None };
    match (checked, faults.into_compile_errors()) {
        (Some(checked), None) => good(&checked),
        (_, errors) => {
            let fallback = fallback::user_scoped(input, entity);
            quote!(#errors #fallback)
        }
    }
}

fn good(checked: &Checked<'_>) -> TokenStream {
    let entity = checked.entity;
    let parts = [
        companion::new(entity),
        companion::changes(entity),
        columns::expand(entity),
        entity::expand(checked),
        stored::expand(checked),
        relations::marks(entity),
        relations::proofs(entity),
    ];
    let proofs = proofs::databases(entity);
    quote!(#(#parts)* #proofs)
}

/// The tokens as if they stood at `span`, the path to the library included.
fn shown_at(span: Span, tokens: TokenStream) -> TokenStream {
    let at_span = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(at_span).collect()
}
