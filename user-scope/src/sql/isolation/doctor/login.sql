SELECT 'login-is-superuser', me.rolname::text, NULL, format('ALTER ROLE %I NOSUPERUSER', me.rolname) FROM me WHERE rolsuper
UNION ALL
SELECT 'login-bypasses-row-security', me.rolname, NULL, format('ALTER ROLE %I NOBYPASSRLS', me.rolname)
FROM me WHERE rolbypassrls AND NOT rolsuper
UNION ALL
SELECT 'login-creates-roles', me.rolname, NULL, format('ALTER ROLE %I NOCREATEROLE', me.rolname)
FROM me WHERE rolcreaterole AND NOT rolsuper
UNION ALL
SELECT 'login-replicates', me.rolname, NULL, format('ALTER ROLE %I NOREPLICATION', me.rolname)
FROM me WHERE rolreplication AND NOT rolsuper
UNION ALL
SELECT 'login-can-bypass-row-security', me.rolname, string_agg(DISTINCT above.rolname, ', '),
    string_agg(DISTINCT format('REVOKE %I FROM %I', direct.rolname, me.rolname), '; ')
FROM me, direct, above
WHERE NOT me.rolsuper AND direct.rolname <> $4 AND above.oid <> me.oid AND pg_has_role(direct.oid, above.oid, 'MEMBER')
GROUP BY me.rolname
UNION ALL
SELECT 'predefined-role', me.rolname, p.rolname,
    string_agg(DISTINCT format('REVOKE %I FROM %I', direct.rolname, me.rolname), '; ')
FROM me, direct, pg_roles p
WHERE NOT me.rolsuper AND NOT direct.rolsuper AND pg_has_role(direct.oid, p.oid, 'MEMBER') AND p.rolname IN
    ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
GROUP BY me.rolname, p.rolname
UNION ALL
-- Whoever runs the mend becomes the owner; what the old one had is then granted to nobody.
SELECT 'login-owns-table', g.label, NULL, CASE
    WHEN g.relowner = me.oid AND g.is_log THEN format('ALTER TABLE %s OWNER TO CURRENT_USER', g.name)
    WHEN g.relowner = me.oid THEN format('ALTER TABLE %1$s OWNER TO CURRENT_USER; '
        'GRANT SELECT, INSERT, UPDATE, DELETE ON %1$s TO %2$I', g.name, me.rolname)
    ELSE (SELECT string_agg(format('REVOKE %I FROM %I', direct.rolname, me.rolname), '; ') FROM direct
        WHERE pg_has_role(direct.oid, g.relowner, 'MEMBER')) END
FROM guarded g, me, pg_roles o
WHERE o.oid = g.relowner AND NOT me.rolsuper AND NOT o.rolsuper AND pg_has_role(me.oid, g.relowner, 'MEMBER')
UNION ALL
SELECT 'system-role-missing', $4, NULL, NULL WHERE NOT EXISTS (SELECT FROM system)
UNION ALL
SELECT 'system-role-can-log-in', rolname, NULL, format('ALTER ROLE %I NOLOGIN', rolname) FROM system WHERE rolcanlogin
UNION ALL
SELECT 'system-role-inherited', me.rolname, system.rolname, NULL
FROM me, system WHERE NOT me.rolsuper AND pg_has_role(me.oid, system.oid, 'USAGE')
UNION ALL
SELECT 'system-role-out-of-reach', me.rolname, system.rolname, NULL
FROM me, system, version WHERE has_own_login <> 'true' AND NOT pg_has_role(me.oid, system.oid, 'MEMBER')
UNION ALL
SELECT 'system-role-shared', me.rolname, system.rolname, (
    SELECT string_agg(format('REVOKE %I FROM %I', direct.rolname, me.rolname), '; ') FROM direct
    WHERE pg_has_role(direct.oid, system.oid, 'MEMBER'))
FROM me, system, version WHERE has_own_login = 'true' AND NOT me.rolsuper AND pg_has_role(me.oid, system.oid, 'MEMBER')
UNION ALL
SELECT 'preset-setting', coalesce(r.rolname, d.datname, 'all roles'), s.name, CASE
    WHEN r.oid IS NOT NULL AND d.oid IS NOT NULL
        THEN format('ALTER ROLE %I IN DATABASE %I RESET %s', r.rolname, d.datname, s.name)
    WHEN r.oid IS NOT NULL THEN format('ALTER ROLE %I RESET %s', r.rolname, s.name)
    WHEN d.oid IS NOT NULL THEN format('ALTER DATABASE %I RESET %s', d.datname, s.name)
    ELSE format('ALTER ROLE ALL RESET %s', s.name) END
FROM pg_db_role_setting p CROSS JOIN LATERAL (SELECT split_part(c, '=', 1) AS name FROM unnest(p.setconfig) c) s
LEFT JOIN pg_roles r ON r.oid = p.setrole LEFT JOIN pg_database d ON d.oid = p.setdatabase
WHERE (p.setrole = 0 OR r.rolname = session_user) AND (p.setdatabase = 0 OR d.datname = current_database())
    AND s.name IN ('user_scope.user_id', 'row_security', 'role', 'session_replication_role')
UNION ALL
-- By the server's configuration or the connection's options, which SQL does not reach.
SELECT 'preset-setting', me.rolname, 'user_scope.user_id', NULL FROM me
WHERE nullif(current_setting('user_scope.user_id', true), '') IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_db_role_setting p CROSS JOIN unnest(p.setconfig) c WHERE starts_with(c, 'user_scope.user_id='))
UNION ALL
-- A superuser could make backups, but every server has one, and nothing should run as it.
SELECT 'no-backup-role', o.rolname, NULL,
    format('CREATE ROLE %1$I LOGIN BYPASSRLS; GRANT pg_read_all_data TO %1$I', o.rolname || '_backup')
FROM (SELECT DISTINCT relowner FROM guarded WHERE relrowsecurity) t JOIN pg_roles o ON o.oid = t.relowner
WHERE NOT o.rolsuper AND NOT o.rolbypassrls AND NOT EXISTS (
    SELECT FROM pg_roles b WHERE b.rolcanlogin AND b.rolbypassrls AND NOT b.rolsuper AND b.rolname <> current_user
    AND NOT EXISTS (SELECT FROM guarded g WHERE NOT has_table_privilege(b.oid, g.oid, 'SELECT')))
