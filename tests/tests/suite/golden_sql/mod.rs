//! Every statement that the repository sends, as it is sent, in `tests/golden`: promise 2 can be checked by reading. One row
//! here; [`many`] rows; [`families`], rows that take others along; and [`questions`] to the log.

mod families;
mod many;
mod questions;

use sqlx::{Postgres, Sqlite};
use user_scope::{Change, Predicate};

use crate::captured::{captured, statements};
use crate::databases::TestDb;
use crate::entities::{
    Milestone, NewMilestone, NewProject, NewSubtask, Project, ProjectChanges, Status, Subtask, SubtaskChanges, Task,
    TaskChanges,
};
use crate::golden::assert_golden;
use crate::world::{World, new_task, user};

#[tokio::test]
async fn every_statement_on_postgresql_is_as_kept() {
    assert_golden("postgres.sql", &every_statement::<Postgres>().await);
}

#[tokio::test]
async fn every_statement_on_sqlite_is_as_kept() {
    assert_golden("sqlite.sql", &every_statement::<Sqlite>().await);
}

#[derive(Default)]
pub struct Golden {
    text: String,
    /// Whether a statement that was sent before is left out.
    once: bool,
}

impl Golden {
    /// What `work` sends, under a heading. `scoped`: each statement must name the owner.
    pub async fn add<R>(
        &mut self,
        heading: &str,
        scoped: bool,
        work: impl Future<Output = user_scope::Result<R>>,
    ) -> R {
        let (result, records) = captured(work).await;
        self.text += &format!("-- {heading}\n");
        for statement in statements(&records) {
            if self.once && self.text.contains(&format!("\n{statement};\n")) {
                continue;
            }
            let names_owner =
                ["user_id = $", "\"user_id\" = $", "`user_id` = $", "user_id, ", "\"user_id\", ", "`user_id`, "];
            let names_owner = names_owner.iter().any(|words| statement.contains(words));
            let about_no_row =
                statement == "COMMIT" || statement.starts_with("PRAGMA") || statement.contains("FROM sqlite_schema");
            assert!(names_owner || !scoped || about_no_row, "no owner in: {statement}");
            self.text += &format!("{statement};\n");
        }
        self.text += "\n";
        result.unwrap_or_else(|error| panic!("{heading}: {error:?}"))
    }
}

async fn every_statement<DB: TestDb>() -> String {
    let audit = user_scope::audit::AuditSettings::default().sink(user_scope::audit::MemorySink::new());
    let (world, alice) = (World::<DB>::with(audit, 1).await, user());
    let mut golden = Golden::default();
    let (tasks, subtasks) = (world.pool.repository::<Task>(&alice), world.pool.repository::<Subtask>(&alice));

    let task = golden.add("tasks.insert(…)", true, tasks.insert(new_task("x"))).await;
    let below = NewSubtask { task_id: task.id, title: "x".into() };
    let subtask = golden.add("subtasks.insert(…): its parent is a task", true, subtasks.insert(below)).await;
    golden.add("tasks.get(&id), tasks.find(&id)", true, tasks.get(&task.id)).await;
    golden.add("tasks.exists(&id)", true, tasks.exists(&task.id)).await;
    golden.add("tasks.query().all()", true, tasks.query().all()).await;
    for (words, predicate) in predicates() {
        let query = tasks.query().filter(predicate);
        golden.add(&format!("tasks.query().filter({words}).all()"), true, query.all()).await;
    }
    let ordered = tasks.query().order_by(Task::DUE_ON.desc()).order_by(Task::CREATED_AT.asc()).limit(50);
    golden
        .add("tasks.query().order_by(DUE_ON.desc()).order_by(CREATED_AT.asc()).limit(50).all()", true, ordered.all())
        .await;
    let filtered = tasks.query().filter(Task::STATUS.eq(Status::Todo));
    golden.add("tasks.query().filter(STATUS.eq(…)).count()", true, filtered.count()).await;
    let changes = TaskChanges { title: Change::Set("y".into()), ..Default::default() };
    golden.add("tasks.update(&id, title)", true, tasks.update(&task.id, changes)).await;
    let changes = TaskChanges { status: Change::Set(Status::Done), due_on: Change::Set(None), ..Default::default() };
    golden.add("tasks.update(&id, status and due_on)", true, tasks.update(&task.id, changes)).await;
    let changes = SubtaskChanges { task_id: Change::Set(task.id), ..Default::default() };
    golden.add("subtasks.update(&id, task_id): to another parent", true, subtasks.update(&subtask.id, changes)).await;
    golden.add("subtasks.delete(&id)", true, subtasks.delete(&subtask.id)).await;

    let projects = world.pool.repository::<Project>(&alice);
    let new = NewProject { name: "p".into(), main_task: Some(task.id) };
    let project = golden
        .add("projects.insert(…): an optional parent, whose owner is stored otherwise", true, projects.insert(new))
        .await;
    let changes = ProjectChanges { main_task: Change::Set(None), ..Default::default() };
    golden.add("projects.update(&id, main_task)", true, projects.update(&project.id, changes)).await;
    let milestones = world.pool.repository::<Milestone>(&alice);
    let new = NewMilestone { project_id: project.id, name: "m".into() };
    golden.add("milestones.insert(…): its parent's owner is stored as text", true, milestones.insert(new)).await;

    let system = golden.add("pool.system(…).requested_by(&admin)", true, async {
        world.pool.system("to see every statement").requested_by(&alice).await
    });
    let system = system.await;
    let everyone = system.repository::<Task>();
    golden.add("system: tasks.get(&id)", false, everyone.get(&task.id)).await;
    golden.add("system: tasks.exists(&id)", false, everyone.exists(&task.id)).await;
    golden.add("system: tasks.query().all()", false, everyone.query().all()).await;
    let filtered = everyone.query().filter(Task::STATUS.eq(Status::Todo));
    golden.add("system: tasks.query().filter(STATUS.eq(…)).count()", false, filtered.count()).await;
    golden.add("system: tasks.insert_for(&user, …)", true, everyone.insert_for(alice.user(), new_task("x"))).await;
    let changes = TaskChanges { title: Change::Set("y".into()), ..Default::default() };
    golden.add("system: tasks.update(&id, title)", false, everyone.update(&task.id, changes)).await;
    let changes = ProjectChanges { main_task: Change::Set(Some(task.id)), ..Default::default() };
    let update = system.repository::<Project>();
    golden
        .add("system: projects.update(&id, main_task): its owner's task", false, update.update(&project.id, changes))
        .await;
    golden.add("system: tasks.delete(&id)", false, everyone.delete(&task.id)).await;

    many::add(&mut golden, &world, &alice).await;
    families::add(&mut golden, &world, &alice).await;
    golden.add("pool.audit_trail(&alice).all()", true, world.pool.audit_trail(&alice).all()).await;
    golden.add("system.audit_trail().all()", false, system.audit_trail().all()).await;
    golden.text
}

fn predicates() -> Vec<(&'static str, Predicate<Task>)> {
    vec![
        ("TITLE.eq(…)", Task::TITLE.eq("x")),
        ("TITLE.ne(…)", Task::TITLE.ne("x")),
        ("TITLE.lt(…)", Task::TITLE.lt("x")),
        ("TITLE.le(…)", Task::TITLE.le("x")),
        ("TITLE.gt(…)", Task::TITLE.gt("x")),
        ("TITLE.ge(…)", Task::TITLE.ge("x")),
        ("TITLE.like(…)", Task::TITLE.like("%x%")),
        ("TITLE.is_in(none)", Task::TITLE.is_in([""; 0])),
        ("TITLE.is_in(three)", Task::TITLE.is_in(["x", "y", "z"])),
        ("TITLE.between(…)", Task::TITLE.between("x", "y")),
        ("DUE_ON.is_null()", Task::DUE_ON.is_null()),
        ("!TITLE.eq(…)", !Task::TITLE.eq("x")),
        (
            "TITLE.eq(…).or(TITLE.eq(…)).and(!DUE_ON.is_null())",
            Task::TITLE.eq("x").or(Task::TITLE.eq("y")).and(!Task::DUE_ON.is_null()),
        ),
    ]
}
