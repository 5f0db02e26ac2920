-- user_scope_transfer: a transfer says here that it is under way
CREATE TABLE user_scope_transfer (under_way INTEGER PRIMARY KEY CHECK (under_way = 1));
-- tasks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_tasks_taken_0_insert` BEFORE INSERT ON `tasks` WHEN EXISTS (SELECT 1 FROM `tasks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tasks with the same id exists already'); END;
-- tasks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_tasks_taken_0_update` BEFORE UPDATE ON `tasks` WHEN EXISTS (SELECT 1 FROM `tasks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tasks with the same id exists already'); END;
-- tasks: an owner does not change
CREATE TRIGGER `user_scope_tasks_fixed_update` BEFORE UPDATE ON `tasks` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of tasks is fixed'); END;
-- subtasks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_subtasks_taken_0_insert` BEFORE INSERT ON `subtasks` WHEN EXISTS (SELECT 1 FROM `subtasks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of subtasks with the same id exists already'); END;
-- subtasks: a parent has the child's owner
CREATE TRIGGER `user_scope_subtasks_parent_task_id_insert` BEFORE INSERT ON `subtasks` WHEN NEW.`task_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`task_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of subtasks names a parent that does not exist'); END;
-- subtasks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_subtasks_taken_0_update` BEFORE UPDATE ON `subtasks` WHEN EXISTS (SELECT 1 FROM `subtasks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of subtasks with the same id exists already'); END;
-- subtasks: a parent has the child's owner
CREATE TRIGGER `user_scope_subtasks_parent_task_id_update` BEFORE UPDATE ON `subtasks` WHEN NEW.`task_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`task_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`task_id` IS NOT OLD.`task_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of subtasks names a parent that does not exist'); END;
-- subtasks: an owner does not change
CREATE TRIGGER `user_scope_subtasks_fixed_update` BEFORE UPDATE ON `subtasks` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of subtasks is fixed'); END;
-- projects: an owner's rows are found by him
CREATE INDEX `user_scope_projects_owner` ON `projects` (`user_id`, `id`);
-- projects: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_projects_taken_0_insert` BEFORE INSERT ON `projects` WHEN EXISTS (SELECT 1 FROM `projects` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of projects with the same id exists already'); END;
-- projects: a parent has the child's owner
CREATE TRIGGER `user_scope_projects_parent_main_task_insert` BEFORE INSERT ON `projects` WHEN NEW.`main_task` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`main_task` AND lower(substr(hex(user_scope_parent.`user_id`), 1, 8) || '-' || substr(hex(user_scope_parent.`user_id`), 9, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 13, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 17, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 21, 12)) = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of projects names a parent that does not exist'); END;
-- projects: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_projects_taken_0_update` BEFORE UPDATE ON `projects` WHEN EXISTS (SELECT 1 FROM `projects` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of projects with the same id exists already'); END;
-- projects: a parent has the child's owner
CREATE TRIGGER `user_scope_projects_parent_main_task_update` BEFORE UPDATE ON `projects` WHEN NEW.`main_task` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tasks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`main_task` AND lower(substr(hex(user_scope_parent.`user_id`), 1, 8) || '-' || substr(hex(user_scope_parent.`user_id`), 9, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 13, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 17, 4) || '-' || substr(hex(user_scope_parent.`user_id`), 21, 12)) = NEW.`user_id`) AND (NEW.`main_task` IS NOT OLD.`main_task` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of projects names a parent that does not exist'); END;
-- projects: an owner does not change
CREATE TRIGGER `user_scope_projects_fixed_update` BEFORE UPDATE ON `projects` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of projects is fixed'); END;
-- milestones: an owner's rows are found by him
CREATE INDEX `user_scope_milestones_owner` ON `milestones` (`user_id`, `id`);
-- milestones: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_milestones_taken_0_insert` BEFORE INSERT ON `milestones` WHEN EXISTS (SELECT 1 FROM `milestones` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of milestones with the same id exists already'); END;
-- milestones: a parent has the child's owner
CREATE TRIGGER `user_scope_milestones_parent_project_id_insert` BEFORE INSERT ON `milestones` WHEN NEW.`project_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `projects` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`project_id` AND user_scope_parent.`user_id` = lower(substr(hex(NEW.`user_id`), 1, 8) || '-' || substr(hex(NEW.`user_id`), 9, 4) || '-' || substr(hex(NEW.`user_id`), 13, 4) || '-' || substr(hex(NEW.`user_id`), 17, 4) || '-' || substr(hex(NEW.`user_id`), 21, 12))) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of milestones names a parent that does not exist'); END;
-- milestones: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_milestones_taken_0_update` BEFORE UPDATE ON `milestones` WHEN EXISTS (SELECT 1 FROM `milestones` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of milestones with the same id exists already'); END;
-- milestones: a parent has the child's owner
CREATE TRIGGER `user_scope_milestones_parent_project_id_update` BEFORE UPDATE ON `milestones` WHEN NEW.`project_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `projects` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`project_id` AND user_scope_parent.`user_id` = lower(substr(hex(NEW.`user_id`), 1, 8) || '-' || substr(hex(NEW.`user_id`), 9, 4) || '-' || substr(hex(NEW.`user_id`), 13, 4) || '-' || substr(hex(NEW.`user_id`), 17, 4) || '-' || substr(hex(NEW.`user_id`), 21, 12))) AND (NEW.`project_id` IS NOT OLD.`project_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of milestones names a parent that does not exist'); END;
-- milestones: an owner does not change
CREATE TRIGGER `user_scope_milestones_fixed_update` BEFORE UPDATE ON `milestones` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of milestones is fixed'); END;
-- albums: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_albums_taken_0_insert` BEFORE INSERT ON `albums` WHEN EXISTS (SELECT 1 FROM `albums` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of albums with the same id exists already'); END;
-- albums: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_albums_taken_0_update` BEFORE UPDATE ON `albums` WHEN EXISTS (SELECT 1 FROM `albums` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of albums with the same id exists already'); END;
-- albums: an owner does not change
CREATE TRIGGER `user_scope_albums_fixed_update` BEFORE UPDATE ON `albums` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of albums is fixed'); END;
-- tracks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_tracks_taken_0_insert` BEFORE INSERT ON `tracks` WHEN EXISTS (SELECT 1 FROM `tracks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tracks with the same id exists already'); END;
-- tracks: a parent has the child's owner
CREATE TRIGGER `user_scope_tracks_parent_album_id_insert` BEFORE INSERT ON `tracks` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tracks names a parent that does not exist'); END;
-- tracks: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_tracks_taken_0_update` BEFORE UPDATE ON `tracks` WHEN EXISTS (SELECT 1 FROM `tracks` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tracks with the same id exists already'); END;
-- tracks: a parent has the child's owner
CREATE TRIGGER `user_scope_tracks_parent_album_id_update` BEFORE UPDATE ON `tracks` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`album_id` IS NOT OLD.`album_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of tracks names a parent that does not exist'); END;
-- tracks: an owner does not change
CREATE TRIGGER `user_scope_tracks_fixed_update` BEFORE UPDATE ON `tracks` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of tracks is fixed'); END;
-- takes: an owner's rows are found by him
CREATE INDEX `user_scope_takes_owner` ON `takes` (`user_id`, `id`);
-- takes: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_takes_taken_0_insert` BEFORE INSERT ON `takes` WHEN EXISTS (SELECT 1 FROM `takes` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of takes with the same id exists already'); END;
-- takes: a parent has the child's owner
CREATE TRIGGER `user_scope_takes_parent_track_id_insert` BEFORE INSERT ON `takes` WHEN NEW.`track_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tracks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`track_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of takes names a parent that does not exist'); END;
-- takes: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_takes_taken_0_update` BEFORE UPDATE ON `takes` WHEN EXISTS (SELECT 1 FROM `takes` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of takes with the same id exists already'); END;
-- takes: a parent has the child's owner
CREATE TRIGGER `user_scope_takes_parent_track_id_update` BEFORE UPDATE ON `takes` WHEN NEW.`track_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `tracks` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`track_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`track_id` IS NOT OLD.`track_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of takes names a parent that does not exist'); END;
-- takes: an owner does not change
CREATE TRIGGER `user_scope_takes_fixed_update` BEFORE UPDATE ON `takes` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of takes is fixed'); END;
-- reviews: an owner's rows are found by him
CREATE INDEX `user_scope_reviews_owner` ON `reviews` (`user_id`, `id`);
-- reviews: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_reviews_taken_0_insert` BEFORE INSERT ON `reviews` WHEN EXISTS (SELECT 1 FROM `reviews` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of reviews with the same id exists already'); END;
-- reviews: a parent has the child's owner
CREATE TRIGGER `user_scope_reviews_parent_album_id_insert` BEFORE INSERT ON `reviews` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of reviews names a parent that does not exist'); END;
-- reviews: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_reviews_taken_0_update` BEFORE UPDATE ON `reviews` WHEN EXISTS (SELECT 1 FROM `reviews` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of reviews with the same id exists already'); END;
-- reviews: a parent has the child's owner
CREATE TRIGGER `user_scope_reviews_parent_album_id_update` BEFORE UPDATE ON `reviews` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`album_id` IS NOT OLD.`album_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of reviews names a parent that does not exist'); END;
-- reviews: an owner does not change
CREATE TRIGGER `user_scope_reviews_fixed_update` BEFORE UPDATE ON `reviews` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of reviews is fixed'); END;
-- loans: an owner's rows are found by him
CREATE INDEX `user_scope_loans_owner` ON `loans` (`user_id`, `id`);
-- loans: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_loans_taken_0_insert` BEFORE INSERT ON `loans` WHEN EXISTS (SELECT 1 FROM `loans` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of loans with the same id exists already'); END;
-- loans: a parent has the child's owner
CREATE TRIGGER `user_scope_loans_parent_album_id_insert` BEFORE INSERT ON `loans` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of loans names a parent that does not exist'); END;
-- loans: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_loans_taken_0_update` BEFORE UPDATE ON `loans` WHEN EXISTS (SELECT 1 FROM `loans` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of loans with the same id exists already'); END;
-- loans: a parent has the child's owner
CREATE TRIGGER `user_scope_loans_parent_album_id_update` BEFORE UPDATE ON `loans` WHEN NEW.`album_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `albums` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`album_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`album_id` IS NOT OLD.`album_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of loans names a parent that does not exist'); END;
-- loans: an owner does not change
CREATE TRIGGER `user_scope_loans_fixed_update` BEFORE UPDATE ON `loans` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of loans is fixed'); END;
-- folders: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_folders_taken_0_insert` BEFORE INSERT ON `folders` WHEN EXISTS (SELECT 1 FROM `folders` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of folders with the same id exists already'); END;
-- folders: a parent has the child's owner
CREATE TRIGGER `user_scope_folders_parent_inside_insert` BEFORE INSERT ON `folders` WHEN NEW.`inside` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`inside` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of folders names a parent that does not exist'); END;
-- folders: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_folders_taken_0_update` BEFORE UPDATE ON `folders` WHEN EXISTS (SELECT 1 FROM `folders` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of folders with the same id exists already'); END;
-- folders: a parent has the child's owner
CREATE TRIGGER `user_scope_folders_parent_inside_update` BEFORE UPDATE ON `folders` WHEN NEW.`inside` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`inside` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`inside` IS NOT OLD.`inside` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of folders names a parent that does not exist'); END;
-- folders: an owner does not change
CREATE TRIGGER `user_scope_folders_fixed_update` BEFORE UPDATE ON `folders` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of folders is fixed'); END;
-- pages: an owner's rows are found by him
CREATE INDEX `user_scope_pages_owner` ON `pages` (`user_id`, `id`);
-- pages: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_pages_taken_0_insert` BEFORE INSERT ON `pages` WHEN EXISTS (SELECT 1 FROM `pages` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pages with the same id exists already'); END;
-- pages: a parent has the child's owner
CREATE TRIGGER `user_scope_pages_parent_folder_id_insert` BEFORE INSERT ON `pages` WHEN NEW.`folder_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`folder_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pages names a parent that does not exist'); END;
-- pages: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_pages_taken_0_update` BEFORE UPDATE ON `pages` WHEN EXISTS (SELECT 1 FROM `pages` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pages with the same id exists already'); END;
-- pages: a parent has the child's owner
CREATE TRIGGER `user_scope_pages_parent_folder_id_update` BEFORE UPDATE ON `pages` WHEN NEW.`folder_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `folders` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`folder_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`folder_id` IS NOT OLD.`folder_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pages names a parent that does not exist'); END;
-- pages: an owner does not change
CREATE TRIGGER `user_scope_pages_fixed_update` BEFORE UPDATE ON `pages` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of pages is fixed'); END;
-- settings: an owner does not change
CREATE TRIGGER `user_scope_settings_fixed_update` BEFORE UPDATE ON `settings` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of settings is fixed'); END;
-- badges: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_badges_taken_0_insert` BEFORE INSERT ON `badges` WHEN EXISTS (SELECT 1 FROM `badges` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of badges with the same id exists already'); END;
-- badges: a parent has the child's owner
CREATE TRIGGER `user_scope_badges_parent_under_insert` BEFORE INSERT ON `badges` WHEN NEW.`under` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `badges` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`under` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of badges names a parent that does not exist'); END;
-- badges: REPLACE takes no foreign row's place
CREATE TRIGGER `user_scope_badges_taken_0_update` BEFORE UPDATE ON `badges` WHEN EXISTS (SELECT 1 FROM `badges` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of badges with the same id exists already'); END;
-- badges: a parent has the child's owner
CREATE TRIGGER `user_scope_badges_parent_under_update` BEFORE UPDATE ON `badges` WHEN NEW.`under` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `badges` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`under` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`under` IS NOT OLD.`under` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of badges names a parent that does not exist'); END;
-- badges: an owner does not change
CREATE TRIGGER `user_scope_badges_fixed_update` BEFORE UPDATE ON `badges` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of badges is fixed'); END;
