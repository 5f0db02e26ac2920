//! `Task::TITLE`: a constant for each column, for conditions and orders; and one for each unique key, `Task::BY_TITLE`.
//!
//! Names and positions only; what can be done with a column is the library's to say.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::model::Entity;

pub(super) fn expand(entity: &Entity<'_>) -> TokenStream {
    let (ident, support) = (entity.ident, &entity.support);
    // Two of one name are a fault, told already; the second would be a fault of its own in the fallback.
    let mut seen = HashSet::new();
    let columns: Vec<_> = entity.columns.iter().filter(|column| seen.insert(column.constant.to_string())).collect();
    let constants = columns.into_iter().map(|column| {
        let (vis, constant, value, position) = (column.vis, &column.constant, column.value, column.position);
        let doc = format!("The column `{}`, for conditions and orders.", column.name.value());
        let nullable = column.is_nullable().then(|| quote!(, #support::Nullable));
        quote! {
            #[doc = #doc]
            #vis const #constant: #support::Column<#ident, #value #nullable> = #support::Column::at(#position);
        }
    });
    let keys = keys(entity).filter(|(constant, _)| seen.insert(constant.to_string())).map(|(_, key)| key);
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, non_upper_case_globals)]
        impl #ident { #(#constants)* #(#keys)* }
    }
}

/// The keys that hold the owner, on which an upsert may conflict: the constant's name, and the constant.
fn keys<'a>(entity: &'a Entity<'_>) -> impl Iterator<Item = (Ident, TokenStream)> + 'a {
    let (ident, vis, support) = (entity.ident, entity.vis, &entity.support);
    let id = entity.columns.iter().filter(|column| column.is_keyed_by_owner());
    let id = id.map(|column| (format_ident!("BY_{}", column.constant), vec![column]));
    let declared = entity.unique.iter().map(|key| (key.constant(), entity.columns_of(key)));
    id.chain(declared).map(move |(constant, columns)| {
        let (names, positions): (Vec<_>, Vec<_>) = columns.iter().map(|c| (c.name.value(), c.position)).unzip();
        let doc = format!("The unique key of the owner and `{}`, for upserts.", names.join("` and `"));
        let key = quote! {
            #[doc = #doc]
            #vis const #constant: #support::UniqueKey<#ident> =
                #support::UniqueKey::on(#support::ColumnSet::EMPTY #(.with(#positions))*);
        };
        (constant, key)
    })
}
