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
SELECT `id`, `user_id`, `title`, `status`, `due_on`, `created_at`, `updated_at` FROM `tasks` WHERE `user_id` = $1 ORDER BY `due_on` DESC NULLS LAST, `created_at` ASC LIMIT $2;

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

-- pool.audit_trail(&alice).all()
SELECT id, user_id, entity_type, entity_id, operation, timestamp, details FROM `user_access_log` WHERE user_id = $1 AND operation NOT IN ('unauthorized_access', 'system_access') ORDER BY id DESC LIMIT $2;

-- system.audit_trail().all()
SELECT id, user_id, entity_type, entity_id, operation, timestamp, details FROM `user_access_log` ORDER BY id DESC LIMIT $1;

