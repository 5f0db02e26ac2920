-- tasks.insert(…)
WITH changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $8, 'tasks', "id"::text, 'create', $9::jsonb FROM changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM changed;

-- subtasks.insert(…): its parent is a task
WITH changed AS (INSERT INTO "subtasks" ("id", "user_id", "task_id", "title") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 FOR KEY SHARE) RETURNING "id", "user_id", "task_id", "title"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'subtasks', "id"::text, 'create', $6::jsonb FROM changed) SELECT "id", "user_id", "task_id", "title" FROM changed;

-- tasks.get(&id), tasks.find(&id)
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "id" = $1 AND "user_id" = $2;

-- tasks.exists(&id)
SELECT 1 FROM "tasks" WHERE "id" = $1 AND "user_id" = $2;

-- tasks.query().all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1;

-- tasks.query().filter(TITLE.eq(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" = $2);

-- tasks.query().filter(TITLE.ne(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" <> $2);

-- tasks.query().filter(TITLE.lt(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" < $2);

-- tasks.query().filter(TITLE.le(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" <= $2);

-- tasks.query().filter(TITLE.gt(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" > $2);

-- tasks.query().filter(TITLE.ge(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" >= $2);

-- tasks.query().filter(TITLE.like(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" LIKE $2);

-- tasks.query().filter(TITLE.is_in(none)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND (1 = 0);

-- tasks.query().filter(TITLE.is_in(three)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" IN ($2, $3, $4, $5));

-- tasks.query().filter(TITLE.between(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("title" BETWEEN $2 AND $3);

-- tasks.query().filter(DUE_ON.is_null()).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ("due_on" IS NULL);

-- tasks.query().filter(!TITLE.eq(…)).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND (NOT ("title" = $2));

-- tasks.query().filter(TITLE.eq(…).or(TITLE.eq(…)).and(!DUE_ON.is_null())).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 AND ((("title" = $2) OR ("title" = $3)) AND (NOT ("due_on" IS NULL)));

-- tasks.query().order_by(DUE_ON.desc()).order_by(CREATED_AT.asc()).limit(50).all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1 ORDER BY "due_on" DESC NULLS LAST, "created_at" ASC LIMIT $2;

-- tasks.query().filter(STATUS.eq(…)).count()
SELECT count(*) FROM "tasks" WHERE "user_id" = $1 AND ("status" = $2);

-- tasks.update(&id, title)
WITH changed AS (UPDATE "tasks" SET "title" = $3, "updated_at" = $4 WHERE "id" = $1 AND "user_id" = $2 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'tasks', "id"::text, 'update', $6::jsonb FROM changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM changed;

-- tasks.update(&id, status and due_on)
WITH changed AS (UPDATE "tasks" SET "status" = $3, "due_on" = $4, "updated_at" = $5 WHERE "id" = $1 AND "user_id" = $2 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $6, 'tasks', "id"::text, 'update', $7::jsonb FROM changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM changed;

-- subtasks.update(&id, task_id): to another parent
WITH changed AS (UPDATE "subtasks" SET "task_id" = $3 WHERE "id" = $1 AND "user_id" = $2 AND EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 FOR KEY SHARE) RETURNING "id", "user_id", "task_id", "title"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'subtasks', "id"::text, 'update', $5::jsonb FROM changed) SELECT "id", "user_id", "task_id", "title" FROM changed;

-- subtasks.delete(&id)
WITH user_scope_0 AS (DELETE FROM "subtasks" WHERE "id" = $1 AND "user_id" = $2 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'subtasks', user_scope_id::text, 'delete', $4::jsonb FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- projects.insert(…): an optional parent, whose owner is stored otherwise
WITH changed AS (INSERT INTO "projects" ("id", "user_id", "name", "main_task") SELECT $1, $2, $3, $4 WHERE ($4 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $4 AND user_scope_parent."user_id" = $2::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'projects', "id"::text, 'create', $6::jsonb FROM changed) SELECT "id", "user_id", "name", "main_task" FROM changed;

-- projects.update(&id, main_task)
WITH changed AS (UPDATE "projects" SET "main_task" = $3 WHERE "id" = $1 AND "user_id" = $2 AND ($3 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'projects', "id"::text, 'update', $5::jsonb FROM changed) SELECT "id", "user_id", "name", "main_task" FROM changed;

-- milestones.insert(…): its parent's owner is stored as text
WITH changed AS (INSERT INTO "milestones" ("id", "user_id", "project_id", "name") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM "projects" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2::text FOR KEY SHARE) RETURNING "id", "user_id", "project_id", "name"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'milestones', "id"::text, 'create', $6::jsonb FROM changed) SELECT "id", "user_id", "project_id", "name" FROM changed;

-- pool.system(…).requested_by(&admin)
INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'system_context', $2, 'system_access', $3::jsonb);
COMMIT;

-- system: tasks.get(&id)
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "id" = $1;

-- system: tasks.exists(&id)
SELECT 1 FROM "tasks" WHERE "id" = $1;

-- system: tasks.query().all()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks";

-- system: tasks.query().filter(STATUS.eq(…)).count()
SELECT count(*) FROM "tasks" WHERE ("status" = $1);

-- system: tasks.insert_for(&user, …)
WITH changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $8, 'tasks', "id"::text, 'create', coalesce($9::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM changed;

-- system: tasks.update(&id, title)
WITH changed AS (UPDATE "tasks" SET "title" = $2, "updated_at" = $3 WHERE "id" = $1 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'tasks', "id"::text, 'update', coalesce($5::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM changed;

-- system: projects.update(&id, main_task): its owner's task
WITH changed AS (UPDATE "projects" SET "main_task" = $2 WHERE "id" = $1 AND ($2 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $2 AND user_scope_parent."user_id" = "projects"."user_id"::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'projects', "id"::text, 'update', coalesce($4::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM changed) SELECT "id", "user_id", "name", "main_task" FROM changed;

-- system: tasks.delete(&id)
WITH user_scope_0 AS (DELETE FROM "tasks" WHERE "id" = $1 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $2, 'tasks', user_scope_id::text, 'delete', coalesce($3::jsonb, '{}') || jsonb_build_object('owner', user_scope_owner::text) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- pool.audit_trail(&alice).all()
SELECT id, user_id::text, entity_type, entity_id, operation, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), details::text FROM "user_access_log" WHERE user_id = $1 AND operation NOT IN ('unauthorized_access', 'system_access') ORDER BY id DESC LIMIT $2;

-- system.audit_trail().all()
SELECT id, user_id::text, entity_type, entity_id, operation, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), details::text FROM "user_access_log" ORDER BY id DESC LIMIT $1;

