//! From `#[user_scoped(…)]` to values with their spans.
//!
//! Reading only: unknown keys, keys given twice and values of a wrong form are told here, because the values
//! are lost afterwards. What the values mean together is the business of `validate`.

mod companion;
mod entity;
mod field;
mod nearest;
mod select;

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Path, Token, parenthesized, token};

pub(crate) use companion::{Companion, names, says_default};
pub(crate) use entity::{AuditModes, EntityAttributes, UniqueKey};
pub(crate) use field::FieldAttributes;
pub(crate) use select::{SelectAttributes, selected_column};

use crate::faults::Faults;

/// The attribute whose keys are read, and where it stands.
struct Place {
    attribute: &'static str,
    /// What carries it, as a message calls it.
    bearer: &'static str,
    keys: &'static [&'static str],
    /// Keys that a reader may have meant for another place, and that place.
    elsewhere: (&'static [&'static str], &'static str),
}

/// Calls `read` for each key that is known and new. A fault in one key leaves the others readable.
fn read_keys(
    attributes: &[Attribute],
    place: &Place,
    faults: &mut Faults,
    mut read: impl FnMut(&'static str, &ParseNestedMeta<'_>, &mut Faults) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(place.attribute)) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let Some(key) = known_key(&meta.path, place, faults) else { return pass_over(&meta) };
            let is_slip = !meta.path.is_ident(key);
            if seen.contains(&key) {
                if !is_slip {
                    faults.at(&meta.path, format_args!("`{key}` is given twice; remove one"));
                }
                return pass_over(&meta);
            }
            if !is_slip {
                seen.push(key);
            }
            read(key, &meta, faults)
        });
        if let Err(fault) = parsed {
            faults.push(fault);
        }
    }
}

/// The key, or the one that is meant by a slip: what it would have said need not be missed as well.
fn known_key(path: &Path, place: &Place, faults: &mut Faults) -> Option<&'static str> {
    let Place { attribute, bearer, keys, elsewhere: (others, other_bearer) } = place;
    let word = path.get_ident().map(ToString::to_string).unwrap_or_default();
    if let Some(key) = keys.iter().copied().find(|key| *key == word) {
        return Some(key);
    }
    if others.contains(&word.as_str()) {
        faults.at(path, format_args!("`{word}` belongs on {other_bearer}, not on {bearer}; move it there"));
        return None;
    }
    let meant = nearest::nearest(&word, keys);
    match meant {
        Some(key) => faults.at(path, format_args!("unknown key `{word}`; did you mean `{key}`?")),
        None => {
            let known = keys.join("`, `");
            faults.at(path, format_args!("unknown key; on {bearer}, `#[{attribute}(…)]` takes `{known}`"));
        }
    }
    meant
}

/// Skips a value that nobody wants, so that the keys behind it are still read.
fn pass_over(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
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

/// A key that stands alone.
fn flag(key: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<()> {
    if meta.input.peek(Token![=]) || meta.input.peek(token::Paren) {
        faults.at(&meta.path, format_args!("`{key}` takes no value; write `{key}` alone"));
    }
    pass_over(meta)
}

/// `key = "text"`.
fn text(key: &str, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Option<LitStr>> {
    if !meta.input.peek(Token![=]) {
        faults.at(&meta.path, format_args!("`{key}` needs a value; write `{key} = \"…\"`"));
        pass_over(meta)?;
        return Ok(None);
    }
    let mut value: Expr = meta.value()?.parse()?;
    // A literal that comes through a `macro_rules!` is wrapped in an invisible group.
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value {
        return Ok(Some(text));
    }
    faults.at(value, format_args!("`{key}` takes a text; write `{key} = \"…\"`"));
    Ok(None)
}

/// `key = "one of these"`.
fn choice(
    key: &str,
    choices: &[&'static str],
    meta: &ParseNestedMeta<'_>,
    faults: &mut Faults,
) -> syn::Result<Option<&'static str>> {
    let Some(text) = text(key, meta, faults)? else { return Ok(None) };
    let value = text.value();
    let found = choices.iter().copied().find(|choice| *choice == value);
    if found.is_none() {
        faults.at(&text, format_args!("`{key}` takes `\"{}\"`", choices.join("\"` or `\"")));
    }
    Ok(found)
}

/// `crate = "path::to::user_scope"`.
fn crate_path(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Option<Path>> {
    let Some(text) = text("crate", meta, faults)? else { return Ok(None) };
    match text.parse_with(Path::parse_mod_style) {
        Ok(path) => Ok(Some(path)),
        Err(_) => {
            faults.at(text, "no path to a crate; write it as `crate = \"::my_name_for_user_scope\"`");
            Ok(None)
        }
    }
}

/// The only key of `#[identifier(…)]`.
pub(crate) fn identifier_crate(attributes: &[Attribute], faults: &mut Faults) -> Option<Path> {
    let place = Place { attribute: "identifier", bearer: "a newtype", keys: &["crate"], elsewhere: (&[], "") };
    let mut found = None;
    read_keys(attributes, &place, faults, |_, meta, faults| {
        found = crate_path(meta, faults)?;
        Ok(())
    });
    found
}
