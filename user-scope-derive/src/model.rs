//! What the struct means: a table, and columns with roles.
//!
//! A struct with faults has a model too, as far as one can be made; the fallback is written from it. Whether
//! the model holds is asked in `validate`, how it becomes code in `expand`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, DeriveInput, Field, Fields, GenericArgument, Ident, LitStr, PathArguments, Type, TypePath, Visibility,
};

use crate::attributes::{AuditModes, Companion, EntityAttributes, FieldAttributes, UniqueKey};
use crate::faults::Faults;

pub(crate) struct Entity<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    /// Path to the library's `derive_support`, where all that the generated code calls is found.
    pub(crate) support: TokenStream,
    pub(crate) table: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) audit: AuditModes,
    pub(crate) databases: Vec<syn::Path>,
    pub(crate) new: Companion,
    pub(crate) changes: Companion,
    pub(crate) children: Vec<TypePath>,
    pub(crate) unique: Vec<UniqueKey>,
    pub(crate) columns: Vec<Column<'a>>,
    pub(crate) skipped: Vec<Skipped<'a>>,
}

pub(crate) struct Column<'a> {
    pub(crate) position: usize,
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) docs: Vec<&'a Attribute>,
    pub(crate) name: LitStr,
    /// `DUE_ON` for the field `due_on`.
    pub(crate) constant: Ident,
    pub(crate) ty: &'a Type,
    /// The field's type without its `Option`.
    pub(crate) value: &'a Type,
    pub(crate) role: Role,
    pub(crate) parent: Option<TypePath>,
    pub(crate) attributes: FieldAttributes,
}

/// A field that is no column.
pub(crate) struct Skipped<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) attributes: FieldAttributes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Id,
    Owner,
    CreatedAt,
    UpdatedAt,
    /// Since when the row is deleted, or NULL.
    DeletedAt,
    /// Counts the writes.
    Version,
    /// What the application writes.
    Data,
}

impl<'a> Entity<'a> {
    pub(crate) fn read(input: &'a DeriveInput, faults: &mut Faults) -> Self {
        let attributes = EntityAttributes::read(&input.attrs, faults);
        let mut entity = Self {
            ident: &input.ident,
            vis: &input.vis,
            support: support(attributes.crate_path),
            table: attributes.table,
            name: attributes.name,
            audit: attributes.audit,
            databases: attributes.databases,
            new: attributes.new,
            changes: attributes.changes,
            children: attributes.children.into_iter().map(|child| without_self(child, &input.ident)).collect(),
            unique: attributes.unique,
            columns: Vec::new(),
            skipped: Vec::new(),
        };
        for field in named_fields(input) {
            entity.push(field, faults);
        }
        entity
    }

    fn push(&mut self, field: &'a Field, faults: &mut Faults) {
        let Some(ident) = &field.ident else { return };
        let attributes = FieldAttributes::read(&field.attrs, faults);
        if attributes.has("skip") {
            self.skipped.push(Skipped { ident, attributes });
            return;
        }
        let bare = ident.unraw();
        self.columns.push(Column {
            position: self.columns.len(),
            ident,
            vis: &field.vis,
            docs: field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect(),
            name: attributes.column.clone().unwrap_or_else(|| LitStr::new(&bare.to_string(), ident.span())),
            constant: constant(ident),
            ty: &field.ty,
            value: without_option(&field.ty),
            role: Role::of(&attributes),
            parent: attributes.parent.clone().map(|parent| without_self(parent, self.ident)),
            attributes,
        });
    }

    /// Schema and table, as `table = "schema.table"` names them.
    pub(crate) fn table_names(&self) -> (Option<String>, String) {
        let table = self.table.as_ref().map(LitStr::value).unwrap_or_default();
        match table.split_once('.') {
            Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
            None => (None, table),
        }
    }

    /// How the audit calls the entity.
    pub(crate) fn audit_name(&self) -> String {
        self.name.as_ref().map_or_else(|| self.table_names().1, LitStr::value)
    }

    pub(crate) fn new_ident(&self) -> Ident {
        self.new.name.clone().unwrap_or_else(|| format_ident!("New{}", self.ident))
    }

    pub(crate) fn changes_ident(&self) -> Ident {
        self.changes.name.clone().unwrap_or_else(|| format_ident!("{}Changes", self.ident))
    }

    /// What the application writes into a new row, and therefore what `New…` holds.
    pub(crate) fn given(&self) -> impl Iterator<Item = &Column<'a>> {
        self.columns.iter().filter(|column| column.is_given())
    }

    /// What `…Changes` holds: data, and the version that the changes rest on.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Column<'a>> {
        self.columns.iter().filter(|column| column.is_changed())
    }

    /// What the application writes.
    pub(crate) fn data(&self) -> impl Iterator<Item = &Column<'a>> {
        self.columns.iter().filter(|column| column.role == Role::Data)
    }

    /// The columns of a unique key, as far as there are such fields.
    pub(crate) fn columns_of(&self, key: &UniqueKey) -> Vec<&Column<'a>> {
        key.fields.iter().filter_map(|field| self.column(field)).collect()
    }

    /// The column of a field, which may be written with `r#` or without.
    pub(crate) fn column(&self, field: &Ident) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.ident.unraw() == field.unraw())
    }

    /// The columns that hold the id of a parent, with that parent.
    pub(crate) fn parents(&self) -> impl Iterator<Item = (&Column<'a>, &TypePath)> {
        self.columns.iter().filter_map(|column| Some((column, column.parent.as_ref()?)))
    }

    /// The only column of this role in a struct without faults.
    pub(crate) fn with_role(&self, role: Role) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.role == role)
    }
}

impl Column<'_> {
    /// The field's name, as `Debug` prints it.
    pub(crate) fn bare_name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(crate) fn is_nullable(&self) -> bool {
        !std::ptr::eq(self.ty, self.value)
    }

    pub(crate) fn is_redacted(&self) -> bool {
        self.attributes.has("redact")
    }

    pub(crate) fn is_text(&self) -> bool {
        self.attributes.has("as")
    }

    /// The id of an entity whose key is owner and id together: the application chooses it.
    pub(crate) fn is_keyed_by_owner(&self) -> bool {
        self.role == Role::Id && self.attributes.has("key")
    }

    /// Whether `New…` has it.
    pub(crate) fn is_given(&self) -> bool {
        self.role == Role::Data || self.is_keyed_by_owner()
    }

    /// Whether `…Changes` has it.
    pub(crate) fn is_changed(&self) -> bool {
        matches!(self.role, Role::Data | Role::Version)
    }

    pub(crate) fn is_made_by_database(&self) -> bool {
        self.attributes.has("generated")
    }

    /// Messages about generated code stand where the field's type stands.
    pub(crate) fn type_span(&self) -> Span {
        at_type(self.value)
    }
}

impl Role {
    /// Those that a key gives.
    pub(crate) const MARKED: [Self; 6] =
        [Self::Id, Self::Owner, Self::CreatedAt, Self::UpdatedAt, Self::DeletedAt, Self::Version];

    /// Two roles on one field are a fault; the first one known then stands.
    fn of(attributes: &FieldAttributes) -> Self {
        Self::MARKED.into_iter().find(|role| attributes.has(role.key())).unwrap_or(Self::Data)
    }

    /// The key that gives the role.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Owner => "owner",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::DeletedAt => "deleted_at",
            Self::Version => "version",
            Self::Data => "",
        }
    }
}

/// Generated code that is shown at `span`, yet is known as generated, so that lints leave it alone.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Generated code that is shown where a type begins.
pub(crate) fn at_type(ty: &Type) -> Span {
    ty.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| at(token.span()))
}

/// The constant of the column of the field `ident`.
pub(crate) fn constant(ident: &Ident) -> Ident {
    Ident::new(&ident.unraw().to_string().to_ascii_uppercase(), ident.span())
}

/// Path to the library's `derive_support`.
pub(crate) fn support(crate_path: Option<syn::Path>) -> TokenStream {
    match crate_path {
        Some(path) => quote!(#path::derive_support),
        None => quote!(::user_scope::derive_support),
    }
}

pub(crate) fn named_fields(input: &DeriveInput) -> impl Iterator<Item = &Field> {
    let fields = match &input.data {
        syn::Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    fields.into_iter().flatten()
}

/// `X` for `Option<X>`, by whatever path, and every other type as it is.
fn without_option(ty: &Type) -> &Type {
    let mut bare = ty;
    // A type that comes through a `macro_rules!` is wrapped in an invisible group.
    while let Type::Group(group) = bare {
        bare = &group.elem;
    }
    let Type::Path(TypePath { qself: None, path }) = bare else { return ty };
    let Some(last) = path.segments.last().filter(|last| last.ident == "Option") else { return ty };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return ty };
    match (arguments.args.len(), arguments.args.first()) {
        (1, Some(GenericArgument::Type(value))) => value,
        _ => ty,
    }
}

/// A tree's parent may be called `Self`, which means nothing outside of an impl.
fn without_self(mut parent: TypePath, entity: &Ident) -> TypePath {
    if parent.path.is_ident("Self") {
        parent.path = entity.clone().into();
    }
    parent
}

#[cfg(test)]
mod tests;
