-- Who looks, and at what: the given tables, the log, and their parts. What follows is one question.
-- $1 names, $2 owners, $3 ids, joined by the unit separator; $4 the role of system mode; $5 whether that has a login of its own.
WITH RECURSIVE given AS (
    SELECT to_regclass(t.name)::oid AS oid, t.owner, coalesce(t.id, '') AS id
    FROM unnest(string_to_array($1, chr(31)), string_to_array($2, chr(31)), string_to_array($3, chr(31))) AS t(name, owner, id)
    WHERE to_regclass(t.name) IS NOT NULL
), log AS (
    SELECT oid FROM pg_class WHERE oid = to_regclass('user_access_log')
), roots AS (
    SELECT oid FROM given UNION SELECT oid FROM log
), parts AS (
    SELECT oid, NULL::oid AS whole FROM roots
    UNION SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN parts p ON p.oid = i.inhparent
), named AS (
    SELECT c.oid, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relname,
        format('%I.%I', n.nspname, c.relname) AS name, n.nspname || '.' || c.relname AS label
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
), guarded AS (
    SELECT n.*, n.oid IN (SELECT oid FROM log) AS is_log, (SELECT w.label FROM named w WHERE w.oid = p.whole) AS whole
    FROM (SELECT oid, min(whole) AS whole FROM parts GROUP BY oid) p JOIN named n ON n.oid = p.oid
), me AS (
    SELECT oid, rolname, rolsuper, rolbypassrls, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user
), system AS (
    SELECT oid, rolname, rolcanlogin FROM pg_roles WHERE rolname = $4
), above AS (
    SELECT oid, rolname FROM pg_roles WHERE rolsuper OR rolbypassrls
), direct AS (
    SELECT g.oid, g.rolname, g.rolsuper FROM pg_auth_members m JOIN me ON me.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
), version AS (
    SELECT current_setting('server_version_num')::int AS number, $5::text AS has_own_login
)
