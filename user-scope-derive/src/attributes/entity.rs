//! The keys of `#[user_scoped(…)]` on the struct.
//!
//! Nothing about fields enters here, and no judgement about what the values mean together.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token, TypePath, parenthesized, token};

use super::{Place, choice, crate_path, field, pass_over, read_keys, text};
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

/// What is asked of a struct that the derive writes: `new(…)` or `changes(…)`.
#[derive(Default)]
pub(crate) struct Companion {
    pub(crate) name: Option<Ident>,
    pub(crate) derives: Vec<Path>,
    pub(crate) deny_unknown_fields: Option<Span>,
    /// Whatever else stands there; it goes onto the struct as it is.
    pub(crate) attributes: Vec<Meta>,
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

impl Companion {
    fn read(key: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Self> {
        let mut read = Self::default();
        if !has_list(key, "derive(Debug)", meta, faults)? {
            return Ok(read);
        }
        let content;
        parenthesized!(content in meta.input);
        for item in content.parse_terminated(Meta::parse, Token![,])? {
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

/// Whether the key carries a list in parentheses; if not, the fault shows one.
fn has_list(key: &str, example: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<bool> {
    if meta.input.peek(token::Paren) {
        return Ok(true);
    }
    faults.at(&meta.path, format_args!("`{key}` needs a list; write `{key}({example})`"));
    pass_over(meta)?;
    Ok(false)
}

fn struct_name(value: &Expr) -> Option<Ident> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse().ok(),
        _ => None,
    }
}
