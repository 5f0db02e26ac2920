//! What a pool has to know of a PostgreSQL database before it is used.

use super::catalogue::Question;

/// Who we are, the isolated tables that hold for us, how many are isolated at all, and whether we may become the role of
/// system mode, and whether we are it without asking. The log is isolated as well, and holds for everybody.
pub(crate) const STANDING: Question = Question {
    text: "SELECT current_user::text, \
           (SELECT string_agg(polrelid::regclass::text, chr(31)) FROM pg_policy WHERE polname = 'user_scope_owner' \
            AND polrelid <> coalesce(to_regclass('user_access_log'), 0) AND row_security_active(polrelid) \
            AND has_table_privilege(polrelid, 'SELECT')), \
           (SELECT count(*)::text FROM pg_policy WHERE polname = 'user_scope_owner' \
            AND polrelid <> coalesce(to_regclass('user_access_log'), 0)), \
           (SELECT pg_has_role(oid, 'MEMBER')::text FROM pg_roles WHERE rolname = $1), \
           (SELECT pg_has_role(oid, 'USAGE')::text FROM pg_roles WHERE rolname = $1)",
    columns: 5,
};

/// Who we are, and which of the tables, that are given as one text, are not isolated for us.
pub(crate) const UNGUARDED: Question = Question {
    text: "SELECT current_user::text, (SELECT string_agg(name, chr(31)) FROM unnest(string_to_array($1, chr(31))) AS name \
           WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polname = 'user_scope_owner' AND polrelid = to_regclass(name) \
           AND row_security_active(polrelid)))",
    columns: 2,
};
