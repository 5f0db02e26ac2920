//! `impl<DB> Stored<DB>`: rows to values and values to arguments, once for every database.
//!
//! The impl asks that the database can store each type of a column; which databases can is for sqlx to say.
//! Rows are read by position, and arguments are bound in the order of the columns.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use super::shown_at;
use crate::model::{Column, Entity, Role};
use crate::validate::Checked;

pub(super) fn expand(checked: &Checked<'_>) -> TokenStream {
    let entity = checked.entity;
    let (ident, support, bounds) = (entity.ident, &entity.support, bounds(entity));
    let columns = entity.columns.iter().map(|column| {
        let (field, get) = (column.ident, get(entity, column));
        quote!(#field: #get)
    });
    let skipped = entity.skipped.iter().map(|skipped| {
        let field = skipped.ident;
        quote!(#field: ::core::default::Default::default())
    });
    let codec = codec(entity);
    let bind_new = entity.columns.iter().filter(|column| !column.is_made_by_database()).map(|c| bind_new(entity, c));
    let bind_moment = bind_moment(entity);
    let bind_changes = entity.columns.iter().map(|column| bind_change(entity, column));
    // A column's type may be called `DB`.
    quote! {
        #[automatically_derived]
        #[allow(deprecated, trivial_bounds, unused_variables)]
        impl<__DB: #support::Backend> #support::Stored<__DB> for #ident
        where
            #(#bounds,)*
        {
            fn decode(row: &__DB::Row) -> ::core::result::Result<Self, #support::DecodeError> {
                ::core::result::Result::Ok(Self { #(#columns,)* #(#skipped,)* })
            }

            fn codec(column: usize) -> ::core::option::Option<#support::Codec<__DB>> {
                ::core::option::Option::Some(match column {
                    #(#codec)*
                    _ => return ::core::option::Option::None,
                })
            }

            fn bind_new(
                new: Self::New,
                stamp: #support::Stamp<'_, Self>,
                arguments: &mut __DB::Arguments,
            ) -> ::core::result::Result<(), #support::BindError> {
                #(#bind_new?;)*
                ::core::result::Result::Ok(())
            }

            fn bind_changes(
                changes: Self::Changes,
                moment: #support::Moment,
                arguments: &mut __DB::Arguments,
            ) -> ::core::result::Result<(), #support::BindError> {
                #(#bind_changes)*
                ::core::result::Result::Ok(())
            }

            #bind_moment
        }
    }
}

/// Each type once. For an `Option` both, with and without it: sqlx implements `Option` per driver. An identifier
/// that is stored as text need not be storable itself; that it is one is asked here, once, instead of at each use.
fn bounds(entity: &Entity<'_>) -> Vec<TokenStream> {
    let support = &entity.support;
    let mut seen = HashSet::new();
    let types = entity.columns.iter().flat_map(|column| [(column, column.value), (column, column.ty)]);
    types
        .filter(|(column, ty)| !column.is_text() || std::ptr::eq(*ty, column.value))
        .filter(|(column, ty)| seen.insert((column.is_text(), ty.to_token_stream().to_string())))
        .map(|(column, ty)| {
            let bound = if column.is_text() { quote!(#support::Identifier) } else { quote!(#support::Value<__DB>) };
            let bound = shown_at(column.type_span(), bound);
            quote!(#ty: #bound)
        })
        .collect()
}

fn get(entity: &Entity<'_>, column: &Column<'_>) -> TokenStream {
    let (support, position) = (&entity.support, column.position);
    let (get, ty) = match (column.is_text(), column.is_nullable()) {
        (false, _) => (quote!(get), column.ty),
        (true, false) => (quote!(get_as_text), column.ty),
        (true, true) => (quote!(get_optional_as_text), column.value),
    };
    quote_spanned!(column.type_span()=> #support::#get::<__DB, #ty>(row, #position)?)
}

/// One arm for all columns of a type.
fn codec(entity: &Entity<'_>) -> Vec<TokenStream> {
    let support = &entity.support;
    let mut arms: Vec<(&Column<'_>, String, Vec<usize>)> = Vec::new();
    for column in &entity.columns {
        let ty = column.value.to_token_stream().to_string();
        match arms.iter_mut().find(|(first, known, _)| *known == ty && first.is_text() == column.is_text()) {
            Some((.., positions)) => positions.push(column.position),
            None => arms.push((column, ty, vec![column.position])),
        }
    }
    let arm = |(column, _, positions): (&Column<'_>, String, Vec<usize>)| {
        let (value, of) = (column.value, if column.is_text() { quote!(of_text) } else { quote!(of) });
        let codec = quote_spanned!(column.type_span()=> #support::Codec::#of::<#value>());
        quote!(#(#positions)|* => #codec,)
    };
    arms.into_iter().map(arm).collect()
}

/// Nothing if no column holds a moment that is written later.
fn bind_moment(entity: &Entity<'_>) -> Option<TokenStream> {
    let support = &entity.support;
    let columns = entity.columns.iter().filter(|c| matches!(c.role, Role::UpdatedAt | Role::DeletedAt));
    let arms: Vec<_> = columns
        .map(|column| {
            let (position, add) = (column.position, add_time(entity, column, &quote!(moment)));
            quote!(#position => #add,)
        })
        .collect();
    (!arms.is_empty()).then(|| {
        quote! {
            fn bind_moment(
                column: usize,
                moment: #support::Moment,
                arguments: &mut __DB::Arguments,
            ) -> ::core::result::Result<(), #support::BindError> {
                match column {
                    #(#arms)*
                    _ => ::core::result::Result::Err(#support::no_such_column(column)),
                }
            }
        }
    })
}

fn bind_new(entity: &Entity<'_>, column: &Column<'_>) -> TokenStream {
    let (support, field) = (&entity.support, column.ident);
    match column.role {
        Role::Id if column.is_keyed_by_owner() => add(entity, column, &quote!(&new.#field)),
        Role::Id => add(entity, column, &quote!(#support::made_id(stamp.id.as_ref())?)),
        Role::Owner => add(entity, column, &quote!(stamp.owner)),
        Role::CreatedAt | Role::UpdatedAt => add_time(entity, column, &quote!(stamp.moment)),
        Role::DeletedAt => add(entity, column, &quote!(&::core::option::Option::None)),
        Role::Version => {
            let ty = column.ty;
            let first = quote_spanned!(column.type_span()=> <#ty as #support::VersionNumber>::FIRST);
            add(entity, column, &quote!(&#first))
        }
        Role::Data => add(entity, column, &quote!(&new.#field)),
    }
}

fn bind_change(entity: &Entity<'_>, column: &Column<'_>) -> Option<TokenStream> {
    let (support, field) = (&entity.support, column.ident);
    match column.role {
        Role::Id | Role::Owner | Role::CreatedAt | Role::DeletedAt | Role::Version => None,
        Role::UpdatedAt => {
            let add = add_time(entity, column, &quote!(moment));
            Some(quote!(#add?;))
        }
        Role::Data => {
            let add = add(entity, column, &quote!(value));
            Some(quote!(if let #support::Change::Set(value) = &changes.#field { #add?; }))
        }
    }
}

/// Binds a reference to the column's type; the call gives a result.
fn add(entity: &Entity<'_>, column: &Column<'_>, value: &TokenStream) -> TokenStream {
    let support = &entity.support;
    let call = |function: TokenStream, ty: &Type, value: &TokenStream| quote_spanned!(column.type_span()=> #support::#function::<__DB, #ty>(arguments, #value));
    match (column.is_text(), column.is_nullable()) {
        (false, _) => call(quote!(add), column.ty, value),
        (true, false) => call(quote!(add_as_text), column.ty, value),
        (true, true) => call(quote!(add_optional_as_text), column.value, &quote!((#value).as_ref())),
    }
}

fn add_time(entity: &Entity<'_>, column: &Column<'_>, moment: &TokenStream) -> TokenStream {
    let (support, value) = (&entity.support, column.value);
    let mut time = quote_spanned!(column.type_span()=> <#value as #support::Timestamp>::at(#moment));
    if column.is_nullable() {
        time = quote!(::core::option::Option::Some(#time));
    }
    add(entity, column, &quote!(&#time))
}
