CREATE OR REPLACE FUNCTION user_scope_owner_is_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_user = TG_ARGV[0] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the owner of a row of "%" is fixed', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Only a transfer in system mode changes it.';
END $$;
CREATE OR REPLACE FUNCTION user_scope_parent_is_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_own boolean;
BEGIN
    EXECUTE format('SELECT true FROM %s WHERE %I = ($1).%I AND %I::text = ($1).%I::text FOR KEY SHARE',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[3], TG_ARGV[2], TG_ARGV[4]) INTO is_own USING NEW;
    IF is_own THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of "%" names a parent that does not exist', TG_TABLE_NAME
        USING ERRCODE = 'foreign_key_violation';
END $$
