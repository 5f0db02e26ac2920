, acl AS (
    -- What the login has, or a role that it can become; on a table, or on a column of it.
    SELECT a.*, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS who FROM (
        SELECT g.oid, a.grantee, a.privilege_type::text AS privilege, NULL::text AS on_column
        FROM guarded g, aclexplode(g.relacl) a
        UNION ALL
        SELECT c.attrelid, a.grantee, a.privilege_type::text, c.attname::text
        FROM guarded g JOIN pg_attribute c ON c.attrelid = g.oid, aclexplode(c.attacl) a
    ) a LEFT JOIN pg_roles r ON r.oid = a.grantee JOIN guarded g ON g.oid = a.oid, me
    WHERE NOT me.rolsuper AND a.grantee <> g.relowner AND (a.grantee = 0 OR pg_has_role(me.oid, a.grantee, 'MEMBER'))
)
SELECT CASE WHEN whole IS NULL THEN 'row-security-off' ELSE 'partition-reachable' END, label, whole,
    format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY%s', name,
        CASE WHEN relforcerowsecurity THEN '' ELSE ', FORCE ROW LEVEL SECURITY' END)
FROM guarded WHERE NOT relrowsecurity
UNION ALL
SELECT 'row-security-not-forced', label, NULL, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name)
FROM guarded WHERE relrowsecurity AND NOT relforcerowsecurity
UNION ALL
SELECT 'ancestor-unguarded', a.label, g.label, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', a.name)
FROM guarded g JOIN pg_inherits i ON i.inhrelid = g.oid JOIN named a ON a.oid = i.inhparent
WHERE NOT a.relrowsecurity AND a.oid NOT IN (SELECT oid FROM guarded)
UNION ALL
SELECT CASE WHEN p.polpermissive THEN 'policy-beside-ours' ELSE 'policy-narrows' END, g.label, p.polname,
    format('DROP POLICY %I ON %s', p.polname, g.name)
FROM guarded g JOIN pg_policy p ON p.polrelid = g.oid
WHERE p.polname NOT IN ('user_scope_owner', 'user_scope_system') AND NOT (g.is_log AND p.polname = 'user_scope_written')
UNION ALL
SELECT 'dangerous-grant', g.label, string_agg(DISTINCT a.privilege, ', '), string_agg(DISTINCT
    format('REVOKE %s%s ON %s FROM %s', a.privilege, ' (' || quote_ident(a.on_column) || ')', g.name, a.who), '; ')
FROM guarded g JOIN acl a ON a.oid = g.oid WHERE a.privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') GROUP BY g.label
UNION ALL
-- To take a privilege from the table takes it from the columns as well, so these are granted again.
SELECT 'log-granted-too-much', g.label, string_agg(DISTINCT a.privilege, ', '), string_agg(DISTINCT
    format('REVOKE %s%s ON %s FROM %s', a.privilege, ' (' || quote_ident(a.on_column) || ')', g.name, a.who) ||
    CASE WHEN a.privilege = 'INSERT' AND a.on_column IS NULL THEN format('; GRANT INSERT (%s) ON %s TO %s', (
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = g.oid
        AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'timestamp', 'xid')), g.name, a.who) ELSE '' END, '; ')
FROM guarded g JOIN acl a ON a.oid = g.oid WHERE g.is_log AND (a.privilege IN ('UPDATE', 'DELETE')
    OR a.privilege = 'INSERT' AND coalesce(a.on_column, 'id') IN ('id', 'timestamp', 'xid'))
GROUP BY g.label
UNION ALL
-- Whoever looks, for whoever holds it: of these tables nobody is to have more than this. Backups are made by roles above.
SELECT 'own-table-open', t.label, string_agg(DISTINCT format('%s to %s', a.privilege, a.who), ', '), string_agg(DISTINCT
    format('REVOKE %s%s ON %s FROM %s', a.privilege, ' (' || quote_ident(a.on_column) || ')', t.name, a.who), '; ')
FROM (VALUES ('user_access_daily', '{SELECT,INSERT,UPDATE}'::text[], '{}'::text[]),
    ('user_access_by_user', '{SELECT,INSERT,UPDATE}', '{}'),
    ('user_access_rolled_up', '{SELECT,UPDATE}', '{}'),
    ('user_access_seals', '{SELECT,INSERT}', '{}'),
    ('user_scope_schema', '{SELECT}', '{SELECT}')) AS own(name, of_system, of_all)
JOIN named t ON t.oid = to_regclass(own.name) CROSS JOIN LATERAL (
    SELECT x.*, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS who FROM (
        SELECT a.grantee, a.privilege_type::text AS privilege, NULL::text AS on_column FROM aclexplode(t.relacl) a
        UNION ALL
        SELECT a.grantee, a.privilege_type::text, c.attname::text FROM pg_attribute c, aclexplode(c.attacl) a
        WHERE c.attrelid = t.oid
    ) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE x.grantee <> t.relowner AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false)
) a
WHERE a.privilege <> ALL (own.of_all)
    AND NOT (a.privilege = ANY (own.of_system) AND a.grantee IN (SELECT oid FROM system))
GROUP BY t.label
UNION ALL
SELECT 'ledger-open', label, NULL, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name)
FROM named WHERE oid = to_regclass('user_scope_isolation') AND (NOT relrowsecurity
    OR EXISTS (SELECT FROM pg_policy WHERE polrelid = named.oid))
UNION ALL
-- Keys of tables that are isolated are looked at with their entities.
SELECT 'foreign-key-without-owner', c.label, k.conname, NULL
FROM pg_constraint k JOIN given p ON p.oid = k.confrelid JOIN named c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.oid NOT IN (SELECT oid FROM parts) AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey) AND a.attname = p.owner)
UNION ALL
-- The id alone may be a key: the library or the database makes it.
SELECT 'unique-key-without-owner', t.label, x.relname, CASE
    WHEN k.oid IS NOT NULL THEN format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s', t.name, k.conname,
        regexp_replace(pg_get_constraintdef(k.oid), '\(', format('(%I, ', g.owner)))
    ELSE format('DROP INDEX %s; %s', x.name,
        regexp_replace(pg_get_indexdef(x.oid), ' USING (\w+) \(', format(' USING \1 (%I, ', g.owner))) END
FROM given g JOIN named t ON t.oid = g.oid JOIN pg_index i ON i.indrelid = g.oid JOIN named x ON x.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.contype IN ('u', 'p')
WHERE i.indisunique AND NOT (g.id = '' AND i.indisprimary) AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = g.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
    AND (a.attname = g.owner OR a.attname = g.id AND i.indnkeyatts = 1))
UNION ALL
SELECT 'column-not-filled', t.label, a.attname,
    format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', t.name, a.attname)
FROM given g JOIN named t ON t.oid = g.oid JOIN pg_attribute a ON a.attrelid = g.oid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
