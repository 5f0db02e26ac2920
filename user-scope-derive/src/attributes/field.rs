//! The keys of `#[user_scoped(…)]` on a field.
//!
//! Nothing about the struct enters here, and no judgement about which keys go together.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Meta, Token, TypePath};

use super::{Place, choice, companion, entity, flag, pass_over, read_keys, text};
use crate::faults::Faults;

pub(super) const KEYS: &[&str] = &[
    "id",
    "owner",
    "parent",
    "created_at",
    "updated_at",
    "deleted_at",
    "version",
    "skip",
    "redact",
    "column",
    "as",
    "generated",
    "key",
    "on_delete",
    "new",
    "changes",
];

#[derive(Default)]
pub(crate) struct FieldAttributes {
    /// Every key that the field has, in the order in which they are written.
    pub(crate) keys: Vec<(&'static str, Span)>,
    pub(crate) parent: Option<TypePath>,
    pub(crate) column: Option<LitStr>,
    /// What becomes of the row when its parent is deleted.
    pub(crate) on_delete: Option<&'static str>,
    /// Attributes of the field of this name in `New…`.
    pub(crate) new: Vec<Meta>,
    /// Attributes of the field of this name in `…Changes`.
    pub(crate) changes: Vec<Meta>,
}

impl FieldAttributes {
    pub(crate) fn read(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let place =
            Place { attribute: "user_scoped", bearer: "a field", keys: KEYS, elsewhere: (entity::KEYS, "the struct") };
        let mut read = Self::default();
        read_keys(attributes, &place, faults, |key, meta, faults| {
            read.keys.push((key, meta.path.span()));
            match key {
                "parent" => read.parent = parent(meta, faults)?,
                "column" => read.column = text(key, meta, faults)?,
                "on_delete" => {
                    read.on_delete = choice(key, &["cascade", "restrict", "set_null"], meta, faults)?;
                }
                "key" => drop(choice(key, &["owner"], meta, faults)?),
                "as" => drop(choice(key, &["text"], meta, faults)?),
                "generated" => drop(choice(key, &["database"], meta, faults)?),
                "new" => read.new = companion::of_field(key, meta, faults)?,
                "changes" => read.changes = companion::of_field(key, meta, faults)?,
                _ => flag(key, meta, faults)?,
            }
            Ok(())
        });
        read
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.span(key).is_some()
    }

    /// Where the key is written.
    pub(crate) fn span(&self, key: &str) -> Option<Span> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, span)| *span)
    }
}

fn parent(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> syn::Result<Option<TypePath>> {
    if !meta.input.peek(Token![=]) {
        faults.at(&meta.path, "`parent` needs an entity; write `parent = Task`");
        pass_over(meta)?;
        return Ok(None);
    }
    let value = meta.value()?;
    if value.peek(LitStr) {
        let text: LitStr = value.parse()?;
        faults.at(&text, "`parent` is a type, not a text; write `parent = Task`");
        return Ok(None);
    }
    value.parse().map(Some)
}
