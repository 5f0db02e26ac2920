//! Who still writes without saying who is asking, on PostgreSQL: between the phases a trigger notes it, by login and program.
//!
//! It must cost nobody his write, nor make anybody wait: a note is a row of its own, of which there is about one a minute for
//! each program, table and kind of write; nothing is ever updated, no key is checked, and what fails is forgotten.

use crate::backend::Dialect;
use crate::sql::isolation::catalogue::Question;
use crate::sql::isolation::{Change, TableName};
use crate::sql::{SETTING, SqlText};

/// The notes.
pub(crate) const NOTES: &str = "user_scope_callerless";
/// The trigger, of the same name on every table, and its function.
pub(crate) const TRIGGER: &str = "user_scope_notes_callerless";
/// What our own connection says, which writes without a caller as well.
pub(crate) const ADOPTING: &str = "SET user_scope.adopting = 'yes'";

/// The schema in which tables without one are made.
pub(crate) const SCHEMA: Question = Question { text: "SELECT current_schema()::text", columns: 1 };

/// Whether the notes are there.
pub(crate) const ARE_NOTED: Question = Question {
    text: "SELECT 'true' WHERE to_regclass('user_scope_callerless') IS NOT NULL \
           AND to_regproc('user_scope_notes_callerless') IS NOT NULL",
    columns: 1,
};

/// The tables that have the trigger: schema, name.
pub(crate) const NOTED_TABLES: Question = Question {
    text: "SELECT n.nspname::text, c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
           JOIN pg_namespace n ON n.oid = c.relnamespace \
           WHERE t.tgname = 'user_scope_notes_callerless' AND NOT t.tgisinternal ORDER BY 1, 2",
    columns: 2,
};

/// Who has written to a table, by its quoted name, without a caller: login, program, what, for how many seconds not any more.
pub(crate) const WRITERS: Question = Question {
    text: "SELECT login, program, string_agg(DISTINCT operation, ', '), \
           greatest(extract(epoch FROM clock_timestamp() - max(seen_at)), 0)::bigint::text \
           FROM user_scope_callerless WHERE relation = to_regclass($1) GROUP BY login, program ORDER BY max(seen_at) DESC",
    columns: 4,
};

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    sql(&mut text);
    text.finish()
}

/// The notes, and the function that takes them. It acts as the owner of the tables, for whoever writes need not be let near
/// the notes; and it is asked by a trigger alone. Where transactions are serializable, to look at the notes would make them fail
/// for one another: there a few notes are taken without a look.
pub(crate) fn noted(schema: &str) -> Change {
    let notes = TableName { schema: Some(schema.to_owned()), name: NOTES.to_owned() };
    let function = TableName { schema: Some(schema.to_owned()), name: TRIGGER.to_owned() };
    let body = write(|text| {
        text.sql("\nDECLARE\n    its_program text := left(coalesce(current_setting('application_name', true), ''), 100);\nBEGIN\n");
        text.sql("    IF current_setting('transaction_isolation') = 'serializable' THEN\n");
        text.sql("        IF random() > 0.01 THEN RETURN NULL; END IF;\n    ELSIF EXISTS (SELECT FROM ");
        notes.write(text);
        text.sql(" WHERE relation = TG_RELID AND login = session_user AND program = its_program\n            ");
        text.sql("AND operation = TG_OP AND seen_at > clock_timestamp() - interval '1 minute') THEN\n");
        text.sql("        RETURN NULL;\n    END IF;\n    INSERT INTO ");
        notes.write(text);
        text.sql(" (relation, login, program, operation) VALUES (TG_RELID, session_user, its_program, TG_OP);\n");
        text.sql("    RETURN NULL;\nEXCEPTION WHEN OTHERS THEN\n    RETURN NULL;\nEND ");
    });
    let sql = write(|text| {
        text.sql("CREATE TABLE ");
        notes.write(text);
        text.sql(
            " (relation oid NOT NULL, login text NOT NULL, program text NOT NULL, operation text NOT NULL, \
             seen_at timestamptz NOT NULL DEFAULT clock_timestamp());\nCREATE INDEX ON ",
        );
        notes.write(text);
        text.sql(" (relation, login, program, operation, seen_at);\nALTER TABLE ");
        notes.write(text);
        text.sql(" ENABLE ROW LEVEL SECURITY;\nCREATE FUNCTION ");
        function.write(text);
        text.sql("() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ");
        text.quoted_text(&body);
    });
    Change { sql, undo: forgotten(schema).sql }
}

/// Takes both away.
pub(crate) fn forgotten(schema: &str) -> Change {
    let sql = write(|text| {
        text.sql("DROP FUNCTION IF EXISTS ");
        TableName { schema: Some(schema.to_owned()), name: TRIGGER.to_owned() }.write(text);
        text.sql("();\nDROP TABLE IF EXISTS ");
        TableName { schema: Some(schema.to_owned()), name: NOTES.to_owned() }.write(text);
    });
    Change { sql, undo: String::new() }
}

/// Notes who writes to a table without a caller. System mode says by its role who it is.
pub(crate) fn trigger(at: &TableName, schema: &str, system_role: &str) -> Change {
    let sql = write(|text| {
        text.sql("CREATE TRIGGER ").sql(TRIGGER).sql(" AFTER INSERT OR UPDATE OR DELETE ON ");
        at.write(text);
        text.sql(" FOR EACH STATEMENT WHEN (coalesce(current_setting(").literal(SETTING);
        text.sql(", true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes'");
        text.sql(" AND current_user <> ").quoted_text(system_role).sql(") EXECUTE FUNCTION ");
        TableName { schema: Some(schema.to_owned()), name: TRIGGER.to_owned() }.write(text);
        text.sql("()");
    });
    Change { sql, undo: untriggered(at).sql }
}

/// From now on nobody writes without a caller, and there is nothing to note.
pub(crate) fn untriggered(at: &TableName) -> Change {
    let sql = write(|text| {
        text.sql("DROP TRIGGER IF EXISTS ").sql(TRIGGER).sql(" ON ");
        at.write(text);
    });
    Change { sql, undo: String::new() }
}
