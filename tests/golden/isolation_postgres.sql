-- user_scope_system: system mode acts as a role of its own
CREATE ROLE "user_scope_system" NOLOGIN NOINHERIT;
-- my_app: it may ask for system mode
GRANT "user_scope_system" TO "my_app";
-- functions: the triggers call them
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
;
-- public.subtasks: children refer to owner and id
ALTER TABLE "public"."subtasks" ADD CONSTRAINT "subtasks_user_scope_key" UNIQUE ("user_id", "id");
-- public.projects: children refer to owner and id
ALTER TABLE "public"."projects" ADD CONSTRAINT "projects_user_scope_key" UNIQUE ("user_id", "id");
-- public.milestones: children refer to owner and id
ALTER TABLE "public"."milestones" ADD CONSTRAINT "milestones_user_scope_key" UNIQUE ("user_id", "id");
-- public.takes: children refer to owner and id
ALTER TABLE "public"."takes" ADD CONSTRAINT "takes_user_scope_key" UNIQUE ("user_id", "id");
-- public.reviews: children refer to owner and id
ALTER TABLE "public"."reviews" ADD CONSTRAINT "reviews_user_scope_key" UNIQUE ("user_id", "id");
-- public.loans: children refer to owner and id
ALTER TABLE "public"."loans" ADD CONSTRAINT "loans_user_scope_key" UNIQUE ("user_id", "id");
-- public.pages: children refer to owner and id
ALTER TABLE "public"."pages" ADD CONSTRAINT "pages_user_scope_key" UNIQUE ("user_id", "id");
-- public.projects: a parent has the child's owner
CREATE TRIGGER "user_scope_main_task" BEFORE INSERT OR UPDATE ON "public"."projects" FOR EACH ROW WHEN (NEW."main_task" IS NOT NULL) EXECUTE FUNCTION user_scope_parent_is_own('"public"."tasks"', 'id', 'user_id', 'main_task', 'user_id');
-- public.milestones: a parent has the child's owner
CREATE TRIGGER "user_scope_project_id" BEFORE INSERT OR UPDATE ON "public"."milestones" FOR EACH ROW WHEN (NEW."project_id" IS NOT NULL) EXECUTE FUNCTION user_scope_parent_is_own('"public"."projects"', 'id', 'user_id', 'project_id', 'user_id');
-- public.tasks: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."tasks" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.tasks: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."tasks" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.tasks: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."tasks" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.tasks: policies count
ALTER TABLE "public"."tasks" ENABLE ROW LEVEL SECURITY;
-- public.tasks: they count for the owner of the table too
ALTER TABLE "public"."tasks" FORCE ROW LEVEL SECURITY;
-- public.subtasks: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."subtasks" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.subtasks: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."subtasks" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.subtasks: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."subtasks" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.subtasks: policies count
ALTER TABLE "public"."subtasks" ENABLE ROW LEVEL SECURITY;
-- public.subtasks: they count for the owner of the table too
ALTER TABLE "public"."subtasks" FORCE ROW LEVEL SECURITY;
-- public.projects: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."projects" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.projects: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."projects" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), ''));
-- public.projects: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."projects" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.projects: policies count
ALTER TABLE "public"."projects" ENABLE ROW LEVEL SECURITY;
-- public.projects: they count for the owner of the table too
ALTER TABLE "public"."projects" FORCE ROW LEVEL SECURITY;
-- public.milestones: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."milestones" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.milestones: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."milestones" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.milestones: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."milestones" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.milestones: policies count
ALTER TABLE "public"."milestones" ENABLE ROW LEVEL SECURITY;
-- public.milestones: they count for the owner of the table too
ALTER TABLE "public"."milestones" FORCE ROW LEVEL SECURITY;
-- public.albums: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."albums" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.albums: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."albums" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.albums: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."albums" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.albums: policies count
ALTER TABLE "public"."albums" ENABLE ROW LEVEL SECURITY;
-- public.albums: they count for the owner of the table too
ALTER TABLE "public"."albums" FORCE ROW LEVEL SECURITY;
-- public.tracks: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."tracks" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.tracks: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."tracks" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.tracks: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."tracks" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.tracks: policies count
ALTER TABLE "public"."tracks" ENABLE ROW LEVEL SECURITY;
-- public.tracks: they count for the owner of the table too
ALTER TABLE "public"."tracks" FORCE ROW LEVEL SECURITY;
-- public.takes: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."takes" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.takes: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."takes" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.takes: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."takes" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.takes: policies count
ALTER TABLE "public"."takes" ENABLE ROW LEVEL SECURITY;
-- public.takes: they count for the owner of the table too
ALTER TABLE "public"."takes" FORCE ROW LEVEL SECURITY;
-- public.reviews: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."reviews" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.reviews: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."reviews" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.reviews: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."reviews" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.reviews: policies count
ALTER TABLE "public"."reviews" ENABLE ROW LEVEL SECURITY;
-- public.reviews: they count for the owner of the table too
ALTER TABLE "public"."reviews" FORCE ROW LEVEL SECURITY;
-- public.loans: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."loans" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.loans: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."loans" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.loans: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."loans" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.loans: policies count
ALTER TABLE "public"."loans" ENABLE ROW LEVEL SECURITY;
-- public.loans: they count for the owner of the table too
ALTER TABLE "public"."loans" FORCE ROW LEVEL SECURITY;
-- public.folders: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."folders" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.folders: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."folders" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.folders: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."folders" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.folders: policies count
ALTER TABLE "public"."folders" ENABLE ROW LEVEL SECURITY;
-- public.folders: they count for the owner of the table too
ALTER TABLE "public"."folders" FORCE ROW LEVEL SECURITY;
-- public.pages: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."pages" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.pages: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."pages" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.pages: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."pages" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.pages: policies count
ALTER TABLE "public"."pages" ENABLE ROW LEVEL SECURITY;
-- public.pages: they count for the owner of the table too
ALTER TABLE "public"."pages" FORCE ROW LEVEL SECURITY;
-- public.settings: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."settings" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.settings: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."settings" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid);
-- public.settings: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."settings" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.settings: policies count
ALTER TABLE "public"."settings" ENABLE ROW LEVEL SECURITY;
-- public.settings: they count for the owner of the table too
ALTER TABLE "public"."settings" FORCE ROW LEVEL SECURITY;
-- public.badges: an owner does not change
CREATE TRIGGER user_scope_owner_is_fixed BEFORE UPDATE ON "public"."badges" FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION user_scope_owner_is_fixed('user_scope_system');
-- public.badges: a caller sees and writes his own rows
CREATE POLICY "user_scope_owner" ON "public"."badges" USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')) WITH CHECK ("user_id" = nullif(current_setting('user_scope.user_id', true), ''));
-- public.badges: system mode sees and writes all rows
CREATE POLICY "user_scope_system" ON "public"."badges" TO "user_scope_system" USING (true) WITH CHECK (true);
-- public.badges: policies count
ALTER TABLE "public"."badges" ENABLE ROW LEVEL SECURITY;
-- public.badges: they count for the owner of the table too
ALTER TABLE "public"."badges" FORCE ROW LEVEL SECURITY;
-- public.tasks: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."tasks" TO "user_scope_system";
-- public.subtasks: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."subtasks" TO "user_scope_system";
-- public.projects: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."projects" TO "user_scope_system";
-- public.milestones: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."milestones" TO "user_scope_system";
-- public.albums: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."albums" TO "user_scope_system";
-- public.tracks: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."tracks" TO "user_scope_system";
-- public.takes: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."takes" TO "user_scope_system";
-- public.reviews: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."reviews" TO "user_scope_system";
-- public.loans: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."loans" TO "user_scope_system";
-- public.folders: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."folders" TO "user_scope_system";
-- public.pages: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."pages" TO "user_scope_system";
-- public.settings: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."settings" TO "user_scope_system";
-- public.badges: what the library does with it
GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."badges" TO "user_scope_system";
-- public.user_access_log: every access is recorded, whoever writes the batch
CREATE POLICY "user_scope_written" ON "public"."user_access_log" FOR INSERT WITH CHECK (true);
-- public.user_access_log: a user reads his own trail, and no denials
CREATE POLICY "user_scope_owner" ON "public"."user_access_log" FOR SELECT USING ("user_id" = nullif(current_setting('user_scope.user_id', true), '')::uuid AND operation NOT IN ('unauthorized_access', 'system_access'));
-- public.user_access_log: system mode reads all of it
CREATE POLICY "user_scope_system" ON "public"."user_access_log" FOR SELECT TO "user_scope_system" USING (true);
-- public.user_access_log: policies count
ALTER TABLE "public"."user_access_log" ENABLE ROW LEVEL SECURITY;
-- public.user_access_log: they count for the owner of the table too
ALTER TABLE "public"."user_access_log" FORCE ROW LEVEL SECURITY;
-- public.user_access_log: ids and times of the log cannot be forged
GRANT INSERT ("user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id") ON "public"."user_access_log" TO "user_scope_system";
-- public.user_access_log: ids and times of the log cannot be forged
GRANT SELECT ("id", "user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id", "xid") ON "public"."user_access_log" TO "user_scope_system";
-- public.user_access_log: the log is written, and never changed
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_log" FROM "my_app"; GRANT INSERT ("user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id") ON "public"."user_access_log" TO "my_app"; GRANT SELECT ("id", "user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id", "xid") ON "public"."user_access_log" TO "my_app";
-- public.user_access_log: the log is written, and never changed
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_log" FROM "somebody_else"; GRANT INSERT ("user_id", "entity_type", "entity_id", "operation", "details", "occurred_at", "event_id") ON "public"."user_access_log" TO "somebody_else"; GRANT SELECT ("id", "user_id", "entity_type", "entity_id", "operation", "timestamp", "details", "occurred_at", "event_id", "xid") ON "public"."user_access_log" TO "somebody_else";
-- public.user_access_daily: system mode asks what is in the log, and seals it
GRANT SELECT, INSERT, UPDATE ON "public"."user_access_daily" TO "user_scope_system";
-- public.user_access_daily: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_daily" FROM "my_app";
-- public.user_access_daily: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_daily" FROM "somebody_else";
-- public.user_access_by_user: system mode asks what is in the log, and seals it
GRANT SELECT, INSERT, UPDATE ON "public"."user_access_by_user" TO "user_scope_system";
-- public.user_access_by_user: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_by_user" FROM "my_app";
-- public.user_access_by_user: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_by_user" FROM "somebody_else";
-- public.user_access_rolled_up: system mode asks what is in the log, and seals it
GRANT SELECT, UPDATE ON "public"."user_access_rolled_up" TO "user_scope_system";
-- public.user_access_rolled_up: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_rolled_up" FROM "my_app";
-- public.user_access_rolled_up: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_rolled_up" FROM "somebody_else";
-- public.user_access_seals: system mode asks what is in the log, and seals it
GRANT SELECT, INSERT ON "public"."user_access_seals" TO "user_scope_system";
-- public.user_access_seals: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_seals" FROM "my_app";
-- public.user_access_seals: it is of all users, and no policy is asked for it
REVOKE SELECT, INSERT, UPDATE, DELETE ON "public"."user_access_seals" FROM "somebody_else";
-- public.user_scope_schema: `migrate` would believe it
REVOKE INSERT, UPDATE, DELETE ON "public"."user_scope_schema" FROM "my_app";
-- public.user_scope_schema: `migrate` would believe it
REVOKE INSERT, UPDATE, DELETE ON "public"."user_scope_schema" FROM "somebody_else";
