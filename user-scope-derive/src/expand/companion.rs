//! `NewTask` and `TaskChanges`: what the application writes, and no more.
//!
//! Neither has a place for an id, an owner or a time of the library's: what cannot be said cannot be forged.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, Meta};

use crate::attributes::{Companion, names, says_default};
use crate::model::{Column, Entity, Role};

/// What an insert takes.
pub(super) fn new(entity: &Entity<'_>) -> TokenStream {
    Struct {
        entity,
        asked: &entity.new,
        ident: entity.new_ident(),
        doc: format!("A new [`{}`]: what an insert takes.", entity.ident),
        fields: entity.given().collect(),
        is_sparse: false,
        asked_of: |column| &column.attributes.new,
        ty: &|column| column.ty.to_token_stream(),
        redacted: &|_| quote!("[redacted]"),
    }
    .expand()
}

/// What an update takes.
pub(super) fn changes(entity: &Entity<'_>) -> TokenStream {
    let support = &entity.support;
    Struct {
        entity,
        asked: &entity.changes,
        ident: entity.changes_ident(),
        doc: format!("Changes to a [`{}`]: what an update takes.", entity.ident),
        fields: entity.changed().collect(),
        is_sparse: entity.changes.derives("Deserialize"),
        asked_of: |column| &column.attributes.changes,
        ty: &|column| {
            let ty = column.ty;
            if column.role == Role::Version { quote!(#ty) } else { quote!(#support::Change<#ty>) }
        },
        redacted: &|column| {
            let field = column.ident;
            if column.role == Role::Version {
                return quote!("[redacted]");
            }
            quote!(if self.#field.is_keep() { "Keep" } else { "Set([redacted])" })
        },
    }
    .expand()
}

struct Struct<'a> {
    entity: &'a Entity<'a>,
    asked: &'a Companion,
    ident: Ident,
    doc: String,
    fields: Vec<&'a Column<'a>>,
    /// Whether a field may be absent from what is deserialized, and then keeps its column.
    is_sparse: bool,
    asked_of: for<'c> fn(&'c Column<'_>) -> &'c [Meta],
    ty: &'a dyn Fn(&Column<'_>) -> TokenStream,
    /// What `Debug` prints for a redacted field.
    redacted: &'a dyn Fn(&Column<'_>) -> TokenStream,
}

impl Struct<'_> {
    fn expand(&self) -> TokenStream {
        let Self { entity, asked, ident, doc, .. } = self;
        let hides = asked.derives("Debug") && self.fields.iter().any(|column| column.is_redacted());
        let debug = hides.then(|| self.debug());
        let derives: Vec<_> = asked.derives.iter().filter(|path| !(hides && names(path, "Debug"))).collect();
        let derives = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
        let deny_unknown_fields = asked
            .deny_unknown_fields
            .filter(|_| asked.may_deserialize())
            .map(|_| quote!(#[serde(deny_unknown_fields)]));
        let (attributes, vis) = (&asked.attributes, entity.vis);
        let fields = self.fields.iter().map(|column| {
            let (docs, vis, field, ty) = (docs(column), column.vis, column.ident, (self.ty)(column));
            let attributes = (self.asked_of)(column);
            // The version is never absent, unless the application takes it from somewhere else and says so.
            let may_be_absent = self.is_sparse && column.role != Role::Version && !says_default(attributes);
            let default = may_be_absent.then(|| quote!(#[serde(default)]));
            quote!(#docs #default #(#[#attributes])* #vis #field: #ty)
        });
        quote! {
            #[doc = #doc]
            #derives
            #deny_unknown_fields
            #(#[#attributes])*
            #[allow(dead_code)]
            #vis struct #ident { #(#fields),* }
            #debug
        }
    }

    /// As the derive of `Debug` would, without what is redacted.
    fn debug(&self) -> TokenStream {
        let ident = &self.ident;
        let name = ident.to_string();
        let fields = self.fields.iter().map(|column| {
            let (field, name) = (column.ident, column.bare_name());
            if column.is_redacted() {
                let text = (self.redacted)(column);
                quote!(.field(#name, &::core::format_args!("{}", #text)))
            } else {
                quote!(.field(#name, &self.#field))
            }
        });
        quote! {
            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    formatter.debug_struct(#name) #(#fields)* .finish()
                }
            }
        }
    }
}

/// The field's own words, or a sentence: a crate may deny `missing_docs`.
fn docs(column: &Column<'_>) -> TokenStream {
    if column.docs.is_empty() {
        let sentence = match column.role {
            Role::Version => "The version that these changes rest on: that of the row as it was read.".to_owned(),
            _ => format!("The column `{}`.", column.name.value()),
        };
        return quote!(#[doc = #sentence]);
    }
    let docs = &column.docs;
    quote!(#(#docs)*)
}
