-- Puts a partitioned table in the place of a plain log, of which it becomes the first partition: of all that was recorded before
-- {boundary}. Everything that takes long was done before: the key's index, and the proof that the old table holds nothing else.
DO $move$
DECLARE
    old regclass := 'user_access_log'::regclass;
    next_id bigint;
    found record;
BEGIN
    LOCK TABLE user_access_log IN ACCESS EXCLUSIVE MODE;
    -- The new table lies where the old one does, be that the first schema of the path or not.
    PERFORM set_config('search_path', concat_ws(', ', (SELECT quote_ident(n.nspname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = old), nullif(current_setting('search_path'), '')), true);
    EXECUTE format('SELECT last_value + 1 FROM %s', pg_get_serial_sequence('user_access_log', 'id')) INTO next_id;
    ALTER TABLE user_access_log ALTER COLUMN id DROP IDENTITY;
    ALTER TABLE user_access_log RENAME TO user_access_log_before_{name};
    -- Their names are wanted for the indexes of the whole.
    FOR found IN SELECT i.indexrelid::regclass AS index, c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = old AND c.relname NOT LIKE '%before_{name}'
    LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', found.index, left(found.name, 40) || '_before_{name}');
    END LOOP;
    EXECUTE format('CREATE TABLE user_access_log (LIKE %s INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS) '
        'PARTITION BY RANGE (timestamp)', old);
    -- Whose it was, whoever moves it.
    EXECUTE format('ALTER TABLE user_access_log OWNER TO %s', (SELECT relowner::regrole FROM pg_class WHERE oid = old));
    EXECUTE format('ALTER TABLE user_access_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (START WITH %s)', next_id);
    -- The key of a partitioned table holds what it is partitioned by.
    FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = old AND contype = 'p' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', old, found.conname);
    END LOOP;
    EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY USING INDEX user_access_log_key_before_{name}', old);
    ALTER TABLE user_access_log ADD PRIMARY KEY (id, timestamp);
    CREATE INDEX user_access_log_user_id_timestamp ON user_access_log (user_id, timestamp);
    CREATE INDEX user_access_log_entity ON user_access_log (entity_type, entity_id, id) WHERE entity_id IS NOT NULL;
    CREATE INDEX user_access_log_xid ON user_access_log (xid);
    CREATE INDEX user_access_log_denied ON user_access_log (timestamp) INCLUDE (user_id, entity_type, entity_id)
        WHERE operation = 'unauthorized_access';
    CREATE INDEX user_access_log_receipts ON user_access_log (timestamp) WHERE operation = 'system_access';
    -- Who may do what goes over to the whole, and nothing that is granted on new tables by default stays. On its partitions nobody
    -- may do anything, and their policies are the whole's.
    FOR found IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = 'user_access_log'::regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON user_access_log FROM %s CASCADE',
            CASE found.grantee WHEN 0 THEN 'PUBLIC' ELSE found.grantee::regrole::text END);
    END LOOP;
    FOR found IN
        SELECT a.privilege_type AS privilege, a.grantee, a.is_grantable FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = old AND a.grantee <> c.relowner
        UNION ALL
        SELECT format('%s (%I)', a.privilege_type, t.attname), a.grantee, a.is_grantable
            FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = old AND t.attnum > 0 AND NOT t.attisdropped
    LOOP
        EXECUTE format('GRANT %s ON user_access_log TO %s', found.privilege,
            CASE found.grantee WHEN 0 THEN 'PUBLIC' ELSE found.grantee::regrole::text END)
            || CASE WHEN found.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END;
    END LOOP;
    FOR found IN SELECT p.polname, p.polpermissive, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid) AS qual,
        pg_get_expr(p.polwithcheck, p.polrelid) AS checked FROM pg_policy p WHERE p.polrelid = old
    LOOP
        EXECUTE format('CREATE POLICY %I ON user_access_log AS %s FOR %s TO %s %s %s', found.polname,
            CASE WHEN found.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE found.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ') FROM unnest(found.polroles) AS role),
            coalesce('USING (' || found.qual || ')', ''), coalesce('WITH CHECK (' || found.checked || ')', ''));
        EXECUTE format('DROP POLICY %I ON %s', found.polname, old);
    END LOOP;
    IF (SELECT relrowsecurity FROM pg_class WHERE oid = old) THEN
        ALTER TABLE user_access_log ENABLE ROW LEVEL SECURITY;
    END IF;
    IF (SELECT relforcerowsecurity FROM pg_class WHERE oid = old) THEN
        ALTER TABLE user_access_log FORCE ROW LEVEL SECURITY;
    END IF;
    EXECUTE format('ALTER TABLE user_access_log ATTACH PARTITION %s FOR VALUES FROM (MINVALUE) TO (%L)', old, '{boundary}');
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT user_access_log_before', old);
END $move$;
