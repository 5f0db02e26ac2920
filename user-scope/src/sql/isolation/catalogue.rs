//! What the catalogue of a database says about a table. Each question gives texts.

/// A question, with the table as its only parameter, and the columns of its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) text: &'static str,
    pub(crate) columns: usize,
}

/// Makes an error of filtering: the owner of a table under forced row-level security would else see nothing, and find
/// nothing wrong.
pub(crate) const UNFILTERED: &str = "SET LOCAL row_security = off";

/// Whether the functions of the triggers are there.
pub(crate) const FUNCTIONS: Question = Question {
    text: "SELECT to_regproc('user_scope_owner_is_fixed')::text \
           WHERE to_regproc('user_scope_owner_is_fixed') IS NOT NULL AND to_regproc('user_scope_parent_is_own') IS NOT NULL",
    columns: 1,
};

/// The questions to a database.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// Schema, name, kind, row-level security, forced.
    pub(crate) relation: Question,
    /// Name, NOT NULL, type.
    pub(crate) columns: Question,
    /// Name, unique, whole (valid and without a condition), columns.
    pub(crate) indexes: Question,
    /// Name, columns, schema and table, its columns, definition, what a deletion does, validated.
    pub(crate) keys: Question,
    /// Name.
    pub(crate) policies: Question,
    /// Name.
    pub(crate) triggers: Question,
    /// Schema, name, row-level security, forced; of every partition.
    pub(crate) partitions: Question,
}

/// The table is given as a quoted, qualified name. Lists of columns are joined by the unit separator, which no sane name holds.
pub(crate) const POSTGRES: Catalogue = Catalogue {
    relation: Question {
        text: "SELECT n.nspname::text, c.relname::text, c.relkind::text, c.relrowsecurity::text, c.relforcerowsecurity::text \
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)",
        columns: 5,
    },
    columns: Question {
        text: "SELECT attname::text, attnotnull::text, format_type(atttypid, NULL) FROM pg_attribute \
               WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        columns: 3,
    },
    indexes: Question {
        text: "SELECT c.relname::text, i.indisunique::text, \
               (i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indimmediate)::text, \
               (SELECT string_agg(a.attname, chr(31) ORDER BY k.place) \
                FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place) \
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number WHERE k.place <= i.indnkeyatts) \
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass($1) ORDER BY 1",
        columns: 4,
    },
    keys: Question {
        text: "SELECT k.conname::text, \
               (SELECT string_agg(a.attname, chr(31) ORDER BY c.place) FROM unnest(k.conkey) WITH ORDINALITY AS c(number, place) \
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number), \
               n.nspname || chr(31) || t.relname, \
               (SELECT string_agg(a.attname, chr(31) ORDER BY c.place) FROM unnest(k.confkey) WITH ORDINALITY AS c(number, place) \
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number), \
               pg_get_constraintdef(k.oid), k.confdeltype::text, k.convalidated::text \
               FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
               WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = to_regclass($1) ORDER BY 1",
        columns: 7,
    },
    policies: Question {
        text: "SELECT polname::text FROM pg_policy WHERE polrelid = to_regclass($1) ORDER BY 1",
        columns: 1,
    },
    triggers: Question {
        text: "SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal \
               AND tgenabled IN ('O', 'A') ORDER BY 1",
        columns: 1,
    },
    partitions: Question {
        text: "SELECT n.nspname::text, c.relname::text, c.relrowsecurity::text, c.relforcerowsecurity::text \
               FROM pg_partition_tree(to_regclass($1)) p JOIN pg_class c ON c.oid = p.relid \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.level > 0 ORDER BY p.level, 1, 2",
        columns: 4,
    },
};

/// The table is given by its bare name.
pub(crate) const SQLITE: Catalogue = Catalogue {
    relation: Question {
        text: "SELECT NULL, name, 'r', 'false', 'false' FROM sqlite_schema WHERE type = 'table' AND name = $1 COLLATE NOCASE",
        columns: 5,
    },
    columns: Question {
        text: "SELECT name, CASE WHEN \"notnull\" OR pk AND upper(type) = 'INTEGER' THEN 'true' ELSE 'false' END, type \
               FROM pragma_table_info($1)",
        columns: 3,
    },
    indexes: Question {
        text: "SELECT i.name, CASE WHEN i.\"unique\" THEN 'true' ELSE 'false' END, \
               CASE WHEN i.partial OR EXISTS (SELECT 1 FROM pragma_index_info(i.name) WHERE name IS NULL) THEN 'false' \
               ELSE 'true' END, \
               (SELECT group_concat(name, char(31)) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) \
               FROM pragma_index_list($1) AS i UNION ALL \
               SELECT 'rowid', 'true', 'true', name FROM pragma_table_info($1) WHERE pk = 1 AND upper(type) = 'INTEGER' \
               AND (SELECT count(*) FROM pragma_table_info($1) WHERE pk > 0) = 1",
        columns: 4,
    },
    keys: Question {
        text: "SELECT CAST(id AS TEXT), group_concat(\"from\", char(31)), char(31) || \"table\", group_concat(\"to\", char(31)), \
               '', 'a', 'true' FROM (SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq) GROUP BY id, \"table\"",
        columns: 7,
    },
    policies: Question { text: "SELECT NULL WHERE $1 IS NULL", columns: 1 },
    triggers: Question {
        text: "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE ORDER BY 1",
        columns: 1,
    },
    partitions: Question { text: "SELECT NULL, NULL, NULL, NULL WHERE $1 IS NULL", columns: 4 },
};
