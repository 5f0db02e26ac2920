//! `new(…)` and `changes(…)`: what is asked of the structs that the derive writes, and of their fields.
//!
//! What is asked is passed on as it is written. Whether there is such a field is the business of `validate`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, Meta, Path, Token, parenthesized};

use super::has_list;
use crate::faults::Faults;

/// What only a whole struct can be asked for.
const OF_THE_STRUCT: &[&str] = &["derive", "name", "deny_unknown_fields"];

/// What is asked of a struct that the derive writes: `new(…)` or `changes(…)`.
#[derive(Default)]
pub(crate) struct Companion {
    pub(crate) name: Option<Ident>,
    pub(crate) derives: Vec<Path>,
    pub(crate) deny_unknown_fields: Option<Span>,
    /// Whatever else stands there; it goes onto the struct as it is.
    pub(crate) attributes: Vec<Meta>,
}

impl Companion {
    pub(super) fn read(key: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Self> {
        let mut read = Self::default();
        for item in items(key, "derive(Debug)", meta, faults)?.into_iter().flatten() {
            match item {
                Meta::List(list) if list.path.is_ident("derive") => {
                    read.derives.extend(list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?);
                }
                Meta::NameValue(pair) if pair.path.is_ident("name") => match struct_name(&pair.value) {
                    Some(name) => read.name = Some(name),
                    None => faults.at(&pair.value, format_args!("no name of a struct; write `{key}(name = \"…\")`")),
                },
                Meta::Path(path) if path.is_ident("deny_unknown_fields") => {
                    read.deny_unknown_fields = Some(path.span());
                }
                other => read.attributes.push(other),
            }
        }
        Ok(read)
    }

    /// Whether `derive(…)` lists the trait, by whatever path.
    pub(crate) fn derives(&self, name: &str) -> bool {
        self.derives.iter().any(|path| names(path, name))
    }

    /// An attribute that may derive something in a way that cannot be looked into.
    pub(crate) fn hidden_derive(&self) -> Option<&Meta> {
        self.attributes.iter().find(|meta| names(meta.path(), "cfg_attr") || names(meta.path(), "derive"))
    }

    /// Whether serde's attributes mean anything on the struct; what another attribute derives is not known.
    pub(crate) fn may_deserialize(&self) -> bool {
        self.derives("Deserialize") || self.hidden_derive().is_some()
    }
}

/// Whether the path ends in `name`.
pub(crate) fn names(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// What is asked of one field: each item becomes an attribute of it.
pub(super) fn of_field(key: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Vec<Meta>> {
    let example = "serde(default)";
    let Some(mut items) = items(key, example, meta, faults)? else { return Ok(Vec::new()) };
    if items.is_empty() {
        faults.at(&meta.path, format_args!("`{key}()` asks for nothing; write `{key}({example})`, or remove it"));
    }
    items.retain(|item| {
        let of_the_struct = OF_THE_STRUCT.iter().find(|name| item.path().is_ident(name));
        if let Some(name) = of_the_struct {
            let message = format!("`{name}` belongs in the `{key}(…)` of the struct, not of a field; move it there");
            faults.at(item.path(), message);
        }
        of_the_struct.is_none()
    });
    Ok(items)
}

/// Whether serde is told what stands in for the field when it is absent. It refuses to be told twice.
pub(crate) fn says_default(attributes: &[Meta]) -> bool {
    let of_serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    let lists = of_serde.filter_map(|attribute| attribute.require_list().ok());
    let items = lists.filter_map(|list| list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok());
    items.flatten().any(|item| item.path().is_ident("default"))
}

/// What stands in the parentheses, unless there are none.
fn items(key: &str, example: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Option<Vec<Meta>>> {
    if !has_list(key, example, meta, faults)? {
        return Ok(None);
    }
    let content;
    parenthesized!(content in meta.input);
    Ok(Some(content.parse_terminated(Meta::parse, Token![,])?.into_iter().collect()))
}

fn struct_name(value: &Expr) -> Option<Ident> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse().ok(),
        _ => None,
    }
}
