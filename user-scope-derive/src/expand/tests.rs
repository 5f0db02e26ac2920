//! What is generated, as snapshots that a person reads.

use insta::assert_snapshot;
use syn::parse_quote;

use super::*;

fn shown(tokens: TokenStream) -> String {
    syn::parse2(tokens).map_or_else(|fault| fault.to_string(), |file| prettyplease::unparse(&file))
}

#[test]
fn a_plain_entity() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(table = "tasks", new(derive(Debug, Deserialize)), changes(derive(Debug, Default, Deserialize)))]
        pub struct Task {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            /// What is to be done.
            pub title: String,
            pub due_on: Option<NaiveDate>,
            #[user_scoped(created_at)]
            pub created_at: DateTime<Utc>,
            #[user_scoped(updated_at)]
            pub updated_at: DateTime<Utc>,
        }
    })));
}

#[test]
fn every_attribute() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(
            table = "app.subtasks",
            name = "subtask",
            new(derive(Debug), name = "Draft", deny_unknown_fields, derive(serde::Deserialize)),
            changes(derive(std::fmt::Debug), serde(rename_all = "camelCase")),
            crate = "crate::renamed",
            audit(writes = "background", reads = "off", denials = "background"),
            on(sqlx::Postgres, sqlx::Sqlite),
        )]
        pub(crate) struct Subtask {
            #[user_scoped(id, generated = "database")]
            id: SubtaskId,
            #[user_scoped(owner, as = "text", column = "owner")]
            user_id: UserId,
            #[user_scoped(parent = Task)]
            task_id: TaskId,
            #[user_scoped(parent = Self, as = "text")]
            over: Option<SubtaskId>,
            #[user_scoped(redact)]
            secret: String,
            r#type: Option<String>,
            #[user_scoped(skip)]
            cached: Cache,
            #[user_scoped(created_at)]
            created_at: Option<NaiveDateTime>,
        }
    })));
}

#[test]
fn relatives_versions_and_keys() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(
            table = "folders",
            changes(derive(Debug, Default, Deserialize)),
            children(Page, crate::Share),
            unique(name, (r#type, name)),
            audit(values = "old_and_new"),
        )]
        pub struct Folder {
            #[user_scoped(id, key = "owner")]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            #[user_scoped(parent = Self, on_delete = "cascade")]
            inside: Option<Uuid>,
            #[user_scoped(parent = Shelf, on_delete = "restrict")]
            shelf_id: Uuid,
            #[user_scoped(parent = Label, on_delete = "set_null")]
            front: Option<Uuid>,
            #[user_scoped(parent = Label)]
            back: Option<Uuid>,
            pub name: String,
            pub r#type: String,
            #[user_scoped(version, redact)]
            pub version: i32,
            #[user_scoped(updated_at)]
            updated_at: DateTime<Utc>,
            #[user_scoped(deleted_at)]
            deleted_at: Option<DateTime<Utc>>,
        }
    })));
}

#[test]
fn attributes_of_fields() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(
            table = "tasks",
            new(derive(Deserialize, ToSchema)),
            changes(derive(Deserialize), name = "TaskPatch"),
        )]
        pub struct Task {
            #[user_scoped(id, key = "owner", new(serde(rename = "key")))]
            id: String,
            #[user_scoped(owner)]
            user_id: Uuid,
            /// What is to be done.
            #[user_scoped(
                new(serde(default), schema(min_length = 1)),
                changes(serde(deserialize_with = "trimmed", default = "kept")),
            )]
            pub title: String,
            #[user_scoped(parent = List, new(serde(skip)), changes(serde(skip)))]
            pub list_id: Uuid,
            #[user_scoped(version, changes(doc = "From If-Match.", serde(skip)))]
            version: i64,
        }
    })));
}

#[test]
fn attributes_of_fields_where_it_is_not_known_what_the_struct_derives() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(table = "tasks", new(derive(Deserialize), 5), changes(derive(Deserialize)))]
        struct Task {
            #[user_scoped(id)]
            id: Uuid,
            #[user_scoped(owner)]
            user_id: Uuid,
            #[user_scoped(new(serde(default)), changes(serde(skip)))]
            title: String,
        }
    })));
}

#[test]
fn an_entity_that_the_application_never_writes_to() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(table = "tags")]
        struct Tag {
            #[user_scoped(id)]
            id: String,
            #[user_scoped(owner)]
            user_id: i64,
        }
    })));
}

#[test]
fn faults_and_what_stands_in() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(tabel = "tasks")]
        pub struct Task {
            id: Uuid,
            #[user_scoped(owner)]
            user_id: Uuid,
            pub title: String,
        }
    })));
}

#[test]
fn generics_have_nothing_to_stand_in() {
    assert_snapshot!(shown(user_scoped(&parse_quote! {
        #[user_scoped(table = "tasks")]
        struct Task<T> {
            #[user_scoped(id)]
            id: T,
            #[user_scoped(owner)]
            user_id: Uuid,
        }
    })));
}

#[test]
fn newtypes() {
    let tuple = identifier(&parse_quote!(
        pub struct TaskId(pub Uuid);
    ));
    let named = identifier(&parse_quote!(
        #[identifier(crate = "a::b")]
        struct UserId {
            inner: String,
        }
    ));
    let fault = identifier(&parse_quote!(
        struct Pair(Uuid, i64);
    ));
    assert_snapshot!(shown(quote!(#tuple #named #fault)));
}

#[test]
fn selections() {
    let good = select(&parse_quote!(
        #[user_scoped(from = crate::Task, crate = "a::b")]
        pub struct Headline {
            id: Uuid,
            r#type: Option<String>,
            #[user_scoped(column = TITLE)]
            headline: String,
        }
    ));
    let fault = select(&parse_quote!(
        #[user_scoped(form = Task)]
        struct Slip {
            #[user_scoped(column = "title")]
            headline: String,
        }
    ));
    let nothing = select(&parse_quote!(
        struct Nothing;
    ));
    let nameless = select(&parse_quote!(
        struct Nameless {
            id: Uuid,
        }
    ));
    assert_snapshot!(shown(quote!(#good #fault #nothing #nameless)));
}
