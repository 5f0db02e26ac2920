-- What a partition of the log is to its surroundings: its owner is that of the whole, nobody else may do anything with it, whatever
-- is granted on new tables by default, but for who makes backups and passes by policies anyway.
DO $own$
DECLARE
    part regclass := '{partition}'::regclass;
    found record;
BEGIN
    EXECUTE format('ALTER TABLE %s OWNER TO %s', part,
        (SELECT relowner::regrole FROM pg_class WHERE oid = 'user_access_log'::regclass));
    FOR found IN
        SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = part AND a.grantee <> c.relowner
        UNION SELECT DISTINCT a.grantee FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = part
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s CASCADE', part,
            CASE found.grantee WHEN 0 THEN 'PUBLIC' ELSE found.grantee::regrole::text END);
    END LOOP;
    FOR found IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles g ON g.oid = a.grantee
        WHERE c.oid = 'user_access_log'::regclass AND a.privilege_type = 'SELECT' AND g.rolbypassrls
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO %s', part, found.grantee::regrole);
    END LOOP;
END $own$;
