-- note: public.customer gets one more column: COPY and INSERT … SELECT * that name none are refused, and a prepared SELECT * or RETURNING * fails once
-- note: public.invoice gets one more column: COPY and INSERT … SELECT * that name none are refused, and a prepared SELECT * or RETURNING * fails once
-- note: public.note gets one more column: COPY and INSERT … SELECT * that name none are refused, and a prepared SELECT * or RETURNING * fails once
-- note: public.visit.user_id is there already: what has an owner keeps him
-- note: public.letter gets one more column: COPY and INSERT … SELECT * that name none are refused, and a prepared SELECT * or RETURNING * fails once
-- expand: public.customer: each row has room for its owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."customer" ADD COLUMN "user_id" uuid;
ALTER TABLE "public"."customer" ALTER COLUMN "user_id" SET DEFAULT nullif(current_setting('user_scope.user_id', true), '')::uuid;
-- expand: public.invoice: each row has room for its owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" ADD COLUMN "user_id" uuid;
ALTER TABLE "public"."invoice" ALTER COLUMN "user_id" SET DEFAULT nullif(current_setting('user_scope.user_id', true), '')::uuid;
-- expand: public.note: each row has room for its owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."note" ADD COLUMN "user_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid;
ALTER TABLE "public"."note" ALTER COLUMN "user_id" SET DEFAULT nullif(current_setting('user_scope.user_id', true), '')::uuid;
-- expand: public.visit: new rows belong to the caller
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."visit" ALTER COLUMN "user_id" SET DEFAULT nullif(current_setting('user_scope.user_id', true), '');
-- expand: public.letter: each row has room for its owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" ADD COLUMN "user_id" uuid;
ALTER TABLE "public"."letter" ALTER COLUMN "user_id" SET DEFAULT nullif(current_setting('user_scope.user_id', true), '')::uuid;
-- expand: user_scope_callerless: who still writes without a caller is noted, for `verify` to tell
-- lock: none on tables
CREATE TABLE "public"."user_scope_callerless" (relation oid NOT NULL, login text NOT NULL, program text NOT NULL, operation text NOT NULL, seen_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON "public"."user_scope_callerless" (relation, login, program, operation, seen_at);
ALTER TABLE "public"."user_scope_callerless" ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION "public"."user_scope_notes_callerless"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS '
DECLARE
    its_program text := left(coalesce(current_setting(''application_name'', true), ''''), 100);
BEGIN
    IF current_setting(''transaction_isolation'') = ''serializable'' THEN
        IF random() > 0.01 THEN RETURN NULL; END IF;
    ELSIF EXISTS (SELECT FROM "public"."user_scope_callerless" WHERE relation = TG_RELID AND login = session_user AND program = its_program
            AND operation = TG_OP AND seen_at > clock_timestamp() - interval ''1 minute'') THEN
        RETURN NULL;
    END IF;
    INSERT INTO "public"."user_scope_callerless" (relation, login, program, operation) VALUES (TG_RELID, session_user, its_program, TG_OP);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END ';
-- expand: public.customer: it is noted who writes without a caller
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_notes_callerless AFTER INSERT OR UPDATE OR DELETE ON "public"."customer" FOR EACH STATEMENT WHEN (coalesce(current_setting('user_scope.user_id', true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes' AND current_user <> 'user_scope_system') EXECUTE FUNCTION "public"."user_scope_notes_callerless"();
-- expand: public.invoice: it is noted who writes without a caller
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_notes_callerless AFTER INSERT OR UPDATE OR DELETE ON "public"."invoice" FOR EACH STATEMENT WHEN (coalesce(current_setting('user_scope.user_id', true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes' AND current_user <> 'user_scope_system') EXECUTE FUNCTION "public"."user_scope_notes_callerless"();
-- expand: public.note: it is noted who writes without a caller
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_notes_callerless AFTER INSERT OR UPDATE OR DELETE ON "public"."note" FOR EACH STATEMENT WHEN (coalesce(current_setting('user_scope.user_id', true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes' AND current_user <> 'user_scope_system') EXECUTE FUNCTION "public"."user_scope_notes_callerless"();
-- expand: public.visit: it is noted who writes without a caller
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_notes_callerless AFTER INSERT OR UPDATE OR DELETE ON "public"."visit" FOR EACH STATEMENT WHEN (coalesce(current_setting('user_scope.user_id', true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes' AND current_user <> 'user_scope_system') EXECUTE FUNCTION "public"."user_scope_notes_callerless"();
-- expand: public.letter: it is noted who writes without a caller
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_notes_callerless AFTER INSERT OR UPDATE OR DELETE ON "public"."letter" FOR EACH STATEMENT WHEN (coalesce(current_setting('user_scope.user_id', true), '') = '' AND current_setting('user_scope.adopting', true) IS DISTINCT FROM 'yes' AND current_user <> 'user_scope_system') EXECUTE FUNCTION "public"."user_scope_notes_callerless"();
-- expand: public.customer: rows that are there get their owner
-- lock: rows of a batch, for a moment; about 0 rows are written
UPDATE "public"."customer" SET "user_id" = (md5('customer' || id)::uuid) FROM (SELECT ctid AS user_scope_at FROM "public"."customer" WHERE "user_id" IS NULL AND (md5('customer' || id)::uuid) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "customer".ctid = user_scope_batch.user_scope_at;
-- expand: public.invoice: rows that are there get their owner
-- lock: rows of a batch, for a moment; about 0 rows are written
UPDATE "public"."invoice" SET "user_id" = (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") FROM (SELECT ctid AS user_scope_at FROM "public"."invoice" WHERE "user_id" IS NULL AND (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "invoice".ctid = user_scope_batch.user_scope_at;
-- expand: public.letter: rows that are there get their owner
-- lock: rows of a batch, for a moment; about 0 rows are written
UPDATE "public"."letter" SET "user_id" = (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) FROM (SELECT ctid AS user_scope_at FROM "public"."letter" WHERE "user_id" IS NULL AND (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "letter".ctid = user_scope_batch.user_scope_at;
-- expand: public.customer: children refer to owner and id
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits; reads about 0 rows
CREATE UNIQUE INDEX CONCURRENTLY "customer_user_scope_key" ON "public"."customer" ("user_id", "id");
-- expand: public.invoice: children refer to owner and id
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits; reads about 0 rows
CREATE UNIQUE INDEX CONCURRENTLY "invoice_user_scope_key" ON "public"."invoice" ("user_id", "id");
-- expand: public.note: an owner's rows are found by him
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits; reads about 0 rows
CREATE INDEX CONCURRENTLY "note_user_scope_owner" ON "public"."note" ("user_id");
-- expand: public.visit: children refer to owner and id
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits; reads about 0 rows
CREATE UNIQUE INDEX CONCURRENTLY "visit_user_scope_key" ON "public"."visit" ("user_id", "id");
-- expand: public.letter: children refer to owner and id
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits; reads about 0 rows
CREATE UNIQUE INDEX CONCURRENTLY "letter_user_scope_key" ON "public"."letter" ("user_id", "id");
-- expand: user_scope_system: system mode acts as a role of its own
-- lock: none on tables
CREATE ROLE "user_scope_system" NOLOGIN NOINHERIT;
-- expand: my_app: it has to ask for system mode
-- lock: none on tables
ALTER ROLE "my_app" NOINHERIT;
-- expand: my_app: it may ask for system mode
-- lock: none on tables
GRANT "user_scope_system" TO "my_app";
-- expand: functions: the triggers call them
-- lock: none on tables
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
END $$;
-- expand: public.customer: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."customer" TO "my_app";
-- expand: public.customer: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."customer" TO "user_scope_system";
-- expand: public.invoice: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."invoice" TO "my_app";
-- expand: public.invoice: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."invoice" TO "user_scope_system";
-- expand: public.note: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."note" TO "my_app";
-- expand: public.note: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."note" TO "user_scope_system";
-- expand: public.visit: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."visit" TO "my_app";
-- expand: public.visit: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."visit" TO "user_scope_system";
-- expand: public.letter: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."letter" TO "my_app";
-- expand: public.letter: what the library does with it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."letter" TO "user_scope_system";
-- expand: user_access_log: every access is recorded; it stays when all is taken back
-- lock: none on tables
SELECT pg_advisory_xact_lock(7310582924); CREATE TABLE IF NOT EXISTS user_scope_schema (step bigint PRIMARY KEY);
-- The audit table. Columns beyond the first seven are the library's own.
CREATE TABLE IF NOT EXISTS user_access_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     uuid NOT NULL,
    entity_type text NOT NULL,
    entity_id   text,
    operation   text NOT NULL,
    timestamp   timestamptz NOT NULL DEFAULT clock_timestamp(),
    details     jsonb,
    -- When the application says that it happened; `timestamp` is the database's own clock.
    occurred_at timestamptz,
    -- What the background writer sends twice is stored once.
    event_id    uuid,
    -- Which transaction wrote the row: seals need to know when no earlier one can still appear.
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS user_access_log_user_id_timestamp ON user_access_log (user_id, timestamp);
CREATE INDEX IF NOT EXISTS user_access_log_denials ON user_access_log (timestamp DESC)
    WHERE operation = 'unauthorized_access';
CREATE UNIQUE INDEX IF NOT EXISTS user_access_log_event_id ON user_access_log (event_id)
    WHERE event_id IS NOT NULL;
INSERT INTO user_scope_schema (step) VALUES (1);;
-- What the log is asked, and how it is proven. On a log that is large already, the indexes can be made beforehand by these
-- names, CONCURRENTLY: writers wait while they are made here.
-- The history of one row.
CREATE INDEX IF NOT EXISTS user_access_log_entity ON user_access_log (entity_type, entity_id, id)
    WHERE entity_id IS NOT NULL;
-- What has been written since the last look.
CREATE INDEX IF NOT EXISTS user_access_log_xid ON user_access_log (xid);
-- Who was denied what, without a look at the table itself.
CREATE INDEX IF NOT EXISTS user_access_log_denied ON user_access_log (timestamp)
    INCLUDE (user_id, entity_type, entity_id) WHERE operation = 'unauthorized_access';
DROP INDEX IF EXISTS user_access_log_denials;
CREATE INDEX IF NOT EXISTS user_access_log_receipts ON user_access_log (timestamp) WHERE operation = 'system_access';
-- How often a user did what to which entity on a day (UTC); added to afterwards, from rows that no transaction can precede
-- any more.
CREATE TABLE IF NOT EXISTS user_access_daily (
    day         date NOT NULL,
    user_id     uuid NOT NULL,
    entity_type text NOT NULL,
    operation   text NOT NULL,
    accesses    bigint NOT NULL,
    -- Rows that were given or touched.
    rows        bigint NOT NULL,
    PRIMARY KEY (day, user_id, entity_type, operation)
);
-- The same by user alone: what all users did on the days of a month is read from it.
CREATE TABLE IF NOT EXISTS user_access_by_user (
    day         date NOT NULL,
    user_id     uuid NOT NULL,
    accesses    bigint NOT NULL,
    rows        bigint NOT NULL,
    denials     bigint NOT NULL,
    -- Those of the accesses and rows that were reads and lists.
    reads       bigint NOT NULL,
    read_rows   bigint NOT NULL,
    PRIMARY KEY (day, user_id)
);
-- How far that has come, in one row: all transactions before `position`, of the cluster `epoch`. What came from a cluster
-- before it, by a dump, has ids up to `floor`.
CREATE TABLE IF NOT EXISTS user_access_rolled_up (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch    text NOT NULL,
    position bigint NOT NULL,
    last_id  bigint NOT NULL,
    floor    bigint NOT NULL
);
INSERT INTO user_access_rolled_up (epoch, position, last_id, floor) VALUES ('', 0, 0, 0) ON CONFLICT DO NOTHING;
-- The chain of seals. Hashes and signatures are hexadecimal.
CREATE TABLE IF NOT EXISTS user_access_seals (
    number    bigint PRIMARY KEY,
    -- `rows`: that these rows were in the log. `purge`: that these were taken out of it by who has the key.
    kind      text NOT NULL,
    -- The ids, ascending, as `1-500,502-510`.
    ids       text NOT NULL,
    -- Of the rows, in the order of their ids.
    digest    text NOT NULL,
    -- The times of the oldest and of the newest of the rows, and of the seal, in microseconds since 1970.
    oldest    bigint NOT NULL,
    newest    bigint NOT NULL,
    sealed_at bigint NOT NULL,
    -- As in `user_access_rolled_up`, behind this seal; `horizon`: what was to be the next transaction at `sealed_at`.
    epoch     text NOT NULL,
    position  bigint NOT NULL,
    horizon   bigint NOT NULL,
    last_id   bigint NOT NULL,
    floor     bigint NOT NULL,
    -- The hash of the seal before.
    previous  text NOT NULL,
    -- Of all the above.
    hash      text NOT NULL,
    signature text NOT NULL
);
INSERT INTO user_scope_schema (step) VALUES (2);
-- expand: user_access_log: ids and times of the log cannot be forged
-- lock: none on tables
GRANT INSERT ("user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id") ON "user_access_log" TO "my_app";
-- expand: user_access_log: ids and times of the log cannot be forged
-- lock: none on tables
GRANT SELECT ("id", "user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id", "xid") ON "user_access_log" TO "my_app";
-- expand: user_access_log: ids and times of the log cannot be forged
-- lock: none on tables
GRANT INSERT ("user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id") ON "user_access_log" TO "user_scope_system";
-- expand: user_access_log: ids and times of the log cannot be forged
-- lock: none on tables
GRANT SELECT ("id", "user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id", "xid") ON "user_access_log" TO "user_scope_system";
-- expand: user_access_daily: system mode asks what is in the log, and seals it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE ON "user_access_daily" TO "user_scope_system";
-- expand: user_access_by_user: system mode asks what is in the log, and seals it
-- lock: none on tables
GRANT SELECT, INSERT, UPDATE ON "user_access_by_user" TO "user_scope_system";
-- expand: user_access_rolled_up: system mode asks what is in the log, and seals it
-- lock: none on tables
GRANT SELECT, UPDATE ON "user_access_rolled_up" TO "user_scope_system";
-- expand: user_access_seals: system mode asks what is in the log, and seals it
-- lock: none on tables
GRANT SELECT, INSERT ON "user_access_seals" TO "user_scope_system";
-- expand: user_scope_schema: `migrate` looks how far it has come
-- lock: none on tables
GRANT SELECT ON "user_scope_schema" TO "my_app";
-- contract: public.customer: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."customer" SET "user_id" = (md5('customer' || id)::uuid) FROM (SELECT ctid AS user_scope_at FROM "public"."customer" WHERE "user_id" IS NULL AND (md5('customer' || id)::uuid) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "customer".ctid = user_scope_batch.user_scope_at;
-- contract: public.invoice: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."invoice" SET "user_id" = (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") FROM (SELECT ctid AS user_scope_at FROM "public"."invoice" WHERE "user_id" IS NULL AND (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "invoice".ctid = user_scope_batch.user_scope_at;
-- contract: public.note: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."note" SET "user_id" = '00000000-0000-0000-0000-000000000000'::uuid FROM (SELECT ctid AS user_scope_at FROM "public"."note" WHERE "user_id" IS NULL AND '00000000-0000-0000-0000-000000000000'::uuid IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "note".ctid = user_scope_batch.user_scope_at;
-- contract: public.visit: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."visit" SET "user_id" = '00000000-0000-0000-0000-00000000000b'::text FROM (SELECT ctid AS user_scope_at FROM "public"."visit" WHERE "user_id" IS NULL AND '00000000-0000-0000-0000-00000000000b'::text IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "visit".ctid = user_scope_batch.user_scope_at;
-- contract: public.letter: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."letter" SET "user_id" = (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) FROM (SELECT ctid AS user_scope_at FROM "public"."letter" WHERE "user_id" IS NULL AND (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "letter".ctid = user_scope_batch.user_scope_at;
-- contract: public.invoice: no row has another's parent
-- lock: none on tables
SELECT CAST(count(*) AS TEXT) FROM "public"."invoice" JOIN "public"."customer" AS user_scope_parent ON user_scope_parent."id" = "invoice"."customer_id" WHERE "invoice"."user_id" <> user_scope_parent."user_id";
-- contract: public.letter: no row has another's parent
-- lock: none on tables
SELECT CAST(count(*) AS TEXT) FROM "public"."letter" JOIN "public"."invoice" AS user_scope_parent ON user_scope_parent."id" = "letter"."invoice_id" WHERE "letter"."user_id" <> user_scope_parent."user_id";
-- contract: public.customer: from now on every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."customer" ADD CONSTRAINT user_scope_owner_not_null CHECK ("user_id" IS NOT NULL) NOT VALID;
-- contract: public.customer: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."customer" SET "user_id" = (md5('customer' || id)::uuid) FROM (SELECT ctid AS user_scope_at FROM "public"."customer" WHERE "user_id" IS NULL AND (md5('customer' || id)::uuid) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "customer".ctid = user_scope_batch.user_scope_at;
-- contract: public.customer: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."customer" VALIDATE CONSTRAINT "user_scope_owner_not_null";
-- contract: public.customer: every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."customer" ALTER COLUMN "user_id" SET NOT NULL;
ALTER TABLE "public"."customer" DROP CONSTRAINT "user_scope_owner_not_null";
-- contract: public.invoice: from now on every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" ADD CONSTRAINT user_scope_owner_not_null CHECK ("user_id" IS NOT NULL) NOT VALID;
-- contract: public.invoice: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."invoice" SET "user_id" = (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") FROM (SELECT ctid AS user_scope_at FROM "public"."invoice" WHERE "user_id" IS NULL AND (SELECT user_scope_parent."user_id" FROM "public"."customer" AS user_scope_parent WHERE user_scope_parent."id" = "invoice"."customer_id") IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "invoice".ctid = user_scope_batch.user_scope_at;
-- contract: public.invoice: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."invoice" VALIDATE CONSTRAINT "user_scope_owner_not_null";
-- contract: public.invoice: every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" ALTER COLUMN "user_id" SET NOT NULL;
ALTER TABLE "public"."invoice" DROP CONSTRAINT "user_scope_owner_not_null";
-- contract: public.note: from now on every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."note" ADD CONSTRAINT user_scope_owner_not_null CHECK ("user_id" IS NOT NULL) NOT VALID;
-- contract: public.note: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."note" SET "user_id" = '00000000-0000-0000-0000-000000000000'::uuid FROM (SELECT ctid AS user_scope_at FROM "public"."note" WHERE "user_id" IS NULL AND '00000000-0000-0000-0000-000000000000'::uuid IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "note".ctid = user_scope_batch.user_scope_at;
-- contract: public.note: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."note" VALIDATE CONSTRAINT "user_scope_owner_not_null";
-- contract: public.note: every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."note" ALTER COLUMN "user_id" SET NOT NULL;
ALTER TABLE "public"."note" DROP CONSTRAINT "user_scope_owner_not_null";
-- contract: public.visit: from now on every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."visit" ADD CONSTRAINT user_scope_owner_not_null CHECK ("user_id" IS NOT NULL) NOT VALID;
-- contract: public.visit: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."visit" SET "user_id" = '00000000-0000-0000-0000-00000000000b'::text FROM (SELECT ctid AS user_scope_at FROM "public"."visit" WHERE "user_id" IS NULL AND '00000000-0000-0000-0000-00000000000b'::text IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "visit".ctid = user_scope_batch.user_scope_at;
-- contract: public.visit: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."visit" VALIDATE CONSTRAINT "user_scope_owner_not_null";
-- contract: public.visit: every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."visit" ALTER COLUMN "user_id" SET NOT NULL;
ALTER TABLE "public"."visit" DROP CONSTRAINT "user_scope_owner_not_null";
-- contract: public.letter: from now on every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" ADD CONSTRAINT user_scope_owner_not_null CHECK ("user_id" IS NOT NULL) NOT VALID;
-- contract: public.letter: and those that came meanwhile
-- lock: rows of a batch, for a moment
UPDATE "public"."letter" SET "user_id" = (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) FROM (SELECT ctid AS user_scope_at FROM "public"."letter" WHERE "user_id" IS NULL AND (SELECT user_scope_mapping.owner FROM pg_temp.user_scope_mapping AS user_scope_mapping WHERE user_scope_mapping.id = CAST("letter"."id" AS text)) IS NOT NULL FOR UPDATE SKIP LOCKED) AS user_scope_batch WHERE "letter".ctid = user_scope_batch.user_scope_at;
-- contract: public.letter: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."letter" VALIDATE CONSTRAINT "user_scope_owner_not_null";
-- contract: public.letter: every row has an owner
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" ALTER COLUMN "user_id" SET NOT NULL;
ALTER TABLE "public"."letter" DROP CONSTRAINT "user_scope_owner_not_null";
-- contract: public.invoice: a parent has the child's owner
-- lock: SHARE ROW EXCLUSIVE on both tables, for a moment
ALTER TABLE "public"."invoice" ADD CONSTRAINT "user_scope_customer_id" FOREIGN KEY ("user_id", "customer_id") REFERENCES "public"."customer" ("user_id", "id") ON DELETE CASCADE NOT VALID;
-- contract: public.invoice: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."invoice" VALIDATE CONSTRAINT "user_scope_customer_id";
-- contract: public.letter: a parent has the child's owner
-- lock: SHARE ROW EXCLUSIVE on both tables, for a moment
ALTER TABLE "public"."letter" ADD CONSTRAINT "user_scope_invoice_id" FOREIGN KEY ("user_id", "invoice_id") REFERENCES "public"."invoice" ("user_id", "id") ON DELETE SET NULL ("invoice_id") NOT VALID;
-- contract: public.letter: rows that are there are looked at, too
-- lock: SHARE UPDATE EXCLUSIVE; nobody waits
ALTER TABLE "public"."letter" VALIDATE CONSTRAINT "user_scope_invoice_id";
-- contract: public.invoice: it would tell a foreign parent from an absent one
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" DROP CONSTRAINT "invoice_customer_id_fkey";
-- contract: public.letter: it would tell a foreign parent from an absent one
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" DROP CONSTRAINT "letter_invoice_id_fkey";
-- contract: public.customer: an owner does not change
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."customer" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- contract: public.customer: a caller sees and writes his own rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "public"."customer" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- contract: public.customer: system mode sees and writes all rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "public"."customer" TO "user_scope_system" USING (true) WITH CHECK (true);
-- contract: public.customer: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."customer" ENABLE ROW LEVEL SECURITY;
-- contract: public.customer: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."customer" FORCE ROW LEVEL SECURITY;
-- contract: public.invoice: an owner does not change
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."invoice" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- contract: public.invoice: a caller sees and writes his own rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "public"."invoice" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- contract: public.invoice: system mode sees and writes all rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "public"."invoice" TO "user_scope_system" USING (true) WITH CHECK (true);
-- contract: public.invoice: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" ENABLE ROW LEVEL SECURITY;
-- contract: public.invoice: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."invoice" FORCE ROW LEVEL SECURITY;
-- contract: public.note: an owner does not change
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."note" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- contract: public.note: a caller sees and writes his own rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "public"."note" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- contract: public.note: system mode sees and writes all rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "public"."note" TO "user_scope_system" USING (true) WITH CHECK (true);
-- contract: public.note: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."note" ENABLE ROW LEVEL SECURITY;
-- contract: public.note: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."note" FORCE ROW LEVEL SECURITY;
-- contract: public.visit: an owner does not change
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."visit" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- contract: public.visit: a caller sees and writes his own rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "public"."visit" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), ''));
-- contract: public.visit: system mode sees and writes all rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "public"."visit" TO "user_scope_system" USING (true) WITH CHECK (true);
-- contract: public.visit: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."visit" ENABLE ROW LEVEL SECURITY;
-- contract: public.visit: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."visit" FORCE ROW LEVEL SECURITY;
-- contract: public.letter: an owner does not change
-- lock: SHARE ROW EXCLUSIVE, for a moment
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."letter" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- contract: public.letter: a caller sees and writes his own rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "public"."letter" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- contract: public.letter: system mode sees and writes all rows
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "public"."letter" TO "user_scope_system" USING (true) WITH CHECK (true);
-- contract: public.letter: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" ENABLE ROW LEVEL SECURITY;
-- contract: public.letter: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "public"."letter" FORCE ROW LEVEL SECURITY;
-- contract: user_access_log: every access is recorded, whoever writes the batch
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_written" ON "user_access_log" FOR INSERT WITH CHECK (true);
-- contract: user_access_log: a user reads his own trail, and no denials
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_owner" ON "user_access_log" FOR SELECT USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid AND operation NOT IN ('unauthorized_access', 'system_access'));
-- contract: user_access_log: system mode reads all of it
-- lock: ACCESS EXCLUSIVE, for a moment
CREATE POLICY "user_scope_system" ON "user_access_log" FOR SELECT TO "user_scope_system" USING (true);
-- contract: user_access_log: policies count
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "user_access_log" ENABLE ROW LEVEL SECURITY;
-- contract: user_access_log: they count for the owner of the table too
-- lock: ACCESS EXCLUSIVE, for a moment
ALTER TABLE "user_access_log" FORCE ROW LEVEL SECURITY;
-- contract: public.customer: nobody can write without a caller any more
-- lock: ACCESS EXCLUSIVE, for a moment
DROP TRIGGER IF EXISTS user_scope_notes_callerless ON "public"."customer";
-- contract: public.invoice: nobody can write without a caller any more
-- lock: ACCESS EXCLUSIVE, for a moment
DROP TRIGGER IF EXISTS user_scope_notes_callerless ON "public"."invoice";
-- contract: public.note: nobody can write without a caller any more
-- lock: ACCESS EXCLUSIVE, for a moment
DROP TRIGGER IF EXISTS user_scope_notes_callerless ON "public"."note";
-- contract: public.visit: nobody can write without a caller any more
-- lock: ACCESS EXCLUSIVE, for a moment
DROP TRIGGER IF EXISTS user_scope_notes_callerless ON "public"."visit";
-- contract: public.letter: nobody can write without a caller any more
-- lock: ACCESS EXCLUSIVE, for a moment
DROP TRIGGER IF EXISTS user_scope_notes_callerless ON "public"."letter";
-- contract: user_scope_callerless: nobody can write without a caller any more
-- lock: none on tables
DROP FUNCTION IF EXISTS "public"."user_scope_notes_callerless"();
DROP TABLE IF EXISTS "public"."user_scope_callerless";
-- 43 steps of expand, 69 of contract
