//! What an entity is beside a table of rows, as marks that the library's bounds ask for: soft deletion, versions, its
//! key; and who is whose child, proven on both sides.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::TypePath;
use syn::spanned::Spanned;

use crate::model::{Column, Entity, Role, at};

/// The children as the definition lists them: the functions that give their entities. A tree is its own child.
pub(super) fn children(entity: &Entity<'_>) -> Vec<TokenStream> {
    let (ident, support) = (entity.ident, &entity.support);
    let child = |child: &TypePath| {
        quote_spanned! {at(child.span())=> {
            #support::assert_below::<#child, #ident>();
            <#child as #support::UserScoped>::entity
        }}
    };
    listed(entity).iter().map(child).collect()
}

/// Marker traits, and who is whose child.
pub(super) fn marks(entity: &Entity<'_>) -> TokenStream {
    let support = &entity.support;
    let lists = listed(entity).into_iter().map(|child| mark(entity, &quote!(#support::Lists<#child>)));
    let below = parents(entity).into_iter().map(|(parent, _)| mark(entity, &quote!(#support::Below<#parent>)));
    let relations: TokenStream = lists.chain(below).collect();
    let marks = marks_of_its_own(entity);
    quote!(#marks #relations)
}

/// The same for a struct with faults: what it forgot to say of its relatives is no fault of theirs.
pub(super) fn any_marks(entity: &Entity<'_>) -> TokenStream {
    let (ident, support, marks) = (entity.ident, &entity.support, marks_of_its_own(entity));
    quote! {
        #marks
        impl<__Child> #support::Lists<__Child> for #ident {}
        impl<__Parent> #support::Below<__Parent> for #ident {}
    }
}

fn marks_of_its_own(entity: &Entity<'_>) -> TokenStream {
    let support = &entity.support;
    let soft_delete = entity.with_role(Role::DeletedAt).map(|_| mark(entity, &quote!(#support::SoftDelete)));
    let versioned = entity.with_role(Role::Version).map(|_| mark(entity, &quote!(#support::Versioned)));
    let keyed_by_owner = entity.with_role(Role::Id).is_some_and(Column::is_keyed_by_owner);
    let keyed_by_id = (!keyed_by_owner).then(|| mark(entity, &quote!(#support::KeyedById)));
    let child_of = parents(entity).into_iter().map(|(parent, columns)| match columns.as_slice() {
        [column] => child_of(entity, &parent, column),
        // Nobody could say which of two is meant.
        _ => TokenStream::new(),
    });
    let given_id = entity.with_role(Role::Id).is_some_and(|id| !id.is_keyed_by_owner() && !id.is_made_by_database());
    let given_id = given_id.then(|| mark(entity, &quote!(#support::GivenId)));
    [soft_delete, versioned, keyed_by_id, given_id].into_iter().flatten().chain(child_of).collect()
}

fn mark(entity: &Entity<'_>, mark: &TokenStream) -> TokenStream {
    let ident = entity.ident;
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #mark for #ident {}
    }
}

fn child_of(entity: &Entity<'_>, parent: &TypePath, column: &Column<'_>) -> TokenStream {
    let (ident, support, field, position) = (entity.ident, &entity.support, column.ident, column.position);
    let id_type = column.value;
    let id = if column.is_nullable() {
        quote!(self.#field.as_ref())
    } else {
        quote!(::core::option::Option::Some(&self.#field))
    };
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #support::ChildOf<#parent> for #ident {
            type ParentId = #id_type;
            const COLUMN: usize = #position;

            fn parent_id(&self) -> ::core::option::Option<&Self::ParentId> {
                #id
            }
        }
    }
}

/// What is declared for the deletion of a parent is done only if the parent knows of this child. A tree does.
pub(super) fn proofs(entity: &Entity<'_>) -> TokenStream {
    let (ident, support) = (entity.ident, &entity.support);
    let soft_deletes = entity.with_role(Role::DeletedAt).is_some();
    let proof = |(column, parent): (&Column<'_>, &TypePath)| {
        let on_delete = column.attributes.on_delete.filter(|_| !parent.path.is_ident(ident))?;
        // A child that is restored with its parent is known by its parent's mark.
        let differs = (on_delete == "cascade" && soft_deletes).then(|| {
            quote_spanned! {at(parent.span())=>
                ::core::assert!(
                    !<#parent as #support::UserScoped>::SOFT_DELETES
                        || <#parent as #support::UserScoped>::MARK == <#ident as #support::UserScoped>::MARK,
                    "a child that goes with its parent is marked with the same moment, and comes back by it; give both \
                     fields `#[user_scoped(deleted_at)]` the same type"
                );
            }
        });
        let stays = (on_delete == "cascade" && !soft_deletes).then(|| {
            quote_spanned! {at(parent.span())=>
                ::core::assert!(
                    !<#parent as #support::UserScoped>::SOFT_DELETES,
                    "rows of this parent are only marked as deleted, and a child that goes with its parent must be \
                     marked too; give the child a field `#[user_scoped(deleted_at)]`, or another `on_delete`"
                );
            }
        });
        Some(quote_spanned! {at(parent.span())=> #support::assert_lists::<#parent, #ident>(); #stays #differs })
    };
    let proofs: Vec<_> = entity.parents().filter_map(proof).collect();
    if proofs.is_empty() { TokenStream::new() } else { quote!(const _: () = { #(#proofs)* };) }
}

/// The children that are listed, each once, and the entity itself if it is a tree.
fn listed(entity: &Entity<'_>) -> Vec<TypePath> {
    let tree = entity.parents().map(|(_, parent)| parent).filter(|parent| parent.path.is_ident(entity.ident));
    let mut seen = HashSet::new();
    let listed = entity.children.iter().chain(tree);
    listed.filter(|child| seen.insert(child.to_token_stream().to_string())).cloned().collect()
}

/// Each parent once, with the columns that name it.
fn parents<'a>(entity: &'a Entity<'a>) -> Vec<(TypePath, Vec<&'a Column<'a>>)> {
    let mut parents: Vec<(TypePath, Vec<&Column<'_>>)> = Vec::new();
    for (column, parent) in entity.parents() {
        let words = parent.to_token_stream().to_string();
        match parents.iter_mut().find(|(known, _)| known.to_token_stream().to_string() == words) {
            Some((_, columns)) => columns.push(column),
            None => parents.push((parent.clone(), vec![column])),
        }
    }
    parents
}
