-- tasks.insert(…)
INSERT INTO `tasks` (`id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'create', $3);

-- subtasks.insert(…): its parent is a task
INSERT INTO `subtasks` (`id`, `user_id`, `task_id`, `title`) SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2) RETURNING `id`, `user_id`, `task_id`, `title`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'create', $3);

-- tasks.get(&id), tasks.find(&id)
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `id` = $1 AND `user_id` = $2;

-- tasks.exists(&id)
SELECT 1 FROM `tasks` WHERE `id` = $1 AND `user_id` = $2;

-- tasks.query().all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1;

-- tasks.query().filter(TITLE.eq(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` = $2);

-- tasks.query().filter(TITLE.ne(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` <> $2);

-- tasks.query().filter(TITLE.lt(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` < $2);

-- tasks.query().filter(TITLE.le(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` <= $2);

-- tasks.query().filter(TITLE.gt(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` > $2);

-- tasks.query().filter(TITLE.ge(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` >= $2);

-- tasks.query().filter(TITLE.like(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` GLOB $2);

-- tasks.query().filter(TITLE.is_in(none)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (1 = 0);

-- tasks.query().filter(TITLE.is_in(three)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` IN ($2, $3, $4, $5));

-- tasks.query().filter(TITLE.between(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`title` BETWEEN $2 AND $3);

-- tasks.query().filter(DUE_ON.is_null()).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (`due_on` IS NULL);

-- tasks.query().filter(!TITLE.eq(…)).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (NOT (`title` = $2));

-- tasks.query().filter(TITLE.eq(…).or(TITLE.eq(…)).and(!DUE_ON.is_null())).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 AND (((`title` = $2) OR (`title` = $3)) AND (NOT (`due_on` IS NULL)));

-- tasks.query().order_by(DUE_ON.desc()).order_by(CREATED_AT.asc()).limit(50).all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 ORDER BY `due_on` DESC NULLS LAST, `created_at` ASC LIMIT +$2;

-- tasks.query().filter(STATUS.eq(…)).count()
SELECT count(*) FROM `tasks` WHERE `user_id` = $1 AND (`status` = $2);

-- tasks.update(&id, title)
UPDATE `tasks` SET `title` = $3, `updated_at` = $4 WHERE `id` = $1 AND `user_id` = $2 RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'update', $3);

-- tasks.update(&id, status and due_on)
UPDATE `tasks` SET `status` = $3, `due_on` = $4, `updated_at` = $5 WHERE `id` = $1 AND `user_id` = $2 RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'update', $3);

-- subtasks.update(&id, task_id): to another parent
UPDATE `subtasks` SET `task_id` = $3 WHERE `id` = $1 AND `user_id` = $2 AND EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2) RETURNING `id`, `user_id`, `task_id`, `title`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'update', $3);

-- subtasks.delete(&id)
DELETE FROM `subtasks` WHERE `id` = $1 AND `user_id` = $2 RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'delete', $3);

-- projects.insert(…): an optional parent, whose owner is stored otherwise
INSERT INTO `projects` (`id`, `user_id`, `name`, `main_task`) SELECT $1, $2, $3, $4 WHERE ($4 IS NULL OR EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $4 AND user_scope_parent.`user_id` = unhex(replace($2, '-', '')))) RETURNING `id`, `user_id`, `name`, `main_task`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'projects', $2, 'create', $3);

-- projects.update(&id, main_task)
UPDATE `projects` SET `main_task` = $3 WHERE `id` = $1 AND `user_id` = $2 AND ($3 IS NULL OR EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = unhex(replace($2, '-', '')))) RETURNING `id`, `user_id`, `name`, `main_task`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'projects', $2, 'update', $3);

-- milestones.insert(…): its parent's owner is stored as text
INSERT INTO `milestones` (`id`, `user_id`, `project_id`, `name`) SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM `projects` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = lower(substr(hex($2), 1, 8) || '-' || substr(hex($2), 9, 4) || '-' || substr(hex($2), 13, 4) || '-' || substr(hex($2), 17, 4) || '-' || substr(hex($2), 21, 12))) RETURNING `id`, `user_id`, `project_id`, `name`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'milestones', $2, 'create', $3);

-- pool.system(…).requested_by(&admin)
INSERT INTO user_access_log (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'system_context', $2, 'system_access', $3);

-- system: tasks.get(&id)
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `id` = $1;

-- system: tasks.exists(&id)
SELECT 1 FROM `tasks` WHERE `id` = $1;

-- system: tasks.query().all()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks`;

-- system: tasks.query().filter(STATUS.eq(…)).count()
SELECT count(*) FROM `tasks` WHERE (`status` = $1);

-- system: tasks.insert_for(&user, …)
INSERT INTO `tasks` (`id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'create', $3);

-- system: tasks.update(&id, title)
UPDATE `tasks` SET `title` = $2, `updated_at` = $3 WHERE `id` = $1 RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'update', $3);

-- system: projects.update(&id, main_task): its owner's task
UPDATE `projects` SET `main_task` = $2 WHERE `id` = $1 AND ($2 IS NULL OR EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $2 AND user_scope_parent.`user_id` = unhex(replace(`projects`.`user_id`, '-', '')))) RETURNING `id`, `user_id`, `name`, `main_task`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'projects', $2, 'update', $3);

-- system: tasks.delete(&id)
DELETE FROM `tasks` WHERE `id` = $1 RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'delete', $3);

-- tasks.insert_many(two)
INSERT INTO `tasks` (`id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`) VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?) RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);

-- subtasks.insert_many(one): its parent is a task
WITH user_scope_given (`id`, `user_id`, `task_id`, `title`) AS (VALUES (?, ?, ?, ?)) INSERT INTO `subtasks` (`id`, `user_id`, `task_id`, `title`) SELECT `id`, `user_id`, `task_id`, `title` FROM user_scope_given WHERE NOT EXISTS (SELECT 1 FROM user_scope_given AS user_scope_row WHERE NOT (EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = user_scope_row.`task_id` AND user_scope_parent.`user_id` = user_scope_row.`user_id`))) RETURNING `id`, `user_id`, `task_id`, `title`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'create', $3);

-- tasks.update_where(TITLE.eq(…).or(…), status)
UPDATE `tasks` SET `status` = $1, `updated_at` = $2 WHERE `user_id` = $3 AND ((`title` = $4) OR (`title` = $5)) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);

-- subtasks.update_where(…, task_id): to another parent
UPDATE `subtasks` SET `task_id` = $1 WHERE `user_id` = $2 AND (`title` = $3) AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM `subtasks` WHERE `user_id` = $4 AND (`title` = $5)) AS user_scope_row WHERE NOT (EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $1 AND user_scope_parent.`user_id` = user_scope_row.`user_id`))) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'update', $3);

-- subtasks.delete_where(TITLE.eq(…))
DELETE FROM `subtasks` WHERE `user_id` = $1 AND (`title` = $2) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'delete', $3);

-- ….order_by(CREATED_AT.desc()).page(1, None)
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`, `created_at`, `id` FROM `tasks` WHERE `user_id` = $1 AND (`status` = $2) ORDER BY `created_at` DESC, `id` DESC LIMIT +$3;

-- ….page(1, cursor)
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`, `created_at`, `id` FROM `tasks` WHERE `user_id` = $1 AND (`status` = $2) AND (`created_at` <= $3 AND (`created_at` < $3 OR (`id` < $4))) ORDER BY `created_at` DESC, `id` DESC LIMIT +$5;

-- ….order_by(DUE_ON.asc()).page(1, None): it may be NULL
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`, `due_on`, `id` FROM `tasks` WHERE `user_id` = $1 ORDER BY `due_on` ASC NULLS LAST, `id` ASC LIMIT +$2;

-- ….page(1, cursor), which holds a NULL
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`, `due_on`, `id` FROM `tasks` WHERE `user_id` = $1 AND (`due_on` IS NULL AND (`id` > $2)) ORDER BY `due_on` ASC NULLS LAST, `id` ASC LIMIT +$3;

-- tasks.query().select::<Headline>().all()
SELECT `title` FROM `tasks` WHERE `user_id` = $1;

-- tasks.query().stream()
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1;

-- tasks.query().count_by(STATUS)
SELECT `status`, count(*) FROM `tasks` WHERE `user_id` = $1 GROUP BY `status` ORDER BY `status` ASC NULLS LAST;

-- tasks.query().min(DUE_ON)
SELECT `due_on` FROM `tasks` WHERE `user_id` = $1 AND (NOT (`due_on` IS NULL)) ORDER BY `due_on` ASC LIMIT +$2;

-- tasks.query().max(CREATED_AT)
SELECT `created_at` FROM `tasks` WHERE `user_id` = $1 ORDER BY `created_at` DESC LIMIT +$2;

-- tasks.children::<Subtask>(&id).all()
SELECT `id`, `user_id`, `task_id`, `title` FROM `subtasks` WHERE `user_id` = $1 AND (`task_id` = $2);

-- tasks.children_of::<Subtask>(&two)
SELECT `id`, `user_id`, `task_id`, `title` FROM `subtasks` WHERE `user_id` = $1 AND (`task_id` IN ($2, $3)) ORDER BY `id` ASC;

-- tasks.upsert(&id, …)
INSERT INTO `tasks` (`id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (`id`) DO UPDATE SET `title` = excluded.`title`, `status` = excluded.`status`, `due_on` = excluded.`due_on`, `updated_at` = excluded.`updated_at` WHERE `tasks`.`user_id` = excluded.`user_id` RETURNING `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'tasks', $2, 'upsert', $3);

-- subtasks.upsert(&id, …): its parent is a task
INSERT INTO `subtasks` (`id`, `user_id`, `task_id`, `title`) SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2) ON CONFLICT (`id`) DO UPDATE SET `task_id` = excluded.`task_id`, `title` = excluded.`title` WHERE `subtasks`.`user_id` = excluded.`user_id` RETURNING `id`, `user_id`, `task_id`, `title`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'subtasks', $2, 'upsert', $3);

-- folders.upsert(&id, …): not one that is marked
INSERT INTO `folders` (`id`, `user_id`, `inside`, `name`, `updated_at`, `deleted_at`) SELECT $1, $2, $3, $4, $5, $6 WHERE ($3 IS NULL OR EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2 AND user_scope_parent.`deleted_at` IS NULL)) ON CONFLICT (`id`) DO UPDATE SET `inside` = excluded.`inside`, `name` = excluded.`name`, `updated_at` = excluded.`updated_at` WHERE `folders`.`user_id` = excluded.`user_id` AND `folders`.`deleted_at` IS NULL RETURNING `id`, `user_id`, `inside`, `name`, `updated_at`, `deleted_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'folders', $2, 'upsert', $3);

-- settings.upsert_by(BY_ID, …): its key is owner and id
INSERT INTO `settings` (`id`, `user_id`, `value`) VALUES ($1, $2, $3) ON CONFLICT (`user_id`, `id`) DO UPDATE SET `value` = excluded.`value` WHERE `settings`.`user_id` = excluded.`user_id` RETURNING `id`, `user_id`, `value`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'settings', $2, 'upsert', $3);

-- settings.delete(&id)
DELETE FROM `settings` WHERE `id` = $1 AND `user_id` = $2 RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'settings', $2, 'delete', $3);

-- albums.upsert_by(BY_TITLE, …): versioned, with values
INSERT INTO `albums` (`id`, `user_id`, `title`, `year`, `price`, `version`) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (`user_id`, `title`) DO UPDATE SET `year` = excluded.`year`, `price` = excluded.`price`, `version` = `albums`.`version` + CASE WHEN `albums`.`version` < 9223372036854775807 THEN 1 ELSE abs(-9223372036854775808) END WHERE `albums`.`user_id` = excluded.`user_id` RETURNING `id`, `user_id`, `title`, `year`, `price`, `version`, NULL, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END, 'year', CASE typeof(`year`) WHEN 'blob' THEN lower(hex(`year`)) WHEN 'real' THEN CASE `year` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `year` END ELSE `year` END, 'price', '[redacted]', 'version', CASE typeof(`version`) WHEN 'blob' THEN lower(hex(`version`)) WHEN 'real' THEN CASE `version` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `version` END ELSE `version` END), '{'), '}') || '}';
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'upsert', $3);

-- albums.query().sum(PRICE)
SELECT sum(`price`), count(`price`) FROM `albums` WHERE `user_id` = $1;

-- albums.insert(…): the values are recorded
INSERT INTO `albums` (`id`, `user_id`, `title`, `year`, `price`, `version`) VALUES ($1, $2, $3, $4, $5, $6) RETURNING `id`, `user_id`, `title`, `year`, `price`, `version`, NULL, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END, 'year', CASE typeof(`year`) WHEN 'blob' THEN lower(hex(`year`)) WHEN 'real' THEN CASE `year` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `year` END ELSE `year` END, 'price', '[redacted]', 'version', CASE typeof(`version`) WHEN 'blob' THEN lower(hex(`version`)) WHEN 'real' THEN CASE `version` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `version` END ELSE `version` END), '{'), '}') || '}';
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'create', $3);

-- albums.update(&id, title): the version is checked, the old value recorded
SELECT `version`, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END), '{'), '}') || '}' FROM `albums` WHERE `id` = $1 AND `user_id` = $2;
UPDATE `albums` SET `title` = $3, `version` = `albums`.`version` + CASE WHEN `albums`.`version` < 9223372036854775807 THEN 1 ELSE abs(-9223372036854775808) END WHERE `id` = $1 AND `user_id` = $2 AND `albums`.`version` = $4 RETURNING `id`, `user_id`, `title`, `year`, `price`, `version`, NULL, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END), '{'), '}') || '}';
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'update', $3);

-- albums.update_where(TITLE.eq(…), title)
SELECT `id`, `user_id`, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END), '{'), '}') || '}' FROM `albums` WHERE `user_id` = $1 AND (`title` = $2);
UPDATE `albums` SET `title` = $1, `version` = `albums`.`version` + CASE WHEN `albums`.`version` < 9223372036854775807 THEN 1 ELSE abs(-9223372036854775808) END WHERE `user_id` = $2 AND (`title` = $3) RETURNING 0, `id`, `user_id`, NULL, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END), '{'), '}') || '}';
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'update', $3);

-- albums.delete(&id): tracks and takes go too, reviews stay, loans keep it
SELECT `id`, `user_id`, NULL FROM `albums` WHERE `id` = $1 AND `user_id` = $2 AND NOT EXISTS (SELECT 1 FROM `loans` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `id` = $3 AND `user_id` = $4) AS user_scope_above));
UPDATE `reviews` SET `album_id` = NULL WHERE ((`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `id` = $1 AND `user_id` = $2) AS user_scope_above)) RETURNING 3, `id`, `user_id`, NULL, NULL;
DELETE FROM `takes` WHERE (`track_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `tracks` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `id` = $1 AND `user_id` = $2) AS user_scope_above)) AS user_scope_above) RETURNING 2, `id`, `user_id`, NULL, NULL;
DELETE FROM `tracks` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `id` = $1 AND `user_id` = $2) AS user_scope_above) RETURNING 1, `id`, `user_id`, NULL, NULL;
DELETE FROM `albums` WHERE `id` = $1 AND `user_id` = $2 RETURNING 0, `id`, `user_id`, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END, 'year', CASE typeof(`year`) WHEN 'blob' THEN lower(hex(`year`)) WHEN 'real' THEN CASE `year` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `year` END ELSE `year` END, 'price', '[redacted]'), '{'), '}') || '}', NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'delete', $3);

-- albums.delete_where(TITLE.eq(…))
SELECT `id`, `user_id`, NULL FROM `albums` WHERE `user_id` = $1 AND (`title` = $2) AND NOT EXISTS (SELECT 1 FROM `loans` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `user_id` = $3 AND (`title` = $4)) AS user_scope_above));
UPDATE `reviews` SET `album_id` = NULL WHERE ((`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `user_id` = $1 AND (`title` = $2)) AS user_scope_above)) RETURNING 3, `id`, `user_id`, NULL, NULL;
DELETE FROM `takes` WHERE (`track_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `tracks` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `user_id` = $1 AND (`title` = $2)) AS user_scope_above)) AS user_scope_above) RETURNING 2, `id`, `user_id`, NULL, NULL;
DELETE FROM `tracks` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `albums` WHERE `user_id` = $1 AND (`title` = $2)) AS user_scope_above) RETURNING 1, `id`, `user_id`, NULL, NULL;
DELETE FROM `albums` WHERE `user_id` = $1 AND (`title` = $2) RETURNING 0, `id`, `user_id`, '{' || rtrim(ltrim(json_object('title', CASE typeof(`title`) WHEN 'blob' THEN lower(hex(`title`)) WHEN 'real' THEN CASE `title` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `title` END ELSE `title` END, 'year', CASE typeof(`year`) WHEN 'blob' THEN lower(hex(`year`)) WHEN 'real' THEN CASE `year` WHEN 9e999 THEN 'Infinity' WHEN -9e999 THEN '-Infinity' ELSE `year` END ELSE `year` END, 'price', '[redacted]'), '{'), '}') || '}', NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);

-- pages.insert(…): its folder must not be marked as deleted
INSERT INTO `pages` (`id`, `user_id`, `folder_id`, `text`, `version`, `deleted_at`) SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2 AND user_scope_parent.`deleted_at` IS NULL) RETURNING `id`, `user_id`, `folder_id`, `text`, `version`, `deleted_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'pages', $2, 'create', $3);

-- pages.get(&id): not one that is marked
SELECT `id`, `user_id`, `folder_id`, `text`, `version`, `deleted_at` FROM `pages` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NULL;

-- pages.update(&id, folder_id): the version is checked
SELECT `version`, NULL FROM `pages` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NULL;
UPDATE `pages` SET `folder_id` = $3, `version` = `pages`.`version` + CASE WHEN `pages`.`version` < 2147483647 THEN 1 ELSE abs(-9223372036854775808) END WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NULL AND `pages`.`version` = $4 AND EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = $3 AND user_scope_parent.`user_id` = $2 AND user_scope_parent.`deleted_at` IS NULL) RETURNING `id`, `user_id`, `folder_id`, `text`, `version`, `deleted_at`;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'pages', $2, 'update', $3);

-- pages.query().with_deleted().all()
SELECT `id`, `user_id`, `folder_id`, `text`, `version`, `deleted_at` FROM `pages` WHERE `user_id` = $1;

-- folders.delete(&id): a tree, and its pages, are marked
SELECT `id`, `user_id`, NULL FROM `folders` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NULL;
UPDATE `pages` SET `deleted_at` = $1, `version` = `pages`.`version` + CASE WHEN `pages`.`version` < 2147483647 THEN 1 ELSE abs(-9223372036854775808) END WHERE (`folder_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `folders` WHERE `id` = $2 AND `user_id` = $3 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner AND user_scope_child.`deleted_at` IS NULL) SELECT * FROM user_scope_tree_0) AS user_scope_above) AND `deleted_at` IS NULL RETURNING 1, `id`, `user_id`, NULL, NULL;
UPDATE `folders` SET `deleted_at` = $1 WHERE (`id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `folders` WHERE `id` = $2 AND `user_id` = $3 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner AND user_scope_child.`deleted_at` IS NULL) SELECT * FROM user_scope_tree_0)) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);

-- folders.restore(&id): with those that were marked together
SELECT `id`, `user_id`, NULL FROM `folders` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NOT NULL AND (`folders`.`inside` IS NULL OR EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = `folders`.`inside` AND user_scope_parent.`user_id` = `folders`.`user_id` AND user_scope_parent.`deleted_at` IS NULL));
UPDATE `pages` SET `deleted_at` = NULL, `version` = `pages`.`version` + CASE WHEN `pages`.`version` < 2147483647 THEN 1 ELSE abs(-9223372036854775808) END WHERE (`folder_id`, `user_id`, `deleted_at`) IN (SELECT user_scope_id, user_scope_owner, user_scope_was FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `deleted_at` AS user_scope_was FROM `folders` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NOT NULL AND (`folders`.`inside` IS NULL OR EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = `folders`.`inside` AND user_scope_parent.`user_id` = `folders`.`user_id` AND user_scope_parent.`deleted_at` IS NULL)) UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`deleted_at` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner AND user_scope_child.`deleted_at` = user_scope_tree_0.user_scope_was) SELECT * FROM user_scope_tree_0) AS user_scope_above) RETURNING 1, `id`, `user_id`, NULL, NULL;
UPDATE `folders` SET `deleted_at` = NULL WHERE (`id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `deleted_at` AS user_scope_was FROM `folders` WHERE `id` = $1 AND `user_id` = $2 AND `deleted_at` IS NOT NULL AND (`folders`.`inside` IS NULL OR EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = `folders`.`inside` AND user_scope_parent.`user_id` = `folders`.`user_id` AND user_scope_parent.`deleted_at` IS NULL)) UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`deleted_at` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner AND user_scope_child.`deleted_at` = user_scope_tree_0.user_scope_was) SELECT * FROM user_scope_tree_0)) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?);

-- badges.delete(&id): a tree, with ids and owners as text
DELETE FROM `badges` WHERE (`id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner FROM `badges` WHERE `id` = $1 AND `user_id` = $2 UNION SELECT user_scope_child.`id`, user_scope_child.`user_id` FROM `badges` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`under` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0)) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'badges', $2, 'delete', $3);

-- system: pages.purge(&id)
DELETE FROM `pages` WHERE `id` = $1 AND `deleted_at` IS NOT NULL RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'pages', $2, 'purge', $3);

-- system: folders.purge_where(NAME.eq(…))
SELECT `id`, `user_id`, NULL FROM `folders` WHERE `deleted_at` IS NOT NULL AND (`name` = $1);

-- system: tracks.insert_many_for(&user, none)

-- system: folders.transfer(&id, &to): the tree and its pages
SELECT `id`, `user_id`, NULL FROM `folders` WHERE `id` = $1 AND `deleted_at` IS NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_row WHERE (user_scope_row.`id`, user_scope_row.`user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `folders` WHERE `id` = $2 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) AND user_scope_row.`inside` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = user_scope_row.`inside` AND user_scope_parent.`user_id` = $3) AND user_scope_row.`inside` NOT IN (SELECT user_scope_id FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `folders` WHERE `id` = $4 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above));
PRAGMA defer_foreign_keys = ON;
SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'user_scope_transfer';
UPDATE `pages` SET `user_id` = $1, `version` = `pages`.`version` + CASE WHEN `pages`.`version` < 2147483647 THEN 1 ELSE abs(-9223372036854775808) END WHERE (`folder_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `folders` WHERE `id` = $2 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0) AS user_scope_above) RETURNING 1, `id`, `user_id`, NULL, NULL;
UPDATE `folders` SET `user_id` = $1 WHERE (`id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (WITH RECURSIVE user_scope_tree_0 (user_scope_id, user_scope_owner, user_scope_was) AS (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `folders` WHERE `id` = $2 AND `deleted_at` IS NULL UNION SELECT user_scope_child.`id`, user_scope_child.`user_id`, user_scope_child.`user_id` FROM `folders` AS user_scope_child JOIN user_scope_tree_0 ON user_scope_child.`inside` = user_scope_tree_0.user_scope_id AND user_scope_child.`user_id` = user_scope_tree_0.user_scope_owner) SELECT * FROM user_scope_tree_0)) RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'folders', $2, 'transfer', $3);

-- system.owned_by(&user): albums.get(&id)
SELECT `id`, `user_id`, `title`, `year`, `price`, `version` FROM `albums` WHERE `id` = $1 AND `user_id` = $2;

-- system.owned_by(&user): albums.transfer(&id, &to): all children
SELECT `id`, `user_id`, NULL FROM `albums` WHERE `id` = $1 AND `user_id` = $2;
PRAGMA defer_foreign_keys = ON;
SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'user_scope_transfer';
UPDATE `loans` SET `user_id` = $1 WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `albums` WHERE `id` = $2 AND `user_id` = $3) AS user_scope_above) RETURNING 4, `id`, `user_id`, NULL, NULL;
UPDATE `reviews` SET `user_id` = $1 WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `albums` WHERE `id` = $2 AND `user_id` = $3) AS user_scope_above) RETURNING 3, `id`, `user_id`, NULL, NULL;
UPDATE `takes` SET `user_id` = $1 WHERE (`track_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `tracks` WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `albums` WHERE `id` = $2 AND `user_id` = $3) AS user_scope_above)) AS user_scope_above) RETURNING 2, `id`, `user_id`, NULL, NULL;
UPDATE `tracks` SET `user_id` = $1 WHERE (`album_id`, `user_id`) IN (SELECT user_scope_id, user_scope_owner FROM (SELECT `id` AS user_scope_id, `user_id` AS user_scope_owner, `user_id` AS user_scope_was FROM `albums` WHERE `id` = $2 AND `user_id` = $3) AS user_scope_above) RETURNING 1, `id`, `user_id`, NULL, NULL;
UPDATE `albums` SET `user_id` = $1, `version` = `albums`.`version` + CASE WHEN `albums`.`version` < 9223372036854775807 THEN 1 ELSE abs(-9223372036854775808) END WHERE `id` = $2 AND `user_id` = $3 RETURNING 0, `id`, `user_id`, NULL, NULL;
INSERT INTO `user_access_log` (user_id, entity_type, entity_id, operation, details) VALUES ($1, 'albums', $2, 'transfer', $3);

-- pool.audit_trail(&alice).all()
SELECT id, user_id, entity_type, entity_id, operation, timestamp, details FROM `user_access_log` WHERE user_id = $1 AND operation NOT IN ('unauthorized_access', 'system_access') ORDER BY id DESC LIMIT $2;

-- system.audit_trail().all()
SELECT id, user_id, entity_type, entity_id, operation, timestamp, details FROM `user_access_log` ORDER BY id DESC LIMIT $1;

