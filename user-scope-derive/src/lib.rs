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
/// - `NewTask`, what an insert takes: every field but the id, the owner, the times, the version and what is skipped;
/// - `TaskChanges`, what an update takes: a `Change` for each of these fields;
/// - a constant for each column: `Task::TITLE`, `Task::DUE_ON`, …; and one for each unique key: `Task::BY_TITLE`,
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
/// | `children(Subtask, Remark)` | entities with a field `parent = Task`, which go along when a row is deleted or transferred, see below |
/// | `unique(title, (kind, name))` | unique keys, each together with the owner: `Task::BY_TITLE`, `Task::BY_KIND_AND_NAME`, see below |
/// | `audit(writes = "…", reads = "…", denials = "…")` | how accesses are recorded, where it differs from the pool: `"background"` or `"off"`, and for writes `"atomic"` as well |
/// | `audit(values = "old_and_new")` | the audit of a write holds the values that it replaced and those that it wrote, but for fields marked `redact` |
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
/// | `id, key = "owner"` | the key is owner and id together, and the application chooses the id, see below |
/// | `owner` | the user to whom the row belongs, required; written from the caller, never from input |
/// | `parent = Task` | the id of another entity, which is proven to belong to the same owner; `Self` for a tree |
/// | `parent = Task, on_delete = "…"` | what becomes of the row when its parent is deleted: `"cascade"`, `"restrict"` or, on an `Option`, `"set_null"`; the parent lists it by `children(…)` |
/// | `created_at`, `updated_at` | a time that the library writes |
/// | `deleted_at` | an `Option` of such a time: a delete marks the row and keeps it; no read gives it, until it is asked for or restored |
/// | `version` | an `i64` or `i32` that counts the writes, see below |
/// | `column = "name"` | the column, if it is not called as the field is |
/// | `as = "text"` | an identifier that the table holds as text, whatever it is in Rust; it compares and sorts as text |
/// | `redact` | its value is kept out of the audit, and out of the `Debug` of `NewTask` and `TaskChanges`; the struct's own `Debug` is yours |
/// | `skip` | no column; `Default::default()` when a row is read |
/// | `new(…)`, `changes(…)` | attributes of the field of this name in `NewTask`, in `TaskChanges`: `new(serde(default))`, see below |
///
/// `id`, `owner`, the times, `version` and `parent` are roles, and a field has one. All but `parent` are given once.
///
/// Names go into SQL, so they consist of ASCII letters, digits and `_`, at most 63. An entity has at most 128
/// columns.
///
/// # What a request says
///
/// A request is read into `NewTask` and `TaskChanges`. What it may leave out, and what comes from elsewhere, a path or a
/// header, is said by attributes of their fields: whatever stands in `new(…)` or `changes(…)` becomes one as it is.
///
/// ```
/// use serde::Deserialize;
/// use user_scope::{UserScoped, Uuid};
/// # #[derive(UserScoped)]
/// # #[user_scoped(table = "lists")]
/// # struct List {
/// #     #[user_scoped(id)]
/// #     id: Uuid,
/// #     #[user_scoped(owner)]
/// #     user_id: Uuid,
/// # }
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "tasks", new(derive(Deserialize)), changes(derive(Deserialize)))]
/// struct Task {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     title: String,
///     #[user_scoped(new(serde(default)))] // a new row needs no more than its title
///     done: bool,
///     #[user_scoped(parent = List, new(serde(skip)), changes(serde(skip)))] // from the path
///     list_id: Uuid,
///     #[user_scoped(version, changes(serde(skip)))] // from `If-Match`
///     version: i64,
/// }
///
/// let new: NewTask = serde_json::from_str(r#"{"title": "Ship it"}"#)?;
/// let new = NewTask { list_id: Uuid::now_v7(), ..new };
/// assert_eq!((new.title.as_str(), new.done), ("Ship it", false));
///
/// let changes: TaskChanges = serde_json::from_str(r#"{"done": true, "version": 7}"#)?;
/// assert_eq!(changes.version, 0); // which no row has, until the application writes another
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Serde gives a field that it skips the default of its type. With `deny_unknown_fields` it refuses a request that has one.
///
/// # Parents and children
///
/// A row is written only if its parent belongs to the same owner. What happens to it later, parent and child say
/// together: the parent lists the child, and the child says what becomes of it.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use user_scope::{UserScoped, Uuid};
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "folders", children(Page, Share))]
/// struct Folder {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     #[user_scoped(parent = Self, on_delete = "cascade")] // a tree, which is its own child without being listed
///     inside: Option<Uuid>,
///     #[user_scoped(deleted_at)]
///     deleted_at: Option<DateTime<Utc>>,
/// }
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "pages")]
/// struct Page {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     #[user_scoped(parent = Folder, on_delete = "cascade")] // marked with its folder, and restored with it
///     folder_id: Uuid,
///     #[user_scoped(deleted_at)]
///     deleted_at: Option<DateTime<Utc>>,
/// }
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "shares")]
/// struct Share {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     #[user_scoped(parent = Folder, on_delete = "restrict")] // a folder with shares is not deleted
///     folder_id: Uuid,
/// }
/// ```
///
/// `"cascade"` deletes a child with its parent, and `"set_null"` leaves it without one, each with an audit row of its own;
/// with `"restrict"` the delete of the parent is `Error::Referenced`. Without `on_delete` the library leaves the child alone, and the
/// database's foreign key decides. A tree is deleted along one field.
///
/// Where the parent is only marked as deleted, a child that goes with it is marked too, so it needs a field `deleted_at` as
/// well; `restore` brings back those children that were marked together with their parent. `"set_null"` is not undone.
/// Nothing refers to the database there: a child without `on_delete` stays as it is, below a parent that no read gives.
///
/// A transfer takes all children along that are listed, whatever they say of a delete. Children that nobody lists stay
/// behind: list them, or let a composite foreign key refuse.
///
/// `tasks.children::<Subtask>(&task.id)` asks for the children of a row, where one field of the child names the parent.
///
/// # Versions
///
/// The library writes 1 into a field marked `version` and counts each write. `TaskChanges` has the field as well:
/// `changes.version` is the version that the changes rest on, that of the row which was read. If the row has another one by
/// then, the update is `Error::Stale` and changes nothing. The field is no `Change` and has no default in JSON, but it has
/// one in `TaskChanges::default()`: 0, which no row has. `update_where` does not look at it.
///
/// ```
/// use user_scope::{Change, Result, ScopedRepository, Stores, UserScoped, Uuid};
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "tasks")]
/// struct Task {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     title: String,
///     #[user_scoped(version)]
///     version: i64,
/// }
///
/// async fn rename<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>, task: Task, title: String) -> Result<Task> {
///     tasks.update(&task.id, TaskChanges { title: Change::Set(title), version: task.version }).await
/// }
/// ```
///
/// # Keys
///
/// `unique(title)` says that no two rows of one owner have the same title, as a unique index on `(user_id, title)` says it
/// in the database, which must have one. The constant `Task::BY_TITLE` is what an upsert names as the key on which it
/// conflicts. A key names fields that the application writes and that are no `Option`, for NULL is never the same as NULL;
/// the owner is part of each, so that nobody learns what others have. Where rows are marked as deleted the index may be one of
/// live rows, `WHERE deleted_at IS NULL`, and a name is free again when its row is deleted.
///
/// With `id, key = "owner"` the primary key is `(user_id, id)`: two users have a setting `"theme"` each. The application
/// chooses the id, so `NewSetting` has it, and `Setting::BY_ID` is a key too. An id alone then names no row to a system
/// context, which reaches one by `system.owned_by(&user)`.
///
/// ```
/// use user_scope::{UniqueKey, UserScoped, Uuid};
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "settings", unique((section, name)))]
/// struct Setting {
///     #[user_scoped(id, key = "owner")]
///     id: String,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     section: String,
///     name: String,
/// }
///
/// let new = NewSetting { id: "theme".into(), section: "looks".into(), name: "Theme".into() };
/// let keys: [UniqueKey<Setting>; 2] = [Setting::BY_ID, Setting::BY_SECTION_AND_NAME];
/// ```
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
