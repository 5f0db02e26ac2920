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

#[test]
fn a_plain_entity_has_no_faults() {
    assert_eq!(faults(entity!(title: String, due_on: Option<NaiveDate>)), Vec::<String>::new());
}

#[test]
fn every_key_is_known() {
    let input = parse_quote! {
        #[user_scoped(table = "app.tasks", name = "todo", crate = "a::b", on(sqlx::Postgres))]
        #[user_scoped(new(derive(A, b::Deserialize), name = "Draft", deny_unknown_fields, serde(rename_all = "kebab-case")), changes())]
        #[user_scoped(audit(writes = "off", reads = "off", denials = "background"))]
        struct Task {
            #[user_scoped(id, generated = "database", column = "key")]
            id: i64,
            #[user_scoped(owner, as = "text")]
            user_id: Uuid,
            #[user_scoped(parent = a::Task, redact, column = "above")]
            over: Option<i64>,
            #[user_scoped(skip)]
            cached: bool,
            #[user_scoped(created_at)]
            created_at: DateTime<Utc>,
            #[user_scoped(updated_at, redact)]
            updated_at: Option<DateTime<Utc>>,
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
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    one(entity!(#[user_scoped(created_at, updated_at)] at: T), "a column has one role");
    one(entity!(#[user_scoped(created_at, parent = Task)] at: T), "`parent` does not go with `created_at`");
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
