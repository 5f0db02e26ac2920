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

/// Whether a table is isolated for us.
pub(crate) const ACTIVE: Question = Question {
    text: "SELECT (row_security_active(polrelid))::text FROM pg_policy \
           WHERE polname = 'user_scope_owner' AND polrelid = to_regclass($1)",
    columns: 1,
};
