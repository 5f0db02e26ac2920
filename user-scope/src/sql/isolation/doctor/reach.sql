, views AS (
    SELECT oid FROM parts
    UNION SELECT r.ev_class FROM views v
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
), readable AS (
    SELECT v.*, o.rolname AS owner, (o.rolsuper OR o.rolbypassrls
        OR EXISTS (SELECT FROM system WHERE pg_has_role(o.oid, system.oid, 'USAGE'))) AS is_above, (
            SELECT option_value FROM pg_options_to_table(v.reloptions) WHERE option_name = 'security_invoker') AS invoker
    FROM named v JOIN pg_roles o ON o.oid = v.relowner WHERE v.oid IN (SELECT oid FROM views) AND v.relkind IN ('v', 'm')
        AND (has_table_privilege(v.oid, 'SELECT, INSERT, UPDATE, DELETE')
            OR has_any_column_privilege(v.oid, 'SELECT, INSERT, UPDATE'))
), routines AS (
    SELECT p.oid, p.prosecdef, p.proleakproof, p.prosrc, o.oid AS owner_oid, o.rolname AS owner, l.lanname,
        (o.rolsuper OR o.rolbypassrls OR EXISTS (SELECT FROM system WHERE pg_has_role(o.oid, system.oid, 'USAGE'))
            OR EXISTS (SELECT FROM guarded WHERE relowner = o.oid)) AS is_above,
        format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles o ON o.oid = p.proowner
        JOIN pg_language l ON l.oid = p.prolang
    WHERE p.oid >= 16384 AND (p.prosecdef OR p.proleakproof)
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
        AND (has_function_privilege(p.oid, 'EXECUTE') OR EXISTS (
            SELECT FROM pg_trigger g WHERE g.tgfoid = p.oid AND g.tgrelid IN (SELECT oid FROM parts)))
)
SELECT 'view-without-security-invoker', r.label, r.owner::text, CASE
    WHEN version.number >= 150000 THEN format('ALTER VIEW %s SET (security_invoker = true)', r.name)
    ELSE format('REVOKE ALL ON %s FROM PUBLIC, %I', r.name, current_user) END
FROM readable r, version
WHERE r.relkind = 'v' AND NOT coalesce(r.invoker::boolean, false) AND (version.number >= 150000 OR r.is_above)
UNION ALL
SELECT 'materialized-view', r.label, r.owner, (
    SELECT string_agg(DISTINCT format('REVOKE ALL ON %s FROM %s', r.name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END), '; ')
    FROM aclexplode(r.relacl) a, me
    WHERE a.grantee <> r.relowner AND (a.grantee = 0 OR pg_has_role(me.oid, a.grantee, 'MEMBER')))
FROM readable r WHERE r.relkind = 'm'
UNION ALL
-- What a body says can only be guessed: a function counts if it names a table, makes statements up, or cannot be read.
SELECT 'security-definer-function', r.name, r.owner, format('ALTER ROUTINE %s SECURITY INVOKER', r.name)
FROM routines r
WHERE r.prosecdef AND r.is_above AND (r.lanname NOT IN ('sql', 'plpgsql') OR r.prosrc ~* '\mexecute\M'
    OR EXISTS (SELECT FROM views v JOIN named n ON n.oid = v.oid WHERE strpos(lower(r.prosrc), lower(n.relname)) > 0)
    OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM views)))
UNION ALL
SELECT 'leakproof-function', r.name, NULL, format('ALTER FUNCTION %s NOT LEAKPROOF', r.name)
FROM routines r WHERE r.proleakproof
