//! What must hold of a struct before code is written for it. All faults are told at once, each at its own
//! span, each with what mends it.
//!
//! Nothing is read from attributes here, and nothing is written; types are checked by the compiler.

mod companions;
mod unique;

use std::collections::HashMap;

use proc_macro2::Span;
use syn::{Data, DeriveInput, Fields};

use crate::attributes::FieldAttributes;
use crate::faults::Faults;
use crate::model::{Column, Entity, Role};

/// `ColumnSet` of the library has that many bits.
const MOST_COLUMNS: usize = 128;

/// PostgreSQL cuts longer names off, silently.
const LONGEST_NAME: usize = 63;

/// An entity of which everything holds; made here alone.
pub(crate) struct Checked<'a> {
    pub(crate) entity: &'a Entity<'a>,
    pub(crate) id: &'a Column<'a>,
    pub(crate) owner: &'a Column<'a>,
}

/// Whether the struct has the form of an entity: named fields, no generics.
pub(crate) fn has_form(input: &DeriveInput, faults: &mut Faults) -> bool {
    let ident = &input.ident;
    let (wrong, instead) = match &input.data {
        Data::Enum(data) => (Some(data.enum_token.span), "an enum"),
        Data::Union(data) => (Some(data.union_token.span), "a union"),
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => (None, ""),
            Fields::Unnamed(_) => (Some(ident.span()), "a tuple struct"),
            Fields::Unit => (Some(ident.span()), "a unit struct"),
        },
    };
    if let Some(span) = wrong {
        let message = format!("an entity is a struct with named fields, one a column; `{ident}` is {instead}");
        faults.at_span(span, message);
    }
    has_no_generics(input, "an entity is one table, so it takes no generics or lifetimes; remove them", faults);
    wrong.is_none()
}

pub(crate) fn has_no_generics(input: &DeriveInput, message: &str, faults: &mut Faults) {
    if !input.generics.params.is_empty() {
        faults.at(&input.generics.params, message);
    }
}

/// Tells every fault; the entity is good only if this finds one id and one owner, and no fault at all was told.
pub(crate) fn check<'a>(entity: &'a Entity<'a>, faults: &mut Faults) -> Option<Checked<'a>> {
    check_names(entity, faults);
    check_columns(entity, faults);
    check_tree(entity, faults);
    unique::check(entity, faults);
    companions::check(entity, faults);
    for attributes in entity.columns.iter().map(|c| &c.attributes).chain(entity.skipped.iter().map(|s| &s.attributes)) {
        check_keys(attributes, faults);
    }
    for role in Role::MARKED {
        check_only(entity, role, faults);
    }
    let id = required(entity, Role::Id, "the row's id", "id", faults);
    let owner = required(entity, Role::Owner, "the user to whom the row belongs", "user_id", faults);
    Some(Checked { entity, id: id?, owner: owner? })
}

fn check_names(entity: &Entity<'_>, faults: &mut Faults) {
    match &entity.table {
        None => faults.at(entity.ident, "no table is named; add `#[user_scoped(table = \"…\")]` above the struct"),
        Some(table) => {
            let (schema, name) = entity.table_names();
            if let Some(schema) = schema {
                check_name(&schema, "a schema", table.span(), faults);
            }
            check_name(&name, "a table", table.span(), faults);
            // A user would read his own denials there, and delete them.
            let name = name.to_ascii_lowercase();
            if name == "user_access_log" || name.starts_with("user_scope") {
                let mend = "read the audit by `pool.audit_trail(&caller)`, or give the table another name";
                faults.at(table, format_args!("`{name}` is a table of the library, and no entity; {mend}"));
            }
        }
    }
    if let Some(name) = &entity.name {
        check_name(&name.value(), "an entity", name.span(), faults);
    }
    for column in &entity.columns {
        check_name(&column.name.value(), "a column", column.name.span(), faults);
    }
}

/// Names go into SQL as they are, so they must be what SQL can say without doubt.
fn check_name(name: &str, of_what: &str, span: Span, faults: &mut Faults) {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if name.is_empty() {
        faults.at_span(span, format_args!("the name of {of_what} is empty; give it one"));
    } else if !plain || name.starts_with(|first: char| first.is_ascii_digit()) {
        let rule = "use ASCII letters, digits and `_`, and no digit in front";
        faults.at_span(span, format_args!("`{name}` cannot be the name of {of_what}; {rule}"));
    } else if name.len() > LONGEST_NAME {
        let rule = format!("use at most {LONGEST_NAME} bytes, this has {}", name.len());
        faults.at_span(span, format_args!("`{name}` cannot be the name of {of_what}; {rule}"));
    }
}

fn check_columns(entity: &Entity<'_>, faults: &mut Faults) {
    if let Some(first_too_many) = entity.columns.get(MOST_COLUMNS) {
        let count = entity.columns.len();
        let message = format!("an entity has at most {MOST_COLUMNS} columns, this one has {count}; split the table");
        faults.at(first_too_many.ident, message);
    }
    let (mut columns, mut constants) = (HashMap::new(), HashMap::new());
    for column in &entity.columns {
        let (ident, name) = (column.ident, &column.name);
        // SQLite does not tell upper from lower case in a name.
        if let Some(other) = columns.insert(name.value().to_ascii_lowercase(), ident) {
            let message = format!("`{ident}` and `{other}` are both the column `{}`; rename one", name.value());
            faults.at(name, message);
        } else if let Some(other) = constants.insert(column.constant.to_string(), ident) {
            let message = format!("`{ident}` and `{other}` both make the constant `{}`; rename one", column.constant);
            faults.at(ident, message);
        }
        if matches!(column.role, Role::Id | Role::Owner | Role::Version) && column.is_nullable() {
            let role = column.role.key();
            faults.at(column.ty, format_args!("the {role} of a row is never NULL; remove the `Option`"));
        }
        if column.role == Role::DeletedAt && !column.is_nullable() {
            faults.at(column.ty, "a row that is not deleted has no time of deletion; make it an `Option`");
        }
        if column.attributes.on_delete == Some("set_null") && !column.is_nullable() {
            faults.at(column.ty, "`on_delete = \"set_null\"` needs a column that may be NULL; make it an `Option`");
        }
    }
}

/// The rows below one go along by one column; by a second they would stay behind, and refer to what is gone.
fn check_tree(entity: &Entity<'_>, faults: &mut Faults) {
    let own = entity.parents().filter(|(_, parent)| parent.path.is_ident(entity.ident)).map(|(column, _)| column);
    let mut cascades = own.filter(|column| column.attributes.on_delete == Some("cascade"));
    let Some(first) = cascades.next() else { return };
    for second in cascades {
        let span = second.attributes.span("on_delete").unwrap_or_else(|| second.ident.span());
        let mend = "let this one be `\"restrict\"` or `\"set_null\"`";
        faults.at_span(span, format_args!("a tree is deleted along one field, and `{}` is it; {mend}", first.ident));
    }
}

/// Reports each key that does not go with one before it.
fn check_keys(attributes: &FieldAttributes, faults: &mut Faults) {
    for (at, (key, span)) in attributes.keys.iter().enumerate() {
        let before = attributes.keys.iter().take(at);
        if let Some((other, why)) = before.filter_map(|(other, _)| Some((other, conflict(other, key)?))).next() {
            faults.at_span(*span, format_args!("`{key}` does not go with `{other}`: {why}; remove one"));
        }
    }
    if let Some(span) = attributes.span("generated").filter(|_| !attributes.has("id")) {
        faults.at_span(span, "`generated` is for the id; write `#[user_scoped(id, generated = \"database\")]` there");
    }
    if let Some(span) = attributes.span("key").filter(|_| !attributes.has("id")) {
        faults.at_span(span, "`key` is for the id; write `#[user_scoped(id, key = \"owner\")]` there");
    }
    if let Some(span) = attributes.span("on_delete").filter(|_| !attributes.has("parent")) {
        faults.at_span(span, "`on_delete` is for a parent; write `#[user_scoped(parent = …, on_delete = \"…\")]`");
    }
}

/// Why two keys cannot stand on one field.
fn conflict(one: &str, other: &str) -> Option<&'static str> {
    const ROLES: &[&str] = &["id", "owner", "created_at", "updated_at", "deleted_at", "version", "parent"];
    const TIMES: &[&str] = &["created_at", "updated_at", "deleted_at", "version"];
    const LOGGED: &[&str] = &["id", "owner"];
    let between = |these: &[&str], those: &[&str]| {
        (these.contains(&one) && those.contains(&other)) || (these.contains(&other) && those.contains(&one))
    };
    if one == other {
        None // A slip of a key that is there as well; told already.
    } else if one == "skip" || other == "skip" {
        Some("a skipped field is no column")
    } else if between(ROLES, ROLES) {
        Some("a column has one role")
    } else if between(&["as"], TIMES) {
        Some("only identifiers can be stored as text")
    } else if between(&["key"], &["generated"]) {
        Some("the application chooses an id that is a key together with the owner")
    } else if between(&["redact"], LOGGED) {
        Some("whose row it is, and which, is what the audit records")
    } else {
        None
    }
}

fn check_only(entity: &Entity<'_>, role: Role, faults: &mut Faults) {
    let mut columns = entity.columns.iter().filter(|column| column.role == role);
    let Some(first) = columns.next() else { return };
    for second in columns {
        let (key, first) = (role.key(), first.ident);
        let span = second.attributes.span(key).unwrap_or_else(|| second.ident.span());
        faults.at_span(span, format_args!("`{first}` is marked `{key}` already; keep one of the two marks"));
    }
}

fn required<'a>(
    entity: &'a Entity<'a>,
    role: Role,
    what: &str,
    usual: &str,
    faults: &mut Faults,
) -> Option<&'a Column<'a>> {
    let found = entity.with_role(role);
    if found.is_none() {
        let key = role.key();
        match entity.columns.iter().find(|column| column.ident == usual) {
            Some(column) => {
                faults.at(
                    column.ident,
                    format_args!("no field is marked as {what}; if it is this one, mark it `#[user_scoped({key})]`"),
                );
            }
            None => {
                faults.at(entity.ident, format_args!("no field is {what}; add one, marked `#[user_scoped({key})]`"))
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
