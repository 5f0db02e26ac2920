//! Who holds which privileges on a table of the library's own, and what takes them away.

use super::catalogue::Question;
use super::roles::{DANGEROUS, NEEDED};
use super::{Change, TableName};
use crate::backend::Dialect;
use crate::sql::SqlText;

/// What others than its owner hold on a table, and on its columns; or if it is not there yet, what they will by default, when
/// whoever asks has made it. Those for whom no policy holds are left out: they make backups, and no grant keeps them out. With
/// $2, logins and roles joined by the unit separator. Columns: role (NULL: everybody), privilege, whether it may be granted on,
/// column (NULL: the whole table), who has granted it if it was not the owner, and whether one of $2 has it.
pub(crate) const HELD: Question = Question {
    text: "WITH there AS (SELECT oid, relacl AS acl, relowner AS owner FROM pg_class WHERE oid = to_regclass($1)), \
           made AS (SELECT defaclacl AS acl, defaclrole AS owner FROM pg_default_acl WHERE to_regclass($1) IS NULL \
           AND defaclobjtype = 'r' AND defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) \
           AND defaclnamespace IN (0, (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))), \
           held AS (SELECT t.owner, a.*, NULL::text AS on_column \
           FROM (SELECT acl, owner FROM there UNION ALL SELECT acl, owner FROM made) t, aclexplode(t.acl) a \
           UNION ALL SELECT t.owner, a.*, c.attname::text FROM there t \
           JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped, aclexplode(c.attacl) a) \
           SELECT r.rolname::text, h.privilege_type, bool_or(h.is_grantable)::text, h.on_column, \
           string_agg(DISTINCT g.rolname, ', ') FILTER (WHERE h.grantor <> h.owner), \
           (h.grantee = 0 OR EXISTS (SELECT FROM pg_roles l WHERE l.rolname = ANY (string_to_array($2, chr(31))) \
           AND pg_has_role(l.oid, h.grantee, 'MEMBER')))::text \
           FROM held h LEFT JOIN pg_roles r ON r.oid = h.grantee LEFT JOIN pg_roles g ON g.oid = h.grantor \
           WHERE h.grantee <> h.owner AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false) \
           GROUP BY r.rolname, h.grantee, h.privilege_type, h.on_column ORDER BY 1 NULLS FIRST, 4 NULLS FIRST, \
           array_position(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'], h.privilege_type), 2",
    columns: 6,
};

/// A privilege that somebody holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// Nobody stands for everybody.
    pub(crate) role: Option<String>,
    pub(crate) privilege: &'static str,
    pub(crate) grantable: bool,
    /// None if it is on the whole table.
    pub(crate) column: Option<String>,
    /// Who has granted it, if that was not the table's owner: only he can take it back.
    pub(crate) by: Option<String>,
    /// Whether the application or system mode has it.
    pub(crate) is_concerned: bool,
}

/// A privilege on tables, by its name. PostgreSQL 17 has one more.
pub(crate) fn known(privilege: &str) -> Option<&'static str> {
    NEEDED.into_iter().chain(DANGEROUS).chain(["MAINTAIN"]).find(|known| *known == privilege)
}

/// Takes from a role what it holds. To take a privilege from the table takes it from all columns as well: there it is given back
/// on those of `by_column`, and on those on which it was `kept`. The reverse gives back exactly what was held.
pub(crate) fn taken(
    taken: &[&Held],
    kept: &[&Held],
    by_column: &[(&'static str, &[&'static str])],
    table: &TableName,
    role: Option<&str>,
) -> Change {
    let is_whole = |privilege: &str| taken.iter().any(|held| held.column.is_none() && held.privilege == privilege);
    let lost = kept.iter().filter(|held| is_whole(held.privilege));
    let mut again: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for (privilege, columns) in by_column.iter().filter(|(privilege, _)| is_whole(privilege)) {
        let others = lost.clone().filter(|held| held.privilege == *privilege);
        let others = others.filter_map(|held| held.column.as_deref()).filter(|column| !columns.contains(column));
        again.push((*privilege, columns.iter().copied().chain(others).collect()));
    }
    let (mut sql, mut undo) = (Vec::new(), Vec::new());
    for held in each_once(taken) {
        sql.push(statement(Verb::Revoke, &held.0, &held.1, table, role));
    }
    for (privilege, columns) in &again {
        sql.push(statement(Verb::Grant, &[*privilege], columns, table, role));
        undo.push(statement(Verb::Revoke, &[*privilege], columns, table, role));
    }
    let had: Vec<_> = taken.iter().chain(lost).copied().collect();
    for (grantable, verb) in [(false, Verb::Grant), (true, Verb::GrantOn)] {
        let such: Vec<_> = had.iter().copied().filter(|held| held.grantable == grantable).collect();
        for held in each_once(&such) {
            undo.push(statement(verb, &held.0, &held.1, table, role));
        }
    }
    Change { sql: sql.join("; "), undo: undo.join("; ") }
}

/// The privileges of one statement each, with its columns: those on the whole table, and each that is on columns.
fn each_once<'a>(held: &[&'a Held]) -> Vec<(Vec<&'static str>, Vec<&'a str>)> {
    let whole: Vec<_> = held.iter().filter(|held| held.column.is_none()).map(|held| held.privilege).collect();
    let mut each: Vec<(Vec<&'static str>, Vec<&str>)> = Vec::new();
    if !whole.is_empty() {
        each.push((whole, Vec::new()));
    }
    for (privilege, column) in held.iter().filter_map(|held| Some((held.privilege, held.column.as_deref()?))) {
        let same = each.iter_mut().find(|(privileges, columns)| !columns.is_empty() && *privileges == [privilege]);
        match same {
            Some((_, columns)) => columns.push(column),
            None => each.push((vec![privilege], vec![column])),
        }
    }
    each
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Grant,
    /// With the right to grant it to others.
    GrantOn,
    Revoke,
}

fn statement(
    verb: Verb,
    privileges: &[&'static str],
    columns: &[&str],
    table: &TableName,
    role: Option<&str>,
) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    text.sql(if verb == Verb::Revoke { "REVOKE " } else { "GRANT " }).list(", ", privileges, |text, privilege| {
        text.sql(privilege);
        if !columns.is_empty() {
            text.sql(" (").list(", ", columns, |text, column| {
                text.quoted_name(column);
            });
            text.sql(")");
        }
    });
    text.sql(" ON ");
    table.write(&mut text);
    text.sql(if verb == Verb::Revoke { " FROM " } else { " TO " });
    match role {
        Some(role) => text.quoted_name(role),
        None => text.sql("PUBLIC"),
    };
    text.sql(if verb == Verb::GrantOn { " WITH GRANT OPTION" } else { "" });
    text.finish()
}
