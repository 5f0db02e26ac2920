SELECT 'policy', g.label, p.polname::text, 'true',
    format('CREATE POLICY %s ON %s', p.polname, g.name) || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END ||
    CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE'
        ELSE '' END ||
    CASE WHEN p.polroles = '{0}' THEN '' ELSE ' TO ' || (SELECT string_agg(pg_get_userbyid(r), ', ') FROM unnest(p.polroles) r) END ||
    coalesce(' USING ' || pg_get_expr(p.polqual, p.polrelid), '') ||
    coalesce(' WITH CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
FROM guarded g JOIN pg_policy p ON p.polrelid = g.oid WHERE g.whole IS NULL
UNION ALL
SELECT 'trigger', g.label, t.tgname::text, (t.tgenabled IN ('O', 'A'))::text, pg_get_triggerdef(t.oid)
FROM guarded g JOIN pg_trigger t ON t.tgrelid = g.oid WHERE g.whole IS NULL AND NOT t.tgisinternal
UNION ALL
SELECT 'function', p.proname::text, p.proname::text, 'true', CASE WHEN p.prosecdef THEN '' ELSE '$$' || p.prosrc || '$$' END
FROM pg_proc p WHERE p.oid IN (to_regproc('user_scope_owner_is_fixed')::oid, to_regproc('user_scope_parent_is_own')::oid)
UNION ALL
-- Whether the login may read the table at all.
SELECT 'readable', g.label, '', (row_security_active(g.oid))::text, g.name
FROM guarded g WHERE g.whole IS NULL
    AND (has_table_privilege(g.oid, 'SELECT') OR has_any_column_privilege(g.oid, 'SELECT'))
