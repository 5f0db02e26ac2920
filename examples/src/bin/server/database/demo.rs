//! Three accounts and some rows, so that there is something to see.

use user_scope::web::Problem;
use user_scope::{Error, ScopedPool, UserContext, Uuid};

use super::{AppDb, Ready};
use crate::accounts::{Account, Passwords};
use crate::entities::agent::NewAgent;
use crate::entities::dependency::NewTaskDependency;
use crate::entities::project::NewProject;
use crate::entities::rule::NewCursorRule;
use crate::entities::subtask::NewSubtask;
use crate::entities::task::{NewTask, Priority, Status};
use crate::entities::{Agent, CursorRule, Line, Project, Prose, Subtask, Task, TaskDependency};
use crate::failure::{Failure, Told};

/// Names, and whether they are administrators. Their passwords are `NAME-demo-1`.
pub const ACCOUNTS: [(&str, bool); 3] = [("alice", false), ("bob", false), ("ada", true)];

pub fn password(name: &str) -> String {
    format!("{name}-demo-1")
}

/// Fills a database that has no account yet.
pub async fn fill<DB: AppDb>(ready: &Ready<DB>, passwords: &Passwords) -> Result<(), Failure> {
    const FAILED: &str = "the demo data cannot be written";
    if !DB::is_new(&ready.accounts).await.told(FAILED)? {
        return Ok(());
    }
    for (username, administrator) in ACCOUNTS {
        let id = Uuid::now_v7();
        let told = |problem: Problem| Failure::new(format!("{FAILED}: {problem}"));
        let password_hash = passwords.hash(crate::accounts::Password::given(password(username))).await.map_err(told)?;
        let account = Account { id, username: username.to_owned(), password_hash, administrator };
        if !DB::add_account(&ready.accounts, &account).await.told(FAILED)? {
            // Another server is at it.
            return Ok(());
        }
        let user = UserContext::new(id).told(FAILED)?;
        match username {
            "alice" => alices(&ready.pool, &user).await.told(FAILED)?,
            "bob" => bobs(&ready.pool, &user).await.told(FAILED)?,
            _ => {}
        }
    }
    Ok(())
}

/// Words of ours, which are lines.
fn line(text: &str) -> Result<Line, Error> {
    // Only what is in this file.
    Line::try_from(text.to_owned()).map_err(|_| Error::ReservedUser)
}

fn prose(text: &str) -> Result<Prose, Error> {
    Prose::try_from(text.to_owned()).map_err(|_| Error::ReservedUser)
}

async fn alices<DB: AppDb>(pool: &ScopedPool<DB>, alice: &UserContext) -> Result<(), Error> {
    let (projects, agents, tasks) =
        (pool.repository::<Project>(alice), pool.repository::<Agent>(alice), pool.repository::<Task>(alice));
    let launch = NewProject { name: line("Launch")?, description: prose("The first release, and telling people")? };
    let launch = projects.insert(launch).await?;
    let writer = NewAgent { project_id: Some(launch.id), name: line("Writer")?, role: prose("Drafts texts")? };
    let writer = agents.insert(writer).await?;
    let in_launch = |title, status, priority| -> Result<NewTask, Error> {
        Ok(NewTask { project_id: Some(launch.id), ..new_task(title, status, priority)? })
    };
    let text = NewTask {
        agent_id: Some(writer.id),
        description: prose("What it is in three lines, two commands, an example.")?,
        ..in_launch("Write the README", Status::InProgress, Priority::High)?
    };
    let text = tasks.insert(text).await?;
    let ship = tasks.insert(in_launch("Ship it", Status::Todo, Priority::High)?).await?;
    tasks.insert(new_task("Water the plants", Status::Done, Priority::Low)?).await?;

    let subtasks = pool.repository::<Subtask>(alice);
    for (title, done) in [("Three lines", true), ("The table of promises", false), ("Limits", false)] {
        subtasks.insert(NewSubtask { task_id: text.id, title: line(title)?, done }).await?;
    }
    let waits =
        NewTaskDependency { task_id: ship.id, depends_on_id: text.id, note: Some(prose("People read it first")?) };
    pool.repository::<TaskDependency>(alice).insert(waits).await?;
    let rule = NewCursorRule {
        project_id: Some(launch.id),
        name: line("Plain words")?,
        content: prose("Short sentences. No word that a reader has to look up.")?,
        globs: prose("*.md")?,
        active: true,
    };
    pool.repository::<CursorRule>(alice).insert(rule).await?;
    Ok(())
}

async fn bobs<DB: AppDb>(pool: &ScopedPool<DB>, bob: &UserContext) -> Result<(), Error> {
    let garden = NewProject { name: line("Garden")?, description: prose("What grows, and when")? };
    let garden = pool.repository::<Project>(bob).insert(garden).await?;
    let helper = NewAgent { project_id: Some(garden.id), name: line("Helper")?, role: prose("Digs and waters")? };
    pool.repository::<Agent>(bob).insert(helper).await?;
    let rule = NewCursorRule {
        project_id: Some(garden.id),
        name: line("No poison")?,
        content: prose("Pick the snails off by hand.")?,
        globs: Prose::default(),
        active: true,
    };
    pool.repository::<CursorRule>(bob).insert(rule).await?;
    let tasks = pool.repository::<Task>(bob);
    let sow = NewTask { project_id: Some(garden.id), ..new_task("Sow the beans", Status::Todo, Priority::Medium)? };
    let sow = tasks.insert(sow).await?;
    tasks.insert(new_task("Return the ladder", Status::Todo, Priority::Low)?).await?;
    let dig = NewSubtask { task_id: sow.id, title: line("Dig the bed")?, done: false };
    pool.repository::<Subtask>(bob).insert(dig).await?;
    Ok(())
}

fn new_task(title: &str, status: Status, priority: Priority) -> Result<NewTask, Error> {
    let (title, description) = (line(title)?, Prose::default());
    Ok(NewTask { project_id: None, agent_id: None, title, description, status, priority, due_on: None })
}
