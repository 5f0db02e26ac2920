//! Each fault alone, and all together: what is said, and that nothing else is.

use syn::parse_quote;

use super::*;

fn faults(input: DeriveInput) -> Vec<String> {
    let mut faults = Faults::default();
    let entity = Entity::read(&input, &mut faults);
    if has_form(&input, &mut faults) {
        check(&entity, &mut faults);
    }
    faults.messages()
}

/// One fault whose message holds `part`.
#[track_caller]
fn one(input: DeriveInput, part: &str) {
    let found = faults(input);
    assert!(matches!(found.as_slice(), [only] if only.contains(part)), "{part:?} is not the only one of {found:#?}");
}

/// An entity without faults, but for what stands on the struct and the further fields.
macro_rules! entity {
    ([$($on_struct:tt)*] $($fields:tt)*) => {
        parse_quote! {
            #[user_scoped($($on_struct)*)]
            struct Task {
                #[user_scoped(id)]
                id: Uuid,
                #[user_scoped(owner)]
                user_id: Uuid,
                $($fields)*
            }
        }
    };
    ($($fields:tt)*) => { entity!([table = "tasks"] $($fields)*) };
}

mod companions;

#[test]
fn a_plain_entity_has_no_faults() {
    assert_eq!(faults(entity!(title: String, due_on: Option<NaiveDate>)), Vec::<String>::new());
}

#[test]
fn every_key_is_known() {
    let input = parse_quote! {
        #[user_scoped(table = "app.tasks", name = "todo", crate = "a::b", on(sqlx::Postgres))]
        #[user_scoped(new(derive(A, b::Deserialize), name = "Draft", deny_unknown_fields, serde(rename_all = "kebab-case")), changes())]
        #[user_scoped(audit(writes = "off", reads = "off", denials = "background", values = "old_and_new"))]
        #[user_scoped(children(Self, a::Subtask), unique(title, (r#type, name)))]
        struct Task {
            #[user_scoped(id, generated = "database", column = "key")]
            id: i64,
            #[user_scoped(owner, as = "text")]
            user_id: Uuid,
            #[user_scoped(parent = a::Task, redact, column = "above", on_delete = "set_null", new(serde(skip)))]
            over: Option<i64>,
            #[user_scoped(parent = List, on_delete = "cascade")]
            list_id: i64,
            #[user_scoped(new(serde(default), schema(min_length = 1)), changes(doc = "A new title."))]
            title: String,
            r#type: String,
            name: String,
            #[user_scoped(version, redact, changes(serde(skip)))]
            version: i32,
            #[user_scoped(skip)]
            cached: bool,
            #[user_scoped(created_at)]
            created_at: DateTime<Utc>,
            #[user_scoped(updated_at, redact)]
            updated_at: Option<DateTime<Utc>>,
            #[user_scoped(deleted_at, column = "gone_at")]
            deleted_at: Option<DateTime<Utc>>,
        }
    };
    assert_eq!(faults(input), Vec::<String>::new());
}

#[test]
fn what_may_derive_unseen_does_not_go_with_what_is_redacted() {
    let with = |redacted: bool| {
        let key = if redacted { quote::quote!(#[user_scoped(redact)]) } else { quote::quote!() };
        parse_quote! {
            #[user_scoped(table = "tasks", new(cfg_attr(x, derive(Debug))))]
            struct Task {
                #[user_scoped(id)]
                id: Uuid,
                #[user_scoped(owner)]
                user_id: Uuid,
                #key
                title: String,
            }
        }
    };
    assert_eq!(faults(with(false)), Vec::<String>::new());
    let told = faults(with(true));
    assert!(told.iter().any(|fault| fault.contains("may derive a `Debug` that shows what is redacted")), "{told:?}");
}

#[test]
fn only_a_struct_with_named_fields_is_an_entity() {
    one(
        parse_quote!(
            enum Task {
                A,
            }
        ),
        "`Task` is an enum",
    );
    one(parse_quote!(union Task { a: u8 }), "`Task` is a union");
    one(
        parse_quote!(
            struct Task(Uuid);
        ),
        "`Task` is a tuple struct",
    );
    one(
        parse_quote!(
            struct Task;
        ),
        "`Task` is a unit struct",
    );
    one(
        parse_quote!(
            #[user_scoped(table = "t")]
            struct Task<'a, T> {
                #[user_scoped(id)]
                id: T,
                #[user_scoped(owner)]
                user_id: &'a str,
            }
        ),
        "no generics or lifetimes",
    );
}

#[test]
fn table_id_and_owner_are_required() {
    one(entity!([name = "task"]), "add `#[user_scoped(table = ");
    one(
        parse_quote!(
            #[user_scoped(table = "t")]
            struct Task {
                #[user_scoped(owner)]
                who: Uuid,
            }
        ),
        "no field is the row's id",
    );
    one(
        parse_quote!(
            #[user_scoped(table = "t")]
            struct Task {
                id: Uuid,
                #[user_scoped(owner)]
                who: Uuid,
            }
        ),
        "if it is this one, mark it `#[user_scoped(id)]`",
    );
    one(
        parse_quote!(
            #[user_scoped(table = "t")]
            struct Task {
                #[user_scoped(id)]
                id: Uuid,
            }
        ),
        "marked `#[user_scoped(owner)]`",
    );
}

#[test]
fn a_role_is_given_once() {
    one(entity!(#[user_scoped(id)] other: Uuid), "`id` is marked `id` already");
    one(entity!(#[user_scoped(owner)] other: Uuid), "`user_id` is marked `owner` already");
    one(
        entity!(#[user_scoped(created_at)] a: T, #[user_scoped(created_at)] b: T),
        "`a` is marked `created_at` already",
    );
    one(
        entity!(#[user_scoped(updated_at)] a: T, #[user_scoped(updated_at)] b: T),
        "`a` is marked `updated_at` already",
    );
    one(
        entity!(#[user_scoped(deleted_at)] a: Option<T>, #[user_scoped(deleted_at)] b: Option<T>),
        "`a` is marked `deleted_at` already",
    );
    one(entity!(#[user_scoped(version)] a: i64, #[user_scoped(version)] b: i64), "`a` is marked `version` already");
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    one(entity!(#[user_scoped(created_at, updated_at)] at: T), "a column has one role");
    one(entity!(#[user_scoped(created_at, parent = Task)] at: T), "`parent` does not go with `created_at`");
    one(entity!(#[user_scoped(updated_at, deleted_at)] at: Option<T>), "`deleted_at` does not go with `updated_at`");
    one(entity!(#[user_scoped(version, parent = Task)] v: i64), "`parent` does not go with `version`");
    one(entity!(#[user_scoped(version, as = "text")] v: i64), "only identifiers can be stored as text");
    one(entity!(#[user_scoped(deleted_at, skip)] at: Option<T>), "a skipped field is no column");
    one(entity!(#[user_scoped(created_at, as = "text")] at: T), "only identifiers can be stored as text");
    one(entity!(#[user_scoped(redact, skip)] x: T), "a skipped field is no column");
    one(entity!(#[user_scoped(generated = "database")] x: T), "`generated` is for the id");
    one(
        parse_quote!(
            #[user_scoped(table = "t")]
            struct T {
                #[user_scoped(id)]
                id: Uuid,
                #[user_scoped(owner, redact)]
                o: Uuid,
            }
        ),
        "is what the audit records",
    );
}

#[test]
fn id_and_owner_are_never_null() {
    let input = parse_quote! {
        #[user_scoped(table = "t")]
        struct Task { #[user_scoped(id)] id: Option<Uuid>, #[user_scoped(owner)] user_id: std::option::Option<Uuid> }
    };
    assert_eq!(faults(input).len(), 2);
}

#[test]
fn a_version_is_never_null_and_a_time_of_deletion_may_be() {
    one(entity!(#[user_scoped(version)] version: Option<i64>), "the version of a row is never NULL; remove the");
    one(entity!(#[user_scoped(deleted_at)] at: T), "a row that is not deleted has no time of deletion; make it an");
}

#[test]
fn on_delete_is_said_of_a_parent() {
    one(entity!(#[user_scoped(on_delete = "cascade")] x: Uuid), "`on_delete` is for a parent; write");
    one(
        entity!(#[user_scoped(parent = List, on_delete = "set_null")] list_id: Uuid),
        "`on_delete = \"set_null\"` needs a column that may be NULL; make it an `Option`",
    );
    one(
        entity!(#[user_scoped(parent = List, on_delete = "delete")] list_id: Uuid),
        "`on_delete` takes `\"cascade\"` or `\"restrict\"` or `\"set_null\"`",
    );
    one(entity!(#[user_scoped(parent = List, on_delete = cascade)] list_id: Uuid), "`on_delete` takes a text");
}

#[test]
fn a_tree_is_deleted_along_one_field() {
    one(
        entity!(
            #[user_scoped(parent = Self, on_delete = "cascade")] inside: Option<Uuid>,
            #[user_scoped(parent = Task, on_delete = "cascade")] behind: Option<Uuid>,
        ),
        "a tree is deleted along one field, and `inside` is it",
    );
    let two = entity!(
        #[user_scoped(parent = Self, on_delete = "cascade")] inside: Option<Uuid>,
        #[user_scoped(parent = Self, on_delete = "set_null")] behind: Option<Uuid>,
    );
    assert_eq!(faults(two), Vec::<String>::new());
}

#[test]
fn a_key_with_the_owner_is_said_of_the_id() {
    let with = |id: proc_macro2::TokenStream| {
        parse_quote! {
            #[user_scoped(table = "settings")]
            struct Setting { #[user_scoped(#id)] id: String, #[user_scoped(owner)] user_id: Uuid }
        }
    };
    assert_eq!(faults(with(quote::quote!(id, key = "owner"))), Vec::<String>::new());
    one(with(quote::quote!(id, key = "owner", generated = "database")), "the application chooses an id");
    one(with(quote::quote!(id, key = "user")), "`key` takes `\"owner\"`");
    one(entity!(#[user_scoped(key = "owner")] name: String), "`key` is for the id; write `#[user_scoped(id, key =");
}

#[test]
fn a_unique_key_names_fields_that_hold_it() {
    let with = |keys: proc_macro2::TokenStream| {
        entity!([table = "t", unique(#keys)]
            title: String, note: Option<String>, r#type: String, by_title: i64, #[user_scoped(skip)] cached: u8,
            #[user_scoped(version)] version: i64, #[user_scoped(parent = List)] list_id: Uuid)
    };
    for fits in [quote::quote!(type), quote::quote!((list_id, r#type), (title, type),), quote::quote!()] {
        assert_eq!(faults(with(fits)), Vec::<String>::new());
    }
    one(with(quote::quote!(titel)), "no field `titel` is a column");
    one(with(quote::quote!((type, cached))), "no field `cached` is a column");
    one(with(quote::quote!(note)), "`note` is an `Option`: NULL is never the same as NULL");
    one(with(quote::quote!((user_id, type))), "`user_id` is the owner, who is part of every key; leave it out");
    one(with(quote::quote!(id)), "`id` is the id; a key names what the application writes");
    one(with(quote::quote!(version)), "`version` is the version; a key names");
    one(with(quote::quote!((type, type))), "`type` stands in this key already");
    one(with(quote::quote!(())), "a key names fields; write `unique(title)`");
    one(with(quote::quote!("type")), "`unique` takes names, not texts; write `unique(title)`");
    one(with(quote::quote!(title)), "this key and the field `by_title` both make the constant `BY_TITLE`");
    one(with(quote::quote!(type, type)), "this key and another key both make the constant `BY_TYPE`");
    one(
        parse_quote! {
            #[user_scoped(table = "t", unique(by))]
            struct T { #[user_scoped(id, key = "owner")] by: String, #[user_scoped(owner)] user_id: Uuid }
        },
        "`by` is the id; a key names what the application writes",
    );
    one(
        parse_quote! {
            #[user_scoped(table = "t")]
            struct T { #[user_scoped(id, key = "owner")] id: String, #[user_scoped(owner)] user_id: Uuid, by_id: i64 }
        },
        "the key of `id` and the field `by_id` both make the constant `BY_ID`",
    );
}

#[test]
fn names_are_plain_enough_for_sql() {
    one(entity!([table = ""]), "the name of a table is empty");
    one(entity!([table = "app."]), "the name of a table is empty");
    one(entity!([table = ".tasks"]), "the name of a schema is empty");
    one(entity!([table = "a.b.c"]), "`b.c` cannot be the name of a table");
    one(entity!([table = "tasks; DROP TABLE x"]), "cannot be the name of a table");
    one(entity!([table = "1st"]), "no digit in front");
    one(entity!([table = "t", name = "a task"]), "cannot be the name of an entity");
    one(entity!(größe: i64), "`größe` cannot be the name of a column");
    one(entity!(#[user_scoped(column = "\"x\"")] x: i64), "cannot be the name of a column");
    let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
    one(entity!([table = #too_long]), "use at most 63 bytes, this has 64");
    assert_eq!(faults(entity!([table = #longest])).len(), 0);
}

#[test]
fn columns_and_constants_differ() {
    one(entity!(#[user_scoped(column = "Title")] a: T, title: T), "`title` and `a` are both the column `title`");
    one(entity!(title: T, #[user_scoped(column = "other")] Title: T), "both make the constant `TITLE`");
    one(entity!(r#type: T, #[user_scoped(column = "type")] kind: T), "are both the column `type`");
}

#[test]
fn a_set_of_columns_has_128_places() {
    let fields = (0..127).map(|n| quote::format_ident!("c{n}"));
    one(entity!(#(#fields: i64),*), "at most 128 columns, this one has 129");
}

#[test]
fn keys_are_known_and_given_once() {
    one(entity!([table = "t", tabel = "u"]), "unknown key `tabel`; did you mean `table`?");
    one(entity!([table = "t", tenant = "u"]), "on the struct, `#[user_scoped(…)]` takes `table`, `name`");
    one(entity!([table = "t", deleted_at]), "`deleted_at` belongs on a field, not on the struct");
    one(entity!(#[user_scoped(unique)] x: T), "`unique` belongs on the struct, not on a field");
    one(entity!(#[user_scoped(on_delet = "cascade")] #[user_scoped(parent = Task)] x: T), "did you mean `on_delete`?");
    one(entity!([table = "t", child(Subtask)]), "unknown key");
    one(entity!([table = "t", redact]), "`redact` belongs on a field, not on the struct");
    one(entity!(#[user_scoped(table = "x")] x: T), "`table` belongs on the struct, not on a field");
    one(entity!(#[user_scoped(primary::key)] x: T), "unknown key; on a field");
    one(entity!([table = "t", table = "u"]), "`table` is given twice");
    one(entity!(#[user_scoped(redact)] #[user_scoped(redact)] x: T), "`redact` is given twice");
    one(entity!([table = "t", audit(write = "off")]), "`audit(…)` takes");
    one(entity!([table = "t", audit(reads = "off", reads = "off")]), "`reads` is given twice");
}

#[test]
fn values_have_their_form() {
    one(entity!([table]), "`table` needs a value");
    one(entity!([table = 5]), "`table` takes a text");
    one(entity!([table = "t", new]), "write `new(derive(Debug))`");
    one(entity!([table = "t", children]), "`children` needs a list; write `children(Subtask)`");
    one(entity!([table = "t", children = Subtask]), "`children` needs a list");
    one(entity!([table = "t", children("Subtask")]), "`children` takes names, not texts; write `children(Subtask)`");
    one(entity!([table = "t", unique]), "`unique` needs a list; write `unique(title)`");
    one(entity!([table = "t", on("sqlx::Postgres", sqlx::Sqlite)]), "`on` takes names, not texts");
    one(entity!([table = "t", audit(values = "new")]), "`values` takes `\"old_and_new\"` or `\"off\"`");
    one(entity!([table = "t", new(name = "no name")]), "no name of a struct");
    one(entity!([table = "t", new(deny_unknown_fields)]), "needs serde");
    one(entity!([table = "t", crate = "no path"]), "no path to a crate");
    one(
        entity!([table = "t", audit(writes = "never")]),
        "`writes` takes `\"atomic\"` or `\"background\"` or `\"off\"`",
    );
    one(entity!([table = "t", audit(reads = "atomic")]), "`reads` takes `\"background\"` or `\"off\"`");
    one(entity!(#[user_scoped(redact = true)] x: T), "write `redact` alone");
    one(entity!(#[user_scoped(parent)] x: T), "write `parent = Task`");
    one(entity!(#[user_scoped(parent = "Task")] x: T), "a type, not a text");
    one(entity!(#[user_scoped(as = "blob")] x: T), "`as` takes `\"text\"`");
}

#[test]
fn all_faults_are_told_at_once() {
    let input = parse_quote! {
        #[user_scoped(tabel = "tasks", name = "")]
        struct Task {
            #[user_scoped(id, ownr)]
            id: Option<Uuid>,
            #[user_scoped(skip, redact, column = 3)]
            x: u8,
            #[user_scoped(created_at = 1, parent = Task)]
            at: T,
        }
    };
    let found = faults(input);
    assert_eq!(found.len(), 11, "{found:#?}");
}
