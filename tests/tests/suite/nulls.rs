//! NULL where the struct holds none: read, it is an error and never a 0 or an empty text; written, the column is named.

use std::error::Error as _;

use futures_util::TryStreamExt as _;
use user_scope::{Error, Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::world::{World, user};

on_each_database!(
    null_in_a_field_that_is_no_option_is_an_error,
    null_is_read_by_a_type_that_has_a_word_for_it,
    a_column_that_the_struct_leaves_empty_is_named,
    a_column_of_another_type_is_named_with_both_types,
);

/// A newtype of an `Option`, which no derive can see through.
#[derive(Debug, Clone, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Remark(Option<String>);

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "gaps", new(derive(Debug, Clone)), changes(derive(Default)))]
pub struct Gap {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub number: i64,
    pub text: String,
    pub share: f64,
    pub flag: bool,
    pub bytes: Vec<u8>,
    pub remark: Remark,
}

async fn open<DB: TestDb>() -> World<DB> {
    let world = World::<DB>::open().await;
    let (float, bytes) = if DB::UUID == "UUID" { ("DOUBLE PRECISION", "BYTEA") } else { ("REAL", "BLOB") };
    let table = "CREATE TABLE gaps (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, number BIGINT, text TEXT, \
                 share {float}, flag BOOLEAN, bytes {bytes}, remark TEXT)";
    let table = table.replace("{uuid}", DB::UUID).replace("{float}", float).replace("{bytes}", bytes);
    DB::run(&world.raw, &table).await.unwrap();
    world.open_to_the_application().await;
    world
}

fn new_gap() -> NewGap {
    NewGap { number: 1, text: "x".into(), share: 0.5, flag: true, bytes: vec![1], remark: Remark(None) }
}

async fn null_in_a_field_that_is_no_option_is_an_error<DB: TestDb + Stores<Gap>>() {
    let (world, alice) = (open::<DB>().await, user());
    let gaps = world.pool.repository::<Gap>(&alice);
    for column in ["number", "text", "share", "flag", "bytes"] {
        let gap = gaps.insert(new_gap()).await.unwrap();
        DB::run(&world.raw, &format!("UPDATE gaps SET {column} = NULL")).await.unwrap();
        for error in [gaps.get(&gap.id).await.unwrap_err(), gaps.query().all().await.unwrap_err()] {
            assert!(matches!(error, Error::Decode { entity: "gaps", .. }), "{column}: {error:?}");
            let cause = error.source().unwrap().to_string();
            assert!(cause.starts_with(&format!("column `{column}` could not be decoded: unexpected null")), "{cause}");
        }
        gaps.delete(&gap.id).await.unwrap();
    }
}

async fn null_is_read_by_a_type_that_has_a_word_for_it<DB: TestDb + Stores<Gap>>() {
    let (world, alice) = (open::<DB>().await, user());
    let gaps = world.pool.repository::<Gap>(&alice);
    let gap = gaps.insert(new_gap()).await.unwrap();
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM gaps WHERE remark IS NULL").await, 1);
    assert_eq!(gaps.get(&gap.id).await.unwrap().remark, Remark(None));
    let said = NewGap { remark: Remark(Some("said".into())), ..new_gap() };
    assert_eq!(gaps.insert(said).await.unwrap().remark, Remark(Some("said".into())));
}

async fn a_column_that_the_struct_leaves_empty_is_named<DB: TestDb + Stores<Gap>>() {
    let (world, alice) = (open::<DB>().await, user());
    DB::run(&world.raw, "DROP TABLE gaps").await.unwrap();
    let table = "CREATE TABLE gaps (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, number BIGINT, text TEXT, share FLOAT, \
                 flag BOOLEAN, bytes {bytes}, remark TEXT, forgotten TEXT NOT NULL)";
    let bytes = if DB::UUID == "UUID" { "BYTEA" } else { "BLOB" };
    DB::run(&world.raw, &table.replace("{uuid}", DB::UUID).replace("{bytes}", bytes)).await.unwrap();
    world.open_to_the_application().await;
    let error = world.pool.repository::<Gap>(&alice).insert(new_gap()).await.unwrap_err();
    let Error::MissingValue { entity: "gaps", column, source } = &error else { panic!("{error:?}") };
    assert_eq!(column, "gaps.forgotten");
    assert!(source.code().is_some());
    assert!(error.to_string().contains("leaves `gaps.forgotten` empty"), "{error}");
}

async fn a_column_of_another_type_is_named_with_both_types<DB: TestDb + Stores<Gap>>() {
    let (world, alice) = (open::<DB>().await, user());
    let gaps = world.pool.repository::<Gap>(&alice);
    let gap = gaps.insert(new_gap()).await.unwrap();
    let retyped = if DB::UUID == "UUID" {
        "ALTER TABLE gaps ALTER COLUMN number TYPE TEXT"
    } else {
        "UPDATE gaps SET number = 'secret'"
    };
    DB::run(&world.raw, retyped).await.unwrap();
    let errors = [
        gaps.get(&gap.id).await.unwrap_err(),
        gaps.query().all().await.unwrap_err(),
        gaps.query().page(1, None).await.unwrap_err(),
        gaps.query().stream().try_next().await.unwrap_err(),
    ];
    for error in errors {
        let cause = error.source().unwrap().to_string();
        for part in ["column `number` could not be decoded", "Rust type `i64`", "SQL type `TEXT`"] {
            assert!(cause.contains(part), "{part} in {cause}");
        }
        assert!(!format!("{error} {error:?} {cause}").contains("secret"));
    }
}
