//! What must hold of `unique(…)`. The owner is part of every key, and NULL is the same as nothing.

use std::collections::HashMap;

use syn::Ident;
use syn::ext::IdentExt;

use crate::attributes::UniqueKey;
use crate::faults::Faults;
use crate::model::{Entity, Role};

pub(super) fn check(entity: &Entity<'_>, faults: &mut Faults) {
    let columns = entity.columns.iter();
    let mut constants: HashMap<_, _> =
        columns.map(|c| (c.constant.to_string(), format!("the field `{}`", c.ident))).collect();
    for id in entity.columns.iter().filter(|column| column.is_keyed_by_owner()) {
        let constant = format!("BY_{}", id.constant);
        if let Some(other) = constants.insert(constant.clone(), "the id".to_owned()) {
            let message =
                format!("the key of `{}` and {other} both make the constant `{constant}`; rename the field", id.ident);
            faults.at(id.ident, message);
        }
    }
    for key in &entity.unique {
        let unfit = check_fields(entity, key, faults);
        let constant = key.constant();
        if key.fields.is_empty() {
            faults.at_span(
                key.span,
                "a key names fields; write `unique(title)`, or `unique((kind, name))` for one of two",
            );
        } else if let Some(other) = constants.insert(constant.to_string(), "another key".to_owned()).filter(|_| !unfit)
        {
            let message = format!("this key and {other} both make the constant `{constant}`; rename or remove one");
            faults.at_span(key.span, message);
        }
    }
}

/// Whether some field of the key was found unfit.
fn check_fields(entity: &Entity<'_>, key: &UniqueKey, faults: &mut Faults) -> bool {
    let mut unfit = false;
    for (at, field) in key.fields.iter().enumerate() {
        let twice = key.fields.iter().take(at).any(|other| other.unraw() == field.unraw());
        let why = if twice {
            Some(format!("`{field}` stands in this key already; remove one"))
        } else {
            unfit_for_a_key(entity, field)
        };
        if let Some(why) = why {
            unfit = true;
            faults.at(field, why);
        }
    }
    unfit
}

fn unfit_for_a_key(entity: &Entity<'_>, field: &Ident) -> Option<String> {
    let Some(column) = entity.column(field) else {
        return Some(format!("no field `{field}` is a column; a key names fields of the struct"));
    };
    match column.role {
        Role::Data if !column.is_nullable() => None,
        Role::Data => {
            let why = "NULL is never the same as NULL, so this key would not hold; name a field that is no `Option`";
            Some(format!("`{field}` is an `Option`: {why}"))
        }
        Role::Owner => Some(format!("`{field}` is the owner, who is part of every key; leave it out")),
        role => Some(format!("`{field}` is the {}; a key names what the application writes", role.key())),
    }
}
