//! Who may do what on PostgreSQL: the application's login, and the role of system mode, which has to be asked for.

use super::catalogue::Question;
use super::{Change, TableName};
use crate::backend::Dialect;
use crate::identifier::IdKind;
use crate::sql::SqlText;
use crate::sql::isolation::postgres::{OWNER_POLICY, SYSTEM_POLICY, is_the_callers, policy};

/// The first version whose grants say whether a role is inherited.
pub(crate) const GRANTS_SAY_INHERIT: i64 = 160_000;

/// Privileges that an application needs, …
pub(crate) const NEEDED: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
/// … and those that pass by the policies, or could be used to.
pub(crate) const DANGEROUS: [&str; 3] = ["TRUNCATE", "REFERENCES", "TRIGGER"];

/// Inherits, other roles that it is a member of, superuser or BYPASSRLS; of a role. No row if there is none.
pub(crate) const ROLE: Question = Question {
    text: "SELECT r.rolinherit::text, (SELECT count(*)::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid \
           WHERE m.member = r.oid AND g.rolname <> $2), (r.rolsuper OR r.rolbypassrls)::text \
           FROM pg_roles r WHERE r.rolname = $1",
    columns: 3,
};

/// Whether the first role can become the second, and whether it has what the second has without asking.
pub(crate) const MEMBER: Question = Question {
    text: "SELECT pg_has_role(u.oid, s.oid, 'MEMBER')::text, pg_has_role(u.oid, s.oid, 'USAGE')::text \
           FROM pg_roles u, pg_roles s WHERE u.rolname = $1 AND s.rolname = $2",
    columns: 2,
};

/// The privileges on a table that were granted to a role itself, and whether it may grant them to others.
pub(crate) const GRANTED: Question = Question {
    text: "SELECT a.privilege_type, a.is_grantable::text FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles g ON g.oid = a.grantee \
           WHERE c.oid = to_regclass($1) AND g.rolname = $2 ORDER BY 1",
    columns: 2,
};

/// To whom a role has granted a privilege on a table that it has from others.
pub(crate) const GRANTED_ON: Question = Question {
    text: "SELECT coalesce(t.rolname, 'PUBLIC')::text FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles g ON g.oid = a.grantor \
           LEFT JOIN pg_roles t ON t.oid = a.grantee \
           WHERE c.oid = to_regclass($1) AND g.rolname = $2 AND a.privilege_type = $3 AND a.grantor <> c.relowner",
    columns: 1,
};

/// The columns of a table on which a role was granted a privilege.
pub(crate) const GRANTED_COLUMNS: Question = Question {
    text: "SELECT c.attname::text FROM pg_attribute c, aclexplode(c.attacl) a JOIN pg_roles g ON g.oid = a.grantee \
           WHERE c.attrelid = to_regclass($1) AND c.attnum > 0 AND g.rolname = $2 AND a.privilege_type = $3 ORDER BY 1",
    columns: 1,
};

/// The sequences that a table's columns take their values from, other than those of identities, as far as the role may not
/// use them; it need not be there yet.
pub(crate) const SEQUENCES: Question = Question {
    text: "SELECT n.nspname::text, s.relname::text FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
           JOIN pg_namespace n ON n.oid = s.relnamespace WHERE d.classid = 'pg_class'::regclass \
           AND d.refobjid = to_regclass($1) AND d.deptype = 'a' \
           AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $2 \
           AND CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(r.oid, s.oid, 'USAGE') END) ORDER BY 1, 2",
    columns: 2,
};

/// Whether a role may use a schema, or everybody may, and so one that is still to be made.
pub(crate) const SCHEMA: Question = Question {
    text: "SELECT coalesce(has_schema_privilege(r.oid, n.oid, 'USAGE'), has_schema_privilege('public', n.oid, 'USAGE'))::text \
           FROM pg_namespace n LEFT JOIN pg_roles r ON r.rolname = $2 WHERE n.nspname = $1",
    columns: 1,
};

/// `server_version_num`.
pub(crate) const VERSION: Question = Question { text: "SELECT current_setting('server_version_num')", columns: 1 };

pub(crate) const LOG_WRITTEN_POLICY: &str = "user_scope_written";

/// The columns of the log that its writers fill. Who could write the others could forge when, and in which order.
pub(crate) const LOG_WRITTEN: [&str; 7] =
    ["user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id"];
/// The others. Who updates any column could forge as much.
pub(crate) const LOG_MADE: [&str; 3] = ["id", "timestamp", "xid"];
/// Those that a user may read of his own trail.
pub(crate) const LOG_READ: [&str; 10] = [
    "id",
    "user_id",
    "entity_type",
    "entity_id",
    "operation",
    "timestamp",
    "details",
    "occurred_at",
    "event_id",
    "xid",
];

/// What system mode does with the tables that go with the log. Nobody else reads them: they are of all users.
pub(crate) const BESIDE_THE_LOG: [(&str, &[&str]); 4] = [
    ("user_access_daily", &["SELECT", "INSERT", "UPDATE"]),
    ("user_access_by_user", &["SELECT", "INSERT", "UPDATE"]),
    ("user_access_rolled_up", &["SELECT", "UPDATE"]),
    ("user_access_seals", &["SELECT", "INSERT"]),
];

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    sql(&mut text);
    text.finish()
}

/// A role that nobody can log in as. It is taken back unless another database of the server rests on it: roles belong to
/// the server.
pub(crate) fn create(role: &str) -> Change {
    let sql = write(|text| {
        text.sql("CREATE ROLE ").quoted_name(role).sql(" NOLOGIN NOINHERIT");
    });
    let body = write(|text| {
        text.sql("BEGIN DROP ROLE ")
            .quoted_name(role)
            .sql("; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END");
    });
    let undo = write(|text| {
        text.sql("DO ").quoted_text(&body);
    });
    Change { sql, undo }
}

/// Lets a login become the role when it asks, and never otherwise: every policy of the role would apply to a member that
/// inherits it. Before PostgreSQL 16 the login itself says so. It is taken back unless another database of the server has tables
/// on which the role has privileges.
pub(crate) fn membership(role: &str, login: &str, version: i64) -> Change {
    let condition = write(|text| {
        text.sql("NOT EXISTS (SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE r.rolname = ");
        text.quoted_text(role).sql(" AND d.refclassid = 'pg_authid'::regclass AND d.dbid <> 0 AND d.dbid <> ");
        text.sql("(SELECT oid FROM pg_database WHERE datname = current_database()))");
    });
    let Change { sql, undo } = member(role, login, version);
    Change { sql, undo: only_if(&condition, &undo) }
}

/// Takes it from a login that has it, and should not.
pub(crate) fn no_membership(role: &str, login: &str, version: i64) -> Change {
    member(role, login, version).reversed()
}

fn member(role: &str, login: &str, version: i64) -> Change {
    let undo = write(|text| {
        text.sql("REVOKE ").quoted_name(role).sql(" FROM ").quoted_name(login);
    });
    let sql = write(|text| {
        text.sql("GRANT ").quoted_name(role).sql(" TO ").quoted_name(login);
        if version >= GRANTS_SAY_INHERIT {
            text.sql(" WITH INHERIT FALSE, SET TRUE");
        }
    });
    Change { sql, undo }
}

/// A login that has nothing of the roles that it is a member of, unless it asks.
pub(crate) fn no_inherit(login: &str) -> Change {
    let of = |word: &'static str| {
        write(|text| {
            text.sql("ALTER ROLE ").quoted_name(login).sql(word);
        })
    };
    // Where it still is a member of a role, it is so for another database, and the rows there would be open to it.
    let condition = write(|text| {
        text.sql("NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = ");
        text.quoted_text(login).sql(")");
    });
    Change { sql: of(" NOINHERIT"), undo: only_if(&condition, &of(" INHERIT")) }
}

/// A statement that is left out unless the condition holds when it would be run.
fn only_if(condition: &str, statement: &str) -> String {
    let body = format!("BEGIN IF {condition} THEN {statement}; END IF; END");
    write(|text| {
        text.sql("DO ").quoted_text(&body);
    })
}

/// Grants these privileges; the reverse takes away these and no others. What the role had on columns alone goes with what it has on
/// the table, and is given back.
pub(crate) fn grant(
    privileges: &[&'static str],
    table: &TableName,
    role: &str,
    had: &[(&'static str, Vec<String>)],
) -> Change {
    let [sql, mut undo] = grant_and_revoke(privileges, table, role);
    for (privilege, columns) in had.iter().filter(|(_, columns)| !columns.is_empty()) {
        undo.push_str(&write(|text| {
            text.sql("; GRANT ").sql(privilege).sql(" (").list(", ", columns, |text, column| {
                text.quoted_name(column);
            });
            text.sql(") ON ");
            table.write(text);
            text.sql(" TO ").quoted_name(role);
        }));
    }
    Change { sql, undo }
}

/// Takes privileges away; the reverse gives these back, with the right to grant them where there was one.
pub(crate) fn revoke(privileges: &[&'static str], grantable: bool, table: &TableName, role: &str) -> Change {
    let [mut undo, sql] = grant_and_revoke(privileges, table, role);
    if grantable {
        undo.push_str(" WITH GRANT OPTION");
    }
    Change { sql, undo }
}

fn grant_and_revoke(privileges: &[&'static str], table: &TableName, role: &str) -> [String; 2] {
    [("GRANT ", " TO "), ("REVOKE ", " FROM ")].map(|(verb, preposition)| {
        write(|text| {
            text.sql(verb).list(", ", privileges, |text, privilege| {
                text.sql(privilege);
            });
            text.sql(" ON ");
            table.write(text);
            text.sql(preposition).quoted_name(role);
        })
    })
}

/// The use of a sequence.
pub(crate) fn sequence(sequence: &TableName, role: &str) -> Change {
    let [sql, undo] =
        [("GRANT USAGE ON SEQUENCE ", " TO "), ("REVOKE USAGE ON SEQUENCE ", " FROM ")].map(|(verb, preposition)| {
            write(|text| {
                text.sql(verb);
                sequence.write(text);
                text.sql(preposition).quoted_name(role);
            })
        });
    Change { sql, undo }
}

/// The use of a schema.
pub(crate) fn schema(schema: &str, role: &str) -> Change {
    let [sql, undo] =
        [("GRANT USAGE ON SCHEMA ", " TO "), ("REVOKE USAGE ON SCHEMA ", " FROM ")].map(|(verb, preposition)| {
            write(|text| {
                text.sql(verb).quoted_name(schema).sql(preposition).quoted_name(role);
            })
        });
    Change { sql, undo }
}

/// Some columns of the log.
pub(crate) fn log_columns(privilege: &'static str, columns: &[&'static str], log: &TableName, role: &str) -> Change {
    let [sql, undo] = [("GRANT ", " TO "), ("REVOKE ", " FROM ")].map(|(verb, preposition)| {
        write(|text| {
            text.sql(verb).sql(privilege).sql(" (").list(", ", columns, |text, column| {
                text.name(column);
            });
            text.sql(") ON ");
            log.write(text);
            text.sql(preposition).quoted_name(role);
        })
    });
    Change { sql, undo }
}

/// Whoever may write to the log may write in everybody's name: a batch is of many users, and a receipt comes before system
/// mode.
pub(crate) fn log_insert_policy(log: &TableName) -> Change {
    policy(log, LOG_WRITTEN_POLICY, |text| {
        text.sql(" FOR INSERT WITH CHECK (true)");
    })
}

/// A user reads his own trail, without what only administrators may see: his own denial would tell him that the row is there.
pub(crate) fn log_select_policy(log: &TableName, owner: IdKind) -> Change {
    policy(log, OWNER_POLICY, |text| {
        text.sql(" FOR SELECT USING (");
        is_the_callers(text, "user_id", owner);
        text.sql(" AND operation NOT IN ('unauthorized_access', 'system_access'))");
    })
}

/// System mode reads all of it, and changes nothing.
pub(crate) fn log_system_policy(log: &TableName, system_role: &str) -> Change {
    policy(log, SYSTEM_POLICY, |text| {
        text.sql(" FOR SELECT TO ").quoted_name(system_role).sql(" USING (true)");
    })
}
