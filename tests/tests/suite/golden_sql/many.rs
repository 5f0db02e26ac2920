//! Many rows: written, read by pages, one by one and in part, counted and added up; and rows by their keys.

use futures_util::TryStreamExt as _;
use user_scope::{Change, Select, UserContext, Uuid};

use super::Golden;
use crate::databases::TestDb;
use crate::entities::{NewSubtask, Status, Subtask, SubtaskChanges, Task, TaskChanges};
use crate::shelf::{Album, Folder, NewAlbum, NewFolder, NewSetting, Setting};
use crate::world::{World, new_task};

#[derive(Select)]
#[user_scoped(from = Task)]
struct Headline {
    #[expect(dead_code, reason = "the statement matters")]
    title: String,
}

pub async fn add<DB: TestDb>(golden: &mut Golden, world: &World<DB>, alice: &UserContext) {
    let (tasks, subtasks) = (world.pool.repository::<Task>(alice), world.pool.repository::<Subtask>(alice));
    let rows = golden.add("tasks.insert_many(two)", true, tasks.insert_many(["a", "b"].map(new_task))).await;
    let below = rows.iter().map(|task| NewSubtask { task_id: task.id, title: "x".into() });
    let below: Vec<_> = below.take(1).collect();
    golden.add("subtasks.insert_many(one): its parent is a task", true, subtasks.insert_many(below)).await;
    let done = || TaskChanges { status: Change::Set(Status::Done), ..Default::default() };
    let titled = || Task::TITLE.eq("a").or(Task::TITLE.eq("b"));
    golden.add("tasks.update_where(TITLE.eq(…).or(…), status)", true, tasks.update_where(titled(), done())).await;
    let under = SubtaskChanges { task_id: Change::Set(rows[1].id), ..Default::default() };
    let moved = subtasks.update_where(Subtask::TITLE.eq("x"), under);
    golden.add("subtasks.update_where(…, task_id): to another parent", true, moved).await;
    golden.add("subtasks.delete_where(TITLE.eq(…))", true, subtasks.delete_where(Subtask::TITLE.eq("x"))).await;

    let newest = || tasks.query().filter(Task::STATUS.eq(Status::Done)).order_by(Task::CREATED_AT.desc());
    let first = golden.add("….order_by(CREATED_AT.desc()).page(1, None)", true, newest().page(1, None)).await;
    golden.add("….page(1, cursor)", true, newest().page(1, first.next)).await;
    let due = || tasks.query().order_by(Task::DUE_ON.asc());
    let first = golden.add("….order_by(DUE_ON.asc()).page(1, None): it may be NULL", true, due().page(1, None)).await;
    golden.add("….page(1, cursor), which holds a NULL", true, due().page(1, first.next)).await;
    let select = tasks.query().select::<Headline>();
    golden.add("tasks.query().select::<Headline>().all()", true, select.all()).await;
    golden.add("tasks.query().stream()", true, tasks.query().stream().try_collect::<Vec<_>>()).await;
    golden.add("tasks.query().count_by(STATUS)", true, tasks.query().count_by(Task::STATUS)).await;
    golden.add("tasks.query().min(DUE_ON)", true, tasks.query().min(Task::DUE_ON)).await;
    golden.add("tasks.query().max(CREATED_AT)", true, tasks.query().max(Task::CREATED_AT)).await;
    golden.add("tasks.children::<Subtask>(&id).all()", true, tasks.children::<Subtask>(&rows[0].id).all()).await;
    golden.add("tasks.children_of::<Subtask>(&two)", true, tasks.children_of::<Subtask>(&rows)).await;

    golden.add("tasks.upsert(&id, …)", true, tasks.upsert(&Uuid::now_v7(), new_task("x"))).await;
    let new = NewSubtask { task_id: rows[0].id, title: "y".into() };
    golden.add("subtasks.upsert(&id, …): its parent is a task", true, subtasks.upsert(&Uuid::now_v7(), new)).await;
    let (folders, new) = (world.pool.repository::<Folder>(alice), NewFolder { inside: None, name: "x".into() });
    golden.add("folders.upsert(&id, …): not one that is marked", true, folders.upsert(&Uuid::now_v7(), new)).await;
    let settings = world.pool.repository::<Setting>(alice);
    let new = NewSetting { id: "theme".into(), value: "dark".into() };
    golden
        .add("settings.upsert_by(BY_ID, …): its key is owner and id", true, settings.upsert_by(Setting::BY_ID, new))
        .await;
    golden.add("settings.delete(&id)", true, settings.delete(&"theme".to_owned())).await;
    let albums = world.pool.repository::<Album>(alice);
    let new = NewAlbum { title: "x".into(), year: None, price: None };
    golden
        .add("albums.upsert_by(BY_TITLE, …): versioned, with values", true, albums.upsert_by(Album::BY_TITLE, new))
        .await;
    golden.add("albums.query().sum(PRICE)", true, albums.query().sum(Album::PRICE)).await;
}
