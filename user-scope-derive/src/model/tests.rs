//! How fields become columns.

use syn::parse_quote;

use super::*;

#[test]
fn an_option_is_recognised_by_its_last_segment() {
    for nullable in [parse_quote!(Option<i64>), parse_quote!(std::option::Option<i64>)] {
        assert_eq!(without_option(&nullable).to_token_stream().to_string(), "i64");
    }
    for other in [parse_quote!(Vec<i64>), parse_quote!(Option), parse_quote!([i64; 2]), parse_quote!(Option<i64, u8>)] {
        assert!(std::ptr::eq(without_option(&other), &other));
    }
}

#[test]
fn positions_count_columns_and_not_skipped_fields() {
    let input = parse_quote! {
        struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(skip)] cached: bool, r#type: Option<String> }
    };
    let entity = Entity::read(&input, &mut Faults::default());
    let seen: Vec<_> = entity.columns.iter().map(|c| (c.position, c.name.value(), c.constant.to_string())).collect();
    assert_eq!(seen, [(0, "id".into(), "ID".into()), (1, "type".into(), "TYPE".to_owned())]);
    assert_eq!(entity.skipped.len(), 1);
}

#[test]
fn the_table_may_name_its_schema() {
    let input = parse_quote!(
        #[user_scoped(table = "app.tasks")]
        struct Task {}
    );
    let entity = Entity::read(&input, &mut Faults::default());
    assert_eq!(entity.table_names(), (Some("app".to_owned()), "tasks".to_owned()));
    assert_eq!(entity.audit_name(), "tasks");
}
