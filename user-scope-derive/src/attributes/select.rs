//! The keys of `#[user_scoped(…)]` on a struct that derives `Select`, and on its fields.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Path, Token, TypePath};

use super::{Place, crate_path, pass_over, read_keys};
use crate::faults::Faults;

const KEYS: &[&str] = &["from", "crate"];
const FIELD_KEYS: &[&str] = &["column"];

#[derive(Default)]
pub(crate) struct SelectAttributes {
    /// The entity; that none is named is a fault unless another was told.
    pub(crate) from: Option<TypePath>,
    pub(crate) crate_path: Option<Path>,
}

impl SelectAttributes {
    pub(crate) fn read(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let elsewhere = (FIELD_KEYS, "a field");
        let place = Place { attribute: "user_scoped", bearer: "the struct", keys: KEYS, elsewhere };
        let mut read = Self::default();
        read_keys(attributes, &place, faults, |key, meta, faults| {
            match key {
                "from" => read.from = unquoted("from", "an entity", "Task", meta, faults)?,
                _ => read.crate_path = crate_path(meta, faults)?,
            }
            Ok(())
        });
        read
    }
}

/// The constant of a field's column, if it is not called as the field is.
pub(crate) fn selected_column(attributes: &[Attribute], faults: &mut Faults) -> Option<Ident> {
    let elsewhere = (KEYS, "the struct");
    let place = Place { attribute: "user_scoped", bearer: "a field", keys: FIELD_KEYS, elsewhere };
    let mut found = None;
    read_keys(attributes, &place, faults, |key, meta, faults| {
        found = unquoted(key, "the constant of a column", "TITLE", meta, faults)?;
        Ok(())
    });
    found
}

/// `key = Something`, of which a text is a likely slip.
fn unquoted<V: syn::parse::Parse>(
    key: &str,
    what: &str,
    example: &str,
    meta: &ParseNestedMeta<'_>,
    faults: &mut Faults,
) -> syn::Result<Option<V>> {
    if !meta.input.peek(Token![=]) {
        faults.at(&meta.path, format_args!("`{key}` needs {what}; write `{key} = {example}`"));
        pass_over(meta)?;
        return Ok(None);
    }
    let value = meta.value()?;
    if value.peek(LitStr) {
        let text: LitStr = value.parse()?;
        faults.at(&text, format_args!("`{key}` is {what}, not a text; write `{key} = {example}`"));
        return Ok(None);
    }
    value.parse().map(Some)
}
