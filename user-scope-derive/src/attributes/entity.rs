//! The keys of `#[user_scoped(…)]` on the struct.
//!
//! Nothing about fields enters here, and no judgement about what the values mean together.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, Path, Token, TypePath, parenthesized, token};

use super::companion::Companion;
use super::{Place, choice, crate_path, field, has_list, pass_over, read_keys, text};
use crate::faults::Faults;

pub(super) const KEYS: &[&str] = &["table", "name", "new", "changes", "children", "unique", "crate", "audit", "on"];

#[derive(Default)]
pub(crate) struct EntityAttributes {
    pub(crate) table: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) new: Companion,
    pub(crate) changes: Companion,
    pub(crate) children: Vec<TypePath>,
    pub(crate) unique: Vec<UniqueKey>,
    pub(crate) crate_path: Option<Path>,
    pub(crate) audit: AuditModes,
    pub(crate) databases: Vec<Path>,
}

/// Fields that together are unique for each owner.
pub(crate) struct UniqueKey {
    pub(crate) fields: Vec<Ident>,
    /// Where it is written.
    pub(crate) span: Span,
}

/// `audit(…)`: each as the user wrote it, `None` to follow the pool.
#[derive(Default)]
pub(crate) struct AuditModes {
    pub(crate) writes: Option<&'static str>,
    pub(crate) reads: Option<&'static str>,
    pub(crate) denials: Option<&'static str>,
    pub(crate) values: Option<&'static str>,
}

impl EntityAttributes {
    pub(crate) fn read(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let place =
            Place { attribute: "user_scoped", bearer: "the struct", keys: KEYS, elsewhere: (field::KEYS, "a field") };
        let mut read = Self::default();
        read_keys(attributes, &place, faults, |key, meta, faults| {
            match key {
                "table" => {
                    // What is wrong with the value is told; that no table is named need not be told as well.
                    let stand_in = || LitStr::new("table", meta.path.span());
                    read.table = Some(text(key, meta, faults)?.unwrap_or_else(stand_in));
                }
                "name" => read.name = text(key, meta, faults)?,
                "new" => read.new = Companion::read(key, meta, faults)?,
                "changes" => read.changes = Companion::read(key, meta, faults)?,
                "children" => read.children = list(key, "Subtask", TypePath::parse, meta, faults)?,
                // `unique(title, (kind, name))`: two keys, the second of two fields.
                "unique" => read.unique = list(key, "title", UniqueKey::parse, meta, faults)?,
                "crate" => read.crate_path = crate_path(meta, faults)?,
                "audit" => read.audit = AuditModes::read(meta, faults)?,
                _ => read.databases = list(key, "sqlx::Postgres", Path::parse_mod_style, meta, faults)?,
            }
            Ok(())
        });
        read
    }
}

impl AuditModes {
    fn read(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Self> {
        let mut read = Self::default();
        if !has_list("audit", "writes = \"atomic\"", meta, faults)? {
            return Ok(read);
        }
        meta.parse_nested_meta(|meta| {
            let background_or_off: &[_] = &["background", "off"];
            let (slot, key, choices) = if meta.path.is_ident("writes") {
                (&mut read.writes, "writes", &["atomic", "background", "off"] as &[_])
            } else if meta.path.is_ident("reads") {
                (&mut read.reads, "reads", background_or_off)
            } else if meta.path.is_ident("denials") {
                (&mut read.denials, "denials", background_or_off)
            } else if meta.path.is_ident("values") {
                (&mut read.values, "values", &["old_and_new", "off"] as &[_])
            } else {
                faults.at(&meta.path, "unknown key; `audit(…)` takes `writes`, `reads`, `denials`, `values`");
                return pass_over(&meta);
            };
            if slot.is_some() {
                faults.at(&meta.path, format_args!("`{key}` is given twice; remove one"));
                return pass_over(&meta);
            }
            *slot = choice(key, choices, &meta, faults)?;
            Ok(())
        })?;
        Ok(read)
    }
}

/// `key(a, b)`, where a text in place of a name is a likely slip.
fn list<I>(
    key: &str,
    example: &str,
    item: fn(ParseStream<'_>) -> syn::Result<I>,
    meta: &ParseNestedMeta<'_>,
    faults: &mut Faults,
) -> syn::Result<Vec<I>> {
    let mut items = Vec::new();
    if !has_list(key, example, meta, faults)? {
        return Ok(items);
    }
    let content;
    parenthesized!(content in meta.input);
    while !content.is_empty() {
        if content.peek(LitStr) {
            let text: LitStr = content.parse()?;
            let meant = text.parse::<Ident>().map_or_else(|_| example.to_owned(), |name| name.to_string());
            faults.at(text, format_args!("`{key}` takes names, not texts; write `{key}({meant})`"));
        } else {
            items.push(content.call(item)?);
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(items)
}

impl UniqueKey {
    /// `BY_KIND_AND_NAME` for the fields `kind` and `name`.
    pub(crate) fn constant(&self) -> Ident {
        let fields: Vec<_> = self.fields.iter().map(|field| field.unraw().to_string().to_ascii_uppercase()).collect();
        Ident::new(&format!("BY_{}", fields.join("_AND_")), self.span)
    }
}

impl Parse for UniqueKey {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        if !input.peek(token::Paren) {
            return Ok(Self { fields: vec![input.call(Ident::parse_any)?], span });
        }
        let content;
        let span = parenthesized!(content in input).span.join();
        Ok(Self { fields: content.parse_terminated(field_name, Token![,])?.into_iter().collect(), span })
    }
}

fn field_name(input: ParseStream<'_>) -> syn::Result<Ident> {
    if !input.peek(LitStr) {
        return input.call(Ident::parse_any);
    }
    let text: LitStr = input.parse()?;
    let name = text.value();
    Err(syn::Error::new_spanned(text, format_args!("`unique` takes names, not texts; write `{name}` without quotes")))
}
