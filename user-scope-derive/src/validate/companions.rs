//! Whether what is asked of `New…` and `…Changes` can be had: they derive what it needs, and have such fields.

use syn::Ident;

use crate::attributes::Companion;
use crate::faults::Faults;
use crate::model::{Column, Entity, Role};

pub(super) fn check(entity: &Entity<'_>, faults: &mut Faults) {
    let redacts = entity.columns.iter().any(Column::is_redacted);
    check_struct("new", &entity.new, redacts, faults);
    check_struct("changes", &entity.changes, redacts, faults);
    for column in &entity.columns {
        check_field("new", &entity.new_ident(), column.is_given(), column, faults);
        check_field("changes", &entity.changes_ident(), column.is_changed(), column, faults);
    }
}

fn check_struct(key: &str, companion: &Companion, redacts: bool, faults: &mut Faults) {
    if let Some(hidden) = companion.hidden_derive().filter(|_| redacts) {
        let mend = format!("write `{key}(derive(…))`");
        faults.at(hidden, format_args!("this may derive a `Debug` that shows what is redacted; {mend}"));
    }
    if let Some(span) = companion.deny_unknown_fields.filter(|_| !companion.may_deserialize()) {
        let mend = format!("write `{key}(derive(Deserialize), deny_unknown_fields)`");
        faults.at_span(span, format_args!("`deny_unknown_fields` needs serde; {mend}"));
    }
}

fn check_field(key: &str, companion: &Ident, is_there: bool, column: &Column<'_>, faults: &mut Faults) {
    let Some(span) = column.attributes.span(key).filter(|_| !is_there) else { return };
    let why = match column.role {
        Role::Id if column.is_keyed_by_owner() => "a row keeps its id",
        Role::Id if column.is_made_by_database() => "the database makes the id",
        Role::Id => "the library makes the id",
        Role::Owner => "the owner is the caller, never input",
        Role::CreatedAt | Role::UpdatedAt | Role::DeletedAt => "the library writes this time",
        Role::Version => "the library counts the writes",
        Role::Data => return, // Which both have.
    };
    faults.at_span(span, format_args!("`{companion}` has no field `{}`: {why}; remove `{key}(…)`", column.ident));
}
