//! The derive macros of `user-scope`. Use them through it: `user_scope::UserScoped`, `user_scope::Select`,
//! `user_scope::Identifier`.
//!
//! The macros know no database: they emit names, types and positions, and the library writes the SQL.

mod attributes;
mod expand;
mod faults;
mod model;
mod validate;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct an entity: a table whose rows belong to users.
///
/// ```
/// use chrono::{DateTime, NaiveDate, Utc};
/// use serde::Deserialize;
/// use user_scope::{UserScoped, Uuid};
///
/// #[derive(Debug, UserScoped)]
/// #[user_scoped(table = "tasks", new(derive(Debug, Deserialize)), changes(derive(Debug, Default, Deserialize)))]
/// pub struct Task {
///     #[user_scoped(id)]
///     pub id: Uuid,
///     #[user_scoped(owner)]
///     pub user_id: Uuid,
///     pub title: String,
///     pub due_on: Option<NaiveDate>,
///     #[user_scoped(created_at)]
///     pub created_at: DateTime<Utc>,
///     #[user_scoped(updated_at)]
///     pub updated_at: DateTime<Utc>,
/// }
/// ```
///
/// The struct has named fields, one a column, and no generics. A field is of any type that sqlx can store; an
/// `Option` is a column that may be NULL. Beside the impls the derive writes
///
/// - `NewTask`, what an insert takes: every field but the id, the owner, the times and what is skipped;
/// - `TaskChanges`, what an update takes: a `Change` for each of these fields;
/// - a constant for each column: `Task::TITLE`, `Task::DUE_ON`, …
///
/// each as visible as the struct or the field that it comes from.
///
/// # On the struct
///
/// | key | means |
/// |---|---|
/// | `table = "tasks"` | the table, required; `"app.tasks"` names its schema too |
/// | `name = "task"` | how the audit calls the entity; the table's name unless said otherwise |
/// | `new(…)` | what is asked of `NewTask`, see below |
/// | `changes(…)` | what is asked of `TaskChanges`, see below |
/// | `audit(writes = "…", reads = "…", denials = "…")` | how accesses are recorded, where it differs from the pool: `"background"` or `"off"`, and for writes `"atomic"` as well |
/// | `on(sqlx::Postgres, sqlx::Sqlite)` | proves here that these databases can store every column, instead of where the entity is used |
/// | `crate = "path"` | where `user-scope` is found if it is not `::user_scope` |
///
/// `new(…)` and `changes(…)` take
///
/// - `derive(Debug, Deserialize)`: what the struct derives, nothing unless said. With `Deserialize`, a field of
///   `TaskChanges` that is absent keeps its column;
/// - `name = "TaskDraft"`: another name for the struct;
/// - `deny_unknown_fields`: a field that is not there, an owner among them, is an error and not ignored;
/// - anything else, which becomes an attribute of the struct: `serde(rename_all = "camelCase")`.
///
/// # On a field
///
/// | key | means |
/// |---|---|
/// | `id` | the row's id, required: a `Uuid`, `String`, `i64` or a newtype of one; the library makes it |
/// | `id, generated = "database"` | the database makes it, as it must for an `i64` |
/// | `owner` | the user to whom the row belongs, required; written from the caller, never from input |
/// | `parent = Task` | the id of another entity, which is proven to belong to the same owner; `Self` for a tree |
/// | `created_at`, `updated_at` | a time that the library writes |
/// | `column = "name"` | the column, if it is not called as the field is |
/// | `as = "text"` | an identifier that the table holds as text, whatever it is in Rust; it compares and sorts as text |
/// | `redact` | kept out of the audit, and out of the `Debug` of `NewTask` and `TaskChanges`; the struct's own `Debug` is yours |
/// | `skip` | no column; `Default::default()` when a row is read |
///
/// Names go into SQL, so they consist of ASCII letters, digits and `_`, at most 63. An entity has at most 128
/// columns.
#[proc_macro_derive(UserScoped, attributes(user_scoped))]
pub fn derive_user_scoped(input: TokenStream) -> TokenStream {
    expand::user_scoped(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a selection: some columns of an entity, which alone are read from the table.
///
/// ```
/// use user_scope::{Select, UserScoped, Uuid};
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "tasks")]
/// struct Task {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     title: String,
///     note: Option<String>,
/// }
///
/// #[derive(Select)]
/// #[user_scoped(from = Task)]
/// struct Headline {
///     id: Uuid,
///     title: String,
///     #[user_scoped(column = NOTE)]
///     remark: Option<String>,
/// }
/// ```
///
/// `tasks.query().select::<Headline>()` reads rows as this struct. It has named fields and no generics. A field is read
/// from the column of the entity's field of the same name, and has the same type; `#[user_scoped(column = NOTE)]` names
/// the constant of another one. What does not fit does not compile.
///
/// On the struct, `from = Task` names the entity, and `crate = "path"` says where `user-scope` is found if it is not
/// `::user_scope`.
#[proc_macro_derive(Select, attributes(user_scoped))]
pub fn derive_select(input: TokenStream) -> TokenStream {
    expand::select(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype an identifier, of users or of rows.
///
/// ```
/// use user_scope::{Identifier, Uuid};
///
/// #[derive(Debug, Clone, PartialEq, Identifier)] // and sqlx::Type, with #[sqlx(transparent)]
/// pub struct TaskId(Uuid);
/// ```
///
/// The struct has one field, named or not, whose type is an identifier itself: a `Uuid`, an `i64`, a `String` or
/// another newtype. `Clone` is required, and `sqlx::Type` unless the column is stored `as = "text"`.
///
/// `#[identifier(crate = "path")]` says where `user-scope` is found if it is not `::user_scope`.
#[proc_macro_derive(Identifier, attributes(identifier))]
pub fn derive_identifier(input: TokenStream) -> TokenStream {
    expand::identifier(&parse_macro_input!(input as DeriveInput)).into()
}
