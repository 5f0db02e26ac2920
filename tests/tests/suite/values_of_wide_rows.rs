//! Values of rows that have more columns than one call of a function of the database takes.

use serde_json::{Value, json};
use user_scope::audit::AuditSettings;
use user_scope::{Stores, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::details;
use super::world::{World, user};

on_each_database!(values_of_wide_rows_are_complete,);

macro_rules! wide {
    ($name:ident, $new:ident, $table:literal, $($column:ident)+) => {
        #[derive(Debug, Clone, PartialEq, UserScoped)]
        #[user_scoped(table = $table, changes(derive(Default)), audit(values = "old_and_new"))]
        pub struct $name {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            $(pub $column: Option<String>,)+
            #[user_scoped(redact)]
            pub last: Option<String>,
        }

        impl $name {
            const TABLE: &str = concat!(
                "CREATE TABLE ", $table, " (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL",
                $(", ", stringify!($column), " TEXT",)+ ", last TEXT)"
            );

            /// Each column holds its own name, but for every third, which is NULL.
            fn sample() -> ($new, Value) {
                let mut number = 0;
                let mut value = |name: &str| {
                    number += 1;
                    (number % 3 != 0).then(|| name.to_owned())
                };
                let new = $new { $($column: value(stringify!($column)),)+ last: Some("hush".into()) };
                let values = [
                    $((stringify!($column).to_owned(), json!(new.$column)),)+
                    ("last".to_owned(), json!("[redacted]")),
                ];
                let values = Value::Object(values.into_iter().collect());
                (new, values)
            }
        }
    };
}

// With the last one these are as many as one call of a function takes, one more, and three calls of it.
wide!(Wide40, NewWide40, "wides_40",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039
);
wide!(Wide41, NewWide41, "wides_41",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039 c040
);
wide!(Wide119, NewWide119, "wides_119",
    c001 c002 c003 c004 c005 c006 c007 c008 c009 c010 c011 c012 c013 c014 c015 c016
    c017 c018 c019 c020 c021 c022 c023 c024 c025 c026 c027 c028 c029 c030 c031 c032
    c033 c034 c035 c036 c037 c038 c039 c040 c041 c042 c043 c044 c045 c046 c047 c048
    c049 c050 c051 c052 c053 c054 c055 c056 c057 c058 c059 c060 c061 c062 c063 c064
    c065 c066 c067 c068 c069 c070 c071 c072 c073 c074 c075 c076 c077 c078 c079 c080
    c081 c082 c083 c084 c085 c086 c087 c088 c089 c090 c091 c092 c093 c094 c095 c096
    c097 c098 c099 c100 c101 c102 c103 c104 c105 c106 c107 c108 c109 c110 c111 c112
    c113 c114 c115 c116 c117 c118
);

pub trait WideDb: TestDb + Stores<Wide40> + Stores<Wide41> + Stores<Wide119> {}

impl<DB> WideDb for DB where DB: TestDb + Stores<Wide40> + Stores<Wide41> + Stores<Wide119> {}

async fn values_of_wide_rows_are_complete<DB: WideDb>() {
    async fn check<DB: WideDb + Stores<T>, T: UserScoped<Owner = Uuid, Id = Uuid>>(
        world: &World<DB>,
        (new, values): (T::New, Value),
    ) {
        let alice = user();
        let rows = world.pool.repository::<T>(&alice);
        let row = rows.insert(new).await.unwrap();
        rows.delete(row.id()).await.unwrap();
        let log = world.log().await;
        let of_hers: Vec<_> = log.iter().filter(|line| line.user_id == alice.user().to_string()).collect();
        assert_eq!(details(of_hers[0]), json!({ "new": values }));
        assert_eq!(details(of_hers[1]), json!({ "old": values }));
    }
    let world = World::<DB>::with(AuditSettings::default(), 2).await;
    let tables = [Wide40::TABLE, Wide41::TABLE, Wide119::TABLE].join(";").replace("{uuid}", DB::UUID);
    DB::run(&world.raw, &tables).await.unwrap();
    world.open_to_the_application().await;
    check::<DB, Wide40>(&world, Wide40::sample()).await;
    check::<DB, Wide41>(&world, Wide41::sample()).await;
    check::<DB, Wide119>(&world, Wide119::sample()).await;
}
