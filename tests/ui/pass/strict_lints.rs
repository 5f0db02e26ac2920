//! What a crate forbids itself, the generated code does not do. The lints of clippy mean something when it is clippy that
//! compiles this file.

#![deny(warnings, future_incompatible, nonstandard_style, rust_2018_idioms, let_underscore, keyword_idents)]
#![deny(missing_copy_implementations, missing_debug_implementations, missing_docs, unreachable_pub)]
#![deny(absolute_paths_not_starting_with_crate, ambiguous_negative_literals, elided_lifetimes_in_paths)]
#![deny(explicit_outlives_requirements, impl_trait_redundant_captures, macro_use_extern_crate, meta_variable_misuse)]
#![deny(non_ascii_idents, redundant_imports, redundant_lifetimes, single_use_lifetimes, trivial_casts)]
#![deny(trivial_numeric_casts, unit_bindings, unsafe_code, unused_import_braces, unused_lifetimes, unused_macro_rules)]
#![deny(unused_qualifications, unused_results, variant_size_differences)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::expect_used)]
#![deny(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::panic, clippy::unwrap_used)]
#![allow(dead_code, reason = "nothing is done with these entities")]
#![allow(clippy::redundant_pub_crate, reason = "it contradicts `unreachable_pub`")]

use user_scope::{Identifier, UserScoped};

/// Whom it belongs to.
#[derive(Debug, Clone, Identifier)]
#[non_exhaustive]
pub struct UserId(user_scope::Uuid);

/// What everybody sees.
#[derive(Debug, UserScoped)]
#[user_scoped(table = "notes", unique(text), children(Note), audit(values = "old_and_new"))]
#[non_exhaustive]
pub struct Note {
    /// Its id.
    #[user_scoped(id, key = "owner")]
    pub id: user_scope::Uuid,
    /// Its owner.
    #[user_scoped(owner, as = "text")]
    pub user_id: UserId,
    /// Its text.
    pub text: String,
    /// What it is about.
    #[user_scoped(parent = Self, on_delete = "cascade")]
    pub about: Option<user_scope::Uuid>,
    /// How often it was written.
    #[user_scoped(version)]
    pub version: i32,
    /// Since when it is gone.
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<chrono::NaiveDateTime>,
}

mod entities {
    //! Entities that others see, and some that nobody does.

    use chrono::{DateTime, NaiveDate, Utc};
    use user_scope::{Select, UserScoped, Uuid};

    /// A list.
    #[derive(Debug, UserScoped)]
    #[user_scoped(table = "lists", unique(title), children(Task), audit(values = "old_and_new"))]
    #[non_exhaustive]
    pub(crate) struct List {
        /// Its id.
        #[user_scoped(id)]
        pub(crate) id: Uuid,
        /// Its owner.
        #[user_scoped(owner)]
        pub(crate) user_id: Uuid,
        /// Its title.
        pub(crate) title: String,
        /// The list that it is in.
        #[user_scoped(parent = Self, on_delete = "cascade")]
        pub(crate) inside: Option<Uuid>,
        /// How often it was written.
        #[user_scoped(version)]
        pub(crate) version: i32,
        /// Since when it is gone.
        #[user_scoped(deleted_at)]
        pub(crate) deleted_at: Option<DateTime<Utc>>,
    }

    /// A task.
    #[derive(Debug, UserScoped)]
    #[user_scoped(table = "tasks", new(derive(Debug)), changes(derive(Debug, Default)))]
    #[non_exhaustive]
    pub(crate) struct Task {
        /// Its id.
        #[user_scoped(id, key = "owner")]
        id: i64,
        /// Its owner.
        #[user_scoped(owner, as = "text")]
        user_id: Uuid,
        /// Its list.
        #[user_scoped(parent = List, on_delete = "set_null")]
        list_id: Option<Uuid>,
        /// What is not for the log.
        #[user_scoped(redact)]
        secret: Option<String>,
        /// Until when.
        due_on: NaiveDate,
        /// When it was changed.
        #[user_scoped(updated_at)]
        updated_at: DateTime<Utc>,
    }

    /// Of which nothing can be said.
    #[derive(Debug, UserScoped)]
    #[user_scoped(table = "tags")]
    #[non_exhaustive]
    pub(crate) struct Tag {
        /// Its id.
        #[user_scoped(id)]
        id: Uuid,
        /// Its owner.
        #[user_scoped(owner)]
        user_id: Uuid,
    }

    /// Part of a list.
    #[derive(Debug, Select)]
    #[user_scoped(from = List)]
    #[non_exhaustive]
    pub(crate) struct Headline {
        /// Its title.
        pub(crate) title: String,
    }

    /// Going, going.
    #[deprecated(note = "use a task")]
    #[derive(Debug, UserScoped)]
    #[user_scoped(table = "todos", children(Todo), unique(title))]
    #[non_exhaustive]
    pub(crate) struct Todo {
        /// Its id.
        #[user_scoped(id)]
        pub(crate) id: Uuid,
        /// Its owner.
        #[user_scoped(owner)]
        pub(crate) user_id: Uuid,
        /// Its title.
        #[deprecated]
        pub(crate) title: String,
        /// The one above.
        #[deprecated]
        #[user_scoped(parent = Todo, on_delete = "restrict")]
        pub(crate) above: Option<Uuid>,
        /// The version.
        #[deprecated]
        #[user_scoped(version)]
        pub(crate) version: i64,
    }
}

fn main() {
    let list = entities::NewList { title: "Home".to_owned(), inside: None };
    drop((list, entities::List::BY_TITLE, entities::List::DELETED_AT));
}
