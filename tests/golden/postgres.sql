-- tasks.insert(…)
WITH user_scope_changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $8, 'tasks', "id"::text, 'create', $9::jsonb FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- subtasks.insert(…): its parent is a task
WITH user_scope_changed AS (INSERT INTO "subtasks" ("id", "user_id", "task_id", "title") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 FOR KEY SHARE) RETURNING "id", "user_id", "task_id", "title"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'subtasks', "id"::text, 'create', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "task_id", "title" FROM user_scope_changed;

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
WITH user_scope_changed AS (UPDATE "tasks" SET "title" = $3, "updated_at" = $4 WHERE "id" = $1 AND "user_id" = $2 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'tasks', "id"::text, 'update', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- tasks.update(&id, status and due_on)
WITH user_scope_changed AS (UPDATE "tasks" SET "status" = $3, "due_on" = $4, "updated_at" = $5 WHERE "id" = $1 AND "user_id" = $2 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $6, 'tasks', "id"::text, 'update', $7::jsonb FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- subtasks.update(&id, task_id): to another parent
WITH user_scope_changed AS (UPDATE "subtasks" SET "task_id" = $3 WHERE "id" = $1 AND "user_id" = $2 AND EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 FOR KEY SHARE) RETURNING "id", "user_id", "task_id", "title"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'subtasks', "id"::text, 'update', $5::jsonb FROM user_scope_changed) SELECT "id", "user_id", "task_id", "title" FROM user_scope_changed;

-- subtasks.delete(&id)
WITH user_scope_0 AS (DELETE FROM "subtasks" WHERE "id" = $1 AND "user_id" = $2 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'subtasks', user_scope_id::text, 'delete', $4::jsonb FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- projects.insert(…): an optional parent, whose owner is stored otherwise
WITH user_scope_changed AS (INSERT INTO "projects" ("id", "user_id", "name", "main_task") SELECT $1, $2, $3, $4 WHERE ($4 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $4 AND user_scope_parent."user_id" = $2::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'projects', "id"::text, 'create', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "name", "main_task" FROM user_scope_changed;

-- projects.update(&id, main_task)
WITH user_scope_changed AS (UPDATE "projects" SET "main_task" = $3 WHERE "id" = $1 AND "user_id" = $2 AND ($3 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'projects', "id"::text, 'update', $5::jsonb FROM user_scope_changed) SELECT "id", "user_id", "name", "main_task" FROM user_scope_changed;

-- milestones.insert(…): its parent's owner is stored as text
WITH user_scope_changed AS (INSERT INTO "milestones" ("id", "user_id", "project_id", "name") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM "projects" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2::text FOR KEY SHARE) RETURNING "id", "user_id", "project_id", "name"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'milestones', "id"::text, 'create', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "project_id", "name" FROM user_scope_changed;

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
WITH user_scope_changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $8, 'tasks', "id"::text, 'create', coalesce($9::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- system: tasks.update(&id, title)
WITH user_scope_changed AS (UPDATE "tasks" SET "title" = $2, "updated_at" = $3 WHERE "id" = $1 RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'tasks', "id"::text, 'update', coalesce($5::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- system: projects.update(&id, main_task): its owner's task
WITH user_scope_changed AS (UPDATE "projects" SET "main_task" = $2 WHERE "id" = $1 AND ($2 IS NULL OR EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $2 AND user_scope_parent."user_id" = "projects"."user_id"::uuid FOR KEY SHARE)) RETURNING "id", "user_id", "name", "main_task"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'projects', "id"::text, 'update', coalesce($4::jsonb, '{}') || jsonb_build_object('owner', "user_id"::text) FROM user_scope_changed) SELECT "id", "user_id", "name", "main_task" FROM user_scope_changed;

-- system: tasks.delete(&id)
WITH user_scope_0 AS (DELETE FROM "tasks" WHERE "id" = $1 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $2, 'tasks', user_scope_id::text, 'delete', coalesce($3::jsonb, '{}') || jsonb_build_object('owner', user_scope_owner::text) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- tasks.insert_many(two)
WITH user_scope_changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7), ($8, $9, $10, $11, $12, $13, $14) RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $15, 'tasks', "id"::text, 'create', $16::jsonb FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- subtasks.insert_many(one): its parent is a task
WITH user_scope_changed AS (WITH user_scope_given ("id", "user_id", "task_id", "title") AS (VALUES ($1, $2, $3, $4)) INSERT INTO "subtasks" ("id", "user_id", "task_id", "title") SELECT "id", "user_id", "task_id", "title" FROM user_scope_given WHERE NOT EXISTS (SELECT 1 FROM user_scope_given AS user_scope_row WHERE NOT (EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = user_scope_row."task_id" AND user_scope_parent."user_id" = user_scope_row."user_id" FOR KEY SHARE))) RETURNING "id", "user_id", "task_id", "title"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'subtasks', "id"::text, 'create', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "task_id", "title" FROM user_scope_changed;

-- tasks.update_where(TITLE.eq(…).or(…), status)
WITH user_scope_0 AS (UPDATE "tasks" SET "status" = $1, "updated_at" = $2 WHERE "user_id" = $3 AND (("title" = $4) OR ("title" = $5)) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $6, 'tasks', user_scope_id::text, 'update', coalesce($7::jsonb, '{}') || jsonb_build_object('rows', (SELECT count(*) FROM user_scope_0)) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- subtasks.update_where(…, task_id): to another parent
WITH user_scope_0 AS (UPDATE "subtasks" SET "task_id" = $1 WHERE "user_id" = $2 AND ("title" = $3) AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM "subtasks" WHERE "user_id" = $4 AND ("title" = $5)) AS user_scope_row WHERE NOT (EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $1 AND user_scope_parent."user_id" = user_scope_row."user_id" FOR KEY SHARE))) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $6, 'subtasks', user_scope_id::text, 'update', coalesce($7::jsonb, '{}') || jsonb_build_object('rows', (SELECT count(*) FROM user_scope_0)) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- subtasks.delete_where(TITLE.eq(…))
WITH user_scope_0 AS (DELETE FROM "subtasks" WHERE "user_id" = $1 AND ("title" = $2) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'subtasks', user_scope_id::text, 'delete', coalesce($4::jsonb, '{}') || jsonb_build_object('rows', (SELECT count(*) FROM user_scope_0)) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- ….order_by(CREATED_AT.desc()).page(1, None)
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at", "created_at", "id" FROM "tasks" WHERE "user_id" = $1 AND ("status" = $2) ORDER BY "created_at" DESC, "id" ASC LIMIT $3;

-- ….page(1, cursor)
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at", "created_at", "id" FROM "tasks" WHERE "user_id" = $1 AND ("status" = $2) AND ("created_at" <= $3 AND ("created_at" < $3 OR ("id" > $4))) ORDER BY "created_at" DESC, "id" ASC LIMIT $5;

-- ….order_by(DUE_ON.asc()).page(1, None): it may be NULL
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at", "due_on", "id" FROM "tasks" WHERE "user_id" = $1 ORDER BY "due_on" ASC NULLS LAST, "id" ASC LIMIT $2;

-- ….page(1, cursor), which holds a NULL
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at", "due_on", "id" FROM "tasks" WHERE "user_id" = $1 AND ("due_on" IS NULL AND ("id" > $2)) ORDER BY "due_on" ASC NULLS LAST, "id" ASC LIMIT $3;

-- tasks.query().select::<Headline>().all()
SELECT "title" FROM "tasks" WHERE "user_id" = $1;

-- tasks.query().stream()
SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM "tasks" WHERE "user_id" = $1;

-- tasks.query().count_by(STATUS)
SELECT "status", count(*) FROM "tasks" WHERE "user_id" = $1 GROUP BY "status" ORDER BY "status" ASC NULLS LAST;

-- tasks.query().min(DUE_ON)
SELECT "due_on" FROM "tasks" WHERE "user_id" = $1 AND (NOT ("due_on" IS NULL)) ORDER BY "due_on" ASC LIMIT $2;

-- tasks.query().max(CREATED_AT)
SELECT "created_at" FROM "tasks" WHERE "user_id" = $1 ORDER BY "created_at" DESC LIMIT $2;

-- tasks.children::<Subtask>(&id).all()
SELECT "id", "user_id", "task_id", "title" FROM "subtasks" WHERE "user_id" = $1 AND ("task_id" = $2);

-- tasks.children_of::<Subtask>(&two)
SELECT "id", "user_id", "task_id", "title" FROM "subtasks" WHERE "user_id" = $1 AND ("task_id" IN ($2, $3)) ORDER BY "id" ASC;

-- tasks.upsert(&id, …)
WITH user_scope_changed AS (INSERT INTO "tasks" ("id", "user_id", "title", "status", "due_on", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ("id") DO UPDATE SET "title" = excluded."title", "status" = excluded."status", "due_on" = excluded."due_on", "updated_at" = excluded."updated_at" WHERE "tasks"."user_id" = excluded."user_id" RETURNING "id", "user_id", "title", "status", "due_on", "created_at", "updated_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $8, 'tasks', "id"::text, 'upsert', $9::jsonb FROM user_scope_changed) SELECT "id", "user_id", "title", "status", "due_on", "created_at", "updated_at" FROM user_scope_changed;

-- subtasks.upsert(&id, …): its parent is a task
WITH user_scope_changed AS (INSERT INTO "subtasks" ("id", "user_id", "task_id", "title") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM "tasks" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 FOR KEY SHARE) ON CONFLICT ("id") DO UPDATE SET "task_id" = excluded."task_id", "title" = excluded."title" WHERE "subtasks"."user_id" = excluded."user_id" RETURNING "id", "user_id", "task_id", "title"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'subtasks', "id"::text, 'upsert', $6::jsonb FROM user_scope_changed) SELECT "id", "user_id", "task_id", "title" FROM user_scope_changed;

-- settings.upsert_by(BY_ID, …): its key is owner and id
WITH user_scope_changed AS (INSERT INTO "settings" ("id", "user_id", "value") VALUES ($1, $2, $3) ON CONFLICT ("id", "user_id") DO UPDATE SET "value" = excluded."value" WHERE "settings"."user_id" = excluded."user_id" RETURNING "id", "user_id", "value"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'settings', "id"::text, 'upsert', $5::jsonb FROM user_scope_changed) SELECT "id", "user_id", "value" FROM user_scope_changed;

-- settings.delete(&id)
WITH user_scope_0 AS (DELETE FROM "settings" WHERE "id" = $1 AND "user_id" = $2 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $3, 'settings', user_scope_id::text, 'delete', $4::jsonb FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- albums.upsert_by(BY_TITLE, …): versioned, with values
WITH user_scope_changed AS (INSERT INTO "albums" ("id", "user_id", "title", "year", "price", "version") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ("user_id", "title") DO UPDATE SET "year" = excluded."year", "price" = excluded."price", "version" = "albums"."version" + 1 WHERE "albums"."user_id" = excluded."user_id" RETURNING "id", "user_id", "title", "year", "price", "version"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $7, 'albums', "id"::text, 'upsert', coalesce($8::jsonb, '{}') || jsonb_build_object('new', jsonb_build_object('title', "title", 'year', "year", 'price', '[redacted]', 'version', "version")) FROM user_scope_changed) SELECT "id", "user_id", "title", "year", "price", "version" FROM user_scope_changed;

-- albums.query().sum(PRICE)
SELECT CAST(sum("price") AS bigint), count("price") FROM "albums" WHERE "user_id" = $1;

-- albums.insert(…): the values are recorded
WITH user_scope_changed AS (INSERT INTO "albums" ("id", "user_id", "title", "year", "price", "version") VALUES ($1, $2, $3, $4, $5, $6) RETURNING "id", "user_id", "title", "year", "price", "version"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $7, 'albums', "id"::text, 'create', coalesce($8::jsonb, '{}') || jsonb_build_object('new', jsonb_build_object('title', "title", 'year', "year", 'price', '[redacted]', 'version', "version")) FROM user_scope_changed) SELECT "id", "user_id", "title", "year", "price", "version" FROM user_scope_changed;

-- albums.update(&id, title): the version is checked, the old value recorded
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "version"::bigint AS user_scope_version, jsonb_build_object('title', "title") AS user_scope_old FROM "albums" WHERE "id" = $1 AND "user_id" = $2 FOR NO KEY UPDATE), user_scope_changed AS (UPDATE "albums" SET "title" = $3, "version" = "albums"."version" + 1 FROM user_scope_before WHERE "id" = user_scope_id AND "id" = $1 AND "user_id" = $2 AND "albums"."version" = $4 RETURNING "id", "user_id", "title", "year", "price", "version"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'albums', "id"::text, 'update', coalesce($6::jsonb, '{}') || jsonb_build_object('old', user_scope_old, 'new', jsonb_build_object('title', "title")) FROM user_scope_changed, user_scope_before) SELECT "id", "user_id", "title", "year", "price", "version", user_scope_version FROM user_scope_before LEFT JOIN user_scope_changed ON true;

-- albums.update_where(TITLE.eq(…), title)
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, jsonb_build_object('title', "title") AS user_scope_old FROM "albums" WHERE "user_id" = $1 AND ("title" = $2) FOR NO KEY UPDATE), user_scope_0 AS (UPDATE "albums" SET "title" = $3, "version" = "albums"."version" + 1 FROM user_scope_before WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $4 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_old, jsonb_build_object('title', "title") AS user_scope_new), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'albums', user_scope_id::text, 'update', coalesce($6::jsonb, '{}') || jsonb_build_object('rows', (SELECT count(*) FROM user_scope_0), 'old', user_scope_old, 'new', user_scope_new) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- albums.delete(&id): tracks and takes go too, reviews stay, loans keep it
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "albums" WHERE "id" = $1 AND "user_id" = $2 FOR UPDATE), user_scope_0 AS (DELETE FROM "albums" USING user_scope_before WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $3 AND NOT EXISTS (SELECT 1 FROM "loans" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT * FROM user_scope_before) AS user_scope_above)) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, jsonb_build_object('title', "title", 'year', "year", 'price', '[redacted]') AS user_scope_old), user_scope_1 AS (DELETE FROM "tracks" USING user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_2 AS (DELETE FROM "takes" USING user_scope_1 AS user_scope_above WHERE "track_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_3 AS (UPDATE "reviews" SET "album_id" = NULL FROM user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'albums', user_scope_id::text, 'delete', coalesce($5::jsonb, '{}') || jsonb_build_object('old', user_scope_old) FROM user_scope_0 UNION ALL SELECT $4, 'tracks', user_scope_id::text, 'delete', $5::jsonb FROM user_scope_1 UNION ALL SELECT $4, 'takes', user_scope_id::text, 'delete', $5::jsonb FROM user_scope_2 UNION ALL SELECT $4, 'reviews', user_scope_id::text, 'update', coalesce($5::jsonb, '{}') || jsonb_build_object('changed', jsonb_build_array('album_id')) FROM user_scope_3) SELECT count(*) FROM user_scope_0;

-- albums.delete_where(TITLE.eq(…))
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "albums" WHERE "user_id" = $1 AND ("title" = $2) FOR UPDATE), user_scope_0 AS (DELETE FROM "albums" USING user_scope_before WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $3 AND NOT EXISTS (SELECT 1 FROM "loans" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT * FROM user_scope_before) AS user_scope_above)) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, jsonb_build_object('title', "title", 'year', "year", 'price', '[redacted]') AS user_scope_old), user_scope_1 AS (DELETE FROM "tracks" USING user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_2 AS (DELETE FROM "takes" USING user_scope_1 AS user_scope_above WHERE "track_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_3 AS (UPDATE "reviews" SET "album_id" = NULL FROM user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'albums', user_scope_id::text, 'delete', coalesce($5::jsonb, '{}') || jsonb_build_object('rows', (SELECT count(*) FROM user_scope_0), 'old', user_scope_old) FROM user_scope_0 UNION ALL SELECT $4, 'tracks', user_scope_id::text, 'delete', $5::jsonb FROM user_scope_1 UNION ALL SELECT $4, 'takes', user_scope_id::text, 'delete', $5::jsonb FROM user_scope_2 UNION ALL SELECT $4, 'reviews', user_scope_id::text, 'update', coalesce($5::jsonb, '{}') || jsonb_build_object('changed', jsonb_build_array('album_id')) FROM user_scope_3) SELECT count(*) FROM user_scope_0;

-- pages.insert(…): its folder must not be marked as deleted
WITH user_scope_changed AS (INSERT INTO "pages" ("id", "user_id", "folder_id", "text", "version", "deleted_at") SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 AND user_scope_parent."deleted_at" IS NULL FOR KEY SHARE) RETURNING "id", "user_id", "folder_id", "text", "version", "deleted_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $7, 'pages', "id"::text, 'create', $8::jsonb FROM user_scope_changed) SELECT "id", "user_id", "folder_id", "text", "version", "deleted_at" FROM user_scope_changed;

-- pages.get(&id): not one that is marked
SELECT "id", "user_id", "folder_id", "text", "version", "deleted_at" FROM "pages" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NULL;

-- pages.update(&id, folder_id): the version is checked
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "version"::bigint AS user_scope_version FROM "pages" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NULL FOR NO KEY UPDATE), user_scope_changed AS (UPDATE "pages" SET "folder_id" = $3, "version" = "pages"."version" + 1 FROM user_scope_before WHERE "id" = user_scope_id AND "id" = $1 AND "user_id" = $2 AND "pages"."version" = $4 AND EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = $3 AND user_scope_parent."user_id" = $2 AND user_scope_parent."deleted_at" IS NULL FOR KEY SHARE) RETURNING "id", "user_id", "folder_id", "text", "version", "deleted_at"), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'pages', "id"::text, 'update', $6::jsonb FROM user_scope_changed, user_scope_before) SELECT "id", "user_id", "folder_id", "text", "version", "deleted_at", user_scope_version FROM user_scope_before LEFT JOIN user_scope_changed ON true;

-- pages.query().with_deleted().all()
SELECT "id", "user_id", "folder_id", "text", "version", "deleted_at" FROM "pages" WHERE "user_id" = $1;

-- folders.delete(&id): a tree, and its pages, are marked
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NULL UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" IS NULL) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NULL UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" IS NULL) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH RECURSIVE user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NULL FOR UPDATE), user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT * FROM user_scope_before UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" IS NULL), user_scope_0 AS (UPDATE "folders" SET "deleted_at" = $3 FROM user_scope_tree_0 WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $4 AND "deleted_at" IS NULL RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_1 AS (UPDATE "pages" SET "deleted_at" = $3, "version" = "pages"."version" + 1 FROM user_scope_0 AS user_scope_above WHERE "folder_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner AND "deleted_at" IS NULL RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'folders', user_scope_id::text, 'delete', $6::jsonb FROM user_scope_0 UNION ALL SELECT $5, 'pages', user_scope_id::text, 'delete', $6::jsonb FROM user_scope_1) SELECT count(*) FROM user_scope_0;
COMMIT;

-- folders.restore(&id): with those that were marked together
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "deleted_at" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NOT NULL AND ("folders"."inside" IS NULL OR EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = "folders"."inside" AND user_scope_parent."user_id" = "folders"."user_id" AND user_scope_parent."deleted_at" IS NULL FOR KEY SHARE)) UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."deleted_at" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" = user_scope_tree_0.user_scope_was) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "deleted_at" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NOT NULL AND ("folders"."inside" IS NULL OR EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = "folders"."inside" AND user_scope_parent."user_id" = "folders"."user_id" AND user_scope_parent."deleted_at" IS NULL FOR KEY SHARE)) UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."deleted_at" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" = user_scope_tree_0.user_scope_was) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH RECURSIVE user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "deleted_at" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "user_id" = $2 AND "deleted_at" IS NOT NULL AND ("folders"."inside" IS NULL OR EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = "folders"."inside" AND user_scope_parent."user_id" = "folders"."user_id" AND user_scope_parent."deleted_at" IS NULL FOR KEY SHARE)) FOR UPDATE), user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT * FROM user_scope_before UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."deleted_at" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner AND user_scope_child."deleted_at" = user_scope_tree_0.user_scope_was), user_scope_0 AS (UPDATE "folders" SET "deleted_at" = NULL FROM user_scope_tree_0 WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $3 AND "deleted_at" IS NOT NULL RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_was), user_scope_1 AS (UPDATE "pages" SET "deleted_at" = NULL, "version" = "pages"."version" + 1 FROM user_scope_0 AS user_scope_above WHERE "folder_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner AND "deleted_at" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'folders', user_scope_id::text, 'restore', $5::jsonb FROM user_scope_0 UNION ALL SELECT $4, 'pages', user_scope_id::text, 'restore', $5::jsonb FROM user_scope_1) SELECT count(*) FROM user_scope_0;
COMMIT;

-- badges.delete(&id): a tree, with ids and owners as text
SELECT 1 FROM "badges" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "badges" WHERE "id" = $1 AND "user_id" = $2 UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "badges" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."under" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "badges" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "badges" WHERE "id" = $1 AND "user_id" = $2 UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "badges" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."under" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH RECURSIVE user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "badges" WHERE "id" = $1 AND "user_id" = $2 FOR UPDATE), user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT * FROM user_scope_before UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "badges" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."under" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner), user_scope_0 AS (DELETE FROM "badges" USING user_scope_tree_0 WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $3 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'badges', user_scope_id::text, 'delete', $5::jsonb FROM user_scope_0) SELECT count(*) FROM user_scope_0;
COMMIT;

-- system: pages.purge(&id)
WITH user_scope_0 AS (DELETE FROM "pages" WHERE "id" = $1 AND "deleted_at" IS NOT NULL RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $2, 'pages', user_scope_id::text, 'purge', coalesce($3::jsonb, '{}') || jsonb_build_object('owner', user_scope_owner::text) FROM user_scope_0) SELECT count(*) FROM user_scope_0;

-- system: folders.purge_where(NAME.eq(…))
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "folders" WHERE "deleted_at" IS NOT NULL AND ("name" = $1) UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH RECURSIVE user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner FROM "folders" WHERE "deleted_at" IS NOT NULL AND ("name" = $1) FOR UPDATE), user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT * FROM user_scope_before UNION SELECT user_scope_child."id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner), user_scope_0 AS (DELETE FROM "folders" USING user_scope_tree_0 WHERE "id" = user_scope_id AND "user_id" = user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_1 AS (DELETE FROM "pages" USING user_scope_0 AS user_scope_above WHERE "folder_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_owner RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $2, 'folders', user_scope_id::text, 'purge', coalesce($3::jsonb, '{}') || jsonb_build_object('owner', user_scope_owner::text, 'rows', (SELECT count(*) FROM user_scope_0)) FROM user_scope_0 UNION ALL SELECT $2, 'pages', user_scope_id::text, 'purge', coalesce($3::jsonb, '{}') || jsonb_build_object('owner', user_scope_owner::text) FROM user_scope_1) SELECT count(*) FROM user_scope_0;

-- system: tracks.insert_many_for(&user, none)

-- system: folders.transfer(&id, &to): the tree and its pages
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "deleted_at" IS NULL UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "folders" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "deleted_at" IS NULL UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "pages" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "pages" WHERE ("folder_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "deleted_at" IS NULL UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above)) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH RECURSIVE user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "folders" WHERE "id" = $1 AND "deleted_at" IS NULL FOR UPDATE), user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT * FROM user_scope_before UNION SELECT user_scope_child."id", user_scope_child."user_id", user_scope_child."user_id" FROM "folders" AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child."inside" = user_scope_tree_0.user_scope_id AND user_scope_child."user_id" = user_scope_tree_0.user_scope_owner), user_scope_0 AS (UPDATE "folders" SET "user_id" = $2 FROM user_scope_tree_0 WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND NOT EXISTS (SELECT 1 FROM "folders" AS user_scope_row WHERE (user_scope_row."id", user_scope_row."user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT * FROM user_scope_tree_0) AS user_scope_above) AND user_scope_row."inside" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "folders" AS user_scope_parent WHERE user_scope_parent."id" = user_scope_row."inside" AND user_scope_parent."user_id" = $3) AND user_scope_row."inside" NOT IN (SELECT user_scope_id FROM (SELECT * FROM user_scope_tree_0) AS user_scope_above)) RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_was), user_scope_1 AS (UPDATE "pages" SET "user_id" = $2, "version" = "pages"."version" + 1 FROM user_scope_0 AS user_scope_above WHERE "folder_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $4, 'folders', user_scope_id::text, 'transfer', coalesce($5::jsonb, '{}') || jsonb_build_object('owner', user_scope_was::text) FROM user_scope_0 UNION ALL SELECT $4, 'pages', user_scope_id::text, 'transfer', coalesce($5::jsonb, '{}') || jsonb_build_object('owner', user_scope_was::text) FROM user_scope_1) SELECT count(*) FROM user_scope_0;
COMMIT;

-- system.owned_by(&user): albums.get(&id)
SELECT "id", "user_id", "title", "year", "price", "version" FROM "albums" WHERE "id" = $1 AND "user_id" = $2;

-- system.owned_by(&user): albums.transfer(&id, &to): all children
SELECT 1 FROM "albums" WHERE "id" = $1 AND "user_id" = $2 ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "tracks" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "tracks" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "albums" WHERE "id" = $1 AND "user_id" = $2) AS user_scope_above)) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "takes" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "takes" WHERE ("track_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "tracks" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "albums" WHERE "id" = $1 AND "user_id" = $2) AS user_scope_above)) AS user_scope_above)) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "reviews" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "reviews" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "albums" WHERE "id" = $1 AND "user_id" = $2) AS user_scope_above)) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
SELECT 1 FROM "loans" WHERE ("id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "loans" WHERE ("album_id", "user_id") IN (SELECT user_scope_id, user_scope_owner FROM (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "albums" WHERE "id" = $1 AND "user_id" = $2) AS user_scope_above)) AS user_scope_above) ORDER BY "id", "user_id" FOR UPDATE;
WITH user_scope_before AS (SELECT "id" AS user_scope_id, "user_id" AS user_scope_owner, "user_id" AS user_scope_was FROM "albums" WHERE "id" = $1 AND "user_id" = $2 FOR UPDATE), user_scope_0 AS (UPDATE "albums" SET "user_id" = $3, "version" = "albums"."version" + 1 FROM user_scope_before WHERE "id" = user_scope_id AND "user_id" = user_scope_owner AND "user_id" = $4 RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_was), user_scope_1 AS (UPDATE "tracks" SET "user_id" = $3 FROM user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_2 AS (UPDATE "takes" SET "user_id" = $3 FROM user_scope_1 AS user_scope_above WHERE "track_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_3 AS (UPDATE "reviews" SET "user_id" = $3 FROM user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_4 AS (UPDATE "loans" SET "user_id" = $3 FROM user_scope_0 AS user_scope_above WHERE "album_id" = user_scope_above.user_scope_id AND "user_id" = user_scope_above.user_scope_was RETURNING "id" AS user_scope_id, "user_id" AS user_scope_owner, user_scope_above.user_scope_was AS user_scope_was), user_scope_logged AS (INSERT INTO "user_access_log" (user_id, entity_type, entity_id, operation, details) SELECT $5, 'albums', user_scope_id::text, 'transfer', $6::jsonb FROM user_scope_0 UNION ALL SELECT $5, 'tracks', user_scope_id::text, 'transfer', $6::jsonb FROM user_scope_1 UNION ALL SELECT $5, 'takes', user_scope_id::text, 'transfer', $6::jsonb FROM user_scope_2 UNION ALL SELECT $5, 'reviews', user_scope_id::text, 'transfer', $6::jsonb FROM user_scope_3 UNION ALL SELECT $5, 'loans', user_scope_id::text, 'transfer', $6::jsonb FROM user_scope_4) SELECT count(*) FROM user_scope_0;
COMMIT;

-- pool.audit_trail(&alice).all()
SELECT id, user_id::text, entity_type, entity_id, operation, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), details::text FROM "user_access_log" WHERE user_id = $1 AND operation NOT IN ('unauthorized_access', 'system_access') ORDER BY id DESC LIMIT $2;

-- system.audit_trail().all()
SELECT id, user_id::text, entity_type, entity_id, operation, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), details::text FROM "user_access_log" ORDER BY id DESC LIMIT $1;

