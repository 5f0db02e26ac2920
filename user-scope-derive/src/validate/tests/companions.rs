//! What is asked of the fields of `NewTask` and `TaskChanges`, where there are such fields, and where not.

use proc_macro2::TokenStream;
use quote::quote;

use super::*;

#[test]
fn what_new_does_not_have_is_given_no_attributes() {
    for (keys, why) in [
        (quote!(created_at), "`NewTask` has no field `x`: the library writes this time; remove `new(…)`"),
        (quote!(updated_at), "`NewTask` has no field `x`: the library writes this time; remove `new(…)`"),
        (quote!(deleted_at), "`NewTask` has no field `x`: the library writes this time; remove `new(…)`"),
        (quote!(version), "`NewTask` has no field `x`: the library counts the writes; remove `new(…)`"),
        (quote!(skip), "`new` does not go with `skip`: a skipped field is no column; remove one"),
    ] {
        let ty = if keys.to_string() == "deleted_at" { quote!(Option<T>) } else { quote!(T) };
        one(entity!(#[user_scoped(#keys, new(serde(default)))] x: #ty), why);
    }
    one(with_id(quote!(id, new(serde(default)))), "`NewTask` has no field `id`: the library makes the id; remove");
    one(
        with_id(quote!(id, generated = "database", new(serde(default)))),
        "`NewTask` has no field `id`: the database makes the id; remove `new(…)`",
    );
    one(
        with_owner(quote!(owner, new(serde(skip)))),
        "`NewTask` has no field `user_id`: the owner is the caller, never input; remove `new(…)`",
    );
}

#[test]
fn what_changes_do_not_have_is_given_no_attributes() {
    for (keys, why) in [
        (quote!(created_at), "`TaskChanges` has no field `x`: the library writes this time; remove `changes(…)`"),
        (quote!(skip), "`changes` does not go with `skip`: a skipped field is no column; remove one"),
    ] {
        one(entity!(#[user_scoped(#keys, changes(serde(skip)))] x: T), why);
    }
    one(with_id(quote!(id, changes(serde(skip)))), "`TaskChanges` has no field `id`: the library makes the id; remove");
    one(
        with_id(quote!(id, key = "owner", changes(serde(skip)))),
        "`TaskChanges` has no field `id`: a row keeps its id; remove `changes(…)`",
    );
    one(with_owner(quote!(owner, changes(serde(skip)))), "`TaskChanges` has no field `user_id`: the owner is the");
}

#[test]
fn what_they_have_is_given_any_attribute() {
    for input in [
        with_id(quote!(id, key = "owner", new(serde(default)))),
        entity!(#[user_scoped(version, changes(serde(skip)))] version: i64),
        entity!(#[user_scoped(parent = List, new(serde(skip)), changes(serde(skip)))] list_id: Uuid),
        entity!(#[user_scoped(new(a::b, c = 1, d[e], doc = "Its title.",), changes(a))] title: String),
    ] {
        assert_eq!(faults(input), Vec::<String>::new());
    }
}

#[test]
fn a_struct_of_another_name_is_called_by_it() {
    one(
        entity!([table = "t", new(name = "Draft")] #[user_scoped(version, new(serde(default)))] version: i64),
        "`Draft` has no field `version`",
    );
}

#[test]
fn a_field_is_asked_for_something() {
    one(entity!(#[user_scoped(new)] x: T), "`new` needs a list; write `new(serde(default))`");
    one(entity!(#[user_scoped(changes = 1)] x: T), "`changes` needs a list; write `changes(serde(default))`");
    one(entity!(#[user_scoped(new())] x: T), "`new()` asks for nothing; write `new(serde(default))`, or remove it");
    one(entity!(#[user_scoped(changes())] x: T), "`changes()` asks for nothing; write `changes(serde(default))`");
    one(entity!(#[user_scoped(new(a), new(b))] x: T), "`new` is given twice; remove one");
    one(entity!(#[user_scoped(chages(a))] x: T), "unknown key `chages`; did you mean `changes`?");
}

#[test]
fn a_field_is_not_asked_for_what_a_struct_gives() {
    for (item, told) in [
        (quote!(derive(Debug)), "`derive` belongs in the `new(…)` of the struct, not of a field; move it there"),
        (quote!(name = "Draft"), "`name` belongs in the `new(…)` of the struct"),
        (quote!(deny_unknown_fields), "`deny_unknown_fields` belongs in the `new(…)` of the struct"),
    ] {
        one(entity!(#[user_scoped(new(serde(default), #item))] x: T), told);
    }
    one(entity!(#[user_scoped(changes(derive(Debug)))] x: T), "`derive` belongs in the `changes(…)` of the struct");
}

fn with_id(keys: TokenStream) -> DeriveInput {
    parse_quote! {
        #[user_scoped(table = "tasks")]
        struct Task { #[user_scoped(#keys)] id: Uuid, #[user_scoped(owner)] user_id: Uuid }
    }
}

fn with_owner(keys: TokenStream) -> DeriveInput {
    parse_quote! {
        #[user_scoped(table = "tasks")]
        struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(#keys)] user_id: Uuid }
    }
}
