//! What the compiler is asked to prove at the struct, so that a wrong type is told there and not where the
//! entity is used: parents are entities of the same owner, columns fit the databases named by `on(…)`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::TypePath;
use syn::spanned::Spanned;

use crate::model::{Column, Entity, at};

/// The parent's `entity` function, once it is proven to be a parent of this entity. A message stands where the
/// parent is named; proof and function stand together, so that there is one message for both.
pub(super) fn parent(entity: &Entity<'_>, column: &Column<'_>, parent: &TypePath) -> TokenStream {
    let (ident, support, id) = (entity.ident, &entity.support, column.value);
    quote_spanned! {at(parent.span())=> {
        #support::assert_parent::<#parent, #ident, #id>();
        <#parent as #support::UserScoped>::entity
    }}
}

/// That the databases named by `on(…)` can store every column.
pub(super) fn databases(entity: &Entity<'_>) -> Option<TokenStream> {
    let support = &entity.support;
    let mut seen = HashSet::new();
    let columns: Vec<_> = entity
        .columns
        .iter()
        .filter(|column| !column.is_text() && seen.insert(column.value.to_token_stream().to_string()))
        .collect();
    let assertions = entity.databases.iter().flat_map(|database| {
        columns.iter().map(move |column| {
            let value = column.value;
            quote_spanned!(column.type_span()=> #support::assert_storable::<#database, #value>();)
        })
    });
    let assertions: Vec<_> = assertions.collect();
    (!assertions.is_empty()).then(|| quote!(const _: () = { #(#assertions)* };))
}
