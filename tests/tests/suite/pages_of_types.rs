//! A cursor holds values whose types it does not know: every type of PostgreSQL that has an order can order pages.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use user_scope::audit::AuditSettings;
use user_scope::{UserScoped, Uuid};

use super::databases::TestDb;
use super::pages::pages;
use super::world::{World, user};

/// A value of any type of PostgreSQL, as it comes.
#[derive(Debug, Clone, PartialEq)]
struct Anything(Vec<u8>);

impl Type<Postgres> for Anything {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("anything")
    }

    fn compatible(_: &PgTypeInfo) -> bool {
        true
    }
}

impl Encode<'_, Postgres> for Anything {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Err("this test writes no rows".into())
    }
}

impl Decode<'_, Postgres> for Anything {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_bytes()?.to_vec()))
    }
}

#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "oddities")]
struct Oddity {
    #[user_scoped(id, generated = "database")]
    id: i64,
    #[user_scoped(owner, as = "text")]
    user_id: Uuid,
    value: Option<Anything>,
}

#[tokio::test]
async fn every_type_of_postgresql_can_order_pages() {
    let (world, alice) = (World::<Postgres>::with(AuditSettings::off(), 2).await, user());
    Postgres::run(&world.raw, "CREATE TYPE mood AS ENUM ('well', 'bad', 'angry')").await.unwrap();
    Postgres::run(&world.raw, "CREATE DOMAIN short AS text CHECK (length(value) < 9)").await.unwrap();
    for (column, values) in [
        ("mood", "'angry', 'well', 'bad', NULL, 'well', 'bad'"),
        ("short", "'a', 'B', 'é', 'b', NULL, 'a'"),
        ("varchar(5) COLLATE \"C\"", "'a', 'B', 'é', 'b', NULL, 'a'"),
        ("char(5)", "'a', 'B', 'é', 'b', NULL, 'a'"),
        ("numeric", "'NaN', 1.50, 1.5, -1e100, NULL, 1.4999999999999999999999"),
        ("numeric(9, 2)", "0, 1.5, 1.50, -1, NULL, 3"),
        ("double precision", "'NaN', 'inf', '-inf', '-0', '0', 1e-300"),
        ("real", "0.1, 0.2, NULL, 0.1, 3, 4"),
        ("smallint", "1, 2, -3, 1, NULL, 0"),
        ("integer", "1, 2, -3, 1, NULL, 0"),
        ("boolean", "true, false, NULL, true, false, NULL"),
        ("timestamp", "'infinity', '2030-01-01', '-infinity', '2030-01-01', NULL, '0044-03-15 BC'"),
        (
            "timestamptz",
            "now(), now(), now() + interval '1 microsecond', NULL, now(), now() - interval '1 microsecond'",
        ),
        ("time", "'10:00', '10:00', '23:59:59.999999', NULL, '00:00', '24:00'"),
        ("timetz", "'10:00+01', '10:00+02', '09:00+00', NULL, '00:00+00', '10:00+01'"),
        ("interval", "'1 month', '30 days', '1 day', '24 hours', NULL, '-1 year'"),
        ("uuid", "gen_random_uuid(), gen_random_uuid(), NULL, gen_random_uuid(), NULL, gen_random_uuid()"),
        ("bytea", "'\\x00', '\\x', '\\xff', NULL, '\\x00', '\\x0000'"),
        ("jsonb", "'1', '{\"a\": 1}', '[1]', NULL, 'null', '1'"),
        ("integer[]", "'{1}', '{}', '{1,2}', NULL, '{1,NULL}', '{1}'"),
        ("mood[]", "'{well}', '{}', '{angry,bad}', NULL, '{bad}', '{well}'"),
        ("int4range", "'[1,3)', 'empty', '[1,)', NULL, '(,1)', '[1,3)'"),
        ("inet", "'10.0.0.1', '10.0.0.0/8', '::1', NULL, '10.0.0.1', '9.9.9.9'"),
        ("cidr", "'10.0.0.0/24', '10.0.0.0/8', '::1', NULL, '10.0.0.0/8', '9.9.9.9'"),
        ("macaddr", "'08:00:2b:01:02:03', '08:00:2b:01:02:04', NULL, NULL, NULL, '00:00:00:00:00:00'"),
        ("bit(3)", "B'101', B'001', NULL, B'101', B'111', B'000'"),
        ("money", "1, 2, -3, 1, NULL, 0"),
        ("oid", "1, 2, 4000000000, 1, NULL, 0"),
        ("tsvector", "'a b', 'a', 'b', NULL, 'a', ''"),
    ] {
        let insert = values.split(", ").map(|value| format!("('{}', {value})", alice.user())).collect::<Vec<_>>();
        // A comma of an array or a range belongs to its text: none of them is followed by a blank.
        let sql = format!(
            "DROP TABLE IF EXISTS oddities;
             CREATE TABLE oddities (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id TEXT, value {column});
             INSERT INTO oddities (user_id, value) VALUES {}",
            insert.join(", ")
        );
        Postgres::run(&world.raw, &sql).await.unwrap_or_else(|error| panic!("{column}: {error}"));
        world.open_to_the_application().await;
        // A table of its own, hence connections that know nothing of the last one.
        let pool = user_scope::ScopedPool::builder(Postgres::source(&world.home)).max_connections(1);
        let pool = pool.audit(AuditSettings::off()).build().await.unwrap();
        let oddities = pool.repository::<Oddity>(&alice);
        for (order, tie) in [(Oddity::VALUE.asc(), Oddity::ID.asc()), (Oddity::VALUE.desc(), Oddity::ID.desc())] {
            let all = oddities.query().order_by(order.clone()).order_by(tie).all().await.unwrap();
            assert_eq!(all.len(), 6, "{column}");
            for size in [1, 2] {
                let paged = pages(oddities, None, std::slice::from_ref(&order), size).await.concat();
                assert_eq!(paged, all, "{column} {order:?}");
            }
        }
        pool.close().await;
    }
}
