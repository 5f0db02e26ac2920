//! `impl UserScoped`: the entity as data, and what the library asks of rows, new rows and changes.
//!
//! No database enters here; see `stored`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{proofs, relations};
use crate::model::{Column, Entity, Role};
use crate::validate::Checked;

pub(super) fn expand(checked: &Checked<'_>) -> TokenStream {
    let Checked { entity, id, owner } = checked;
    let (ident, support, new, changes) = (entity.ident, &entity.support, entity.new_ident(), entity.changes_ident());
    let (id_field, id_type, owner_field, owner_type) = (id.ident, id.ty, owner.ident, owner.ty);
    let definition = definition(checked);
    let generate_id = if id.is_made_by_database() || id.is_keyed_by_owner() {
        quote!(::core::option::Option::None)
    } else {
        let generate = quote_spanned!(id.type_span()=> <#id_type as #support::GeneratedId>::generate);
        quote!(::core::option::Option::Some(#generate()))
    };
    let changed = changed(entity);
    let soft_deletes = entity.with_role(Role::DeletedAt).map(|column| {
        let timestamp = column.value;
        quote_spanned!(column.type_span()=>
            const SOFT_DELETES: bool = true;
            const MARK: u8 = <#timestamp as #support::Timestamp>::KIND;
        )
    });
    let version = entity.with_role(Role::Version).map(|column| version(entity, column));
    let parents = entity.parents().next().map(|_| parents_named(entity));
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #support::UserScoped for #ident {
            type Id = #id_type;
            type Owner = #owner_type;
            type New = #new;
            type Changes = #changes;

            #soft_deletes

            fn entity() -> &'static #support::Entity {
                static ENTITY: #support::Entity = #support::Entity::new(#definition);
                &ENTITY
            }

            fn id(&self) -> &Self::Id {
                &self.#id_field
            }

            fn owner(&self) -> &Self::Owner {
                &self.#owner_field
            }

            fn generate_id() -> ::core::option::Option<Self::Id> {
                #generate_id
            }

            fn changed(changes: &Self::Changes) -> #support::ColumnSet {
                #changed
            }

            #parents
            #version
        }
    }
}

/// The version of a row, and the one that changes rest on.
fn version(entity: &Entity<'_>, column: &Column<'_>) -> TokenStream {
    let (support, field, ty) = (&entity.support, column.ident, column.ty);
    let number = quote_spanned!(column.type_span()=> <#ty as #support::VersionNumber>::number);
    quote! {
        fn row_version(&self) -> ::core::option::Option<i64> {
            ::core::option::Option::Some(#number(self.#field))
        }

        fn expected_version(changes: &Self::Changes) -> ::core::option::Option<i64> {
            ::core::option::Option::Some(#number(changes.#field))
        }
    }
}

fn definition(checked: &Checked<'_>) -> TokenStream {
    let Checked { entity, id, owner } = checked;
    let support = &entity.support;
    let ((schema, table), name) = (entity.table_names(), entity.audit_name());
    let schema = option(schema.map(|schema| quote!(#schema)));
    let columns = entity.columns.iter().map(|column| {
        let (name, redact, as_text) = (column.name.value(), column.is_redacted(), column.is_text());
        quote!(#support::ColumnDefinition { name: #name, redact: #redact, as_text: #as_text })
    });
    let (id_position, owner_position) = (id.position, owner.position);
    let (id_kind, owner_kind) = (kind(entity, id), kind(entity, owner));
    let id_by_database = id.is_made_by_database();
    let roles = [Role::CreatedAt, Role::UpdatedAt, Role::DeletedAt, Role::Version];
    let [created_at, updated_at, deleted_at, version] = roles.map(|role| {
        option(entity.with_role(role).map(|column| {
            let position = column.position;
            quote!(#position)
        }))
    });
    let last_version = entity.with_role(Role::Version).map_or(quote!(0), |column| {
        let ty = column.ty;
        quote_spanned!(column.type_span()=> <#ty as #support::VersionNumber>::LAST)
    });
    let keyed_by_owner = id.is_keyed_by_owner();
    let parents = entity.parents().map(|(column, parent)| {
        let (position, nullable, entity) =
            (column.position, column.is_nullable(), proofs::parent(entity, column, parent));
        let on_delete = match column.attributes.on_delete {
            Some("cascade") => quote!(Cascade),
            Some("restrict") => quote!(Restrict),
            Some(_) => quote!(SetNull),
            None => quote!(Database),
        };
        quote! {
            #support::ParentDefinition {
                column: #position,
                nullable: #nullable,
                entity: #entity,
                on_delete: #support::OnDelete::#on_delete,
            }
        }
    });
    let children = relations::children(entity);
    let values = entity.audit.values == Some("old_and_new");
    let mode = |kind: TokenStream, mode: Option<&str>| {
        option(mode.map(|mode| match mode {
            "atomic" => quote!(#support::#kind::Atomic),
            "background" => quote!(#support::#kind::Background),
            _ => quote!(#support::#kind::Off),
        }))
    };
    let writes = mode(quote!(WriteAudit), entity.audit.writes);
    let reads = mode(quote!(ReadAudit), entity.audit.reads);
    let denials = mode(quote!(ReadAudit), entity.audit.denials);
    quote! {
        #support::Definition {
            name: #name,
            schema: #schema,
            table: #table,
            columns: &[#(#columns),*],
            id: #id_position,
            id_kind: #id_kind,
            id_by_database: #id_by_database,
            owner: #owner_position,
            owner_kind: #owner_kind,
            keyed_by_owner: #keyed_by_owner,
            created_at: #created_at,
            updated_at: #updated_at,
            deleted_at: #deleted_at,
            version: #version,
            last_version: #last_version,
            parents: &[#(#parents),*],
            children: &[#(#children),*],
            audit: #support::EntityAudit { writes: #writes, reads: #reads, denials: #denials, values: #values },
        }
    }
}

/// Shown at the type: a type that is no identifier fails here.
fn kind(entity: &Entity<'_>, column: &Column<'_>) -> TokenStream {
    let (support, ty) = (&entity.support, column.ty);
    quote_spanned!(column.type_span()=> #support::kind_of::<#ty>())
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn changed(entity: &Entity<'_>) -> TokenStream {
    let support = &entity.support;
    if entity.data().next().is_none() {
        return quote!(#support::ColumnSet::EMPTY);
    }
    let set = entity.data().map(|column| {
        let (field, position) = (column.ident, column.position);
        quote!(if !changes.#field.is_keep() { set = set.with(#position); })
    });
    let updated_at = entity.with_role(Role::UpdatedAt).map(|column| {
        let position = column.position;
        quote!(if !set.is_empty() { set = set.with(#position); })
    });
    quote! {
        let mut set = #support::ColumnSet::EMPTY;
        #(#set)*
        #updated_at
        set
    }
}

/// The parents that a new row, or changes, name.
fn parents_named(entity: &Entity<'_>) -> TokenStream {
    let support = &entity.support;
    let of_new = entity.parents().enumerate().map(|(number, (column, _))| {
        let field = column.ident;
        let push = |id: TokenStream| quote!(parents.push((#number, #support::value_of(#id))););
        if column.is_nullable() {
            let push = push(quote!(id));
            quote!(if let ::core::option::Option::Some(id) = &new.#field { #push })
        } else {
            push(quote!(&new.#field))
        }
    });
    let of_changes = entity.parents().enumerate().map(|(number, (column, _))| {
        let field = column.ident;
        let id = if column.is_nullable() { quote!(::core::option::Option::Some(id)) } else { quote!(id) };
        quote! {
            if let #support::Change::Set(#id) = &changes.#field {
                parents.push((#number, #support::value_of(id)));
            }
        }
    });
    quote! {
        fn parents_of_new(new: &Self::New) -> ::std::vec::Vec<(usize, #support::IdValue)> {
            let mut parents = ::std::vec::Vec::new();
            #(#of_new)*
            parents
        }

        fn parents_of_changes(changes: &Self::Changes) -> ::std::vec::Vec<(usize, #support::IdValue)> {
            let mut parents = ::std::vec::Vec::new();
            #(#of_changes)*
            parents
        }
    }
}
