//! What stands in for the code of a struct with faults, so that one fault gives one message: the rest of the
//! program finds the types, constants and impls that it uses. None of it runs.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::DeriveInput;

use super::{columns, companion, relations};
use crate::attributes::Companion;
use crate::model::{Entity, Role};

/// Nothing for generics: their impls would be faults of their own.
pub(super) fn user_scoped(input: &DeriveInput, mut entity: Entity<'_>) -> Option<TokenStream> {
    if !input.generics.params.is_empty() {
        return None;
    }
    assume(&mut entity, Role::Id, "id");
    assume(&mut entity, Role::Owner, "user_id");
    forget_attributes(&mut entity);
    let parts = [
        companion::new(&entity),
        companion::changes(&entity),
        columns::expand(&entity),
        impls(&entity),
        relations::any_marks(&entity),
    ];
    Some(quote!(#(#parts)*))
}

/// A forgotten mark is told already; that `NewTask` then has a field too many need not be.
fn assume(entity: &mut Entity<'_>, role: Role, name: &str) {
    if entity.with_role(role).is_none()
        && let Some(column) = entity.columns.iter_mut().find(|column| column.ident == name)
    {
        column.role = role;
    }
}

/// What a struct derives may not have been readable, and then the attributes of its fields belong to nothing.
fn forget_attributes(entity: &mut Entity<'_>) {
    let is_plain = |companion: &Companion| companion.derives.is_empty() && companion.attributes.is_empty();
    for column in &mut entity.columns {
        if is_plain(&entity.new) {
            column.attributes.new.clear();
        }
        if is_plain(&entity.changes) {
            column.attributes.changes.clear();
        }
    }
}

fn impls(entity: &Entity<'_>) -> TokenStream {
    let (ident, support, new, changes) = (entity.ident, &entity.support, entity.new_ident(), entity.changes_ident());
    let of = |role| match entity.with_role(role) {
        Some(column) => column.value.to_token_stream(),
        None => quote!(#support::Uuid),
    };
    let (id, owner) = (of(Role::Id), of(Role::Owner));
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl #support::UserScoped for #ident {
            type Id = #id;
            type Owner = #owner;
            type New = #new;
            type Changes = #changes;
            fn entity() -> &'static #support::Entity { loop {} }
            fn id(&self) -> &Self::Id { loop {} }
            fn owner(&self) -> &Self::Owner { loop {} }
            fn generate_id() -> ::core::option::Option<Self::Id> { loop {} }
            fn changed(changes: &Self::Changes) -> #support::ColumnSet { loop {} }
        }

        #[automatically_derived]
        #[allow(unused_variables)]
        impl<__DB: #support::Backend> #support::Stored<__DB> for #ident {
            fn decode(row: &__DB::Row) -> ::core::result::Result<Self, #support::DecodeError> { loop {} }
            fn codec(column: usize) -> ::core::option::Option<#support::Codec<__DB>> { loop {} }
            fn bind_new(
                new: Self::New,
                stamp: #support::Stamp<'_, Self>,
                arguments: &mut __DB::Arguments,
            ) -> ::core::result::Result<(), #support::BindError> { loop {} }
            fn bind_changes(
                changes: Self::Changes,
                moment: #support::Moment,
                arguments: &mut __DB::Arguments,
            ) -> ::core::result::Result<(), #support::BindError> { loop {} }
        }
    }
}
