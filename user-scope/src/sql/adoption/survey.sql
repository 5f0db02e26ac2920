SELECT c.relkind::text,
       (EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid))::text,
       c.relpersistence::text,
       pg_get_userbyid(c.relowner)::text,
       pg_has_role(c.relowner, 'USAGE')::text,
       (EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_type <> '1'))::text,
       (c.reloftype <> 0)::text,
       -- Permissive policies add up: what one of others shows, ours does not hide.
       (SELECT string_agg(polname, ', ' ORDER BY polname) FROM pg_policy
        WHERE polrelid = c.oid AND polpermissive AND polname NOT IN ('user_scope_owner', 'user_scope_system')
          AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'user_scope_owner')),
       -- Where nobody has counted yet, rows of a hundred bytes.
       (CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint ELSE pg_relation_size(c.oid) / 100 END)::text,
       (SELECT string_agg(tgname, chr(31) ORDER BY tgname) FROM pg_trigger
        WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 16 = 16
          AND tgname !~ '^user_scope_'
          AND (tgattr = ''::int2vector
               OR EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attname = $2 AND a.attnum = ANY (tgattr::int2[])))),
       (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = c.oid AND a.attname = $2),
       (SELECT (a.attgenerated <> '' OR a.attidentity <> '')::text FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = $2 AND NOT a.attisdropped),
       (SELECT 'true' FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conname = 'user_scope_owner_not_null'),
       (SELECT k.convalidated::text FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conname = 'user_scope_owner_not_null')
FROM pg_class c
WHERE c.oid = to_regclass($1)
