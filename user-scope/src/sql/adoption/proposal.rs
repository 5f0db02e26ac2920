//! Which tables there are.

use crate::backend::Dialect;
use crate::sql::isolation::catalogue::Question;

/// Tables of people and programs: schema and name, but for the library's own, those of extensions, and parts of others.
pub(crate) const fn tables(dialect: Dialect) -> Question {
    let text = match dialect {
        Dialect::Postgres => {
            "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT c.relispartition \
             AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
             AND c.relname !~ '^user_scope_' AND c.relname NOT IN ('user_access_log', '_sqlx_migrations') \
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
             AND d.deptype = 'e') ORDER BY 1, 2"
        }
        Dialect::Sqlite => {
            "SELECT NULL, name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'user\\_scope\\_%' ESCAPE '\\' \
             AND name NOT IN ('user_access_log', '_sqlx_migrations') ORDER BY 2"
        }
    };
    Question { text, columns: 2 }
}
