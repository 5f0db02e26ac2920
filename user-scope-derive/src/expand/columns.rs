//! `Task::TITLE`: a constant for each column, for conditions and orders.
//!
//! Names and positions only; what can be done with a column is the library's to say.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Entity;

pub(super) fn expand(entity: &Entity<'_>) -> TokenStream {
    let (ident, support) = (entity.ident, &entity.support);
    // Two of one name are a fault, told already; the second would be a fault of its own in the fallback.
    let mut seen = HashSet::new();
    let constants = entity.columns.iter().filter(|column| seen.insert(&column.constant)).map(|column| {
        let (vis, constant, value, position) = (column.vis, &column.constant, column.value, column.position);
        let doc = format!("The column `{}`, for conditions and orders.", column.name.value());
        let nullable = column.is_nullable().then(|| quote!(, #support::Nullable));
        quote! {
            #[doc = #doc]
            #vis const #constant: #support::Column<#ident, #value #nullable> = #support::Column::at(#position);
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, non_upper_case_globals)]
        impl #ident { #(#constants)* }
    }
}
